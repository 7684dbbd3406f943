//! `cargo xtask model`: the protocol, explored until nothing new is found.

use clap::Args;

use crate::step::{Failed, cargo, run};

/// Explore the protocol exhaustively on the functions that run in production.
#[derive(Args)]
pub(crate) struct Model {
    /// What the model's own program takes: names of variants, --larger, --without-ablations.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub(crate) fn explore(asked: &Model) -> Result<(), Failed> {
    let mut model = cargo(&["run", "--release", "--quiet", "-p", "twinkey-model", "--"]);
    run("model", model.args(&asked.args))
}
