//! The one virtual environment with the real servers that tests talk to, pinned by hash.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::step::{Failed, output, root, run};

/// Makes the environment where it is missing or made from other requirements or by another Python; its Python.
pub(crate) fn python() -> Result<PathBuf, Failed> {
    let requirements = root().join("tests/requirements.txt");
    let pinned =
        fs::read_to_string(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let version = output(Command::new("python3").arg("--version")).map_err(without_python)?;
    // Another Python finds nothing of what was installed for the one before.
    let wanted = format!("# {version}{pinned}");
    let folder = root().join("target/venv");
    let (python, stamp) = (folder.join("bin/python"), folder.join("made-from.txt"));
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    let _ = fs::remove_dir_all(&folder);
    output(Command::new("python3").args(["-m", "venv"]).arg(&folder)).map_err(without_python)?;
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "-r",
    ]);
    run("pip install", install.arg(&requirements))?;
    fs::write(&stamp, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

fn without_python(why: Failed) -> Failed {
    format!(
        "no virtual environment: {why}\n  Debian: apt-get install python3 python3-venv; \
         or leave servers out: cargo xtask test --without-servers"
    )
}
