//! Core's tests, run for one mutant after the other.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use serde_json::Value;

use super::weave::CHOICE;
use crate::step::{Failed, now, output};

/// Three stories take nine tenths of the time of all; what they alone notice is noticed by the second round.
const SLOW: [&str; 6] =
    ["--skip", "a_thousand_transitions", "--skip", "a_hundred_wrong_deposits", "--skip", "a_day_of_rounds"];

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// A test failed.
    Caught,
    /// No test failed.
    Missed,
    /// The tests did not end.
    Timeout,
    /// It does not compile.
    Unviable,
}

/// The rounds of tests, the quickest first: most mutants are noticed there.
pub(super) struct Tests {
    folder: PathBuf,
    rounds: Vec<Round>,
}

struct Round {
    program: PathBuf,
    args: Vec<&'static str>,
    /// Many times what it takes without a mutant.
    patience: Duration,
}

impl Tests {
    /// Builds the tests on the woven core, and sees that they pass while no mutant is chosen.
    pub(super) fn build(tree: &Path) -> Result<Self, Failed> {
        let built = output(&mut super::build(tree, &["test", "--no-run", "--lib", "--test", "rules"]))?;
        let messages: Vec<Value> = built.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let program = |name: &str| {
            let of =
                |message: &&Value| message["target"]["name"] == name && message["executable"].is_string();
            let found = messages.iter().find(of).and_then(|message| message["executable"].as_str());
            found.map(PathBuf::from).ok_or_else(|| format!("no program of the tests {name:?}"))
        };
        let (lib, rules) = (program("twinkey_core")?, program("rules")?);
        let quick = [&["stories::"], &SLOW[..]].concat();
        let mut tests = Self { folder: tree.join("crates/core"), rounds: Vec::new() };
        for (program, args) in [(lib, vec![]), (rules.clone(), quick), (rules, vec![])] {
            let mut round = Round { program, args, patience: Duration::from_secs(600) };
            let begun = now();
            if tests.run(&round, 0)? != Fate::Missed {
                return Err(format!("{} fails without any mutant", round.program.display()));
            }
            round.patience = Duration::from_secs(20).max(begun.elapsed() * 10);
            tests.rounds.push(round);
        }
        Ok(tests)
    }

    /// Whether any test notices this mutant.
    pub(super) fn fate(&self, number: usize) -> Result<Fate, Failed> {
        for round in &self.rounds {
            let fate = self.run(round, number)?;
            if fate != Fate::Missed {
                return Ok(fate);
            }
        }
        Ok(Fate::Missed)
    }

    fn run(&self, round: &Round, number: usize) -> Result<Fate, Failed> {
        let mut command = Command::new(&round.program);
        command.args(&round.args).current_dir(&self.folder).env(CHOICE, number.to_string());
        // A failure is one of a mutant: it is not kept to be tried again with the others, and nobody reads it.
        command.env("PROPTEST_FAILURE_PERSISTENCE", "off").env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let failed = |error| format!("cannot run {}: {error}", round.program.display());
        let mut child = command.spawn().map_err(failed)?;
        let (first, seen) = mpsc::channel();
        let printed = child.stdout.take().map(BufReader::new);
        // The first test that fails has noticed; the others need not end.
        let reader = std::thread::spawn(move || {
            let mut lines = printed.into_iter().flat_map(BufRead::lines).map_while(Result::ok);
            if lines.any(|line| line.ends_with(" FAILED")) {
                let _ = first.send(());
            }
        });
        let noticed = seen.recv_timeout(round.patience);
        if noticed != Err(RecvTimeoutError::Disconnected) {
            let _ = child.kill();
        }
        let status = child.wait().map_err(failed)?;
        let _ = reader.join();
        Ok(match noticed {
            Ok(()) => Fate::Caught,
            Err(RecvTimeoutError::Timeout) => Fate::Timeout,
            Err(RecvTimeoutError::Disconnected) if status.success() => Fate::Missed,
            Err(RecvTimeoutError::Disconnected) => Fate::Caught,
        })
    }
}

impl fmt::Display for Tests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<_> =
            self.rounds.iter().map(|round| format!("{:.1} s", round.patience.as_secs_f64() / 10.0)).collect();
        write!(f, "at most {}", each.join(" + "))
    }
}
