//! What happened over one life or many, counted.

use crate::faults::Fault;

/// What was reached, beside the faults: an empty simulator reaches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Things that happened: requests, answers, clicks, refreshes.
    Events,
    /// Runs of the production story.
    Runs,
    /// Steps of those runs.
    Steps,
    /// Scheduled switches.
    Switches,
    /// Switches on a person's word.
    SwitchesNow,
    /// Fail-overs.
    FailOvers,
    /// Mends.
    Mends,
    /// Rollbacks.
    Rollbacks,
    /// Our pair put back over somebody's edit.
    PutsBack,
    /// Somebody's edit taken over.
    Takeovers,
    /// Clicks on Regenerate under a permit.
    Regenerations,
    /// Permits.
    Permits,
    /// Deposits that were proven.
    Proofs,
    /// Writes of the live pair unchanged.
    Fences,
    /// Intents that were given up.
    Abandoned,
    /// Intents that another run than their own ended.
    Inherited,
    /// Drains that were watched to their end.
    DrainsWatched,
    /// Drains that ended because the secret was dead.
    DrainsDead,
    /// Restored records that a person took for good.
    Restorations,
    /// Times that a consumer read.
    Reads,
    /// Commands that people followed until everything was ready again.
    Followed,
    /// Lives with people who obey.
    Obedient,
    /// Months by a calendar at the end of a life.
    Months,
    /// Switches in those months that came when they were due.
    InTime,
    /// Switches in those months that were made up, because the host slept or nothing stood by.
    MadeUp,
}

impl Reached {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Events,
        Self::Runs,
        Self::Steps,
        Self::Switches,
        Self::SwitchesNow,
        Self::FailOvers,
        Self::Mends,
        Self::Rollbacks,
        Self::PutsBack,
        Self::Takeovers,
        Self::Regenerations,
        Self::Permits,
        Self::Proofs,
        Self::Fences,
        Self::Abandoned,
        Self::Inherited,
        Self::DrainsWatched,
        Self::DrainsDead,
        Self::Restorations,
        Self::Reads,
        Self::Followed,
        Self::Obedient,
        Self::Months,
        Self::InTime,
        Self::MadeUp,
    ];
}

/// The counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    faults: [u64; Fault::ALL.len()],
    reached: [u64; Reached::ALL.len()],
}

impl Default for Figures {
    fn default() -> Self {
        Self { faults: [0; Fault::ALL.len()], reached: [0; Reached::ALL.len()] }
    }
}

impl Figures {
    /// One more of a fault.
    pub fn met(&mut self, fault: Fault) {
        self.faults[fault as usize] += 1;
    }

    /// One more of what was reached.
    pub fn reach(&mut self, reached: Reached) {
        self.reached[reached as usize] += 1;
    }

    /// How often a fault occurred.
    pub fn faults(&self, fault: Fault) -> u64 {
        self.faults[fault as usize]
    }

    /// How often something was reached.
    pub fn reached(&self, reached: Reached) -> u64 {
        self.reached[reached as usize]
    }

    /// Takes another life's counts in.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.faults.iter_mut().zip(&other.faults) {
            *sum += more;
        }
        for (sum, more) in self.reached.iter_mut().zip(&other.reached) {
            *sum += more;
        }
    }
}
