//! What waits in a slot while somebody may press Regenerate, or asks whether they may.

use twinkey_core::decision::{Because, Refusal};
use twinkey_core::seen::Done;
use twinkey_core::step::Step;
use twinkey_core::wish::Deposit;
use twinkey_core::{Client, Phase, Remedy, What, Wish};

use super::permits::{cancel, permit_on};
use crate::world::*;

fn ends_a_proof(step: &Step) -> bool {
    matches!(step, Step::WriteRecord(write) if matches!(write.what, What::Proven { .. }))
}

fn opens_a_permit(step: &Step) -> bool {
    matches!(step, Step::WriteRecord(write) if matches!(write.what, What::PermitOpened { .. }))
}

#[test]
fn who_takes_a_permit_back_proves_first_what_waits_in_the_slot() {
    let rollback = Wish::Rollback { reason: "try".into(), spoke_to: Some("olga".into()) };
    for wish in [cancel(Some("olga")), rollback] {
        let mut world = World::drained();
        assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
        // She pressed and typed the secret into the slot; the nodes of the provider learn of it one after the other.
        world.provider.lateness = MINUTE;
        let fresh = world.regenerate(Client::A);
        world.store.type_candidate(Client::A, pasted(fresh));
        let rest = world.wish_by("rob", wish.clone());
        let told = match wish {
            Wish::Cancel { .. } => Because::Done(Done::Proven),
            _ => Because::Refused(Refusal::NoRetired),
        };
        assert_eq!(rest.why, told);
        assert_eq!(world.record().clients.a.proven.unwrap().secret, fresh);
        assert_eq!((world.active(), world.record().permit), (Client::B, None));
        world.assert_whole();
    }
}

#[test]
fn a_candidate_from_before_the_permit_does_not_end_it() {
    let mut world = World::drained();
    let early = world.provider.clients.a.secret;
    // Somebody regenerated without a permit, and the provider denied the new secret for a while.
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(fresh));
    world.provider.clients.a.secret = early;
    world.round();
    assert!(matches!(world.phase(), Phase::StandbyRejected { client: Client::A }));
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    world.provider.clients.a.secret = fresh;
    world.pass(DAY);
    world.round();
    assert!(world.record().permit.is_some(), "olga may be about to press");
    // She did not press, she brings the very secret that was denied.
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
    assert_eq!(world.record().permit, None);
}

#[test]
fn a_candidate_that_a_clock_ahead_saw_refused_does_not_end_it_either() {
    let mut world = World::drained();
    let fresh = world.provider.regenerate(Client::A, world.now);
    world.store.type_candidate(Client::A, pasted(fresh));
    world.provider.clients.a.forbidden = true;
    let now = world.now;
    world.pass(MINUTE * 4);
    world.round();
    let refused = world.record().clients.a.refusals[0];
    // Olga's clock is right, and so it is earlier there than when the candidate was refused.
    world.now = now + MINUTE * 3;
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    assert!(refused.first > world.record().permit.unwrap().since);
    world.provider.clients.a.forbidden = false;
    world.pass(DAY);
    world.round();
    assert!(world.record().permit.is_some(), "olga may be about to press");
}

#[test]
fn a_candidate_that_appears_while_the_permit_is_written_does_not_end_it_later() {
    let mut world = World::drained();
    let fresh = world.provider.regenerate(Client::A, world.now);
    world.provider.clients.a.forbidden = true;
    let mut olga = world.begin("two", "olga", permit_on(Client::A, "olga"));
    assert_eq!(world.run_until(&mut olga, opens_a_permit), None);
    // Typed just now; or it was there all along, and the look was stale.
    world.store.type_candidate(Client::A, pasted(fresh));
    assert_eq!(world.finish(&mut olga).why, Because::Done(Done::Safe));
    assert_eq!(world.record().permit.unwrap().passed_over, Some(fresh));
    world.provider.clients.a.forbidden = false;
    world.pass(DAY);
    world.round();
    assert!(world.record().permit.is_some(), "olga may be about to press");
}

#[test]
fn safe_is_not_said_for_what_another_run_has_just_proven() {
    let mut world = World::drained();
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(fresh));
    let mut olga = world.begin("two", "olga", permit_on(Client::A, "olga"));
    assert_eq!(world.run_until(&mut olga, ends_a_proof), None);
    world.round();
    assert_eq!(world.record().clients.a.proven.unwrap().secret, fresh);
    assert_eq!(world.finish(&mut olga).why, Because::Done(Done::Proven), "there is nothing left to press");
    assert_eq!(world.record().permit, None);
}

#[test]
fn a_candidate_that_waits_is_proven_before_a_permit_is_given() {
    let mut world = World::drained();
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(fresh));
    assert_eq!(world.permit("olga").why, Because::Done(Done::Proven), "there is nothing left to press");
    assert_eq!(world.record().clients.a.proven.unwrap().secret, fresh);
    assert_eq!(world.record().permit, None);
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe), "but she may, if she means it");
}

#[test]
fn a_candidate_that_is_refused_does_not_keep_the_permit_from_being_given() {
    let mut world = World::drained();
    world.store.type_candidate(Client::A, pasted(secret(500)));
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    assert!(world.record().permit.is_some());
}

