//! `cargo deny`: licences, bans, sources; advisories where their database can be had.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Failed, cargo, output, root, run};

/// The version that the configuration is written for.
const VERSION: &str = "0.20.2";

/// Checks the dependency tree. The answer is what must be said about advisories, if they were not checked.
pub(crate) fn check() -> Result<Option<String>, Failed> {
    let tool = tool()?;
    run(
        "cargo deny check bans licenses sources",
        deny(&tool).args(["check", "bans", "licenses", "sources"]),
    )?;
    // Asked apart: whether the database can be had must not be guessed from the words of a finding.
    if let Err(why) = output(deny(&tool).args(["fetch", "db"])) {
        eprintln!("{why}");
        return Ok(Some(
            "advisories and yanked versions not checked: the advisory database cannot be reached".to_owned(),
        ));
    }
    run("cargo deny check advisories", deny(&tool).args(["check", "advisories"]))?;
    Ok(None)
}

fn deny(tool: &Path) -> Command {
    let mut command = Command::new(tool);
    command.current_dir(root()).args(["--config", "deny.toml"]);
    command
}

/// The tool, installed below `target` where it is missing or of another version.
fn tool() -> Result<PathBuf, Failed> {
    let folder = root().join("target/tools");
    let tool = folder.join("bin/cargo-deny");
    let has = output(Command::new(&tool).arg("--version")).is_ok_and(|text| text.contains(VERSION));
    if !has {
        let at = folder.display().to_string();
        run(
            "cargo install cargo-deny",
            &mut cargo(&[
                "install",
                "cargo-deny",
                "--version",
                VERSION,
                "--locked",
                "--debug",
                "--root",
                &at,
            ]),
        )?;
    }
    Ok(tool)
}
