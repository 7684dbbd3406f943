//! Who may press Regenerate, and when.

use twinkey_core::decision::{Because, Refusal};
use twinkey_core::permit::NotYet;
use twinkey_core::seen::Done;
use twinkey_core::step::Step;
use twinkey_core::wish::Deposit;
use twinkey_core::{AnswerKind, Client, Failover, Remedy, Safe, Staleness, Transition, What, Wish};

use crate::world::*;

pub(super) fn permit_on(client: Client, holder: &str) -> Wish {
    Wish::Permit { client: Some(client), holder: holder.into() }
}

pub(super) fn cancel(spoke_to: Option<&str>) -> Wish {
    Wish::Cancel { spoke_to: spoke_to.map(Into::into) }
}

#[test]
fn no_permit_is_given_for_the_active_client() {
    let mut world = World::drained();
    let refused = refusal(world.wish(permit_on(Client::B, "olga")));
    assert_eq!(refused, Refusal::NotYet(NotYet::Active(Client::B)));
}

#[test]
fn while_it_drains_the_answer_is_not_yet_with_the_time() {
    let mut world = World::switched();
    let started = world.record().drain.unwrap().started;
    let Refusal::NotYet(NotYet::Draining(Safe::From(safe))) = refusal(world.permit("olga")) else { panic!() };
    assert_eq!(safe, started + HOUR * 2 + HOUR + MINUTE * 10, "cron counts the staleness twice");
    assert_eq!(world.remedy(), Some(Remedy::WaitUntil(safe)));
    world.now = safe - SECOND * 3;
    assert!(matches!(refusal(world.permit("olga")), Refusal::NotYet(NotYet::Draining(_))));
    world.now = safe;
    assert_eq!(world.remedy(), Some(Remedy::Regenerate(Client::A)));
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
}

#[test]
fn a_client_that_init_took_over_waits_for_a_word_that_nobody_uses_it() {
    let mut world = World::empty();
    world.wish(world.init_both());
    let refused = refusal(world.wish(permit_on(Client::B, "olga")));
    assert_eq!(refused, Refusal::NotYet(NotYet::MaybeInUse(Client::B)));
    assert_eq!(world.wish(Wish::ConfirmNotInUse).why, Because::Done(Done::Confirmed));
    assert_eq!(world.wish(permit_on(Client::B, "olga")).why, Because::Done(Done::Safe));
}

#[test]
fn a_second_client_whose_entry_crashed_waits_for_that_word_as_well() {
    for again in [Wish::Keep, World::empty().init([].into_iter())] {
        let mut world = World::empty();
        world.wish(world.init([Client::A].into_iter()));
        let mut crashed = world.begin("one", "olga", world.init([Client::B].into_iter()));
        world.run_until(&mut crashed, |step| matches!(step, Step::WriteRecord(_)));
        assert!(world.store.slots.b.is_some() && world.record().clients.b.proven.is_none());
        assert!(matches!(world.wish(again).why, Because::Done(_) | Because::Nothing));
        assert!(world.record().clients.b.proven.is_some());
        let refused = refusal(world.wish(permit_on(Client::B, "olga")));
        assert_eq!(refused, Refusal::NotYet(NotYet::MaybeInUse(Client::B)));
    }
}

#[test]
fn the_holder_resumes_and_another_person_is_told_who_holds_it() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    let permit = world.record().permit.unwrap();
    world.pass(DAY * 40);
    assert_eq!(
        refusal(world.permit("rob")),
        Refusal::NotYet(NotYet::Held(permit.clone())),
        "it never expires"
    );
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    let renewed = world.record().permit.unwrap();
    assert_eq!((&renewed.holder, renewed.client), (&permit.holder, permit.client));
    assert!(renewed.since > permit.since, "each SAFE is a permit of its own");
}

#[test]
fn a_word_from_before_a_safe_does_not_end_the_permit_after_it() {
    // Rob spoke to Olga, or Olga gave it back herself; the host slept before anything was written.
    let rollback = Wish::Rollback { reason: "try".into(), spoke_to: Some("olga".into()) };
    for (by, wish) in [("rob", cancel(Some("olga"))), ("rob", rollback), ("olga", cancel(None))] {
        let mut world = World::drained();
        assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
        let mut run = world.begin("two", by, wish);
        assert_eq!(world.run_until(&mut run, |step| matches!(step, Step::WriteRecord(_))), None);
        // Meanwhile she asks again, hears SAFE again, and presses.
        world.pass(MINUTE);
        assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
        let fresh = world.regenerate(Client::A);
        assert_eq!(refusal(world.finish(&mut run)), Refusal::HeldBy("olga".into()));
        assert!(world.record().permit.is_some(), "she holds SAFE");
        assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
        world.assert_whole();
    }
}

