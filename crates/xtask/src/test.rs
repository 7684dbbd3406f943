//! `cargo xtask test`: everything, in an order in which the cheap fails first.

use std::fmt;
use std::process::Command;

use clap::{Args, ValueEnum};

use crate::step::{self, Failed, cargo, now};
use crate::{deny, engine, venv};

/// Set up what is needed and run all tests.
#[derive(Args)]
pub(crate) struct Test {
    /// Leave out the stories that talk to real servers. For a laptop; the last line says so.
    #[arg(long)]
    without_servers: bool,
    /// Run this step only.
    #[arg(long, value_name = "STEP")]
    only: Option<Step>,
}

/// What is run, in this order.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// The formatting of all files.
    Fmt,
    /// Lints, every warning an error.
    Clippy,
    /// Licences, bans, sources and advisories of the dependencies.
    Deny,
    /// The virtual environment with the real servers.
    Venv,
    /// All tests and stories.
    Test,
    /// The documentation of the code.
    Doc,
}

pub(crate) fn run(args: &Test) -> Result<(), Failed> {
    let begun = now();
    let (mut times, mut remarks) = (Vec::new(), Vec::new());
    for &step in Step::value_variants().iter().filter(|&&step| args.wants(step)) {
        let begun = now();
        let remark = step.perform(args).map_err(|why| format!("{why}\n  alone: {}", args.alone(step)))?;
        times.push(format!("{step} {:.0} s", begun.elapsed().as_secs_f64()));
        remarks.extend(remark);
    }
    let what = args.only.map_or("everything".to_owned(), |only| only.to_string());
    let seconds = begun.elapsed().as_secs_f64();
    let remarks: String = remarks.iter().map(|remark| format!("; {remark}")).collect();
    println!("\nxtask: {what} passed in {seconds:.0} s ({}){remarks}", times.join(", "));
    Ok(())
}

impl Test {
    fn wants(&self, step: Step) -> bool {
        match self.only {
            Some(only) => only == step,
            None => !(self.without_servers && step == Step::Venv),
        }
    }

    /// What to type to run one step again, as it was run.
    fn alone(&self, step: Step) -> String {
        let servers = if self.without_servers { " --without-servers" } else { "" };
        format!("cargo xtask test --only {step}{servers}")
    }
}

impl Step {
    /// Runs it. The answer is what the last line must say about it, beside that it passed.
    fn perform(self, args: &Test) -> Result<Option<String>, Failed> {
        match self {
            Self::Fmt => cargo_run(&["fmt", "--all", "--check"])?,
            Self::Clippy => {
                let deny = ["--", "-D", "warnings"];
                cargo_run(
                    &[&["clippy", "--workspace", "--all-targets", "--all-features"], &deny[..]].concat(),
                )?;
                cargo_run(&[&["clippy", "-p", "twinkey", "--no-default-features"], &deny[..]].concat())?;
            }
            Self::Deny => return deny::check(),
            Self::Venv => {
                venv::python()?;
            }
            Self::Test => return tests(args.without_servers),
            Self::Doc => {
                let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
                step::run("cargo doc", doc.env("RUSTDOCFLAGS", "-D warnings"))?;
            }
        }
        Ok(None)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

fn tests(without_servers: bool) -> Result<Option<String>, Failed> {
    let mut test = cargo(&["test", "--workspace"]);
    // Stories wait for drains and servers most of their time: more of them at once than there are cores.
    if std::env::var_os("RUST_TEST_THREADS").is_none() {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        test.env("RUST_TEST_THREADS", (2 * cores).to_string());
    }
    // Only the flag leaves servers out: a variable forgotten in a shell would do it unsaid.
    test.env_remove("TWINKEY_WITHOUT_SERVERS").env_remove("TWINKEY_TEST_PYTHON");
    let mut remarks = without_tools(&mut test);
    if without_servers {
        // The story in a container is one of them.
        engine::without(test.env("TWINKEY_WITHOUT_SERVERS", "1"));
        remarks.push("left out: the stories on real servers".to_owned());
        step::run("cargo test --workspace", &mut test)?;
    } else {
        let python = venv::python()?;
        let engine = engine::prepare(test.env("TWINKEY_TEST_PYTHON", &python), &python)?;
        remarks.extend(engine.remark.clone());
        step::run("cargo test --workspace", &mut test)?;
    }
    Ok((!remarks.is_empty()).then(|| remarks.join("; ")))
}

/// Programs that judge what we ship, and what they judge.
const TOOLS: [(&str, &str); 3] = [
    ("promtool", "the check of metrics and alert rules"),
    ("systemd-analyze", "the check of the units, and the story under their restrictions"),
    ("chromedriver", "the stories in a browser"),
];

/// Tells the tests which of them are not installed; the answer is what the last line must say.
fn without_tools(test: &mut Command) -> Vec<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |tool: &str| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    let missing: Vec<_> = TOOLS.into_iter().filter(|(tool, _)| !is_there(tool)).collect();
    let mut names: Vec<&str> = missing.iter().map(|(tool, _)| *tool).collect();
    let mut remarks: Vec<String> =
        missing.iter().map(|(tool, what)| format!("left out: {what} ({tool} is not installed)")).collect();
    if !is_root() {
        names.push("root");
        remarks.push("left out: the story under the unit's restrictions (it needs root)".to_owned());
    }
    test.env("TWINKEY_WITHOUT_TOOLS", names.join(","));
    remarks
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn cargo_run(args: &[&str]) -> Result<(), Failed> {
    step::run(&format!("cargo {}", args.join(" ")), &mut cargo(args))
}
