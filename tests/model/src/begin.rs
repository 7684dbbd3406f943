//! Setting up: production's own first entry, without a fault.

use twinkey_core::decision::Next;
use twinkey_core::seen::{Host, Pasted};
use twinkey_core::wish::{Entry, Init};
use twinkey_core::{Client, PerClient, Salt, Seen, Wish, next};

use crate::portal::id;
use crate::run::Luck;
use crate::setting::Setting;
use crate::world::{Run, World};

/// Enters both clients, and confirms that nobody outside uses the second.
pub fn set_up(setting: &Setting, world: &mut World) {
    let mut entries = PerClient::default();
    for client in Client::BOTH {
        let secret = Pasted { secret: world.portal.clients[client].secret, oddity: None };
        entries[client] = Some(Entry { client_id: id(client).into(), secret });
    }
    let salt = Salt::from_bytes([0; 16]);
    run_to_end(setting, world, Wish::Init(Init { salt, live: Client::A, entries }));
    run_to_end(setting, world, Wish::ConfirmNotInUse);
}

/// One run on the first machine, to its end, with nothing in its way but pauses, which pass.
pub fn run_to_end(setting: &Setting, world: &mut World, wish: Wish) {
    let who = setting.who(0);
    let seen = Seen::nothing(wish, who, Host::default());
    let live_worked = world.live_works();
    world.machines[0].run = Some(Run { seen, first_half: None, sent: None, live_worked });
    while let Some(run) = &world.machines[0].run {
        if run.sent.is_some() {
            setting.arrive(world, 0, true);
            continue;
        }
        match next(setting.policy(), &run.seen, world.now) {
            Next::Wait(_) => setting.happen(world, crate::action::Action::Night),
            Next::Do(_) | Next::Rest(_) => setting.go(world, 0, Luck::Fair),
        }
        world.now = crate::time::moment_later(world.now);
    }
}
