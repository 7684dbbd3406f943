//! Twinkey's own commands. `cargo xtask test` sets up what it needs and runs everything.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod deny;
mod engine;
mod fuzz;
mod kill_matrix;
mod model;
mod mutants;
mod package;
mod race;
mod screenshots;
mod simulate;
mod step;
mod store;
mod test;
mod tools;
mod venv;

/// Twinkey's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up what is needed and run all tests.
    Test(test::Test),
    /// Measure what the README promises, and print it.
    Bench(bench::Bench),
    /// Explore the protocol exhaustively, and break each rule on purpose.
    Model(model::Model),
    /// Kill the real binary at every kill point, a line a kill.
    KillMatrix(kill_matrix::KillMatrix),
    /// Let several processes rotate one credential at once, round after round.
    Race(race::Race),
    /// Live many seeds under a simulated clock, or tell the story of one.
    Simulate(simulate::Simulate),
    /// Look for inputs that break a parser.
    Fuzz(fuzz::Fuzz),
    /// Change core in every small way and see whether its tests notice.
    Mutants(mutants::Mutants),
    /// Make pictures of the status page in every phase, with Chromium.
    Screenshots(screenshots::Screenshots),
    /// Build what people install: a static binary, a Debian package, a container image.
    Package(package::Package),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::measure(&args),
        Command::Model(args) => model::explore(&args),
        Command::KillMatrix(args) => kill_matrix::kill_all(&args),
        Command::Race(args) => race::race(&args),
        Command::Simulate(args) => simulate::lives(&args),
        Command::Fuzz(args) => fuzz::run_targets(&args),
        Command::Mutants(args) => mutants::run_all(&args),
        Command::Screenshots(args) => screenshots::make(&args),
        Command::Package(args) => package::build(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("\nxtask: {failed}");
            ExitCode::FAILURE
        }
    }
}
