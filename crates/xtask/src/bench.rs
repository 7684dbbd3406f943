//! `cargo xtask bench`: the figures that the README promises, measured on the release binary; and `bench notify`: how
//! surely and how fast people are told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::step::{Failed, cargo, now, output, root, run};
use crate::{package, venv};

/// How often each command is measured; the median counts.
const RUNS: usize = 15;

/// Measure what the README promises, and print it.
#[derive(Args)]
pub(crate) struct Bench {
    /// What is measured.
    #[arg(value_enum, default_value = "command")]
    what: What,
    /// How many credentials the service is given.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    credentials: u32,
    /// And once more with so many.
    #[arg(long, value_name = "N")]
    more_credentials: Option<u32>,
    /// Which of the packaged binaries switches on the stores.
    #[arg(long, value_name = "TRIPLE", default_value = package::STATIC)]
    target: String,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The binary, the demo and the one-shot commands.
    Command,
    /// The service: at rest, in a sweep over many credentials, in a rescue.
    Daemon,
    /// How surely and how fast people are told.
    Notify,
    /// A switch on OpenBao and on Secrets Manager, beside scripts with hvac and boto3.
    Stores,
}

pub(crate) fn measure(args: &Bench) -> Result<(), Failed> {
    let binary = root().join("target/release/twinkey");
    match args.what {
        What::Command => {
            run("release build", &mut cargo(&["build", "--release", "-p", "twinkey"]))?;
            commands(&binary)
        }
        What::Daemon => {
            // With the features that dependencies have in the stories, so that they are built once.
            let selected = ["build", "--release", "--workspace", "--bin", "twinkey", "--test", "loopback"];
            run("release build", &mut cargo(&selected))?;
            let mut story = on_servers("measures::daemon::daemon", &binary)?;
            story.env("TWINKEY_CREDENTIALS", args.credentials.to_string());
            if let Some(more) = args.more_credentials {
                story.env("TWINKEY_MORE_CREDENTIALS", more.to_string());
            }
            run("the service", &mut story)
        }
        What::Notify => notify(),
        What::Stores => {
            let binary = installed(&package::binary(&args.target)?)?;
            run("side by side", &mut on_servers(SIDE_BY_SIDE, &binary)?)
        }
    }
}

/// A copy, as a package lays it on a host. The file that the linker has written lies in memory otherwise than one that
/// was copied, and takes up to two MB more.
fn installed(binary: &Path) -> Result<PathBuf, Failed> {
    let copy = root().join("target/package/measured/twinkey");
    let copied = |folder: &Path| {
        fs::create_dir_all(folder)?;
        fs::copy(binary, &copy)
    };
    copied(copy.parent().unwrap_or(&copy)).map_err(|error| format!("{}: {error}", copy.display()))?;
    Ok(copy)
}

/// The story that measures.
const SIDE_BY_SIDE: &str = "stories::measured::a_plain_script_switches_as_well";

/// How many credentials get into trouble, and how often each: a thousand incidents.
const INCIDENTS: &str = "50,20";

/// The stories about losing and blaming, larger: each prints its figures.
fn notify() -> Result<(), Failed> {
    let python = venv::python()?;
    // As `cargo xtask test` builds it.
    let mut stories = cargo(&["test", "--quiet", "--workspace", "--test", "stories", "--"]);
    stories.args(["stories::lossless::", "--nocapture", "--test-threads=1"]);
    stories.env("TWINKEY_TEST_PYTHON", python).env("TWINKEY_BENCH_CALLS", INCIDENTS);
    run("notify", &mut stories)
}

/// A measurement on real servers: a story that otherwise measures nothing, or is not run. It is optimised as well, because it is compared
/// with what it measures.
fn on_servers(story: &str, binary: &Path) -> Result<Command, Failed> {
    let python = venv::python()?;
    let mut test = cargo(&["test", "--release", "--quiet", "--workspace", "--test", "stories", "--"]);
    test.args(["--include-ignored", "--exact", story, "--nocapture"]);
    test.env("TWINKEY_MEASURED", binary).env("TWINKEY_TEST_PYTHON", python);
    Ok(test)
}

fn commands(binary: &Path) -> Result<(), Failed> {
    let size = fs::metadata(binary).map_err(|error| error.to_string())?.len();
    println!("release binary, stripped        {:8.1} MB   (goal: at most 20)", size as f64 / 1e6);

    let begun = now();
    output(Command::new(binary).args(["demo"]).stderr(Stdio::null()))?;
    println!("demo                            {:8.1} s    (goal: at most 90)", begun.elapsed().as_secs_f64());

    let stage = Stage::set(binary)?;
    let (status, _) = stage.measure(&["status"])?;
    println!("status, one credential, CPU     {:8.1} ms   (goal: at most 30)", status * 1e3);
    let (cpu, memory) = stage.measure(&["rotate"])?;
    println!("rotate, peak memory             {:8.1} MB   (goal: at most 20)", memory / 1e3);
    println!("rotate, CPU                     {:8.1} ms", cpu * 1e3);
    println!("medians of {RUNS} runs; round trips until consumers see the new pair: 4, counted by a test");
    Ok(())
}

/// A credential set up against a sandbox that the demo keeps running.
struct Stage {
    binary: PathBuf,
    config: PathBuf,
    demo: std::process::Child,
}

impl Stage {
    fn set(binary: &Path) -> Result<Self, Failed> {
        let folder = root().join("target/bench");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let demo = Command::new(binary)
            .args(["demo", "--keep"])
            .env("TMPDIR", &folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut stage = Self { binary: binary.to_owned(), config: folder, demo };
        // The demo says that it is done by being ready: its scenes take well under two minutes.
        for _ in 0..1200 {
            std::thread::sleep(std::time::Duration::from_millis(100));
            if let Some(config) = find(&stage.config) {
                stage.config = config;
                return Ok(stage);
            }
        }
        Err("the demo did not come to its end".to_owned())
    }

    /// Median CPU seconds and median peak memory in kB, as the kernel accounts for a finished process.
    fn measure(&self, args: &[&str]) -> Result<(f64, f64), Failed> {
        // What the kernel accounts for finished children; a launcher of python's own may have had some before.
        const ACCOUNT: &str = "import resource, subprocess, sys\n\
            used = lambda: resource.getrusage(resource.RUSAGE_CHILDREN)\n\
            before = used()\n\
            subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n\
            after = used()\n\
            print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss)";
        let mut cpu = Vec::new();
        let mut memory = Vec::new();
        for _ in 0..RUNS {
            let mut command = Command::new("python3");
            command.args(["-c", ACCOUNT]).arg(&self.binary).arg("--config").arg(&self.config).args(args);
            let text = output(&mut command)?;
            let mut figures = text.split_whitespace().filter_map(|figure| figure.parse::<f64>().ok());
            cpu.extend(figures.next());
            memory.extend(figures.next());
        }
        Ok((median(cpu), median(memory)))
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The configuration that the kept demo has written, once it is there and the scenes are over.
fn find(folder: &Path) -> Option<PathBuf> {
    let stages = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    stages
        .map(|stage| stage.path())
        .find(|stage| stage.join("kept").exists())
        .map(|stage| stage.join("twinkey.toml"))
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.demo.kill();
        let _ = self.demo.wait();
    }
}
