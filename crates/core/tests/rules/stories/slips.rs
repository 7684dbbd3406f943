//! Slips of the hand are caught before a secret is sent anywhere.

use twinkey_core::decision::{Because, Refusal};
use twinkey_core::seen::{Done, Oddity, Pasted};
use twinkey_core::slips::{self, Slip};
use twinkey_core::step::Step;
use twinkey_core::wish::{Deposit, Entry};
use twinkey_core::{Client, Failover, Mac, Phase, Remedy, Wish};

use crate::world::*;

/// What a deposit for this client is told; nothing may be asked or stored.
fn slip(world: &mut World, client: Client, id: Option<&str>, pasted: Pasted) -> Slip {
    let (asked, slots) = (world.provider.asked.len(), world.store.slots.clone());
    let deposit = Deposit { client, client_id: id.map(Into::into), spoke_to: None, secret: pasted };
    let Refusal::Slip(slip) = refusal(world.wish(Wish::Deposit(deposit))) else { panic!("no slip") };
    assert_eq!((world.provider.asked.len(), &world.store.slots), (asked, &slots));
    slip
}

fn cycled() -> World {
    let mut world = World::drained();
    world.regenerate_by_the_book();
    world
}

fn plain(secret: Mac) -> Pasted {
    pasted(secret)
}

#[test]
fn odd_texts_are_no_secrets() {
    let mut world = World::drained();
    let oddities =
        [Oddity::Empty, Oddity::SurroundingSpace, Oddity::Control(3), Oddity::NonAscii(7), Oddity::TooLong];
    for oddity in oddities {
        let pasted = Pasted { secret: secret(60), oddity: Some(oddity) };
        assert_eq!(slip(&mut world, Client::A, None, pasted), Slip::Odd(oddity));
    }
}

#[test]
fn a_secret_that_is_known_already_is_named() {
    let mut world = cycled();
    let fresh = world.provider.clients.a.secret;
    assert_eq!(slip(&mut world, Client::A, None, plain(fresh)), Slip::SameAgain);
    assert_eq!(slip(&mut world, Client::A, None, plain(secret(1))), Slip::OldAgain);
    assert_eq!(slip(&mut world, Client::A, None, plain(secret(2))), Slip::OtherClients(Client::B));
    assert_eq!(slip(&mut world, Client::B, None, plain(secret(2))), Slip::SameAgain);
    assert_eq!(slip(&mut world, Client::B, None, plain(fresh)), Slip::OtherClients(Client::A));
    assert_eq!(slip(&mut world, Client::B, None, plain(secret(1))), Slip::OtherClients(Client::A));
    let mut world = World::drained();
    assert_eq!(slip(&mut world, Client::A, None, plain(secret(1))), Slip::SameAgain, "regenerate first");
}

#[test]
fn client_ids_are_told_apart() {
    let mut world = cycled();
    assert_eq!(slip(&mut world, Client::A, Some("id-b"), plain(secret(61))), Slip::SameId);
    assert_eq!(slip(&mut world, Client::B, Some("id-n"), plain(secret(61))), Slip::ActiveId);
    let mut world = World::empty();
    world.wish(world.init([Client::A].into_iter()));
    assert_eq!(slip(&mut world, Client::B, None, plain(secret(61))), Slip::NoId);
}

#[test]
fn init_catches_slips_before_it_writes() {
    let mut world = World::empty();
    let Wish::Init(mut init) = world.init_both() else { panic!() };
    init.entries.b = Some(Entry { client_id: "id-a".into(), secret: pasted(secret(2)) });
    assert_eq!(refusal(world.wish(Wish::Init(init.clone()))), Refusal::Slip(Slip::SameId));
    init.entries.b = Some(Entry { client_id: "id-b".into(), secret: pasted(secret(1)) });
    let told = refusal(world.wish(Wish::Init(init.clone())));
    assert_eq!(told, Refusal::Slip(Slip::OtherClients(Client::A)));
    init.entries.b = Some(Entry { client_id: "id-b".into(), secret: pasted(secret(9)) });
    assert!(matches!(refusal(world.wish(Wish::Init(init))), Refusal::Secret { client: Client::B, .. }));
    assert!(world.store.record.is_none() && world.store.live.is_none());
    assert!(world.store.slots.a.is_none() && world.store.slots.b.is_none());
}

#[test]
fn a_slip_typed_into_the_slot_under_a_permit_is_named_and_the_holder_can_go_on() {
    let mut world = World::drained();
    world.permit("olga");
    let fresh = world.regenerate(Client::A);
    let odd = Pasted { secret: secret(70), oddity: Some(Oddity::NonAscii(5)) };
    world.store.type_candidate(Client::A, odd);
    world.round();
    assert_eq!(world.provider.times_asked(secret(70)), 0);
    assert!(matches!(world.phase(), Phase::Blocked(_)));
    assert!(matches!(world.remedy(), Some(Remedy::FinishPermit(_))));
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
}

