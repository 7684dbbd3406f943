//! Running commands, with their time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Why a task failed; what the person who ran it reads.
pub(crate) type Failed = String;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().and_then(Path::parent).unwrap_or(here).to_owned()
}

/// `cargo`, the one that runs this task.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    command
}

/// Runs a command under its name and says how long it took.
pub(crate) fn run(name: &str, command: &mut Command) -> Result<(), Failed> {
    println!("--- {name}");
    let begun = now();
    let status = command.status().map_err(|error| format!("{name}: cannot run {command:?}: {error}"))?;
    let seconds = begun.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{name} failed after {seconds:.1} s ({status})"));
    }
    println!("    {name}: fine, {seconds:.1} s");
    Ok(())
}

/// Runs a command and gives what it printed on standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, Failed> {
    let output = command.output().map_err(|error| format!("cannot run {command:?}: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed ({})\n{text}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The time, for measuring only.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "tasks measure how long commands take")]
    Instant::now()
}
