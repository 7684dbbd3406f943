//! What can happen: the model's actions, and which of them can happen in a state.

use twinkey_core::decision::Next;
use twinkey_core::seen::Freshness;
use twinkey_core::{Client, Step};

use crate::run::Luck;
use crate::setting::{Errand, Kind, Setting};
use crate::world::{Run, World};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A run begins on a machine, with its first look.
    Begin(usize, Errand, Luck),
    /// A run takes its next step.
    Go(usize, Luck),
    /// A write that a run waits for reaches the store.
    Arrive(usize, Answer),
    /// A run waits for its write no longer.
    GiveUp(usize, Underway),
    /// A run crashes.
    Crash(usize, Underway),
    /// A write that nobody waits for reaches the store.
    ArriveLate(usize),
    /// A night passes.
    Night,
    /// The store goes away, and comes back.
    StoreAway,
    StoreBack,
    /// A caching consumer reads before its time.
    Refresh(usize),
    /// A person who was told SAFE presses Regenerate.
    Press(usize),
    /// A person types the new secret straight into the slot.
    Type(usize),
    /// A person loses the new secret.
    Lose(usize),
    /// The provider begins to refuse a client.
    Lock(Client),
    /// Somebody presses Regenerate against the rules, and keeps the secret or loses it.
    WrongPress(Client, Keeps),
    /// Somebody types the other client's new secret into this client's slot.
    WrongType(usize),
    /// Somebody writes the live pair past Twinkey: the other client's pair.
    ForeignEdit,
}

/// What becomes of the store's answer to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is heard.
    Heard,
    /// It is not heard in time.
    Lost,
}

/// What becomes of a write under way that nobody waits for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Underway {
    /// It never arrives.
    Lost,
    /// It may still arrive.
    Late,
}

/// What somebody does with a secret that the portal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keeps {
    /// The first person has it in hand.
    It,
    /// Nobody does.
    Nothing,
}

impl Setting {
    /// Everything that can happen now.
    pub fn possible(&self, world: &World, actions: &mut Vec<Action>) {
        for machine in 0..self.machines.len() {
            match &world.machines[machine].run {
                Some(run) => self.under_way(world, machine, run, actions),
                None => self.beginnings(world, machine, actions),
            }
        }
        self.people(world, actions);
        self.surroundings(world, actions);
    }

    fn beginnings(&self, world: &World, machine: usize, actions: &mut Vec<Action>) {
        let mut begin = |errand| {
            for luck in self.lucks_of_a_look(world) {
                actions.push(Action::Begin(machine, errand, luck));
            }
        };
        begin(Errand::Round);
        let Kind::Desk(person) = self.machines[machine] else { return };
        // After an outage longer than the staleness, whoever has watched it writes that down before anybody asks.
        let heard = self.outages < 2
            || world.machines.iter().all(|at| !at.watches() || (at.looked && at.run.is_none()));
        for errand in &self.errands {
            if self.makes_sense(world, person, *errand) && (heard || *errand != Errand::Permit) {
                begin(*errand);
            }
        }
    }

    /// People ask for what their situation calls for; production refuses the rest by itself.
    fn makes_sense(&self, world: &World, person: usize, errand: Errand) -> bool {
        let permit = world.store.now.record().and_then(|record| record.permit.as_ref());
        let own = permit.is_some_and(|permit| permit.holder == self.name(person));
        let pressed = permit.is_some_and(|permit| world.portal.clients[permit.client].before.is_some());
        match errand {
            Errand::Round | Errand::PutOurs | Errand::TakeTheirs | Errand::SwitchNow => true,
            Errand::Permit => world.people[person].safe.is_none() && world.people[person].hand.is_none(),
            Errand::Deposit => world.people[person].hand.is_some(),
            // Nobody gives a permit back on the very day on which its holder has pressed.
            Errand::Cancel => own && !pressed,
            Errand::TakeOver | Errand::RollbackSpokeTo => permit.is_some() && !own && !pressed,
            Errand::Rollback => permit.is_none(),
        }
    }