#[test]
fn a_slip_typed_into_a_good_standbys_slot_is_in_nobodys_way() {
    let mut world = World::ready();
    world.store.type_candidate(Client::B, pasted(secret(1)));
    assert!(matches!(world.phase(), Phase::Ready { .. }));
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert!(world.live_works());
}

#[test]
fn a_candidate_typed_again_after_its_promotion_is_proven_and_leaves_the_evidence_alone() {
    let mut world = World::drained();
    world.permit("olga");
    let fresh = world.regenerate(Client::A);
    let deposit = Deposit { client: Client::A, client_id: None, spoke_to: None, secret: pasted(fresh) };
    let mut run = world.begin("one", "olga", Wish::Deposit(deposit));
    world.run_until(&mut run, |step| matches!(step, Step::WriteRecord(_)));
    world.store.type_candidate(Client::A, pasted(fresh));
    world.round();
    assert_eq!(world.record().clients.a.proven.unwrap().secret, fresh);
    assert_eq!(world.store.slots.a.as_ref().unwrap().previous, Some(secret(1)));
    assert!(matches!(world.phase(), Phase::Ready { .. }));
}

#[test]
fn a_candidate_deposited_again_with_its_new_client_id_is_stored_with_it() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    // The client was made anew in the portal, and its new id was forgotten at first.
    let fresh = world.regenerate(Client::A);
    world.provider.clients.a.id = "id-new".into();
    assert!(matches!(world.deposit(Client::A, fresh).why, Because::Refused(Refusal::Secret { .. })));
    world.pass(HOUR * 5);
    let client_id = Some("id-new".to_owned());
    let rest = world.wish(Wish::Deposit(Deposit {
        client: Client::A,
        client_id,
        spoke_to: None,
        secret: pasted(fresh),
    }));
    assert_eq!(rest.why, Because::Done(Done::Proven));
    assert_eq!(world.store.slots.a.unwrap().client_id, "id-new");
}

#[test]
fn the_same_secret_is_a_slip_under_its_own_id_and_none_under_a_new_one() {
    let mut world = World::drained();
    let seen = world.look();
    let check = |id| slips::check(&seen, Client::A, id, secret(1), None);
    assert_eq!(check(None), Err(Slip::SameAgain));
    assert_eq!(check(Some("id-a")), Err(Slip::SameAgain));
    assert_eq!(check(Some("id-new")), Ok(()));
}

/// A run died between slot and record, the client was regenerated once more, and then the other client's
/// secret came into the slot: what lies below the slip is asked, and found dead; then `init` helps.
#[test]
fn a_dead_secret_behind_a_slip_is_replaced_by_init() {
    let mut world = World::ready();
    world.regenerate(Client::B);
    world.store.slots.b.as_mut().unwrap().secret = Some(pasted(secret(70)));
    world.store.type_candidate(Client::B, pasted(world.live_secret()));
    assert_eq!(world.remedy(), Some(Remedy::Rotate));
    world.round();
    assert_eq!(world.remedy(), Some(Remedy::Regenerate(Client::B)));
    let rest = world.wish(world.init([Client::B].into_iter()));
    assert_eq!(rest.why, Because::Done(Done::Proven));
    assert!(matches!(world.phase(), Phase::Ready { .. }), "{:?}", world.phase());
    world.assert_whole();
}

/// A run died between slot and record, and then the other client's secret came into the slot.
#[test]
fn a_slip_does_not_hide_a_secret_below_it_that_waits_for_its_proof() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    let fresh = world.regenerate(Client::B);
    world.store.slots.b.as_mut().unwrap().secret = Some(pasted(fresh));
    world.store.type_candidate(Client::B, pasted(world.live_secret()));
    world.round();
    assert_eq!(world.record().clients.b.proven.unwrap().secret, fresh);
    let again = world.wish(world.init([Client::B].into_iter()));
    assert_eq!(again.why, Because::Done(Done::Initialised));
    assert!(matches!(world.phase(), Phase::Ready { .. }), "{:?}", world.phase());
    world.assert_whole();
}

#[test]
fn an_active_client_that_was_made_anew_in_the_portal_is_mended_by_a_deposit_with_its_new_id() {
    let mut world = World::ready();
    world.policy.failover = Failover::Alert;
    world.policy.min_interval = DAY * 30;
    let deposit = |secret| Deposit {
        client: Client::A,
        client_id: Some("id-anew".into()),
        spoke_to: None,
        secret: pasted(secret),
    };
    let early = world.wish(Wish::Deposit(deposit(secret(900))));
    assert_eq!(refusal(early), Refusal::Slip(Slip::ActiveId), "as long as it works");
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::A);
    world.provider.clients.a.id = "id-anew".into();
    world.round();
    if let Some(Remedy::WaitUntil(until)) = world.remedy() {
        world.now = until;
        world.round();
    }
    assert_eq!(world.remedy(), Some(Remedy::Deposit(Client::A)));
    world.wish(Wish::Deposit(deposit(fresh)));
    assert!(world.live_works());
    assert_eq!(world.record().active.unwrap().client_id, "id-anew");
    world.assert_whole();
}
