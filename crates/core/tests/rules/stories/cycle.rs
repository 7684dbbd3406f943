//! Setting up, and the whole cycle.

use twinkey_core::decision::Because;
use twinkey_core::seen::{Done, Pair};
use twinkey_core::step::Step;
use twinkey_core::{Client, Phase, Wish};

use crate::world::*;

#[test]
fn a_first_entry_writes_slots_then_record_then_one_live_pair() {
    let mut world = World::empty();
    assert!(matches!(world.phase(), Phase::Uninitialised { missing: None }));
    let mut run = world.begin("one", "olga", world.init_both());
    assert_eq!(world.finish(&mut run).why, Because::Done(Done::Initialised));
    let writes: Vec<_> = run.steps.iter().filter(|step| step.is_write()).collect();
    assert!(matches!(
        writes[..],
        [
            Step::WriteSlot(_),
            Step::WriteSlot(_),
            Step::WriteRecord(_),
            Step::WriteLive(_),
            Step::WriteRecord(_)
        ]
    ));
    assert!(world.live_works());
    assert!(matches!(world.phase(), Phase::Ready { .. }));
    world.assert_whole();
}

#[test]
fn a_live_pair_is_adopted_without_a_new_version() {
    let mut world = World::empty();
    world.store.edit_live(Some(Pair { client_id: "id-a".into(), secret: secret(1) }));
    let version = world.store.live_version();
    assert_eq!(world.wish(world.init([Client::B].into_iter())).why, Because::Done(Done::Initialised));
    assert_eq!(world.store.live_version(), version);
    assert_eq!(world.active(), Client::A);
    assert!(matches!(world.phase(), Phase::Ready { .. }));
}

#[test]
fn the_second_client_may_come_tomorrow() {
    let mut world = World::empty();
    assert_eq!(world.wish(world.init([Client::A].into_iter())).why, Because::Done(Done::Initialised));
    assert!(matches!(world.phase(), Phase::Uninitialised { missing: Some(Client::B) }));
    world.pass(DAY);
    let rest = world.wish(world.init([Client::B].into_iter()));
    assert!(matches!(rest.why, Because::Done(_)), "{rest:?}");
    assert!(matches!(world.phase(), Phase::Ready { .. }));
    assert!(world.record().clients.b.maybe_in_use);
    world.pass(DAY * 7);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    world.assert_whole();
}

#[test]
fn four_cycles_run_without_a_dead_secret_in_anybodys_hands() {
    let mut world = World::ready();
    for cycle in 0..4 {
        let before = world.active();
        assert_eq!(world.round().why, Because::Done(Done::Switched), "cycle {cycle}");
        assert_eq!(world.active(), before.other());
        assert!(matches!(world.phase(), Phase::Draining { .. }));
        world.pass(HOUR * 3 + MINUTE * 10);
        assert!(matches!(world.phase(), Phase::AwaitingRegeneration { .. }));
        world.regenerate_by_the_book();
        assert!(matches!(world.phase(), Phase::Ready { .. }));
        assert!(world.live_works());
        world.pass(DAY * 7);
    }
    world.assert_whole();
}

#[test]
fn consumers_see_the_new_pair_after_four_round_trips() {
    let mut world = World::ready();
    let old = world.live_secret();
    let mut run = world.begin("one", "olga", Wish::Keep);
    while world.live_secret() == old {
        assert!(world.step(&mut run, Fault::None).is_none());
    }
    assert!(matches!(
        run.steps[..],
        [Step::Look(_), Step::Probe(_), Step::WriteRecord(_), Step::WriteLive(_)]
    ));
}
