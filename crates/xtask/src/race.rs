//! `cargo xtask race`: several processes rotate one credential at once, round after round.

use clap::Args;

use crate::step::{Failed, cargo, run};
use crate::store::Store;
use crate::venv;

/// Let several processes rotate one credential at once, and tell how each round ended.
#[derive(Args)]
pub(crate) struct Race {
    /// Where the documents lie.
    #[arg(long, value_enum)]
    store: Store,
    /// How many rounds.
    #[arg(long, default_value_t = 1000)]
    rounds: u32,
}

/// The stories that are the race, without the store's name.
const STORY: &str = "stories::raced::of_several_runs_at_once_one_switches_on_";

pub(crate) fn race(args: &Race) -> Result<(), Failed> {
    let name = args.store.name();
    let mut story = cargo(&["test", "--quiet", "--workspace", "--test", "stories", "--"]);
    story.args(["--exact", &format!("{STORY}{name}"), "--nocapture"]);
    story.env("TWINKEY_RACE", args.rounds.to_string());
    if args.store != Store::File {
        story.env("TWINKEY_TEST_PYTHON", venv::python()?);
    }
    run(&format!("race on {name}"), &mut story)
}
