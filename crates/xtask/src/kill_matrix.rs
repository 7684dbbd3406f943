//! `cargo xtask kill-matrix`: the real binary killed at every kill point, on the store of one's choice.

use clap::{Args, ValueEnum};

use crate::step::{Failed, cargo, run};

/// Kill the real binary before and after every step and every disk write, and see that the next run converges.
#[derive(Args)]
pub(crate) struct KillMatrix {
    /// The store.
    #[arg(long, value_enum, value_name = "NAME", default_value = "file")]
    store: Store,
}

/// The stores that the matrix knows.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    /// The embedded store.
    File,
}

/// The story that is the matrix.
const STORY: &str = "stories::killed::killed_at_every_kill_point_the_next_run_converges";

pub(crate) fn kill_all(args: &KillMatrix) -> Result<(), Failed> {
    let name = args.store.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let test = ["test", "--quiet", "-p", "twinkey-stories", "--test", "stories", "--"];
    let mut story = cargo(&test);
    story.args(["--exact", STORY, "--nocapture"]).env("TWINKEY_KILL_MATRIX", &name);
    run(&format!("kill matrix on {name}"), &mut story)
}
