//! Somebody regenerated the wrong client, or there is a leak.

use twinkey_core::decision::{Because, Refusal};
use twinkey_core::seen::{Done, Oddity, Pasted};
use twinkey_core::step::{Purpose, Step};
use twinkey_core::{AnswerKind, Client, Failover, Phase, Remedy, Safe, Wish};

use crate::world::*;

fn killed(mut world: World) -> World {
    world.provider.obeyed = false;
    let active = world.active();
    world.regenerate(active);
    world.pass(MINUTE * 6);
    world
}

fn not_due() -> World {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 365;
    world
}

#[test]
fn a_refused_active_client_is_replaced_by_the_standby_at_once() {
    for style in [Style::Named, Style::Unnamed] {
        let mut world = killed(not_due());
        world.provider.style = style;
        let before = world.provider.times_asked(secret(1));
        assert_eq!(world.round().why, Because::Done(Done::Switched), "{style:?}");
        assert_eq!(world.active(), Client::B);
        assert_eq!(world.provider.times_asked(secret(1)), before + 2, "refused twice, not more");
        world.assert_whole();
    }
}

#[test]
fn one_false_refusal_switches_nothing() {
    let mut world = not_due();
    world.refuse_next(AnswerKind::Rejected, 1);
    world.round();
    assert_eq!(world.active(), Client::A);
    assert!(world.record().clients.a.refusals.is_empty(), "the token after it clears the count");
    assert!(matches!(world.phase(), Phase::Ready { .. }));
}

#[test]
fn both_refused_alike_switches_nothing_and_blames_nobody() {
    let mut world = not_due();
    world.provider.all = Some(AnswerKind::Refused);
    world.round();
    assert_eq!(world.active(), Client::A);
    assert_eq!(world.phase(), Phase::Misconfigured);
    world.provider.all = None;
    world.pass(HOUR * 5);
    world.round();
    assert!(matches!(world.phase(), Phase::Ready { .. }));
}

#[test]
fn a_retired_secret_that_still_works_is_used_when_there_is_no_standby() {
    let mut world = killed(World::switched());
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert_eq!((world.active(), world.live_secret()), (Client::A, secret(1)));
    world.assert_whole();
}

#[test]
fn a_candidate_is_used_when_there_is_no_standby() {
    let mut world = killed(World::switched());
    let fresh = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(fresh));
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert_eq!((world.active(), world.live_secret()), (Client::A, fresh));
    let slot = world.store.slots.a.clone().unwrap();
    assert_eq!((slot.secret, slot.candidate), (Some(pasted(fresh)), None), "the slot follows");
    let version = world.store.live_version();
    world.pass(MINUTE * 6);
    world.round();
    assert_eq!(world.store.live_version(), version, "what is live already mends nothing");
    world.assert_whole();
}

#[test]
fn a_candidate_that_a_rescue_has_published_is_no_fresh_one_once_it_is_retired() {
    let mut world = killed(World::switched());
    let rescued = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(rescued));
    world.round();
    world.pass(HOUR * 4);
    world.regenerate_by_the_book();
    world.pass(DAY * 8);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert_eq!(world.active(), Client::B);
    world.pass(DAY);
    world.round();
    assert!(matches!(world.phase(), Phase::AwaitingRegeneration { client: Client::A, .. }));
}

#[test]
fn a_wrong_secret_that_was_to_mend_is_asked_twice_and_then_once_in_four_hours() {
    let mut world = killed(not_due());
    world.policy.failover = Failover::Alert;
    let wrong = secret(71);
    world.store.type_candidate(Client::A, pasted(wrong));
    for _ in 0..40 {
        world.round();
        world.pass(MINUTE * 5);
    }
    assert_eq!(world.provider.times_asked(wrong), 2);
}

#[test]
fn status_names_the_round_while_the_other_client_may_still_help() {
    let mut world = killed(World::switched());
    world.policy.failover = Failover::Alert;
    world.round();
    world.policy.failover = Failover::Auto;
    assert!(matches!(world.phase(), Phase::ActiveRejected { client: Client::B, way_out: true }));
    assert_eq!(world.remedy(), Some(Remedy::Rotate));
    assert_eq!(world.round().why, Because::Done(Done::Switched));
}

