//! `cargo deny`: licences, bans, sources; advisories where their database can be had.

use std::path::Path;
use std::process::Command;

use crate::step::{Failed, output, root, run};
use crate::tools::tool;

/// The version that the configuration is written for.
const VERSION: &str = "0.20.2";

/// Checks the dependency tree. The answer is what must be said about advisories, if they were not checked.
pub(crate) fn check() -> Result<Option<String>, Failed> {
    let tool = tool("cargo-deny", VERSION)?;
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
