//! The Debian package. What is in it stands in `crates/twinkey/Cargo.toml`, its scripts in `config/debian`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Failed, root, run};
use crate::tools::tool;

/// Makes the package from the binary that was built for this target; of this version, or of the workspace's.
pub(super) fn package(target: &str, folder: &Path, version: Option<&str>) -> Result<PathBuf, Failed> {
    let file = folder.join(format!("twinkey{}.deb", version.map(|it| format!("-{it}")).unwrap_or_default()));
    // The tool is built without optimization: the system's own xz is twenty times as fast.
    let mut deb = Command::new(tool("cargo-deb", super::CARGO_DEB)?);
    deb.current_dir(root()).args([
        "deb",
        "-p",
        "twinkey",
        "--quiet",
        "--no-build",
        "--no-strip",
        "--compress-system",
        "--target",
        target,
    ]);
    if let Some(version) = version {
        deb.args(["--deb-version", version]);
    }
    run("cargo deb", deb.arg("--output").arg(&file))?;
    Ok(file)
}