#[test]
fn a_refused_candidate_under_a_permit_is_a_matter_for_its_holder() {
    let mut world = World::drained();
    world.permit("rob");
    world.store.type_candidate(Client::A, pasted(secret(500)));
    world.round();
    assert!(matches!(world.phase(), Phase::StandbyRejected { client: Client::A }));
    assert!(world.messages().contains(&"standby-refused"));
    let Some(Remedy::FinishPermit(permit)) = world.remedy() else { panic!() };
    assert_eq!(permit.holder, "rob");
}

#[test]
fn safe_is_not_said_again_while_an_earlier_candidate_may_end_the_permit() {
    // Olga pressed and typed the secret into the slot. Then she asks again.
    let mut world = World::drained();
    world.permit("olga");
    let first = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(first));
    assert_eq!(world.permit("olga").why, Because::Done(Done::Proven));
    assert_eq!(world.record().clients.a.proven.unwrap().secret, first);
    // Asked once more, she hears SAFE, and whatever the rounds do now, a is hers.
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    world.pass(DAY * 8);
    world.round();
    assert_eq!(world.active(), Client::B);
    let second = world.regenerate(Client::A);
    assert_eq!(world.deposit(Client::A, second).why, Because::Done(Done::Proven));
    world.assert_whole();
}

#[test]
fn a_candidate_refused_under_the_permit_does_not_end_it_after_safe_was_said_again() {
    let mut world = World::drained();
    world.permit("olga");
    let first = world.regenerate(Client::A);
    world.provider.clients.a.secret = secret(900);
    world.store.type_candidate(Client::A, pasted(first));
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    world.provider.clients.a.secret = first;
    world.pass(DAY);
    world.round();
    assert!(world.record().permit.is_some(), "she may be about to press again");
}

#[test]
fn safe_is_said_only_after_a_deposit_that_came_at_the_same_moment_was_proven() {
    let mut world = World::drained();
    let olgas = world.regenerate(Client::A);
    let mut rob = world.begin("two", "rob", permit_on(Client::A, "rob"));
    world.run_until(&mut rob, |step| matches!(step, Step::WriteRecord(_)));
    let deposit = Deposit { client: Client::A, client_id: None, spoke_to: None, secret: pasted(olgas) };
    let mut olga = world.begin("one", "olga", Wish::Deposit(deposit));
    world.run_until(&mut olga, |step| matches!(step, Step::Probe(_)));
    let rest = world.finish(&mut rob);
    // Olga's secret was proven, which ended the permit: Rob is told so, and presses nothing.
    assert_eq!(rest.why, Because::Done(Done::Proven));
    assert_eq!(world.record().clients.a.proven.unwrap().secret, olgas);
    assert_eq!(world.record().permit, None);
    assert_eq!(world.permit("rob").why, Because::Done(Done::Safe));
    world.assert_whole();
}

#[test]
fn a_token_of_yesterday_does_not_clear_the_refusals_of_today() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    let fresh = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(fresh));
    // A run proves it, and sleeps before it can write that down.
    let mut run = world.begin("two", "timer", Wish::Keep);
    assert_eq!(world.run_until(&mut run, ends_a_proof), None);
    world.pass(HOUR * 5);
    // Olga asks again: the secret is refused now, so she is told SAFE, and will press once more.
    world.provider.clients.a.forbidden = true;
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    world.provider.clients.a.forbidden = false;
    world.finish(&mut run);
    assert!(world.record().permit.is_some(), "her permit has not been ended under her hand");
}

#[test]
fn a_token_in_hand_does_not_make_a_candidate_from_before_the_permit_its_end() {
    let mut world = World::drained();
    let fresh = world.provider.regenerate(Client::A, world.now);
    world.store.type_candidate(Client::A, pasted(fresh));
    world.provider.clients.a.forbidden = true;
    world.round();
    world.provider.clients.a.forbidden = false;
    let now = world.now;
    // A host whose clock is ahead may ask again already, and gets its tokens.
    world.pass(HOUR * 4);
    let mut run = world.begin("two", "timer", Wish::Keep);
    assert_eq!(world.run_until(&mut run, ends_a_proof), None);
    world.now = now + MINUTE;
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    world.pass(HOUR * 4);
    world.finish(&mut run);
    world.round();
    assert!(world.record().permit.is_some(), "she may press at any moment");
    assert!(matches!(world.phase(), Phase::PermitOpen(_)), "and is asked to finish, not to wait");
}

#[test]
fn a_stale_look_does_not_hide_what_waits_in_the_slot_from_whoever_takes_a_permit_back() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    let then = world.store.clone();
    let fresh = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(fresh));
    let mut run = world.begin("two", "rob", cancel(Some("olga")));
    run.past = Some(then);
    let rest = world.finish_with(&mut run, Fault::Stale, |step| matches!(step, Step::Look(_)));
    assert_eq!(rest.why, Because::Done(Done::Proven));
    assert_eq!(world.record().clients.a.proven.unwrap().secret, fresh);
}
