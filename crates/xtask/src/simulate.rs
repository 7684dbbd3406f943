//! `cargo xtask simulate`: whole lives of one credential, built with optimization.

use clap::Args;

use crate::step::{Failed, cargo, run};

/// Live many seeds under a simulated clock, or tell the story of one.
#[derive(Args)]
pub(crate) struct Simulate {
    /// Passed on: --seeds N, --from M, --failures N; or --seed N with --trace.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub(crate) fn lives(simulate: &Simulate) -> Result<(), Failed> {
    let mut lives = cargo(&["run", "--quiet", "--release", "-p", "twinkey-simulator", "--"]);
    run("simulate", lives.args(&simulate.args))
}
