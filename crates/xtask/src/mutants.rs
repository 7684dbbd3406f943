//! `cargo xtask mutants`: changes core in every small way and sees whether its tests notice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::step::{Failed, now, root};
use crate::tools::tool;

/// The version whose mutants the figures are about.
const VERSION: &str = "27.1.0";

/// Seconds for the tests of one mutant: a hundred times what they take.
const TIMEOUT: &str = "60";

/// Three stories take nine tenths of the time of all; what they alone notice is noticed in the second pass.
const SLOW: [&str; 6] =
    ["--skip", "a_thousand_transitions", "--skip", "a_hundred_wrong_deposits", "--skip", "a_day_of_rounds"];

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
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let begun = now();
    // Most are noticed by the quick stories; only what is left is shown to all tests.
    let quick = [&["--test", "rules", "--", "stories::"], &SLOW[..]].concat();
    pass(&tool, &folder, args, "quick stories", &[], &quick)?;
    // The second pass counts what does not compile among what was noticed before.
    let unviable = lines(&folder.join("mutants.out/unviable.txt"));
    pass(&tool, &folder, args, "all tests, on what is left", &["--iterate"], &["--lib", "--test", "rules"])?;
    tell(&folder.join("mutants.out"), &unviable, begun.elapsed().as_secs() / 60)
}

fn pass(
    tool: &Path,
    folder: &Path,
    args: &Mutants,
    name: &str,
    flags: &[&str],
    tests: &[&str],
) -> Result<(), Failed> {
    println!("--- {name}");
    let mut command = Command::new(tool);
    command.current_dir(root()).args([
        "mutants",
        // Building each mutant with optimization takes longer than its tests do without.
        "--cargo-arg=--config=profile.dev.package.twinkey-core.opt-level=0",
        "--package",
        "twinkey-core",
        "--baseline",
        "skip",
        "--no-shuffle",
    ]);
    command.args(["--timeout", TIMEOUT, "--output"]).arg(folder).args(flags);
    for (flag, value) in [("--shard", &args.shard), ("--file", &args.file)] {
        command.args(value.iter().flat_map(|value| [flag, value.as_str()]));
    }
    // Nobody reads a backtrace of a mutant: builds without debug information take half the time.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_DEBUG", "0");
    command.arg("--").args(tests);
    // Its exit code says that some were missed; what it found is in its files.
    command.status().map_err(|error| format!("cannot run {command:?}: {error}"))?;
    Ok(())
}

fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn tell(out: &Path, unviable: &[String], minutes: u64) -> Result<(), Failed> {
    let of = |name: &str| lines(&out.join(name));
    let before = of("previously_caught.txt").into_iter().filter(|mutant| !unviable.contains(mutant));
    let caught = of("caught.txt").len() + before.count();
    let (missed, timeouts) = (of("missed.txt"), of("timeout.txt"));
    // A test that never ends has noticed as well. What does not compile was never a mutant.
    let killed = caught + timeouts.len();
    let all = killed + missed.len();
    if all == 0 {
        return Err(format!("no mutant was tried; see {}", PathBuf::from(out).display()));
    }
    for mutant in &missed {
        println!("missed   {mutant}");
    }
    println!(
        "\nxtask: {} mutants in {minutes} min: {caught} caught, {} timeouts, {} missed, {} unviable; {:.1} % killed",
        all + unviable.len(),
        timeouts.len(),
        missed.len(),
        unviable.len(),
        100.0 * killed as f64 / all as f64,
    );
    Ok(())
}
