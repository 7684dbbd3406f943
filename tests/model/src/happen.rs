//! What each action does.

use twinkey_core::seen::{Pair, Pasted};
use twinkey_core::{Client, Mac};

use crate::action::{Action, Answer, Keeps, Underway};
use crate::blank::records;
use crate::portal::id;
use crate::setting::{Kind, Setting};
use crate::store::Documents;
use crate::time::{day, midnight, moment_later};
use crate::world::World;

impl Setting {
    /// The state after an action. Time passes with each: a moment, or a night.
    pub fn happen(&self, world: &mut World, action: Action) {
        match action {
            Action::Begin(machine, errand, luck) => self.begin(world, machine, errand, luck),
            Action::Go(machine, luck) => self.go(world, machine, luck),
            Action::Arrive(machine, answer) => self.arrive(world, machine, answer == Answer::Heard),
            Action::GiveUp(machine, what) => self.give_up(world, machine, what == Underway::Lost),
            Action::Crash(machine, what) => self.crash(world, machine, what == Underway::Lost),
            Action::ArriveLate(number) => {
                let write = world.store.late.remove(number);
                self.write(world, &write);
            }
            Action::Night => return self.night(world),
            Action::StoreAway => {
                world.store.down = true;
                world.machines.iter_mut().for_each(|machine| machine.looked = false);
            }
            Action::StoreBack => {
                world.store.down = false;
                world.machines.iter_mut().for_each(|machine| machine.looked = false);
            }
            Action::Refresh(consumer) => {
                world.consumers[consumer].holds = world.store.now.live_pair().cloned();
            }
            Action::Press(person) => self.press(world, person),
            Action::Type(person) => {
                if let Some((client, secret)) = world.people[person].hand {
                    self.type_into_slot(world, person, client, secret);
                }
            }
            Action::WrongType(person) => {
                world.wrong_presses -= 1;
                if let Some((client, secret)) = world.people[person].hand {
                    self.type_into_slot(world, person, client.other(), secret);
                }
            }
            Action::Lose(person) => world.people[person].hand = None,
            Action::Lock(client) => world.portal.clients[client].locked = true,
            Action::WrongPress(client, keeps) => {
                world.wrong_presses -= 1;
                let secret = world.portal.regenerate(client, self.slow_nodes);
                if keeps == Keeps::It {
                    world.people[0].hand = Some((client, secret));
                }
            }
            Action::ForeignEdit => self.foreign_edit(world),
        }
        world.now = moment_later(world.now);
        if !self.evidence {
            // Then nobody asks, so that nothing of it is remembered.
            for record in records(world) {
                Client::BOTH.into_iter().for_each(|client| record.clients[client].replaced = None);
            }
        }
    }

    fn press(&self, world: &mut World, person: usize) {
        world.presses_today += 1;
        let Some(safe) = world.people[person].safe else { return };
        let killed =
            Pair { client_id: id(safe.client).into(), secret: world.portal.clients[safe.client].secret };
        let was_last = !safe.live_worked && !world.live_works() && world.portal.accepts(&killed);
        let stood = world.store.now.slots[safe.client].as_ref();
        let stood = stood.is_some_and(|slot| slot.holding(killed.secret).is_some());
        let secret = world.portal.regenerate(safe.client, self.slow_nodes);
        world.people[person].hand = Some((safe.client, secret));
        if was_last && stood {
            world.broken.get_or_insert("SAFE was said for the last secret that worked");
        }
    }

    fn type_into_slot(&self, world: &mut World, person: usize, client: Client, secret: Mac) {
        let version = world.store.new_version();
        if let Some(slot) = &mut world.store.now.slots[client] {
            slot.version = version;
            slot.candidate = Some(Pasted { secret, oddity: None });
        }
        world.people[person].hand = None;
        world.people[person].safe = None;
    }

    /// Somebody who does not know Twinkey puts the other client's pair where consumers read.
    fn foreign_edit(&self, world: &mut World) {
        world.foreign_edits -= 1;
        let live = world.store.now.live_pair().map(|pair| pair.client_id.clone());
        let client = Client::BOTH.into_iter().find(|client| Some(id(*client)) != live.as_deref());
        let Some(client) = client else { return };
        let version = world.store.new_version();
        if let Some(live) = &mut world.store.now.live {
            let secret = world.portal.clients[client].secret;
            live.version = version.clone();
            live.pair = Some(Pair { client_id: id(client).into(), secret });
            world.foreign = Some(version);
        }
    }

    /// Caching consumers read again, or keep what they have while the store is away; nodes learn.
    fn night(&self, world: &mut World) {
        for consumer in 0..world.consumers.len() {
            if !world.store.down {
                world.consumers[consumer].holds = world.store.now.live_pair().cloned();
            }
        }
        // It ends for a consumer when the consumer has read again: a moment's return is no end.
        world.store.nights_down = if world.store.down { world.store.nights_down + 1 } else { 0 };
        world.portal.sleep();
        // A replica lags by seconds, in bad times by hours.
        world.store.before = Documents::default();
        world.presses_today = 0;
        for machine in 0..self.machines.len() {
            if !self.sleepers && !self.waits(world, machine) {
                self.crash(world, machine, true);
            }
        }
        for (machine, kind) in world.machines.iter_mut().zip(&self.machines) {
            if *kind == Kind::Daemon {
                machine.looked = false;
            }
        }
        world.now = midnight(day(world.now) + 1);
    }
}