    fn name(&self, person: usize) -> &'static str {
        crate::setting::NAMES[person]
    }

    fn under_way(&self, world: &World, machine: usize, run: &Run, actions: &mut Vec<Action>) {
        let room = world.store.late.len() < self.late_writes;
        if run.sent.is_some() {
            if !world.store.down {
                actions.push(Action::Arrive(machine, Answer::Heard));
            }
            if self.lost_answers {
                if !world.store.down {
                    actions.push(Action::Arrive(machine, Answer::Lost));
                }
                actions.push(Action::GiveUp(machine, Underway::Lost));
                if room {
                    actions.push(Action::GiveUp(machine, Underway::Late));
                }
            }
            if self.crashes {
                actions.push(Action::Crash(machine, Underway::Lost));
                if room {
                    actions.push(Action::Crash(machine, Underway::Late));
                }
            }
            return;
        }
        if self.crashes {
            actions.push(Action::Crash(machine, Underway::Lost));
        }
        if let Some(Next::Do(step)) = self.decide(world, machine) {
            let lucks = match &step {
                Step::Look(Freshness::Ordinary) => self.lucks_of_a_look(world),
                Step::Probe(probe) => self.lucks_of_a_probe(world, probe.client, probe.secret),
                _ => vec![Luck::Fair],
            };
            actions.extend(lucks.into_iter().map(|luck| Action::Go(machine, luck)));
        }
    }

    fn lucks_of_a_look(&self, world: &World) -> Vec<Luck> {
        let mut lucks = vec![Luck::Fair];
        if world.store.down || !self.stale_reads {
            return lucks;
        }
        let before = &world.store.before;
        let slots = Client::BOTH.into_iter().any(|client| before.slots[client].is_some());
        let differs = [before.record.is_some(), before.live.is_some(), slots];
        for record in [false, true] {
            for live in [false, true] {
                for slots in [false, true] {
                    let chosen = [record, live, slots];
                    let all_differ = chosen.iter().zip(differs).all(|(chosen, differs)| !chosen || differs);
                    if chosen.contains(&true) && all_differ {
                        lucks.push(Luck::Stale { record, live, slots });
                    }
                }
            }
        }
        lucks
    }

    fn lucks_of_a_probe(&self, world: &World, client: Client, secret: twinkey_core::Mac) -> Vec<Luck> {
        let mut lucks = vec![Luck::Fair];
        let truth = world.portal.answer(client, secret);
        if world.portal.late_answer(client, secret).is_some_and(|late| late != truth) {
            lucks.push(Luck::LateNode);
        }
        if self.doubts && world.portal.may_doubt(client, secret) {
            lucks.push(Luck::Doubted);
        }
        lucks
    }

    fn people(&self, world: &World, actions: &mut Vec<Action>) {
        for (number, person) in world.people.iter().enumerate() {
            if person.safe.is_some() && world.presses_today < self.presses_a_day {
                actions.push(Action::Press(number));
            }
            if person.hand.is_some() {
                actions.push(Action::Lose(number));
                if self.straight_deposits && !world.store.down {
                    actions.push(Action::Type(number));
                    if world.wrong_presses > 0 {
                        actions.push(Action::WrongType(number));
                    }
                }
            }
        }
        if world.wrong_presses > 0 {
            for client in Client::BOTH {
                actions.push(Action::WrongPress(client, Keeps::It));
                actions.push(Action::WrongPress(client, Keeps::Nothing));
            }
        }
    }

    fn surroundings(&self, world: &World, actions: &mut Vec<Action>) {
        if self.night_may_fall(world) {
            actions.push(Action::Night);
        }
        let store = &world.store;
        if self.outages > 0 {
            actions.push(if store.down { Action::StoreBack } else { Action::StoreAway });
        }
        if !store.down {
            actions.extend((0..store.late.len()).map(Action::ArriveLate));
            let live = store.now.live_pair();
            for (number, consumer) in world.consumers.iter().enumerate() {
                if consumer.holds.as_ref() != live {
                    actions.push(Action::Refresh(number));
                }
            }
        }
        if self.locks {
            let clients = Client::BOTH.into_iter().filter(|client| self.may_lock(world, *client));
            actions.extend(clients.map(Action::Lock));
        }
        if world.foreign_edits > 0 && !store.down {
            actions.push(Action::ForeignEdit);
        }
    }

    /// A daemon that watches looks every day, and once the store is away it sees that before the night. An
    /// outage that nobody has to see lasts no longer than the staleness.
    fn night_may_fall(&self, world: &World) -> bool {
        let mut watching = world.machines.iter().filter(|machine| machine.watches());
        let all_looked = watching.clone().all(|machine| machine.looked);
        let limit = if watching.next().is_some() { self.outages } else { 1 };
        // An answer is waited for some seconds, so no write that is waited for lasts over a night.
        let mut runs = world.machines.iter().filter_map(|machine| machine.run.as_ref());
        let awaited = !self.sleepers && runs.any(|run| run.sent.is_some());
        !awaited && all_looked && (!world.store.down || world.store.nights_down < limit)
    }

    /// The provider locks no client that is live, that somebody holds, or that is just being published: a
    /// token that is some seconds old is all that anybody can have.
    fn may_lock(&self, world: &World, client: Client) -> bool {
        let id = crate::portal::id(client);
        let live = world.store.now.live_pair().is_some_and(|pair| pair.client_id == id);
        let held = world.consumers.iter().filter_map(|consumer| consumer.holds.as_ref());
        let held = held.filter(|pair| pair.client_id == id).count() > 0;
        let secret = world.portal.clients[client].secret;
        let tokens = world.machines.iter().filter_map(|machine| machine.run.as_ref());
        let fresh = tokens.clone().any(|run| run.seen.accepted_lately(client, secret, world.now));
        let sent = tokens.filter_map(|run| run.sent.as_ref()).map(|sent| &sent.write);
        let under_way = sent.chain(&world.store.late).any(
            |write| matches!(&write.body, crate::store::Body::Live(Some(pair), _) if pair.client_id == id),
        );
        !live && !held && !fresh && !under_way && !world.portal.clients[client].locked
    }
}
