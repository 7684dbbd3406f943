//! One machine's run: production decides, the world answers.

use jiff::Timestamp;
use twinkey_core::decision::{Because, Next};
use twinkey_core::seen::{Done, Freshness, Pasted, Trouble, TroubleClass, With};
use twinkey_core::step::LiveContent;
use twinkey_core::wish::Deposit;
use twinkey_core::{Answer, AnswerKind, Looked, Outcome, Seen, Step, Version, Wish};

use crate::blank::asked;
use crate::law;
use crate::portal::Doubted;
use crate::setting::{Errand, Kind, NAMES, Setting};
use crate::store::{Body, Write};
use crate::time::moment_later;
use crate::witness;
use crate::world::{Run, Safe, Sent, World};

/// How the world answers one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Luck {
    /// As it should.
    Fair,
    /// The replica shows the record, the live pair or the slots as they were.
    Stale { record: bool, live: bool, slots: bool },
    /// A node answers that has not learnt of the last regeneration.
    LateNode,
    /// A secret that works is refused by mistake.
    Doubted,
}

impl Setting {
    /// What production would do next on this machine.
    pub fn decide(&self, world: &World, machine: usize) -> Option<Next> {
        let run = world.machines[machine].run.as_ref().filter(|run| run.sent.is_none())?;
        Some(crate::ablation::next(self.ablation, self.policy(), run, world.now))
    }

    /// A run begins, with its first look.
    pub fn begin(&self, world: &mut World, machine: usize, errand: Errand, luck: Luck) {
        let Some(wish) = self.wish(world, machine, errand) else { return };
        let live_worked = world.live_works();
        let now = world.now;
        let at = &mut world.machines[machine];
        let mut host = std::mem::take(&mut at.knows);
        if self.machines[machine] == Kind::Daemon {
            host.watching.get_or_insert(now);
        }
        let seen = Seen::nothing(wish, self.who(machine), host);
        at.run = Some(Run { seen, first_half: None, sent: None, live_worked });
        self.go(world, machine, luck);
        if self.at_once && self.person_at(machine).is_some() {
            self.go_on_at_once(world, machine);
        }
    }

    /// Goes on until the run is over or waits, with nothing in its way.
    fn go_on_at_once(&self, world: &mut World, machine: usize) {
        while world.machines[machine].run.is_some() && !self.waits(world, machine) {
            world.now = moment_later(world.now);
            if world.machines[machine].run.as_ref().is_some_and(|run| run.sent.is_some()) {
                self.arrive(world, machine, true);
            } else {
                self.go(world, machine, Luck::Fair);
            }
        }
    }

    fn wish(&self, world: &mut World, machine: usize, errand: Errand) -> Option<Wish> {
        let holder = world.store.now.record().and_then(|record| record.permit.as_ref());
        let holder = holder.map(|permit| permit.holder.clone());
        let person = self.person_at(machine);
        let reason = String::new();
        Some(match errand {
            Errand::Round => Wish::Keep,
            Errand::Permit => Wish::Permit { client: None, holder: self.who(machine).to_owned() },
            Errand::Deposit => {
                let person = &mut world.people[person?];
                person.safe = None;
                let (client, secret) = person.hand?;
                let secret = Pasted { secret, oddity: None };
                Wish::Deposit(Deposit { client, client_id: None, spoke_to: None, secret })
            }
            Errand::Cancel => {
                world.people[person?].safe = None;
                Wish::Cancel { spoke_to: None }
            }
            Errand::TakeOver => Wish::Cancel { spoke_to: Some(self.spoken_to(world, holder?)) },
            Errand::SwitchNow => Wish::SwitchNow { drain: None, reason },
            Errand::Rollback => Wish::Rollback { reason, spoke_to: None },
            Errand::RollbackSpokeTo => {
                Wish::Rollback { reason, spoke_to: Some(self.spoken_to(world, holder?)) }
            }
            Errand::PutOurs => Wish::PutOurs,
            Errand::TakeTheirs => Wish::TakeTheirs { client: None },
        })
    }

