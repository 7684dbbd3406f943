//! `cargo deny`: licences, bans, sources; advisories where their database can be had.

use std::path::PathBuf;
use std::process::Command;

use crate::step::{Failed, cargo, output, root, run};

/// The version that the configuration is written for.
const VERSION: &str = "0.20.2";

/// Checks the dependency tree. The answer is what must be said about advisories, if they were not checked.
pub(crate) fn check() -> Result<Option<String>, Failed> {
    let tool = tool()?;
    run("deny", deny(&tool).args(["bans", "licenses", "sources"]))?;
    let advisories = deny(&tool).arg("advisories").output().map_err(|error| error.to_string())?;
    if advisories.status.success() {
        println!("    advisories: fine");
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&advisories.stderr);
    if text.contains("failed to fetch") || text.contains("advisory database") || text.contains("unable to") {
        return Ok(Some("advisories not checked: their database cannot be reached".to_owned()));
    }
    Err(format!("deny: advisories\n{text}"))
}

fn deny(tool: &PathBuf) -> Command {
    let mut command = Command::new(tool);
    command.current_dir(root()).args(["--config", "deny.toml", "check"]);
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
            "install-cargo-deny",
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
