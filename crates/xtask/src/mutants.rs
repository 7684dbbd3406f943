//! `cargo xtask mutants`: changes core in every small way and sees whether its tests notice.
//!
//! cargo-mutants says which changes there are. It would build core and its tests anew for each; here all but a
//! handful are in one build, and what runs for each is the tests alone.

mod tests;
mod weave;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use clap::Args;
use serde_json::Value;

use self::tests::{Fate, Tests};
use self::weave::{Lines, Mutant};
use crate::step::{Failed, cargo, now, output, root};
use crate::tools::tool;

/// The version whose mutants the figures are about.
const VERSION: &str = "27.1.0";

/// Change core in every small way and see whether its tests notice.
#[derive(Args)]
pub(crate) struct Mutants {
    /// One part of several, such as 1/4.
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// Only in files of this pattern.
    #[arg(long, value_name = "GLOB")]
    file: Option<String>,
}

pub(crate) fn run_all(args: &Mutants) -> Result<(), Failed> {
    let tool = tool("cargo-mutants", VERSION)?;
    let folder = root().join("target/mutants");
    let tree = copy(&folder.join("tree"))?;
    let begun = now();
    let mutants = weave::read(&output(cargo_mutants(&tool, args).args(["--list", "--json"]))?)?;
    let mut told = Told { file: folder.join("fates.txt"), fates: Vec::new() };
    let _ = fs::remove_file(&told.file);

    let unviable = what_compiles(&tree, &mutants)?;
    let tests = Tests::build(&tree)?;
    println!(
        "    one build holds them all after {} s; without any the tests take {tests}",
        begun.elapsed().as_secs()
    );
    let woven = (1..).zip(&mutants).filter(|(_, mutant)| mutant.is_woven());
    let (not, tried): (Vec<_>, Vec<_>) = woven.partition(|(number, _)| unviable.contains(number));
    for (_, mutant) in not {
        told.add(&mutant.name, Fate::Unviable)?;
    }
    try_each(&tests, tried, &mut told)?;
    // Core's own text again, for the handful that is no body of a function.
    let tree = copy(&tree)?;
    let left: Vec<&Mutant> = mutants.iter().filter(|mutant| !mutant.is_woven()).collect();
    for (name, fate) in each_alone(&tool, &folder, &tree, &left)? {
        told.add(name, fate)?;
    }
    told.tell(begun.elapsed().as_secs() / 60)
}

/// Shows each mutant to the tests, as many at a time as there are processors.
fn try_each(tests: &Tests, mutants: Vec<(usize, &Mutant)>, told: &mut Told) -> Result<(), Failed> {
    let (todo, told) = (Mutex::new(mutants.into_iter()), Mutex::new(told));
    let lane = || -> Result<(), Failed> {
        loop {
            let next = todo.lock().map_err(|error| error.to_string())?.next();
            let Some((number, mutant)) = next else { return Ok(()) };
            let fate = tests.fate(number)?;
            told.lock().map_err(|error| error.to_string())?.add(&mutant.name, fate)?;
        }
    };
    let lanes = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let mut ends = lanes.into_iter().map(|lane| lane.join());
        ends.try_for_each(|end| {
            end.unwrap_or_else(|_| Err("a mutant's tests could not be watched".to_owned()))
        })
    })
}

/// A fresh copy of what git knows, to be changed in place: nobody else works in it.
fn copy(tree: &Path) -> Result<PathBuf, Failed> {
    let _ = fs::remove_dir_all(tree);
    let listed = output(Command::new("git").args(["ls-files", "-z"]).current_dir(root()))?;
    for name in listed.split_terminator('\0') {
        let (from, to) = (root().join(name), tree.join(name));
        if !from.is_file() {
            continue;
        }
        fs::create_dir_all(to.parent().unwrap_or(tree))
            .and_then(|()| fs::copy(&from, &to))
            .map_err(|error| format!("cannot copy {name}: {error}"))?;
    }
    Ok(tree.to_owned())
}

fn cargo_mutants(tool: &Path, args: &Mutants) -> Command {
    let mut command = Command::new(tool);
    command.current_dir(root()).args(["mutants", "--package", "twinkey-core", "--no-shuffle"]);
    for (flag, value) in [("--shard", &args.shard), ("--file", &args.file)] {
        command.args(value.iter().flat_map(|value| [flag, value.as_str()]));
    }
    command
}

/// Weaves all mutants into the tree, without those that do not compile: the compiler names them, some of them
/// only once others are gone.
fn what_compiles(tree: &Path, mutants: &[Mutant]) -> Result<BTreeSet<usize>, Failed> {
    let lib = tree.join("crates/core/src/lib.rs");
    let text = fs::read_to_string(&lib).map_err(|error| format!("lib.rs: {error}"))?;
    fs::write(&lib, text + &weave::root()).map_err(|error| format!("lib.rs: {error}"))?;
    let mut unviable = BTreeSet::new();
    loop {
        let lines = weave::weave(&root(), tree, mutants, &unviable)?;
        let (errors, named) = complaints(tree, &lines)?;
        let before = unviable.len();
        unviable.extend(named);
        match errors.first() {
            None => return Ok(unviable),
            Some(error) if unviable.len() == before => return Err(format!("no mutant is to blame: {error}")),
            Some(_) => println!("    {} do not compile", unviable.len()),
        }
    }
}

