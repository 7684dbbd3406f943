//! `cargo xtask kill-matrix`: the real binary killed at every kill point, on the store of one's choice.

use clap::Args;

use crate::step::{Failed, cargo, run};
use crate::store::Store;
use crate::venv;

/// Kill the real binary before and after every step and every disk write, and see that the next run converges.
#[derive(Args)]
pub(crate) struct KillMatrix {
    /// The store.
    #[arg(long, value_enum, value_name = "NAME", default_value = "file")]
    store: Store,
}

/// The story that is the matrix.
const STORY: &str = "stories::killed::killed_at_every_kill_point_the_next_run_converges";

pub(crate) fn kill_all(args: &KillMatrix) -> Result<(), Failed> {
    let name = args.store.name();
    let test = ["test", "--quiet", "--workspace", "--test", "stories", "--"];
    let mut story = cargo(&test);
    story.args(["--exact", STORY, "--nocapture"]).env("TWINKEY_KILL_MATRIX", &name);
    if args.store != Store::File {
        story.env("TWINKEY_TEST_PYTHON", venv::python()?);
    }
    run(&format!("kill matrix on {name}"), &mut story)
}