#[test]
fn only_the_holder_or_somebody_who_spoke_to_the_holder_ends_a_permit() {
    let mut world = World::drained();
    world.permit("olga");
    assert_eq!(refusal(world.wish_by("rob", cancel(None))), Refusal::HeldBy("olga".into()));
    assert_eq!(refusal(world.wish_by("rob", cancel(Some("eve")))), Refusal::HeldBy("olga".into()));
    assert_eq!(world.wish_by("rob", cancel(Some("olga"))).why, Because::Done(Done::PermitClosed));
    assert_eq!(world.permit("rob").why, Because::Done(Done::Safe));
    assert_eq!(world.wish_by("rob", cancel(None)).why, Because::Done(Done::PermitClosed));
    assert_eq!(refusal(world.wish_by("rob", cancel(None))), Refusal::NoPermit);
    world.permit("rob");
    let meant_olgas = world.wish_by("rob", cancel(Some("olga")));
    assert_eq!(refusal(meant_olgas), Refusal::HeldBy("rob".into()), "rob's own is still his");
    world.assert_whole();
}

#[test]
fn giving_a_permit_back_asks_the_retired_secret_once() {
    let mut world = World::drained();
    world.permit("olga");
    let asked = world.provider.times_asked(secret(1));
    world.wish(cancel(None));
    assert_eq!(world.provider.times_asked(secret(1)), asked + 1);
}

#[test]
fn no_switch_of_any_kind_goes_to_a_client_with_an_open_permit() {
    let mut world = World::ready();
    assert_eq!(world.wish(permit_on(Client::B, "olga")).why, Because::Done(Done::Safe));
    assert_eq!(world.round().why, Because::Nothing);
    let now = Wish::SwitchNow { drain: None, reason: "leak".into() };
    assert_eq!(refusal(world.wish(now)), Refusal::HeldBy("olga".into()));
    world.provider.obeyed = false;
    world.regenerate(Client::A);
    world.pass(MINUTE * 6);
    world.round();
    assert_eq!(world.active(), Client::A, "no fail-over either");
    assert!(world.messages().contains(&"active-refused"));
    assert_eq!(world.remedy(), Some(Remedy::Deposit(Client::A)), "the way out goes round the permit");
}

#[test]
fn safe_is_said_only_after_a_token_for_the_live_pair() {
    let mut world = World::drained();
    world.provider.all = Some(AnswerKind::Unavailable);
    assert_eq!(refusal(world.permit("olga")), Refusal::NotProvable(Client::B));
    world.provider.all = None;
    world.provider.clients.b.secret = secret(77);
    assert_eq!(refusal(world.permit("olga")), Refusal::NotYet(NotYet::LiveRefused));
    assert_eq!(world.record().permit, None);
}

#[test]
fn with_both_clients_refused_there_is_nothing_left_to_break() {
    for style in [Style::Named, Style::Unnamed] {
        let mut world = World::drained();
        world.provider.style = style;
        world.provider.clients.a.secret = secret(76);
        world.provider.clients.b.secret = secret(77);
        assert_eq!(world.permit("olga").why, Because::Done(Done::Safe), "{style:?}");
    }
}

#[test]
fn a_permit_is_written_before_safe_is_said() {
    let mut world = World::drained();
    for fault in [Fault::WriteLost, Fault::Late, Fault::Down, Fault::NotAudited] {
        let mut run = world.begin("one", "olga", permit_on(Client::A, "olga"));
        run.seen.host.audit.unwritable = false;
        let rest = world.finish_with(&mut run, fault, |step| matches!(step, Step::WriteRecord(_)));
        let open = world.record().permit.is_some();
        assert_eq!(rest.why == Because::Done(Done::Safe), open, "{fault:?}");
        if open {
            world.host("one").audit.unwritable = false;
            world.wish(cancel(None));
        }
        world.host("one").audit.unwritable = false;
        world.host("one").unreachable = None;
    }
}

#[test]
fn of_two_who_ask_at_the_same_moment_one_is_told_who_was_faster() {
    let mut world = World::drained();
    let mut slow = world.begin("two", "rob", permit_on(Client::A, "rob"));
    assert!(world.run_until(&mut slow, |step| matches!(step, Step::WriteRecord(_))).is_none());
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    let Refusal::NotYet(NotYet::Held(permit)) = refusal(world.finish(&mut slow)) else { panic!() };
    assert_eq!(permit.holder, "olga");
}

