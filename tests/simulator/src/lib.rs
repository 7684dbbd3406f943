//! Whole lives of one credential under a simulated clock.
//!
//! A seed is a life: a store with lagging replicas and lost answers, a provider whose nodes learn late, hosts
//! that sleep, burn and mistake the time, consumers that keep what they have read, and two people who press
//! the button. All of it is drawn from the seed, in one thread and without a clock, so a seed replays byte for
//! byte. What decides in it is production: [`twinkey::run::run`] over the seams of `twinkey::world`, with
//! production's hands, documents and evidence.
//!
//! Start reading at `chapters.rs` (what happens), `life.rs` and `runs.rs` (how), `judge.rs` (what must hold) and
//! `recovery.rs` (how it must end). `faults.rs` maps every fault to the rows of the failure catalogue.

mod calendar;
mod campaign;
mod chapters;
mod consumers;
mod errors;
mod faults;
mod figures;
mod judge;
mod life;
mod nature;
mod people;
mod portal;
mod process;
mod recovery;
mod requests;
mod runs;
mod server;
mod trace;
mod wire;

pub use campaign::{Campaign, Failure, Summary, run};
pub use faults::Fault;
pub use figures::{Figures, Reached};
pub use nature::Hole;

use life::Life;
use trace::Trace;

/// How a life ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lived {
    /// What happened in it.
    pub figures: Figures,
    /// The property that was broken, if one was.
    pub broken: Option<String>,
    /// The story, a line an event; empty if it was not told.
    pub story: String,
    /// The SHA-256 of the story.
    pub hash: String,
}

/// Lives the life of a seed.
pub fn live(seed: u64, hole: Option<Hole>, told: bool) -> Lived {
    let trace = if told { Trace::on() } else { Trace::default() };
    let mut life = Life::new(seed, hole, trace);
    life.live();
    life.budget_is_kept();
    if life.broken.is_none() {
        life.recover();
    }
    if life.broken.is_none() {
        life.months();
    }
    if life.nature.obedient {
        life.figures.reach(Reached::Obedient);
    }
    let (story, hash) = life.trace.told();
    Lived { figures: life.figures, broken: life.broken, story, hash }
}