#[test]
fn a_text_that_is_no_secret_is_not_asked_in_a_rescue_either() {
    let mut world = killed(World::switched());
    let odd = Pasted { secret: secret(70), oddity: Some(Oddity::SurroundingSpace) };
    let version = world.store.version();
    let slot = world.store.slots.a.as_mut().unwrap();
    (slot.version, slot.secret) = (version, Some(odd));
    world.round();
    assert_eq!(world.provider.times_asked(odd.secret), 0);
}

#[test]
fn failover_alert_only_pages_and_names_a_command_that_helps() {
    let mut world = killed(not_due());
    world.policy.failover = Failover::Alert;
    world.round();
    assert_eq!(world.active(), Client::A);
    assert!(world.messages().contains(&"active-refused"));
    assert_eq!(world.remedy(), Some(Remedy::Deposit(Client::A)));
    let fresh = world.provider.clients.a.secret;
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
    assert!(world.live_works());
}

#[test]
fn a_dead_active_client_is_found_by_the_next_host_although_its_budget_is_spent() {
    let mut world = killed(not_due());
    world.policy.failover = Failover::Alert;
    world.round();
    world.policy.failover = Failover::Auto;
    world.pass(MINUTE * 5);
    let mut run = world.begin("two", "cron", Wish::Keep);
    assert_eq!(world.finish(&mut run).why, Because::Done(Done::Switched));
    let first = run.steps.iter().find_map(|step| match step {
        Step::Probe(probe) => Some(probe.client),
        _ => None,
    });
    assert_eq!(first, Some(Client::B), "first whether there is somewhere to go");
}

#[test]
fn the_active_clients_own_new_secret_mends_it() {
    for style in [Style::Named, Style::Unnamed] {
        let mut world = World::switched();
        world.provider.style = style;
        let mut world = killed(world);
        let fresh = world.provider.clients.b.secret;
        assert_eq!(world.deposit(Client::B, fresh).why, Because::Done(Done::Proven));
        assert_eq!((world.active(), world.live_secret()), (Client::B, fresh));
        assert!(world.record().drain.is_some_and(|drain| drain.retired == Client::A), "a drains on");
        world.assert_whole();
    }
}

#[test]
fn a_mend_goes_on_beside_an_open_permit() {
    let mut world = World::drained();
    world.permit("olga");
    let mut world = killed(world);
    let fresh = world.provider.clients.b.secret;
    assert_eq!(world.deposit(Client::B, fresh).why, Because::Done(Done::Proven));
    assert!(world.live_works());
    assert!(world.record().permit.is_some());
    world.assert_whole();
}

#[test]
fn a_refused_deposit_tells_that_the_active_row_was_clicked() {
    let mut world = World::drained();
    world.permit("olga");
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::B);
    let told = refusal(world.deposit(Client::A, fresh));
    assert_eq!(told, Refusal::RegeneratedActive { deposited: Client::A });
    assert_eq!(world.deposit(Client::B, fresh).why, Because::Done(Done::Proven), "the mend on the spot");
    assert!(world.live_works());
}

#[test]
fn rollback_publishes_the_retired_secret_while_it_gets_a_token() {
    let rollback = || Wish::Rollback { reason: "b has no role".into(), spoke_to: None };
    let mut world = World::switched();
    assert_eq!(world.wish(rollback()).why, Because::Done(Done::Switched));
    assert_eq!((world.active(), world.live_secret()), (Client::A, secret(1)));
    assert_eq!(world.record().drain.unwrap().retired, Client::B);
    let mut world = World::switched();
    world.provider.clients.a.secret = secret(9);
    assert!(matches!(refusal(world.wish(rollback())), Refusal::Secret { client: Client::A, .. }));
    assert_eq!(world.active(), Client::B);
    let mut world = World::ready();
    assert_eq!(refusal(world.wish(rollback())), Refusal::NoRetired);
}

#[test]
fn rotate_now_switches_outside_the_schedule_and_may_shorten_the_drain() {
    let mut world = not_due();
    let now = |drain| Wish::SwitchNow { drain, reason: "a leaver".into() };
    assert_eq!(world.wish(now(Some(MINUTE * 5))).why, Because::Done(Done::Switched));
    let drain = world.record().drain.unwrap();
    assert_eq!(drain.safe(&world.policy), Safe::From(drain.started + MINUTE * 5));
    world.pass(MINUTE * 6);
    world.provider.obeyed = false;
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
}

