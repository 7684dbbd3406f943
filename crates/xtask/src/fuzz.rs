//! `cargo xtask fuzz`: looks for inputs that break what `tests/fuzz` claims of any bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use crate::step::{Failed, now, output, root, run};
use crate::tools::tool;

/// The version that the targets are built with.
const VERSION: &str = "0.13.2";

/// Look for inputs that break a parser.
#[derive(Args)]
pub(crate) struct Fuzz {
    /// This target only.
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// How long each target runs.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    seconds: u32,
    /// Run this one input and show what breaks.
    #[arg(long, value_name = "FILE", requires = "target")]
    replay: Option<PathBuf>,
}

pub(crate) fn run_targets(args: &Fuzz) -> Result<(), Failed> {
    let fuzzer = Fuzzer::new()?;
    if let (Some(target), Some(input)) = (&args.target, &args.replay) {
        let mut replay = fuzzer.command("run");
        replay.args(&fuzzer.flags).arg(target).arg(input).arg("--");
        return run("replay", replay.arg(format!("-artifact_prefix={}/", artifacts(target)?.display())));
    }
    let targets = match &args.target {
        Some(target) => vec![target.clone()],
        None => targets()?,
    };
    run("cargo fuzz build", fuzzer.command("build").args(&fuzzer.flags))?;
    let mut crashes = Vec::new();
    for target in &targets {
        crashes.extend(fuzzer.fuzz(target, args.seconds)?);
    }
    if crashes.is_empty() {
        println!("\nxtask: {} targets, no input broke any", targets.len());
        return Ok(());
    }
    Err(crashes.join("\n"))
}

/// `cargo fuzz` as it is called for our targets.
struct Fuzzer {
    tool: PathBuf,
    toolchain: Option<&'static str>,
    flags: [String; 4],
}

impl Fuzzer {
    fn new() -> Result<Self, Failed> {
        let tool = tool("cargo-fuzz", VERSION)?;
        // Instrumentation needs an unstable switch of the compiler: of a nightly one, or of ours told so.
        let nightly = output(Command::new("cargo").args(["+nightly", "--version"])).is_ok();
        let folder = |path: &str| root().join(path).display().to_string();
        let flags = ["--fuzz-dir", &folder("tests/fuzz/targets"), "--target-dir", &folder("target/fuzz")];
        // What is fuzzed is what is locked.
        let lock = root().join("tests/fuzz/targets/Cargo.lock");
        fs::copy(root().join("Cargo.lock"), lock).map_err(|error| error.to_string())?;
        Ok(Self { tool, toolchain: nightly.then_some("nightly"), flags: flags.map(str::to_owned) })
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(&self.tool);
        command.current_dir(root()).args(["fuzz", what, "--sanitizer", "none"]);
        match self.toolchain {
            Some(toolchain) => command.env("RUSTUP_TOOLCHAIN", toolchain),
            None => command.env("RUSTC_BOOTSTRAP", "1"),
        };
        // A launcher of this task must not choose the compiler below it.
        command.env_remove("RUSTC").env_remove("CARGO");
        command
    }

    /// Runs one target, prints its line, and says what broke.
    fn fuzz(&self, target: &str, seconds: u32) -> Result<Option<String>, Failed> {
        let committed = root().join("tests/fuzz/corpus").join(target);
        let found = root().join("target/fuzz/corpus").join(target);
        let artifacts = artifacts(target)?;
        fs::create_dir_all(&found).map_err(|error| error.to_string())?;
        let mut command = self.command("run");
        command.args(&self.flags).arg(target).args([&found, &committed]).args([
            "--".to_owned(),
            format!("-max_total_time={seconds}"),
            format!("-artifact_prefix={}/", artifacts.display()),
            "-print_final_stats=1".to_owned(),
            "-timeout=20".to_owned(),
            "-rss_limit_mb=4096".to_owned(),
            "-max_len=16384".to_owned(),
        ]);
        let begun = now();
        let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).output();
        let ran = ran.map_err(|error| format!("cannot run {command:?}: {error}"))?;
        let told = String::from_utf8_lossy(&ran.stderr);
        let crash = crash(&told, &artifacts);
        let seconds = begun.elapsed().as_secs();
        let crashes = usize::from(crash.is_some());
        let (executions, coverage) = (executions(&told), coverage(&told));
        println!(
            "{target:<16} {executions:>10} executions   coverage {coverage:>6}   {seconds:>5} s   crashes {crashes}"
        );
        match crash {
            Some(input) => {
                let input = input.display();
                let replay = format!("cargo xtask fuzz --target {target} --replay {input}");
                Ok(Some(format!("{target} is broken by {input}\n  replay: {replay}")))
            }
            None if !ran.status.success() => Err(format!("{target} did not run ({})\n{told}", ran.status)),
            None => Ok(None),
        }
    }
}

/// Where the inputs that broke a target are written.
fn artifacts(target: &str) -> Result<PathBuf, Failed> {
    let folder = root().join("target/fuzz/artifacts").join(target);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    Ok(folder)
}

/// All targets: the folders of the committed inputs.
fn targets() -> Result<Vec<String>, Failed> {
    let folder = root().join("tests/fuzz/corpus");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// The input that libFuzzer has written for a crash, a time-out or too much memory.
fn crash(told: &str, artifacts: &Path) -> Option<PathBuf> {
    let mark = format!("Test unit written to {}/", artifacts.display());
    let name = told.lines().find_map(|line| line.split(&mark).nth(1))?;
    Some(artifacts.join(name.trim()))
}

fn executions(told: &str) -> String {
    let line = told.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    line.map_or_else(|| "?".to_owned(), |number| number.trim().to_owned())
}

/// The last figure that libFuzzer gave: edges of the program that an input has reached.
fn coverage(told: &str) -> &str {
    let figures = told.lines().rev().filter_map(|line| line.split("cov: ").nth(1));
    figures.filter_map(|rest| rest.split(' ').next()).next().unwrap_or("?")
}
