//! Driving `next` and `after` exactly as production does, with faults between any two steps.

use jiff::SignedDuration;
use twinkey_core::decision::{Next, Rest};
use twinkey_core::seen::{Audit, Freshness, Host, Seen, Trouble, TroubleClass, Which, With};
use twinkey_core::step::{Probe, Step};
use twinkey_core::{Outcome, Wish, next};

use super::store::{Prepared, Store, prepare};
use super::{SECOND, World, invariants};

/// What goes wrong with one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The write arrives, its answer does not.
    AnswerLost,
    /// The write never arrives, and nobody can tell.
    WriteLost,
    /// The write arrives later ([`World::land`]).
    Late,
    /// The store is away.
    Down,
    /// The store answers an ordinary look from the past.
    Stale,
    /// The line of evidence cannot be written.
    NotAudited,
}

/// A write under way.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    pub(crate) step: Step,
    pub(crate) write: Prepared,
}

/// One run under way.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) host: String,
    pub(crate) seen: Seen,
    pub(crate) steps: Vec<Step>,
    /// What an ordinary look of this run may be shown.
    pub(crate) past: Option<Store>,
}

impl Run {
    /// Whether the text behind a probe's fingerprint stands where the rules say: production's hands look there.
    fn holds(&self, probe: &Probe) -> bool {
        match probe.which {
            Which::Live => self.seen.live_pair().is_some_and(|pair| pair.secret == probe.secret),
            Which::Pasted => true,
            Which::Secret | Which::Candidate | Which::Previous => self.seen.slots[probe.client]
                .as_ref()
                .is_some_and(|slot| slot.holding(probe.secret).is_some()),
        }
    }
}

/// No honest run is longer.
const MOST_STEPS: usize = 120;

impl World {
    pub(crate) fn host(&mut self, name: &str) -> &mut Host {
        let audit = Audit { chain: name.into(), ..Audit::default() };
        self.hosts.entry(name.into()).or_insert(Host { audit, ..Host::default() })
    }

    pub(crate) fn begin(&mut self, host: &str, by: &str, wish: Wish) -> Run {
        let known = self.host(host).clone();
        Run { host: host.into(), seen: Seen::nothing(wish, by, known), steps: Vec::new(), past: None }
    }

    /// Runs to the end without faults.
    pub(crate) fn finish(&mut self, run: &mut Run) -> Rest {
        loop {
            if let Some(rest) = self.step(run, Fault::None) {
                return rest;
            }
        }
    }

    /// Runs to the end; the first step that `hits` names meets the fault.
    pub(crate) fn finish_with(&mut self, run: &mut Run, fault: Fault, hits: impl Fn(&Step) -> bool) -> Rest {
        let mut fault = Some(fault);
        loop {
            let here = match self.next(run) {
                Next::Do(step) if hits(&step) => fault.take().unwrap_or(Fault::None),
                _ => Fault::None,
            };
            if let Some(rest) = self.step(run, here) {
                return rest;
            }
        }
    }

    /// Runs until just before the first step that `stop` names, and stays there: a crash, or a pause.
    pub(crate) fn run_until(&mut self, run: &mut Run, stop: impl Fn(&Step) -> bool) -> Option<Rest> {
        loop {
            if matches!(self.next(run), Next::Do(step) if stop(&step)) {
                return None;
            }
            if let Some(rest) = self.step(run, Fault::None) {
                return Some(rest);
            }
        }
    }

    pub(crate) fn next(&self, run: &Run) -> Next {
        next(&self.policy, &run.seen, self.now)
    }

    /// One decision and its effect; `Some` where the run has ended.
    pub(crate) fn step(&mut self, run: &mut Run, fault: Fault) -> Option<Rest> {
        match self.next(run) {
            Next::Rest(rest) => Some(rest),
            Next::Wait(wait) => {
                assert!(wait.until > self.now, "a wait that waits for nothing");
                self.now = wait.until;
                None
            }
            Next::Do(step) => {
                assert!(
                    run.steps.len() < MOST_STEPS,
                    "a run without end: {:#?}",
                    &run.steps[MOST_STEPS - 8..]
                );
                let outcome = self.perform(run, &step, fault);
                self.now += SECOND;
                run.seen = run.seen.clone().after(&step, outcome, self.now);
                run.steps.push(step);
                self.hosts.insert(run.host.clone(), run.seen.host.clone());
                None
            }
        }
    }

    fn perform(&mut self, run: &mut Run, step: &Step, fault: Fault) -> Outcome {
        let unaudited = fault == Fault::NotAudited || run.seen.host.audit.unwritable;
        if unaudited && step.needs_audit() {
            return Outcome::NotAudited;
        }
        if unaudited {
            run.seen.host.audit.unwritable = true;
        }
        let down = fault == Fault::Down || self.consumers.is_down(self.now);
        match step {
            Step::Look(_) if down => Outcome::Failed(trouble(With::Reading)),
            Step::Look(freshness) => {
                let past =
                    run.past.take().filter(|_| fault == Fault::Stale && *freshness == Freshness::Ordinary);
                let looked = past.as_ref().unwrap_or(&self.store).looked();
                Outcome::Looked(Box::new(looked))
            }
            Step::Probe(probe) if !run.holds(probe) => Outcome::Conflict,
            Step::Probe(probe) => Outcome::Answered(self.provider.answer(probe, self.now)),
            Step::WriteOutput => {
                self.store.output = run.seen.live_pair().cloned();
                Outcome::OutputWritten
            }
            _ if down => Outcome::Failed(trouble(With::Writing)),
            write => {
                invariants::before_write(self, run, write);
                let late = Late { step: write.clone(), write: prepare(run, write) };
                match fault {
                    Fault::WriteLost => Outcome::Unclear("lost".into()),
                    Fault::Late => {
                        self.late.push(late);
                        Outcome::Unclear("lost".into())
                    }
                    Fault::AnswerLost => {
                        self.arrive(&late);
                        Outcome::Unclear("lost".into())
                    }
                    _ => self.arrive(&late).map_or(Outcome::Conflict, Outcome::Written),
                }
            }
        }
    }

    fn arrive(&mut self, late: &Late) -> Option<twinkey_core::Version> {
        let before = self.store.clone();
        let written = self.store.write(&late.write);
        if written.is_some() {
            invariants::after_write(self, &before, late);
            self.consumers.live(self.now, self.store.live_pair());
        }
        written
    }

    /// The oldest write under way arrives, if its condition still holds.
    pub(crate) fn land(&mut self) {
        if !self.late.is_empty() {
            let late = self.late.remove(0);
            self.arrive(&late);
        }
    }

    /// The store is away for so long.
    pub(crate) fn store_goes_away(&mut self, time: SignedDuration) {
        self.consumers.down(self.now, time);
    }

    /// Looks, and decides nothing.
    pub(crate) fn look(&mut self) -> Seen {
        let host = self.host("one").clone();
        let seen = Seen::nothing(Wish::Keep, "olga", host);
        let step = Step::Look(Freshness::Ordinary);
        let outcome = if self.consumers.is_down(self.now) {
            Outcome::Failed(trouble(With::Reading))
        } else {
            Outcome::Looked(Box::new(self.store.looked()))
        };
        seen.after(&step, outcome, self.now)
    }
}

fn trouble(with: With) -> Trouble {
    Trouble { with, class: TroubleClass::Temporary, text: "the store is away".into() }
}
