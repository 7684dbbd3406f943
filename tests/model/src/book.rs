//! A year by the book: what must be among the things that can happen.

use stateright::Model;
use twinkey_core::Client;

use crate::action::{Action, Answer};
use crate::run::Luck;
use crate::setting::{Errand, Setting};
use crate::world::World;

/// Three switches with two regenerations in between, on a timer and one desk: each state with what happens
/// in it.
pub fn three_switches(setting: &Setting) -> Vec<(World, Action)> {
    let mut year = Year { setting, world: setting.ready(), told: Vec::new() };
    for cycle in 0..3 {
        let before = year.live();
        year.runs(0, Errand::Round);
        assert_ne!(year.live(), before, "switch {cycle}");
        if cycle < 2 {
            year.happens(Action::Night);
            year.happens(Action::Night);
            year.runs(1, Errand::Permit);
            year.happens(Action::Press(0));
            year.runs(1, Errand::Deposit);
        }
    }
    year.told
}

struct Year<'a> {
    setting: &'a Setting,
    world: World,
    told: Vec<(World, Action)>,
}

impl Year<'_> {
    fn happens(&mut self, action: Action) {
        self.told.push((self.world.clone(), action));
        let next = self.setting.next_state(&self.world, action);
        self.world = next.unwrap_or_else(|| self.world.clone());
    }

    /// A run from its first look to its end.
    fn runs(&mut self, machine: usize, errand: Errand) {
        self.happens(Action::Begin(machine, errand, Luck::Fair));
        while let Some(run) = &self.world.machines[machine].run {
            let action = match run.sent {
                Some(_) => Action::Arrive(machine, Answer::Heard),
                None => Action::Go(machine, Luck::Fair),
            };
            self.happens(action);
        }
    }

    fn live(&self) -> Option<Client> {
        self.world.store.now.record()?.active.as_ref().map(|active| active.client)
    }
}
