//! Tools from the registry, each in its one version, below `target/tools`.

use std::path::PathBuf;
use std::process::Command;

use crate::step::{Failed, cargo, output, root, run};

/// The program of a tool, installed where it is missing or of another version.
pub(crate) fn tool(name: &str, version: &str) -> Result<PathBuf, Failed> {
    let folder = root().join("target/tools");
    let tool = folder.join("bin").join(name);
    // As cargo calls a tool: it is given its own name first.
    let word = name.trim_start_matches("cargo-");
    let has = output(Command::new(&tool).args([word, "--version"])).is_ok_and(|text| text.contains(version));
    if !has {
        let at = folder.display().to_string();
        let install = ["install", name, "--version", version, "--locked", "--debug", "--root", &at];
        run(&format!("cargo install {name}"), &mut cargo(&install))?;
    }
    Ok(tool)
}
