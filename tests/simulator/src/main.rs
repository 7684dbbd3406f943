//! `cargo xtask simulate`: lives many seeds and prints what happened, or tells the story of one.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use twinkey_simulator::{Campaign, Fault, Reached, live, run};

/// Lives many seeds and prints what happened, or tells the story of one.
#[derive(Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One seed only.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Tell its story.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Go on until so many seeds have failed.
    #[arg(long, default_value_t = 20)]
    failures: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match args.seed {
        Some(seed) => one(seed, args.trace),
        None => many(&args),
    }
}

fn one(seed: u64, told: bool) -> ExitCode {
    let lived = live(seed, None, true);
    if told {
        print!("{}", lived.story);
    }
    println!("seed {seed}: {} events, story {}", lived.figures.reached(Reached::Events), lived.hash);
    match lived.broken {
        None => ExitCode::SUCCESS,
        Some(broken) => {
            println!("broken: {broken}");
            ExitCode::FAILURE
        }
    }
}

/// Long campaigns say how far they are.
fn told(seed: u64) {
    if seed.is_multiple_of(10_000) {
        eprintln!("seed {seed} begun");
    }
}

fn many(args: &Args) -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "measures how long the lives take; none of them sees it")]
    let begun = Instant::now();
    let campaign = Campaign {
        from: args.from,
        seeds: args.seeds,
        hole: None,
        most_failures: args.failures,
        begun: told,
    };
    let summary = run(&campaign);
    let seconds = begun.elapsed().as_secs_f64();
    for reached in Reached::ALL {
        println!("{:28}{:>12}", format!("{reached:?}"), summary.figures.reached(*reached));
    }
    println!();
    for fault in Fault::ALL {
        println!("{:34}{:>12}   {}", fault.name(), summary.figures.faults(*fault), fault.rows());
    }
    for failure in &summary.failures {
        println!("\nseed {}: {}", failure.seed, failure.broken);
        println!("  again: cargo xtask simulate --seed {} --trace", failure.seed);
    }
    println!(
        "\n{} seeds, {} of them twice, {} failures, {seconds:.1} s, {:.0} seeds/s",
        summary.seeds,
        summary.twice,
        summary.failures.len(),
        summary.seeds as f64 / seconds
    );
    if summary.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