#[test]
fn a_stale_read_does_not_say_safe_twice() {
    let mut world = World::drained();
    world.permit("olga");
    let then = world.store.clone();
    let fresh = world.regenerate(Client::A);
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
    world.pass(DAY * 7);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    let mut run = world.begin("two", "olga", permit_on(Client::A, "olga"));
    run.past = Some(then);
    let rest = world.finish_with(&mut run, Fault::Stale, |step| matches!(step, Step::Look(_)));
    assert_eq!(refusal(rest), Refusal::NotYet(NotYet::Active(Client::A)));
}

#[test]
fn an_outage_after_safe_does_not_keep_the_deposit_from_its_proof() {
    let mut world = World::drained();
    world.permit("olga");
    let fresh = world.regenerate(Client::A);
    world.store_goes_away(MINUTE);
    let rest = world.deposit(Client::A, fresh);
    assert!(matches!(rest.why, Because::Trouble(_)));
    world.pass(MINUTE * 2);
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
    let restarted = |done: &Transition| matches!(done.what, What::DrainRestarted { .. });
    assert!(!world.record().transitions.iter().any(restarted));
    world.assert_whole();
}

#[test]
fn until_restart_means_until_somebody_confirms_that_very_switch() {
    let mut world = World::ready();
    world.policy.staleness = Staleness::Restart;
    world.round();
    world.pass(DAY * 300);
    assert_eq!(refusal(world.permit("olga")), Refusal::NotYet(NotYet::Draining(Safe::OnConfirmation)));
    let Some(Remedy::ConfirmDrained(switch)) = world.remedy() else { panic!() };
    let other = twinkey_core::AttemptId::derive(&[b"another one"]);
    let wrong = world.wish(Wish::ConfirmDrained { switch: other });
    assert_eq!(refusal(wrong), Refusal::OtherSwitch);
    assert_eq!(world.wish(Wish::ConfirmDrained { switch }).why, Because::Done(Done::Confirmed));
    assert_eq!(
        world.wish(Wish::ConfirmDrained { switch }).why,
        Because::Done(Done::Confirmed),
        "twice is once"
    );
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
}

#[test]
fn a_permit_that_is_open_for_long_is_told_and_then_pages() {
    let mut world = World::drained();
    world.permit("olga");
    assert!(!world.messages().contains(&"permit-open"));
    world.pass(HOUR * 2);
    assert!(world.messages().contains(&"permit-open"));
}

#[test]
fn a_token_from_before_a_permit_publishes_nothing_after_it() {
    let mut world = World::ready();
    let mut timer = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut timer, |step| matches!(step, Step::WriteRecord(_)));
    // Within the minute for which a token counts, a permit is opened, used and given back.
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    world.regenerate(Client::B);
    assert_eq!(world.wish(Wish::Cancel { spoke_to: None }).why, Because::Done(Done::PermitClosed));
    world.finish(&mut timer);
    assert!(world.live_works());
    assert_eq!(world.active(), Client::A);
    world.assert_whole();
}

fn deposit_by(world: &mut World, by: &str, spoke_to: Option<&str>, secret: twinkey_core::Mac) -> Because {
    let spoke_to = spoke_to.map(Into::into);
    let deposit = Deposit { client: Client::A, client_id: None, spoke_to, secret: pasted(secret) };
    world.wish_by(by, Wish::Deposit(deposit)).why
}

#[test]
fn nobody_ends_a_permit_by_a_deposit_that_its_holder_does_not_know_of() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    let olgas = world.regenerate(Client::A);
    assert_eq!(world.wish(cancel(None)).why, Because::Done(Done::PermitClosed));
    assert_eq!(world.permit("rob").why, Because::Done(Done::Safe));
    // Rob may press at any moment, and would kill what Olga had just seen proven.
    let held = Because::Refused(Refusal::HeldBy("rob".into()));
    assert_eq!(deposit_by(&mut world, "olga", None, olgas), held);
    assert_eq!(deposit_by(&mut world, "olga", Some("olga"), olgas), held);
    assert_eq!(world.record().permit.unwrap().holder, "rob");
    let robs = world.regenerate(Client::A);
    assert_eq!(deposit_by(&mut world, "olga", Some("rob"), robs), Because::Done(Done::Proven));
    assert_eq!(world.record().permit, None);
}

