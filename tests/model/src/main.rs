//! What the model says, for people: `cargo xtask model`.

use std::process::ExitCode;

use clap::Parser;
use twinkey_model::explore::explore;
use twinkey_model::setting::Setting;
use twinkey_model::variants;

/// Explore Twinkey's protocol, on the functions that run in production, until nothing new is found.
#[derive(Parser)]
#[command(name = "cargo xtask model")]
struct Cli {
    /// The variants to explore; those of the tests if none is named.
    names: Vec<String>,
    /// The larger variants as well: minutes each, and gigabytes.
    #[arg(long)]
    larger: bool,
    /// Leave out the rules that are broken on purpose.
    #[arg(long)]
    without_ablations: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let chosen = match chosen(&cli) {
        Ok(chosen) => chosen,
        Err(name) => {
            let known: Vec<_> =
                variants::quick().iter().chain(&variants::larger()).map(|of| of.name).collect();
            eprintln!("there is no variant {name:?}; there are: {}", known.join(", "));
            return ExitCode::from(2);
        }
    };
    let mut fine = true;
    println!("every variant is explored until nothing new is found; ends where something is violated\n");
    for setting in &chosen {
        let report = explore(setting);
        fine &= report.is_complete && report.violated.is_empty();
        println!("{report}");
    }
    if cli.names.is_empty() && !cli.without_ablations {
        println!("each rule broken on purpose, one at a time: what is left must find an outage\n");
        for setting in &variants::ablations() {
            let report = explore(setting);
            fine &= !report.violated.is_empty();
            println!("{report}");
        }
    }
    println!("{}", if fine { "all as it should be" } else { "NOT as it should be" });
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn chosen(cli: &Cli) -> Result<Vec<Setting>, &String> {
    if cli.names.is_empty() {
        let larger = if cli.larger { variants::larger() } else { Vec::new() };
        return Ok(variants::quick().into_iter().chain(larger).collect());
    }
    cli.names.iter().map(|name| variants::named(name).ok_or(name)).collect()
}