#[test]
fn rotate_now_without_a_standby_switches_nothing_and_can_shorten_the_drain_under_way() {
    let mut world = World::switched();
    let now = |drain| Wish::SwitchNow { drain, reason: "a leak".into() };
    assert_eq!(refusal(world.wish(now(None))), Refusal::NoStandby);
    assert_eq!(world.wish(now(Some(MINUTE))).why, Because::Done(Done::Shortened));
    assert_eq!(world.active(), Client::B);
    let drain = world.record().drain.unwrap();
    assert_eq!(drain.safe(&world.policy), Safe::From(drain.started + MINUTE));
    world.pass(HOUR * 4);
    world.regenerate_by_the_book();
    world.policy.min_interval = DAY * 365;
    let mut world = killed(world);
    world.provider.clients.a.secret = secret(99);
    assert!(matches!(refusal(world.wish(now(Some(MINUTE)))), Refusal::Secret { .. }));
}

#[test]
fn rotate_now_has_nothing_to_shorten_where_the_drain_has_ended() {
    let mut world = World::switched();
    let switch = world.record().drain.unwrap().switch;
    world.wish(Wish::ConfirmDrained { switch });
    let before = world.record();
    let now = Wish::SwitchNow { drain: Some(MINUTE), reason: "a leak".into() };
    assert_eq!(refusal(world.wish(now)), Refusal::NoStandby);
    assert_eq!(world.record(), before);
}

#[test]
fn a_known_dead_active_client_costs_one_question_in_four_hours() {
    let mut world = killed(World::switched());
    world.provider.clients.a.secret = secret(99);
    let before = world.provider.times_asked(secret(1));
    for _ in 0..12 * 8 {
        world.round();
        world.pass(MINUTE * 5);
    }
    let dead = world.record().active.unwrap().secret;
    let asked: Vec<_> = world
        .provider
        .asked
        .iter()
        .filter(|(_, probe, kind)| probe.secret == dead && *kind != AnswerKind::Accepted)
        .map(|(at, probe, _)| (*at, probe.purpose))
        .collect();
    assert!(asked.len() <= 2 + 2, "{asked:?}");
    assert!(world.provider.times_asked(secret(1)) - before <= 2 + 2, "and so does the other one");
    assert!(asked.iter().all(|(_, purpose)| *purpose != Purpose::Evidence));
}

#[test]
fn a_standby_that_was_refused_before_the_incident_is_asked_once_in_it() {
    let mut world = not_due();
    world.provider.clients.b.secret = secret(98);
    world.pass(HOUR * 7);
    world.round();
    assert!(matches!(world.phase(), Phase::StandbyRejected { client: Client::B }));
    world.provider.clients.b.secret = secret(2);
    let mut world = killed(world);
    assert_eq!(world.round().why, Because::Done(Done::Switched), "long before its four hours are over");
    assert_eq!(world.active(), Client::B);
}

#[test]
fn where_both_secrets_are_dead_status_names_the_deposit_however_long_ago_they_were_asked() {
    let mut world = killed(World::switched());
    world.provider.clients.a.secret = secret(99);
    world.round();
    for _ in 0..3 {
        world.round();
        assert_eq!(world.remedy(), Some(Remedy::Deposit(Client::B)));
        // Their pauses are over: the next round asks them once more, and nobody is told to wait for that.
        world.pass(HOUR * 5);
        assert_eq!(world.remedy(), Some(Remedy::Deposit(Client::B)));
    }
    let fresh = world.regenerate(Client::B);
    assert_eq!(world.deposit(Client::B, fresh).why, Because::Done(Done::Proven));
    assert!(world.live_works());
}

#[test]
fn a_round_that_ends_without_a_way_out_says_when_to_come_back() {
    let mut world = killed(World::switched());
    world.provider.clients.a.secret = secret(99);
    world.round();
    for _ in 0..4 {
        world.pass(MINUTE * 5);
        let rest = world.round();
        assert!(rest.wake.is_some_and(|wake| wake > world.now && wake <= world.now + HOUR * 4), "{rest:?}");
    }
}