    /// Somebody speaks to the holder, who forgets the SAFE and leaves a prompt that has not answered yet.
    fn spoken_to(&self, world: &mut World, holder: String) -> String {
        if self.broken_by(crate::ablation::Ablation::ReasonOnly) {
            return holder;
        }
        if let Some(person) = NAMES.iter().position(|name| *name == holder) {
            world.people[person].safe = None;
            for machine in 0..self.machines.len() {
                let asks = world.machines[machine]
                    .run
                    .as_ref()
                    .is_some_and(|run| matches!(run.seen.wish, Wish::Permit { .. }));
                if asks && self.machines[machine] == Kind::Desk(person) {
                    self.crash(world, machine, true);
                }
            }
        }
        holder
    }

    /// The run takes its next step. A write is only sent; everything else is answered at once.
    pub fn go(&self, world: &mut World, machine: usize, luck: Luck) {
        let Some(Next::Do(step)) = self.decide(world, machine) else {
            return self.end_if_done(world, machine);
        };
        let outcome = match &step {
            Step::Look(freshness) => self.look(world, machine, *freshness, luck),
            Step::Probe(probe) => {
                let truth = world.portal.answer(probe.client, probe.secret);
                let late = world.portal.late_answer(probe.client, probe.secret);
                let kind = match luck {
                    Luck::LateNode => late.unwrap_or(truth),
                    Luck::Doubted => {
                        world.portal.clients[probe.client].doubted = Doubted::Today;
                        AnswerKind::Rejected
                    }
                    Luck::Fair | Luck::Stale { .. } => truth,
                };
                Some(Outcome::Answered(Answer::new(kind, "")))
            }
            Step::WriteOutput => Some(Outcome::OutputWritten),
            _ if world.store.down => Some(Outcome::Failed(away(With::Writing))),
            _ => return self.send(world, machine, step),
        };
        match outcome {
            Some(outcome) => self.after(world, machine, &step, outcome),
            None => self.end_if_done(world, machine),
        }
    }

    fn look(&self, world: &mut World, machine: usize, freshness: Freshness, luck: Luck) -> Option<Outcome> {
        world.machines[machine].looked = true;
        if world.store.down {
            return Some(Outcome::Failed(away(With::Reading)));
        }
        let fresh = world.store.now.looked();
        let run = world.machines[machine].run.as_mut()?;
        let looked = match (freshness, luck) {
            (Freshness::Latest, _) if self.stale_reads => match run.first_half.take() {
                // The record first; what is read then may have changed meanwhile.
                None => {
                    run.first_half = Some(fresh.record);
                    return None;
                }
                Some(record) => Looked { record, ..fresh },
            },
            (Freshness::Ordinary, Luck::Stale { record, live, slots }) => {
                let old = world.store.lagging();
                Looked {
                    record: if record { old.record } else { fresh.record },
                    live: if live { old.live } else { fresh.live },
                    slots: if slots { old.slots } else { fresh.slots },
                    output: None,
                    behind: false,
                }
            }
            _ => fresh,
        };
        Some(Outcome::Looked(Box::new(looked)))
    }

    fn send(&self, world: &mut World, machine: usize, step: Step) {
        let World { machines, now, .. } = world;
        let Some(run) = machines[machine].run.as_mut() else { return };
        let Some(mut write) = self.as_write(&run.seen, &step, *now) else { return };
        write.breaks = law::broken_by(&step, run, *now);
        run.sent = Some(Sent { step, write });
    }

    /// What goes over the wire for a step. What the document will be is what production takes it for once it
    /// is written.
    pub fn as_write(&self, seen: &Seen, step: &Step, now: Timestamp) -> Option<Write> {
        let then = || seen.clone().after(step, Outcome::Written(Version::new("")), now);
        let (expected, body) = match step {
            Step::WriteRecord(write) => (write.expected.clone(), Body::Record(write.record.clone())),
            Step::WriteLive(write) => {
                let why = match &write.content {
                    LiveContent::Publish { why, .. } => Some(*why),
                    LiveContent::Unchanged => None,
                };
                (write.expected.clone(), Body::Live(then().live_pair().cloned(), why))
            }
            Step::WriteSlot(write) => {
                (write.expected.clone(), Body::Slot(write.client, then().slots[write.client].clone()?))
            }
            Step::Look(_) | Step::Probe(_) | Step::WriteOutput => return None,
        };
        Some(Write { expected, body, effect: witness::of(step), breaks: None })
    }

