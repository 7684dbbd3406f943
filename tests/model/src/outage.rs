//! When people did not obey: what is said, and how long consumers are without a working pair.

use twinkey_core::seen::Pair;
use twinkey_core::{Client, Mac, Phase, Wish, phase};

use crate::action::Action;
use crate::portal::id;
use crate::setting::{NAMES, Setting};
use crate::world::World;

impl Setting {
    /// After one look that asks both clients, `status` calls no credential well whose consumers fail, and none
    /// ready whose standby does not work.
    pub fn tells_the_truth(&self, quiet: &World) -> bool {
        let mut world = quiet.clone();
        self.fair_run(&mut world, NAMES[0], Wish::Keep);
        match phase(self.policy(), &self.glance(&world), world.now) {
            Phase::ActiveRejected { .. } | Phase::Diverged(_) | Phase::Switching { .. } => true,
            Phase::Ready { .. } => {
                world.live_works() && standby(&world).is_some_and(|pair| world.portal.accepts(&pair))
            }
            _ => world.live_works(),
        }
    }

    /// Where consumers fail and a slot holds a secret that gets a token, with no permit on its client, one
    /// round publishes it. A secret that was refused before is asked again the day after at the latest.
    pub fn is_rescued(&self, quiet: &World) -> bool {
        let mut world = quiet.clone();
        let Some(record) = world.store.now.record() else { return true };
        let Some(active) = &record.active else { return true };
        let ours = world.store.now.live_pair().is_some_and(|pair| {
            (pair.client_id.as_str(), pair.secret) == (active.client_id.as_str(), active.secret)
        });
        let other = active.client.other();
        let mend = works_in_slot(&world, active.client);
        let rescue = works_in_slot(&world, other) && !record.has_permit_on(other);
        if world.live_works() || !ours || record.intent.is_some() || !(mend || rescue) {
            return true;
        }
        self.fair_run(&mut world, NAMES[0], Wish::Keep);
        if !world.live_works() {
            self.happen(&mut world, Action::Night);
            self.fair_run(&mut world, NAMES[0], Wish::Keep);
        }
        world.live_works()
    }
}

fn standby(world: &World) -> Option<Pair> {
    let record = world.store.now.record()?;
    let client = record.active.as_ref()?.client.other();
    let secret = world.store.now.slots[client].as_ref()?.secret?.secret;
    Some(Pair { client_id: id(client).into(), secret })
}

fn works_in_slot(world: &World, client: Client) -> bool {
    let Some(slot) = &world.store.now.slots[client] else { return false };
    let accepted = |secret: Mac| world.portal.accepts(&Pair { client_id: id(client).into(), secret });
    [slot.secret, slot.candidate].into_iter().flatten().any(|pasted| accepted(pasted.secret))
}
