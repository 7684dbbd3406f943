//! What an exploration has met: an empty model must not pass.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use twinkey_core::record::Why;
use twinkey_core::step::{LiveContent, SlotChange};
use twinkey_core::{DrainEnd, Step, What};

/// What was met, shared by the threads of one exploration.
#[derive(Clone, Debug, Default)]
pub struct Met {
    effects: Arc<RwLock<BTreeSet<&'static str>>>,
    phases: Arc<RwLock<BTreeSet<&'static str>>>,
    /// What is known of a state with everything under way dropped, by its fingerprint.
    judged: Arc<Mutex<HashMap<u64, bool>>>,
}

impl Met {
    /// A write has taken effect.
    pub fn effect(&self, name: &'static str) {
        insert(&self.effects, name);
    }

    /// `status` would have said this.
    pub fn phase(&self, name: &'static str) {
        insert(&self.phases, name);
    }

    /// The effects so far.
    pub fn effects(&self) -> BTreeSet<&'static str> {
        self.effects.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The phases so far.
    pub fn phases(&self) -> BTreeSet<&'static str> {
        self.phases.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Judges each state once.
    pub fn judge(&self, fingerprint: u64, judge: impl FnOnce() -> bool) -> bool {
        let known = || self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&fingerprint) {
            return *known;
        }
        let judged = judge();
        known().insert(fingerprint, judged);
        judged
    }
}

fn insert(to: &RwLock<BTreeSet<&'static str>>, name: &'static str) {
    let known = to.read().unwrap_or_else(PoisonError::into_inner).contains(name);
    if !known {
        to.write().unwrap_or_else(PoisonError::into_inner).insert(name);
    }
}

/// Every effect on a document that production knows, by the name that [`of`] gives it.
pub const EFFECTS: [&str; 36] = [
    "record: initialised",
    "record: intended",
    "record: published",
    "record: abandoned",
    "record: drain restarted",
    "record: drain grew",
    "record: drain shortened",
    "record: drain ended, watched",
    "record: drain ended, confirmed",
    "record: drain ended, dead",
    "record: permit opened",
    "record: permit closed",
    "record: proven",
    "record: refused",
    "record: recovered",
    "record: old secret dead",
    "record: old secret alive",
    "record: not in use",
    "record: took theirs",
    "record: restored",
    "record: moved",
    "live pair: first",
    "live pair: scheduled",
    "live pair: now",
    "live pair: fail-over",
    "live pair: mend",
    "live pair: rollback",
    "live pair: put ours",
    "live pair: fence",
    "slot: enter",
    "slot: take live",
    "slot: deposit",
    "slot: promote",
    "output",
    "look",
    "probe",
];

/// Effects that no variant reaches, and why.
pub const LEFT_OUT: [(&str, &str); 10] = [
    ("record: old secret alive", "no provider of the model keeps a replaced secret for days: simulated"),
    ("slot: take live", "an edit with a secret that no slot holds: simulated, and a story of the rules"),
    ("look", "writes nothing"),
    ("probe", "writes nothing"),
    ("output", "a file on one host, caught up with at every look: simulated and killed for real"),
    ("record: drain grew", "the configuration does not change within a variant: simulated"),
    ("record: drain ended, confirmed", "a person's word that every consumer was restarted: simulated"),
    ("record: drain shortened", "exempt by name: it says what it breaks"),
    ("record: moved", "a renamed place, proven by init: a story of the rules"),
    ("record: restored", "a restored backup brings versions back: simulated"),
];

/// The name of a step's effect. The compiler asks for a name when production learns a new one.
pub fn of(step: &Step) -> &'static str {
    match step {
        Step::Look(_) => "look",
        Step::Probe(_) => "probe",
        Step::WriteOutput => "output",
        Step::WriteLive(write) => match &write.content {
            LiveContent::Unchanged => "live pair: fence",
            LiveContent::Publish { why, .. } => of_publication(*why),
        },
        Step::WriteSlot(write) => match &write.change {
            SlotChange::Enter { .. } => "slot: enter",
            SlotChange::TakeLive { .. } => "slot: take live",
            SlotChange::Deposit { .. } => "slot: deposit",
            SlotChange::Promote { .. } => "slot: promote",
        },
        Step::WriteRecord(write) => of_transition(&write.what),
    }
}

fn of_publication(why: Why) -> &'static str {
    match why {
        Why::First => "live pair: first",
        Why::Scheduled => "live pair: scheduled",
        Why::Now => "live pair: now",
        Why::FailOver => "live pair: fail-over",
        Why::Mend => "live pair: mend",
        Why::Rollback => "live pair: rollback",
        Why::PutOurs => "live pair: put ours",
    }
}

fn of_transition(what: &What) -> &'static str {
    match what {
        What::Initialised { .. } => "record: initialised",
        What::Intended { .. } => "record: intended",
        What::Published { .. } => "record: published",
        What::Abandoned { .. } => "record: abandoned",
        What::DrainRestarted { .. } => "record: drain restarted",
        What::DrainGrew { .. } => "record: drain grew",
        What::DrainShortened { .. } => "record: drain shortened",
        What::DrainEnded { how: DrainEnd::Watched, .. } => "record: drain ended, watched",
        What::DrainEnded { how: DrainEnd::Confirmed, .. } => "record: drain ended, confirmed",
        What::DrainEnded { how: DrainEnd::Dead, .. } => "record: drain ended, dead",
        What::PermitOpened { .. } => "record: permit opened",
        What::PermitClosed { .. } => "record: permit closed",
        What::Proven { .. } => "record: proven",
        What::Refused { .. } => "record: refused",
        What::Recovered { .. } => "record: recovered",
        What::OldSecretDead { .. } => "record: old secret dead",
        What::OldSecretAlive { .. } => "record: old secret alive",
        What::NotInUse { .. } => "record: not in use",
        What::TookTheirs { .. } => "record: took theirs",
        What::Restored => "record: restored",
        What::Moved => "record: moved",
    }
}