    /// The write that this run waits for reaches the store, and its answer is heard, or not in time.
    pub fn arrive(&self, world: &mut World, machine: usize, heard: bool) {
        let Some(sent) = world.machines[machine].run.as_mut().and_then(|run| run.sent.take()) else { return };
        let outcome = match self.write(world, &sent.write) {
            _ if !heard => Outcome::Unclear(String::new()),
            Some(version) => Outcome::Written(version),
            None => Outcome::Conflict,
        };
        self.after(world, machine, &sent.step, outcome);
    }

    /// A write reaches the store, heeded or not.
    pub fn write(&self, world: &mut World, write: &Write) -> Option<Version> {
        let before = world.store.now.clone();
        let version = world.store.write(write, self.honesty())?;
        self.met.effect(write.effect);
        if let Some(law) = write.breaks.or_else(|| law::broken_in(world, &before, write)) {
            self.breaks(world, law);
        }
        Some(version)
    }

    /// An invariant is broken. Where something is broken on purpose, only what it does to consumers counts.
    pub fn breaks(&self, world: &mut World, law: &'static str) {
        if self.ablation.is_none() {
            world.broken.get_or_insert(law);
        }
    }

    /// The run waits no longer. Its write is lost, or arrives when nobody waits for it.
    pub fn give_up(&self, world: &mut World, machine: usize, lost: bool) {
        let Some(sent) = world.machines[machine].run.as_mut().and_then(|run| run.sent.take()) else { return };
        if !lost {
            world.store.late.push(sent.write);
        }
        self.after(world, machine, &sent.step, Outcome::Unclear(String::new()));
    }

    /// The run ends here, in the middle. What it remembers of outages is kept on its machine.
    pub fn crash(&self, world: &mut World, machine: usize, lost: bool) {
        let Some(run) = world.machines[machine].run.take() else { return };
        if let Some(sent) = run.sent.filter(|_| !lost) {
            world.store.late.push(sent.write);
        }
        let mut host = run.seen.host;
        if self.machines[machine] == Kind::Daemon {
            host.watching = None;
        }
        world.machines[machine].knows = host;
    }

    fn after(&self, world: &mut World, machine: usize, step: &Step, outcome: Outcome) {
        let now = world.now;
        let Some(run) = world.machines[machine].run.as_mut() else { return };
        run.seen = run.seen.clone().after(step, outcome, now);
        asked(run, self);
        self.end_if_done(world, machine);
        self.send_at_once(world, machine);
    }

    /// Nobody else can tell whether a write was decided on or has just been sent: what may happen between the
    /// two may as well happen before it arrives. Only a night makes a difference, to a run that sleeps.
    fn send_at_once(&self, world: &mut World, machine: usize) {
        if self.sleepers || world.store.down {
            return;
        }
        if let Some(Next::Do(step)) = self.decide(world, machine)
            && step.is_write()
        {
            self.send(world, machine, step);
        }
    }

    /// A run that has nothing more to do is over, and its person knows what it said.
    fn end_if_done(&self, world: &mut World, machine: usize) {
        let Some(Next::Rest(rest)) = self.decide(world, machine) else { return };
        let Some(run) = world.machines[machine].run.take() else { return };
        if let Some(person) = self.person_at(machine) {
            let client = run.seen.record().and_then(|record| record.permit.as_ref());
            let client = client.map(|permit| permit.client).or_else(|| {
                let active = run.seen.record()?.active.as_ref()?;
                Some(active.client.other())
            });
            match (&run.seen.wish, rest.why) {
                (Wish::Permit { .. }, Because::Done(Done::Safe)) => {
                    let live_worked = run.live_worked;
                    world.people[person].safe = client.map(|client| Safe { client, live_worked });
                }
                (Wish::Deposit(_) | Wish::Prove { .. }, Because::Done(Done::Proven)) => {
                    world.people[person].hand = None;
                }
                _ => {}
            }
        }
        world.machines[machine].knows = run.seen.host;
    }

    /// Whether a run waits for the next day.
    pub fn waits(&self, world: &World, machine: usize) -> bool {
        matches!(self.decide(world, machine), Some(Next::Wait(wait)) if wait.until > world.now)
    }
}

fn away(with: With) -> Trouble {
    Trouble { with, class: TroubleClass::Temporary, text: String::new() }
}
