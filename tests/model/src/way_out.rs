//! I10: following the command that `status` names, again and again, leads from every state to "ready".
//!
//! Everything that is under way is dropped first: all runs have crashed, writes on the way are lost, people
//! have forgotten what they knew. From then on nothing goes wrong and nobody errs.

use twinkey_core::decision::{Because, Next};
use twinkey_core::permit::NotYet;
use twinkey_core::record::Permit;
use twinkey_core::seen::{Done, Freshness, Host, Pasted};
use twinkey_core::wish::Deposit;
use twinkey_core::{Answer, Client, Outcome, Phase, Remedy, Seen, Step, Wish, next, phase, remedy};

use crate::action::Action;
use crate::setting::{NAMES, Setting};
use crate::time::moment_later;
use crate::world::World;

/// How many commands lead to "ready" at most, nights included.
const MOST: usize = 40;

impl Setting {
    /// The commands from here to "ready", or those that do not lead there.
    pub fn way_out(&self, world: &World) -> Result<usize, Vec<String>> {
        let mut world = world.quiet();
        let mut told = Vec::new();
        for steps in 0..MOST {
            let seen = self.glance(&world);
            let phase = phase(self.policy(), &seen, world.now);
            let remedy = remedy(self.policy(), &seen, world.now);
            if matches!(phase, Phase::Ready { .. }) && world.live_works() {
                return Ok(steps);
            }
            let why = self.follow(&mut world, remedy.as_ref());
            told.push(format!("status says {:?}; {remedy:?} ends with {why:?}", phase.name()));
        }
        Err(told)
    }

    /// What `status` sees.
    pub fn glance(&self, world: &World) -> Seen {
        let seen = Seen::nothing(Wish::Keep, NAMES[0], Host::default());
        let looked = Outcome::Looked(Box::new(world.store.now.looked()));
        seen.after(&Step::Look(Freshness::Ordinary), looked, world.now)
    }

    fn follow(&self, world: &mut World, remedy: Option<&Remedy>) -> Option<Because> {
        let round = |world: &mut World| Some(self.fair_run(world, NAMES[0], Wish::Keep));
        match remedy {
            // The schedule's rounds go on beside whatever a person does.
            None | Some(Remedy::Rotate) => {
                let why = round(world);
                self.happen(world, Action::Night);
                why
            }
            Some(Remedy::WaitUntil(_)) => {
                self.happen(world, Action::Night);
                round(world)
            }
            Some(Remedy::Regenerate(client)) => self.regenerate(world, NAMES[0], *client),
            Some(Remedy::FinishPermit(Permit { client, holder, .. })) => {
                self.regenerate(world, holder, *client)
            }
            // The portal shows a secret once, so whoever does not have it presses again; it is dead anyway.
            Some(Remedy::Deposit(client)) => {
                let secret = world.portal.regenerate(*client, self.slow_nodes);
                let why = self.deposit(world, NAMES[0], *client, secret);
                round(world);
                Some(why)
            }
            Some(Remedy::Resolve) => Some(self.resolve(world)),
            Some(Remedy::PutOurs) => Some(self.fair_run(world, NAMES[0], Wish::PutOurs)),
            Some(_) => None,
        }
    }

    fn regenerate(&self, world: &mut World, who: &str, client: Client) -> Option<Because> {
        let ask = Wish::Permit { client: Some(client), holder: who.to_owned() };
        let why = self.fair_run(world, who, ask);
        if why != Because::Done(Done::Safe) {
            // The time of another day, or the answer of another hour, is all that is missing.
            let wait = matches!(&why, Because::Refused(refusal) if !matches!(refusal, twinkey_core::decision::Refusal::NotYet(NotYet::Active(_))));
            if wait {
                self.happen(world, Action::Night);
                self.fair_run(world, NAMES[0], Wish::Keep);
            }
            return Some(why);
        }
        let secret = world.portal.regenerate(client, self.slow_nodes);
        Some(self.deposit(world, who, client, secret))
    }

    fn deposit(&self, world: &mut World, who: &str, client: Client, secret: twinkey_core::Mac) -> Because {
        let secret = Pasted { secret, oddity: None };
        self.fair_run(world, who, Wish::Deposit(Deposit { client, client_id: None, spoke_to: None, secret }))
    }

    /// Theirs, or ours.
    fn resolve(&self, world: &mut World) -> Because {
        match self.fair_run(world, NAMES[0], Wish::TakeTheirs { client: None }) {
            Because::Refused(_) => self.fair_run(world, NAMES[0], Wish::PutOurs),
            other => other,
        }
    }

    /// One run to its end with nothing in its way; where it waits, nights pass.
    pub fn fair_run(&self, world: &mut World, by: &str, wish: Wish) -> Because {
        let mut seen = Seen::nothing(wish, by, Host::default());
        loop {
            match next(self.policy(), &seen, world.now) {
                Next::Rest(rest) => return rest.why,
                Next::Wait(_) => self.happen(world, Action::Night),
                Next::Do(step) => {
                    let outcome = self.fair_outcome(world, &seen, &step);
                    seen = seen.after(&step, outcome, world.now);
                }
            }
            world.now = moment_later(world.now);
        }
    }

    fn fair_outcome(&self, world: &mut World, seen: &Seen, step: &Step) -> Outcome {
        match step {
            Step::Look(_) => Outcome::Looked(Box::new(world.store.now.looked())),
            Step::Probe(probe) => {
                Outcome::Answered(Answer::new(world.portal.answer(probe.client, probe.secret), ""))
            }
            step => match self.as_write(seen, step, world.now) {
                Some(write) => {
                    world.store.write(&write, self.honesty()).map_or(Outcome::Conflict, Outcome::Written)
                }
                None => Outcome::OutputWritten,
            },
        }
    }
}
