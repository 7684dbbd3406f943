//! Two people with shells, who press Regenerate only while they hold SAFE.

use std::collections::BTreeMap;

use proptest::prelude::*;
use twinkey_core::decision::{Because, Refusal, Rest};
use twinkey_core::seen::Done;
use twinkey_core::slips::Slip;
use twinkey_core::wish::Deposit;
use twinkey_core::{Client, Mac, Wish};

use crate::world::*;

/// What people do.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// `regenerate`, first half.
    Ask(usize),
    /// The button, if this person was told SAFE and has not given that up.
    Press(usize),
    /// `deposit` of what the portal showed.
    HandOver(usize),
    /// The candidate, straight into the slot.
    Type(usize),
    /// `cancel` by the holder.
    GiveBack(usize),
    /// `cancel --spoke-to`: the other one is really spoken to.
    TakeAway(usize),
    Rollback(usize, bool),
    SwitchNow,
    Round(usize),
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let who = 0..2_usize;
    prop_oneof![
        4 => who.clone().prop_map(Act::Ask),
        4 => who.clone().prop_map(Act::Press),
        3 => who.clone().prop_map(Act::HandOver),
        2 => who.clone().prop_map(Act::Type),
        1 => who.clone().prop_map(Act::GiveBack),
        1 => who.clone().prop_map(Act::TakeAway),
        1 => (who.clone(), any::<bool>()).prop_map(|(who, spoke)| Act::Rollback(who, spoke)),
        1 => Just(Act::SwitchNow),
        3 => who.prop_map(Act::Round),
    ]
}

#[derive(Debug, Default)]
pub(super) struct People {
    beliefs: BTreeMap<String, Belief>,
    /// Who sits before each run, and what for.
    at: [Option<(String, Wish)>; 2],
}

/// What one person holds for true.
#[derive(Clone, Copy, Debug, Default)]
struct Belief {
    /// Was told SAFE for this client, and has not given that up.
    safe: Option<Client>,
    /// The portal showed this, and nobody else has it yet.
    fresh: Option<(Client, Mac)>,
}

const NAMES: [&str; 2] = ["olga", "rob"];

/// Whether the holder of the permit has pressed just now: nobody gives a permit back in those minutes, in which a
/// late node may still know the old secret.
fn somebody_has_pressed(world: &World) -> bool {
    let permit = world.record().permit;
    permit.is_some_and(|permit| world.now < world.provider.clients[permit.client].late_until)
}

impl People {
    /// The run that somebody begins on a host.
    pub(super) fn act(&mut self, act: &Act, world: &mut World) -> Option<(usize, String, Wish)> {
        let run = |who: usize, wish| Some((who, NAMES[who].to_owned(), wish));
        match act {
            Act::Ask(who) => {
                let client = Some(world.record().active?.client.other());
                run(*who, Wish::Permit { client, holder: NAMES[*who].into() })
            }
            Act::Press(who) => {
                let client = self.belief(*who).safe?;
                self.press(NAMES[*who], client, world);
                None
            }
            Act::HandOver(who) => {
                let (client, secret) = self.belief(*who).fresh?;
                self.belief(*who).safe = None;
                run(
                    *who,
                    Wish::Deposit(Deposit {
                        client,
                        client_id: None,
                        spoke_to: None,
                        secret: pasted(secret),
                    }),
                )
            }
            Act::Type(who) => {
                let (client, secret) =
                    self.belief(*who).fresh.filter(|_| !world.consumers.is_down(world.now))?;
                *self.belief(*who) = Belief::default();
                world.store.type_candidate(client, pasted(secret));
                None
            }
            Act::GiveBack(_) | Act::TakeAway(_) | Act::Rollback(_, true) if somebody_has_pressed(world) => {
                None
            }
            Act::GiveBack(who) => {
                self.belief(*who).safe = None;
                run(*who, Wish::Cancel { spoke_to: None })
            }
            Act::TakeAway(who) => {
                self.speak_to(1 - *who);
                run(*who, Wish::Cancel { spoke_to: Some(NAMES[1 - *who].into()) })
            }
            Act::Rollback(who, spoke) => {
                if *spoke {
                    self.speak_to(1 - *who);
                }
                let spoke_to = spoke.then(|| NAMES[1 - *who].to_owned());
                run(*who, Wish::Rollback { reason: "try".into(), spoke_to })
            }
            Act::SwitchNow => run(0, Wish::SwitchNow { drain: None, reason: "leaver".into() }),
            Act::Round(who) => run(*who, Wish::Keep),
        }
    }

    fn belief(&mut self, who: usize) -> &mut Belief {
        self.beliefs.entry(NAMES[who].into()).or_default()
    }

    /// Whoever is spoken to lets go, and does not believe a SAFE that comes later.
    fn speak_to(&mut self, who: usize) {
        *self.belief(who) = Belief::default();
        for at in &mut self.at {
            *at = at.take().filter(|(by, _)| by != NAMES[who]);
        }
    }

    fn press(&mut self, who: &str, client: Client, world: &mut World) -> Mac {
        let fresh = world.regenerate(client);
        self.beliefs.entry(who.into()).or_default().fresh = Some((client, fresh));
        fresh
    }

    pub(super) fn started(&mut self, run: usize, by: &str, wish: &Wish) {
        self.at[run] = Some((by.into(), wish.clone()));
    }

    pub(super) fn interrupted(&mut self, run: usize) {
        self.at[run] = None;
    }

    pub(super) fn ended(&mut self, run: usize, rest: &Rest) {
        let Some((who, wish)) = self.at[run].take() else { return };
        let belief = self.beliefs.entry(who).or_default();
        match (&wish, &rest.why) {
            (Wish::Permit { client, .. }, Because::Done(Done::Safe)) => {
                belief.safe = *client;
            }
            (Wish::Deposit(_), Because::Done(_)) => *belief = Belief::default(),
            _ => {}
        }
    }

    /// `regenerate`, both halves, by somebody who is not interrupted.
    pub(super) fn regenerate(&mut self, who: &str, client: Client, world: &mut World) -> Rest {
        let ask = Wish::Permit { client: Some(client), holder: who.into() };
        let rest = world.wish_by(who, ask);
        if rest.why != Because::Done(Done::Safe) {
            return rest;
        }
        let secret = match self.beliefs.get(who).and_then(|belief| belief.fresh) {
            Some((of, secret)) if of == client && world.provider.clients[client].secret == secret => secret,
            _ => self.press(who, client, world),
        };
        let deposit = Deposit { client, client_id: None, spoke_to: None, secret: pasted(secret) };
        let rest = world.wish_by(who, Wish::Deposit(deposit));
        if rest.why == Because::Refused(Refusal::Slip(Slip::SameAgain)) {
            // A run that they did not see the end of has taken it already: it is no fresh one.
            self.beliefs.insert(who.into(), Belief::default());
        }
        rest
    }
}
