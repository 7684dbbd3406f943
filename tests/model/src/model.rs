//! The model as the checker sees it.

use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::{Model, Property};
use twinkey_core::{Phase, phase};

use crate::action::Action;
use crate::normal::normal;
use crate::setting::Setting;
use crate::world::World;

/// I1 to I7, judged at each write.
pub const INVARIANTS: &str = "I1 to I7 hold";
/// The sentence that is the product, for a consumer without a cache.
pub const LIVE_WORKS: &str = "the live pair works";
/// The sentence that is the product, for consumers that cache.
pub const NOBODY_HOLDS: &str = "no consumer holds a dead pair";
/// Nobody has edited the live pair.
pub const NO_FALSE_ALARM: &str = "nothing is called somebody's edit that is none";
/// I10.
pub const WAY_OUT: &str = "status leads to ready";
/// Whatever people have done, the phase says it.
pub const TRUTH: &str = "status says the truth";
/// Whatever people have done, a client that works is published.
pub const RESCUE: &str = "an outage ends at the next look where another client works";

impl Setting {
    /// Client a is live, client b a proven standby, and nobody is at work: by production's own first entry.
    pub fn ready(&self) -> World {
        let mut world = World::empty(self.machines.len(), self.people, self.consumers);
        crate::begin::set_up(self, &mut world);
        for consumer in &mut world.consumers {
            consumer.holds = world.store.now.live_pair().cloned();
        }
        world.wrong_presses = self.wrong_presses;
        world.foreign_edits = self.foreign_edits;
        world
    }

    /// Whether what people do leaves Twinkey a fair chance.
    pub fn is_obedient(&self) -> bool {
        self.wrong_presses == 0 && self.foreign_edits == 0
    }

    /// Judges a state with everything under way dropped; each such state once.
    fn judge(&self, world: &World, what: &str, judge: fn(&Self, &World) -> bool) -> bool {
        let quiet = normal(world.quiet(), self);
        let mut hasher = DefaultHasher::new();
        (&quiet, what).hash(&mut hasher);
        self.met.judge(hasher.finish(), || judge(self, &quiet))
    }

    /// Notes what `status` would say, and looks for the way from here to "ready".
    fn has_way_out(&self, world: &World) -> bool {
        self.judge(world, WAY_OUT, |setting, quiet| {
            let seen = setting.glance(quiet);
            setting.met.phase(phase(setting.policy(), &seen, quiet.now).name());
            setting.way_out(quiet).is_ok()
        })
    }
}

impl Model for Setting {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![normal(self.ready(), self)]
    }

    fn actions(&self, state: &World, actions: &mut Vec<Action>) {
        // What follows a failure proves nothing, and would only make its trace longer.
        let failed = self.is_obedient() && (!state.live_works() || somebody_holds_a_dead_pair(state));
        if state.broken.is_none() && !failed {
            self.possible(state, actions);
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        self.happen(&mut world, action);
        let after = normal(world, self);
        (after != *last).then_some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let works = Property::always(LIVE_WORKS, |_: &Self, world: &World| world.live_works());
        let held =
            Property::always(NOBODY_HOLDS, |_: &Self, world: &World| !somebody_holds_a_dead_pair(world));
        let invariants = Property::always(INVARIANTS, |_: &Self, world: &World| world.broken.is_none());
        if self.ablation.is_some() {
            // What is broken on purpose must be seen where it hurts: at the consumers; or where the last secret
            // that works is called safe to kill.
            return if self.is_obedient() { vec![works, held] } else { vec![invariants] };
        }
        let mut all = vec![
            invariants,
            Property::always(WAY_OUT, |setting: &Self, world: &World| setting.has_way_out(world)),
        ];
        if self.is_obedient() {
            all.extend([works, held]);
            all.push(Property::always(NO_FALSE_ALARM, |setting: &Self, world: &World| {
                setting.judge(world, NO_FALSE_ALARM, |setting, quiet| {
                    let seen = setting.glance(quiet);
                    !matches!(phase(setting.policy(), &seen, quiet.now), Phase::Diverged(_))
                })
            }));
        } else {
            all.push(Property::always(TRUTH, |setting: &Self, world: &World| {
                setting.judge(world, TRUTH, Self::tells_the_truth)
            }));
            all.push(Property::always(RESCUE, |setting: &Self, world: &World| {
                setting.judge(world, RESCUE, Self::is_rescued)
            }));
        }
        all
    }
}

fn somebody_holds_a_dead_pair(world: &World) -> bool {
    let mut held = world.consumers.iter().filter_map(|consumer| consumer.holds.as_ref());
    held.any(|pair| world.portal.killed(pair))
}