/// The compiler's errors, and the mutants in whose lines they are.
fn complaints(tree: &Path, lines: &Lines) -> Result<(Vec<String>, Vec<usize>), Failed> {
    let mut check = build(tree, &["check", "--lib"]);
    let checked = check.output().map_err(|error| format!("cannot check: {error}"))?;
    let (mut errors, mut named) = (Vec::new(), Vec::new());
    for line in String::from_utf8_lossy(&checked.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let message = &message["message"];
        if message["level"] != "error" {
            continue;
        }
        errors.push(message["rendered"].as_str().unwrap_or_default().to_owned());
        for span in
            message["spans"].as_array().into_iter().flatten().filter(|span| span["is_primary"] == true)
        {
            let file = span["file_name"].as_str().unwrap_or_default();
            let at =
                span["line_start"].as_u64().and_then(|line| usize::try_from(line).ok()).unwrap_or_default();
            let blamed = lines.iter().filter(|(of, range, _)| file.ends_with(of) && range.contains(&at));
            named.extend(blamed.map(|(.., number)| *number));
        }
    }
    if errors.is_empty() && !checked.status.success() {
        return Err(String::from_utf8_lossy(&checked.stderr).into_owned());
    }
    Ok((errors, named))
}

/// Cargo on the tree's core, telling in JSON. Libraries stay built from one time to the next.
fn build(tree: &Path, what: &[&str]) -> Command {
    let mut command = cargo(what);
    command.current_dir(tree).args(["--package", "twinkey-core", "--message-format", "json"]);
    // Sixteen times as much text as core: what optimizing it costs, its tests do not give back.
    command.args(["--config", "profile.dev.package.twinkey-core.opt-level=1"]);
    command.env("CARGO_TARGET_DIR", tree.with_file_name("build"));
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_DEBUG", "0");
    command
}

/// Those that cannot be woven, each in a build of its own.
fn each_alone<'a>(
    tool: &Path,
    folder: &Path,
    tree: &Path,
    mutants: &[&'a Mutant],
) -> Result<Vec<(&'a str, Fate)>, Failed> {
    if mutants.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> = mutants.iter().map(|mutant| format!("^{}$", literally(&mutant.name))).collect();
    let mut command = Command::new(tool);
    command.current_dir(tree).args([
        "mutants",
        "--in-place",
        "--package",
        "twinkey-core",
        "--baseline",
        "skip",
    ]);
    // Building core anew each time costs more than its tests lose.
    command.arg("--cargo-arg=--config=profile.dev.package.twinkey-core.opt-level=0");
    command.args([
        "--timeout",
        "600",
        "--cargo-arg=--lib",
        "--cargo-arg=--test=rules",
        "--re",
        &names.join("|"),
    ]);
    command.arg("--output").arg(folder).env("CARGO_TARGET_DIR", folder.join("build"));
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_DEBUG", "0");
    // Its exit code says that some were missed; what it found is in its files.
    command.output().map_err(|error| format!("cannot run {command:?}: {error}"))?;
    let lists = [
        ("caught.txt", Fate::Caught),
        ("missed.txt", Fate::Missed),
        ("timeout.txt", Fate::Timeout),
        ("unviable.txt", Fate::Unviable),
    ];
    let lists = lists.map(|(list, fate)| {
        (fs::read_to_string(folder.join("mutants.out").join(list)).unwrap_or_default(), fate)
    });
    let fates = mutants.iter().map(|mutant| {
        let found = lists.iter().find(|(list, _)| list.lines().any(|line| line == mutant.name));
        let (_, fate) = found.ok_or_else(|| format!("{} was not tried", mutant.name))?;
        Ok((mutant.name.as_str(), *fate))
    });
    fates.collect()
}

/// A regular expression for this very text.
fn literally(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " _<>".contains(c);
    text.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// What became of them.
struct Told {
    /// Where all of them are named.
    file: PathBuf,
    fates: Vec<Fate>,
}

impl Told {
    fn add(&mut self, name: &str, fate: Fate) -> Result<(), Failed> {
        if matches!(fate, Fate::Missed | Fate::Timeout) {
            println!("{fate:<8?} {name}");
        }
        self.fates.push(fate);
        let mut file = File::options().create(true).append(true).open(&self.file);
        let written = file
            .as_mut()
            .map_err(|error| error.to_string())?
            .write_all(format!("{fate:<8?} {name}\n").as_bytes());
        written.map_err(|error| format!("{}: {error}", self.file.display()))
    }

    /// A test that never ends has noticed as well. What does not compile was never a mutant.
    fn tell(&self, minutes: u64) -> Result<(), Failed> {
        let count = |fate| self.fates.iter().filter(|of| **of == fate).count();
        let [caught, timeouts, missed, unviable] =
            [Fate::Caught, Fate::Timeout, Fate::Missed, Fate::Unviable].map(count);
        let tried = caught + timeouts + missed;
        if tried == 0 {
            return Err("no mutant was tried".to_owned());
        }
        println!(
            "\nxtask: {} mutants in {minutes} min: {caught} caught, {timeouts} timeouts, {missed} missed, \
             {unviable} unviable; {:.1} % killed",
            self.fates.len(),
            100.0 * (caught + timeouts) as f64 / tried as f64,
        );
        Ok(())
    }
}
