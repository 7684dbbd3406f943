//! What one variant of the model has in it.

use std::sync::OnceLock;

use jiff::SignedDuration;
use twinkey_core::{BelongsTo, Failover, Hours, LookEvery, Policy, Settle, Staleness, Unscheduled};

use crate::ablation::Ablation;
use crate::store::Honesty;
use crate::time::{ALMOST_A_DAY, DAY};
use crate::witness::Met;

/// One variant: who acts, and what may go wrong.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is in it, in one line.
    pub about: &'static str,
    /// Where Twinkey runs.
    pub machines: Vec<Kind>,
    /// How many people operate it; the first two sit at desks of their own.
    pub people: usize,
    /// How many consumers cache the pair. One without a cache is always there: it reads at each use.
    pub consumers: usize,
    /// What people ask Twinkey for.
    pub errands: Vec<Errand>,
    /// Ordinary reads may be stale.
    pub stale_reads: bool,
    /// How many writes may be under way unheeded at a time.
    pub late_writes: usize,
    /// Answers of the store may be lost, and writes too.
    pub lost_answers: bool,
    /// Runs may crash between any two effects.
    pub crashes: bool,
    /// Runs may be suspended for days, in the middle; otherwise only a wait or a write lasts over a night.
    pub sleepers: bool,
    /// Some of the provider's nodes learn of a regeneration a day late.
    pub slow_nodes: bool,
    /// A secret that works may be refused by mistake.
    pub doubts: bool,
    /// The provider may begin to refuse a client that is not live.
    pub locks: bool,
    /// The store may be away, for how many nights in a row.
    pub outages: u8,
    /// People may write what they have in hand straight into the slot.
    pub straight_deposits: bool,
    /// How many presses of Regenerate by the rules there may be on one day.
    pub presses_a_day: u8,
    /// Presses of Regenerate against the rules.
    pub wrong_presses: u8,
    /// Edits of the live pair past Twinkey.
    pub foreign_edits: u8,
    /// Rounds ask whether a replaced secret is dead.
    pub evidence: bool,
    /// A person's requests run to their end in one go, unless they wait.
    pub at_once: bool,
    /// What is broken on purpose.
    pub ablation: Option<Ablation>,
    /// What its exploration has met.
    pub met: Met,
    /// The rules' settings, once they are asked for.
    pub policy: OnceLock<Policy>,
}

/// What runs on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One-shot rounds, whenever the timer likes.
    Timer,
    /// A daemon that looks every day.
    Daemon,
    /// A person's own machine: rounds by hand, and requests.
    Desk(usize),
}

/// What a run is begun for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Errand {
    /// `rotate`, the timer's and the daemon's round.
    Round,
    /// `permit`, and the first half of `regenerate`.
    Permit,
    /// `deposit` of what the person has in hand.
    Deposit,
    /// `cancel` of the person's own permit.
    Cancel,
    /// `cancel --spoke-to` the holder.
    TakeOver,
    /// `rotate --now`.
    SwitchNow,
    /// `rollback`.
    Rollback,
    /// `rollback --spoke-to` the holder.
    RollbackSpokeTo,
    /// `resolve --put-ours`.
    PutOurs,
    /// `resolve --take-theirs`.
    TakeTheirs,
}

/// The names of the people.
pub const NAMES: [&str; 3] = ["olga", "petr", "rosa"];

impl Setting {
    /// Nothing goes wrong, and nobody asks for anything.
    pub fn quiet(name: &'static str, about: &'static str, machines: &[Kind]) -> Self {
        let desks = machines.iter().filter(|kind| matches!(kind, Kind::Desk(_))).count();
        Self {
            name,
            about,
            machines: machines.to_vec(),
            people: desks.max(1),
            consumers: 0,
            errands: Vec::new(),
            stale_reads: false,
            late_writes: 0,
            lost_answers: false,
            crashes: false,
            sleepers: false,
            slow_nodes: false,
            doubts: false,
            locks: false,
            outages: 0,
            straight_deposits: false,
            presses_a_day: 1,
            wrong_presses: 0,
            foreign_edits: 0,
            evidence: false,
            at_once: false,
            ablation: None,
            met: Met::default(),
            policy: OnceLock::new(),
        }
    }

    /// The rules' settings. All spans are a day or nothing; a schedule is always due.
    pub fn policy(&self) -> &Policy {
        self.policy.get_or_init(|| self.new_policy())
    }

    fn new_policy(&self) -> Policy {
        let watched = self.machines.contains(&Kind::Daemon);
        let every = if self.health() { SignedDuration::ZERO } else { DAY * 10_000 };
        // A provider whose every answer is true needs no second token.
        let settle = match self.doubts || self.slow_nodes {
            true if self.broken_by(Ablation::NoDrainAfterOneRefusal) => {
                Settle { tokens: 2, over: SignedDuration::ZERO }
            }
            true => Settle { tokens: 2, over: ALMOST_A_DAY },
            false => Settle { tokens: 1, over: SignedDuration::ZERO },
        };
        Policy {
            place: BelongsTo {
                store: String::new(),
                live_pair: String::new(),
                id_field: String::new(),
                secret_field: String::new(),
            },
            schedule: None,
            min_interval: SignedDuration::ZERO,
            max_age: None,
            jitter: SignedDuration::ZERO,
            unscheduled: Unscheduled::EachCall,
            hours: Hours::always(),
            staleness: Staleness::For(ALMOST_A_DAY),
            look_every: if watched { LookEvery::Every(ALMOST_A_DAY) } else { LookEvery::Cron },
            margin: SignedDuration::ZERO,
            token_lifetime: SignedDuration::ZERO,
            settle,
            standby_every: every,
            active_every: every,
            failover: Failover::Auto,
            reminders: Vec::new(),
            output: false,
        }
    }

    /// Whether rounds ask how both clients are: where something can happen to them.
    pub fn health(&self) -> bool {
        self.doubts || self.locks || self.wrong_presses > 0
    }

    pub fn honesty(&self) -> Honesty {
        match self.ablation {
            Some(Ablation::NoCompareAndSet) => Honesty::BlindLive,
            Some(Ablation::ReturningVersions) => Honesty::ReturningVersions,
            _ => Honesty::Honest,
        }
    }

    pub fn broken_by(&self, ablation: Ablation) -> bool {
        self.ablation == Some(ablation)
    }

    /// Who speaks to the store from this machine.
    pub fn who(&self, machine: usize) -> &'static str {
        match self.machines[machine] {
            Kind::Timer => "timer",
            Kind::Daemon => "daemon",
            Kind::Desk(person) => NAMES[person],
        }
    }

    pub fn person_at(&self, machine: usize) -> Option<usize> {
        match self.machines[machine] {
            Kind::Desk(person) => Some(person),
            Kind::Timer | Kind::Daemon => None,
        }
    }
}