#[test]
fn a_client_that_was_live_meanwhile_still_waits_for_the_word_that_nobody_outside_uses_it() {
    let mut world = World::empty();
    assert_eq!(world.wish(world.init_both()).why, Because::Done(Done::Initialised));
    for _ in 0..2 {
        world.pass(DAY * 7);
        assert_eq!(world.round().why, Because::Done(Done::Switched));
        world.pass(DAY);
        if world.active() == Client::B {
            world.regenerate_by_the_book();
        }
    }
    let in_use = Refusal::NotYet(NotYet::MaybeInUse(Client::B));
    assert_eq!(refusal(world.permit("olga")), in_use);
    assert_eq!(world.remedy(), Some(Remedy::ConfirmNotInUse(Client::B)));
    assert_eq!(world.wish(Wish::ConfirmNotInUse).why, Because::Done(Done::Confirmed));
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
}

#[test]
fn a_word_about_one_permit_says_nothing_about_a_later_one() {
    for wish in [
        Wish::Cancel { spoke_to: Some("olga".into()) },
        Wish::Rollback { reason: "try".into(), spoke_to: Some("olga".into()) },
    ] {
        let mut world = World::drained();
        assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
        // Rob has spoken to Olga; his host sleeps before his command writes anything.
        let mut run = world.begin("two", "rob", wish);
        assert_eq!(world.run_until(&mut run, |step| matches!(step, Step::WriteRecord(_))), None);
        world.pass(MINUTE);
        world.wish_by("rob", Wish::Cancel { spoke_to: Some("olga".into()) });
        assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
        let rest = world.finish(&mut run);
        assert_eq!(refusal(rest), Refusal::HeldBy("olga".into()));
        assert!(world.record().permit.is_some(), "Olga still holds SAFE");
    }
}

#[test]
fn history_tells_whether_a_permit_was_given_back_or_taken() {
    for (by, named, spoke_to) in [("rob", None, false), ("olga", Some("rob"), true)] {
        let mut world = World::drained();
        world.permit("rob");
        world.wish_by(by, cancel(named));
        let closed = world.record().transitions.into_iter().find_map(|done| match done.what {
            What::PermitClosed { holder, spoke_to, .. } => Some((holder, spoke_to)),
            _ => None,
        });
        assert_eq!(closed, Some(("rob".to_owned(), spoke_to)));
    }
}

#[test]
fn a_rollback_that_somebody_else_has_ended_is_not_rolled_back() {
    let mut world = World::switched();
    let back = Wish::Rollback { reason: "try".into(), spoke_to: None };
    for stop in [true, false] {
        let mut run = world.begin("two", "rob", back.clone());
        let write = |step: &Step| match stop {
            true => matches!(step, Step::WriteLive(_)),
            false => matches!(step, Step::WriteRecord(_)),
        };
        assert_eq!(world.run_until(&mut run, write), None);
        // The timer ends the intent, or somebody else was faster with the same wish.
        if stop {
            world.round()
        } else {
            world.wish(back.clone())
        };
        let active = world.active();
        assert_eq!(world.finish(&mut run).why, Because::Done(Done::Switched));
        assert_eq!(world.active(), active, "nobody asked to go forth again");
    }
}

#[test]
fn safe_costs_a_known_dead_client_no_further_question() {
    let mut world = World::drained();
    world.policy.failover = Failover::Alert;
    world.policy.min_interval = DAY * 30;
    world.provider.obeyed = false;
    for client in Client::BOTH {
        world.regenerate(client);
    }
    world.round();
    for _ in 0..2 {
        world.pass(MINUTE * 5);
        assert_eq!(world.permit("olga").why, Because::Done(Done::Safe), "nothing is left to break");
    }
    world.pass(MINUTE * 5);
    let asked = world.provider.asked.len();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    assert_eq!(world.provider.asked.len(), asked);
}

#[test]
fn safe_is_not_said_by_a_clock_that_no_answer_has_confirmed() {
    let mut world = World::switched();
    // This host's clock is hours ahead, and the provider answers everybody with something else than it should.
    world.pass(HOUR * 4);
    world.provider.all = Some(AnswerKind::Misconfigured);
    assert_eq!(refusal(world.permit("olga")), Refusal::NotProvable(Client::B));
    assert_eq!(world.record().permit, None);
}

#[test]
fn a_mend_that_a_cancel_ends_on_its_way_is_not_the_cancel() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    // Somebody presses in the row of the live client, and a run that mends it dies.
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::B);
    world.store.type_candidate(Client::B, pasted(fresh));
    let mut run = world.begin("two", "timer", Wish::Keep);
    assert_eq!(world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_))), None);
    assert_eq!(world.record().intent.unwrap().secret, fresh);
    assert_eq!(world.wish_by("olga", cancel(None)).why, Because::Done(Done::PermitClosed));
    assert_eq!((world.record().permit, world.record().active.unwrap().secret), (None, fresh));
}
