//! A walk with production's own values beside the same walk through normal forms.
//!
//! The checker sees normal forms only. So whatever production's own values can do, the normal forms must be able
//! to do as well, and it must look the same at every step: what can happen, what each run does next, what
//! `status` says, and every sentence that is proven.

use stateright::Model;
use twinkey_core::decision::Next;
use twinkey_core::step::{LiveContent, SlotChange};
use twinkey_core::{Step, phase, remedy};

use crate::action::Action;
use crate::normal::normal;
use crate::setting::Setting;
use crate::store::Body;
use crate::world::World;

/// A world in production's own values, and what the checker has in its place.
pub struct Lockstep<'s> {
    setting: &'s Setting,
    raw: World,
    form: World,
}

impl<'s> Lockstep<'s> {
    /// From the first state on.
    pub fn new(setting: &'s Setting) -> Self {
        let raw = setting.ready();
        Self { setting, form: normal(raw.clone(), setting), raw }
    }

    /// One step of both, or what differs; `false` where nothing can happen any more.
    pub fn step(&mut self, choice: usize) -> Result<bool, String> {
        self.same("what is seen", self.observed(&self.raw), self.observed(&self.form))?;
        self.same("what can happen", self.possible(&self.raw), self.possible(&self.form))?;
        let mut actions = Vec::new();
        self.setting.actions(&self.raw, &mut actions);
        let Some(action) = actions.get(choice % actions.len().max(1)).copied() else { return Ok(false) };
        let counterpart = self.counterpart(action)?;
        self.setting.happen(&mut self.raw, action);
        // As in the normal form, a write that is sure to be refused never arrives: it takes no room.
        let (store, honesty) = (self.raw.store.clone(), self.setting.honesty());
        self.raw.store.late.retain(|write| store.would_take(write, honesty));
        self.form = self.setting.next_state(&self.form, counterpart).unwrap_or(self.form.clone());
        Ok(true)
    }

    fn same(&self, what: &str, raw: Vec<String>, form: Vec<String>) -> Result<(), String> {
        if raw == form {
            return Ok(());
        }
        let beside = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|this| !those.contains(this)).cloned().collect()
        };
        let (only_raw, only_form) = (beside(&raw, &form), beside(&form, &raw));
        let name = self.setting.name;
        Err(format!("{name}: {what}: only the values: {only_raw:?}; only the normal form: {only_form:?}"))
    }

    /// The same action in the normal form, where late writes stand in another order.
    fn counterpart(&self, action: Action) -> Result<Action, String> {
        let Action::ArriveLate(at) = action else { return Ok(action) };
        let after = |world: &World, action| {
            let mut world = world.clone();
            self.setting.happen(&mut world, action);
            normal(world, self.setting)
        };
        let wanted = after(&self.raw, action);
        let late = |world: &World, at: usize| kind(&world.store.late[at].body);
        let alike = (0..self.form.store.late.len()).filter(|of| late(&self.form, *of) == late(&self.raw, at));
        let alike: Vec<_> = alike.map(Action::ArriveLate).collect();
        let equal = alike.iter().find(|other| after(&self.form, **other) == wanted);
        equal.or(alike.first()).copied().ok_or(format!("{}: no late write of this kind", self.setting.name))
    }

    /// Which of several late writes arrives is told by its kind.
    fn possible(&self, world: &World) -> Vec<String> {
        let mut actions = Vec::new();
        self.setting.actions(world, &mut actions);
        let told = |action: &Action| match action {
            Action::ArriveLate(at) => format!("arrives late: {}", kind(&world.store.late[*at].body)),
            other => format!("{other:?}"),
        };
        let mut told: Vec<String> = actions.iter().map(told).collect();
        told.sort();
        told.dedup();
        told
    }

    fn observed(&self, world: &World) -> Vec<String> {
        let quiet = world.quiet();
        let (policy, seen) = (self.setting.policy(), self.setting.glance(&quiet));
        let mut observed = vec![
            format!("live works {}", world.live_works()),
            format!("broken {:?}", world.broken),
            format!("store down {} nights {}", world.store.down, world.store.nights_down),
            format!("phase {}", phase(policy, &seen, quiet.now).name()),
            format!("remedy {}", first_word(&format!("{:?}", remedy(policy, &seen, quiet.now)))),
        ];
        let dead = |pair| world.portal.killed(pair);
        let holds = world.consumers.iter().map(|consumer| consumer.holds.as_ref().map(dead));
        observed.push(format!("consumers hold a dead pair {:?}", holds.collect::<Vec<_>>()));
        for (number, person) in world.people.iter().enumerate() {
            let hand = person.hand.map(|(client, _)| client);
            observed.push(format!("person {number}: {:?} {hand:?}", person.safe.map(|safe| safe.client)));
        }
        for machine in 0..world.machines.len() {
            let next = self.setting.decide(world, machine);
            observed.push(format!("machine {machine}: {}", next.as_ref().map_or("nothing".into(), doing)));
        }
        observed
    }
}

fn kind(body: &Body) -> String {
    match body {
        Body::Record(_) => "record".into(),
        Body::Live(pair, why) => format!("live {:?} {why:?}", pair.as_ref().map(|pair| &pair.client_id)),
        Body::Slot(client, _) => format!("slot {client}"),
    }
}

fn doing(next: &Next) -> String {
    match next {
        Next::Do(Step::Look(freshness)) => format!("look {freshness:?}"),
        Next::Do(Step::Probe(probe)) => format!("probe {} {:?}", probe.client, probe.purpose),
        Next::Do(Step::WriteRecord(_)) => "write the record".into(),
        Next::Do(Step::WriteLive(write)) => match &write.content {
            LiveContent::Publish { client, why, .. } => format!("publish {client} {why:?}"),
            LiveContent::Unchanged => "write the fence".into(),
        },
        Next::Do(Step::WriteSlot(write)) => {
            let promote = matches!(write.change, SlotChange::Promote { .. });
            format!("write slot {}, promote {promote}", write.client)
        }
        Next::Do(Step::WriteOutput) => "write the output file".into(),
        Next::Wait(_) => "wait".into(),
        Next::Rest(_) => "end".into(),
    }
}

/// Names and moments are spelled otherwise in the normal form.
fn first_word(told: &str) -> String {
    told.trim_start_matches("Some(").split(['(', ')', ' ']).next().unwrap_or_default().to_owned()
}
