//! A person's request is fulfilled by what it asked for, and by nothing else that the run did on its way.

use twinkey_core::decision::Because;
use twinkey_core::seen::Done;
use twinkey_core::step::{SlotChange, Step};
use twinkey_core::wish::Deposit;
use twinkey_core::{Client, Wish};

use crate::world::*;

/// A scheduled switch crashed between intent and publication.
fn crashed_switch() -> World {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    assert!(world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_))).is_none());
    world
}

#[test]
fn a_deposit_is_stored_even_if_the_run_ends_somebodys_switch_first() {
    let mut world = crashed_switch();
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::A);
    let rest = world.deposit(Client::A, fresh);
    assert_ne!(rest.why, Because::Done(Done::Switched));
    assert_eq!(world.store.slots.a.as_ref().unwrap().candidate, Some(pasted(fresh)));
}

#[test]
fn a_permit_is_not_granted_by_ending_somebodys_switch() {
    let mut world = crashed_switch();
    let rest = world.permit("olga");
    assert!(matches!(rest.why, Because::Refused(_)), "{rest:?}");
    assert_eq!(world.active(), Client::B);
}

#[test]
fn a_rollback_with_spoke_to_closes_the_permit_and_rolls_back() {
    let mut world = World::drained();
    assert_eq!(world.permit("rob").why, Because::Done(Done::Safe));
    let rollback = |spoke_to: Option<&str>| Wish::Rollback {
        reason: "b misbehaves".into(),
        spoke_to: spoke_to.map(Into::into),
    };
    assert!(matches!(world.wish(rollback(None)).why, Because::Refused(_)));
    assert!(matches!(world.wish(rollback(Some("nobody"))).why, Because::Refused(_)));
    assert_eq!(world.wish(rollback(Some("rob"))).why, Because::Done(Done::Switched));
    assert_eq!((world.active(), world.record().permit), (Client::A, None));
    world.assert_whole();
}

#[test]
fn a_deposit_repeated_after_a_crash_between_slot_and_record_is_proven() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    let fresh = world.regenerate(Client::A);
    let wish =
        Wish::Deposit(Deposit { client: Client::A, client_id: None, spoke_to: None, secret: pasted(fresh) });
    let mut run = world.begin("one", "olga", wish.clone());
    let promote = |step: &Step| matches!(step, Step::WriteSlot(write) if matches!(write.change, SlotChange::Promote { .. }));
    world.run_until(&mut run, promote);
    assert!(world.step(&mut run, Fault::None).is_none());
    assert_eq!(world.wish(wish).why, Because::Done(Done::Proven));
    assert_eq!(world.record().permit, None);
}

#[test]
fn a_deposit_that_another_run_proves_first_counts_as_proven() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    let fresh = world.regenerate(Client::A);
    let wish =
        Wish::Deposit(Deposit { client: Client::A, client_id: None, spoke_to: None, secret: pasted(fresh) });
    let mut run = world.begin("one", "olga", wish);
    world.run_until(&mut run, |step| matches!(step, Step::Probe(_)));
    world.wish_by("cron", Wish::Keep);
    assert_eq!(world.finish(&mut run).why, Because::Done(Done::Proven));
}
