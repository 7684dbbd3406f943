//! How long a consumer may hold the retired pair.

use twinkey_core::decision::{Because, Refusal};
use twinkey_core::permit::NotYet;
use twinkey_core::seen::Done;
use twinkey_core::{
    AnswerKind, Client, DrainEnd, Failover, LookEvery, Phase, Remedy, Safe, Staleness, What, Wish,
};

use crate::world::*;

/// A daemon on the second host that looks every five minutes, for so long.
fn watch(world: &mut World, time: jiff::SignedDuration) {
    let until = world.now + time;
    while world.now < until {
        let mut run = world.begin("two", "daemon", Wish::Keep);
        world.finish(&mut run);
        world.pass(MINUTE * 5);
    }
}

fn watched() -> World {
    let mut world = World::ready();
    world.policy.look_every = LookEvery::Every(MINUTE * 5);
    let now = world.now;
    world.host("two").watching = Some(now);
    watch(&mut world, MINUTE * 5);
    assert_eq!(world.active(), Client::B);
    world
}

#[test]
fn a_daemon_that_watched_without_a_gap_ends_the_drain_after_the_single_time() {
    let mut world = watched();
    let started = world.record().drain.unwrap().started;
    watch(&mut world, HOUR * 2 + MINUTE * 16);
    let ended = world.record().drain.unwrap().ended.unwrap();
    assert_eq!(ended.how, DrainEnd::Watched);
    assert!(ended.at >= started + HOUR * 2 + MINUTE * 10);
    assert!(ended.at <= started + HOUR * 2 + MINUTE * 16);
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
}

#[test]
fn an_outage_that_the_daemon_saw_makes_the_drain_count_anew() {
    let mut world = watched();
    watch(&mut world, HOUR);
    world.store_goes_away(MINUTE * 30);
    watch(&mut world, MINUTE * 30);
    let back = world.now;
    watch(&mut world, MINUTE * 5);
    let drain = world.record().drain.unwrap();
    assert!(drain.started >= back - MINUTE && drain.restarts == 1, "{drain:?}");
    watch(&mut world, HOUR * 2);
    assert!(matches!(world.phase(), Phase::Draining { .. }));
    watch(&mut world, MINUTE * 20);
    assert!(matches!(world.phase(), Phase::AwaitingRegeneration { .. }));
    assert_eq!(world.record().drain.unwrap().restarts, 1, "once for one outage");
}

/// A replica that lags gives its readers the old pair: an outage for them, also where everything else goes on.
#[test]
fn a_replica_that_lags_keeps_the_drain_from_its_end() {
    let mut world = watched();
    let started = world.record().drain.unwrap().started;
    world.store.behind = true;
    watch(&mut world, HOUR);
    assert_eq!(world.record().drain.unwrap().started, started, "nothing is written before it must be");
    watch(&mut world, HOUR * 4);
    let drain = world.record().drain.unwrap();
    assert!(drain.ended.is_none() && (1..=3).contains(&drain.restarts), "{drain:?}");
    assert!(matches!(world.permit("olga").why, Because::Refused(Refusal::NotYet(NotYet::Draining(_)))));
    world.store.behind = false;
    let back = world.now;
    watch(&mut world, MINUTE * 5);
    assert!(world.record().drain.unwrap().started >= back - MINUTE, "its readers may hold the old pair");
    watch(&mut world, HOUR * 2 + MINUTE * 16);
    assert!(matches!(world.phase(), Phase::AwaitingRegeneration { .. }));
}

/// A host that comes by only now and then says no SAFE on a drain that ran out while a replica lagged.
#[test]
fn whoever_asks_for_safe_while_a_replica_lags_is_told_to_wait() {
    let mut world = World::switched();
    world.pass(HOUR * 24);
    world.store.behind = true;
    assert!(matches!(world.permit("olga").why, Because::Refused(Refusal::NotYet(NotYet::Draining(_)))));
    world.store.behind = false;
    assert!(matches!(world.permit("olga").why, Because::Refused(Refusal::NotYet(NotYet::Draining(_)))));
    world.pass(HOUR * 24);
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
}

/// Whoever was restarted beside a replica that lags has read the old pair again; and a drain that has ended says nothing of
/// what lags since.
#[test]
fn no_word_and_no_end_of_a_drain_counts_while_a_replica_lags() {
    let behind = Because::Refused(Refusal::NotYet(NotYet::ReplicaBehind));
    let mut world = World::ready();
    world.policy.staleness = Staleness::Restart;
    world.round();
    let confirm = Wish::ConfirmDrained { switch: world.record().drain.unwrap().switch };
    world.store.behind = true;
    assert_eq!(world.wish(confirm.clone()).why, behind);
    assert_eq!(world.remedy(), Some(Remedy::Check));
    world.store.behind = false;
    assert_eq!(world.wish(confirm).why, Because::Done(Done::Confirmed));
    world.store.behind = true;
    assert_eq!(world.permit("olga").why, behind);
    world.store.behind = false;
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    world.store.behind = true;
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe), "she may have pressed on that word");
}

/// A replica that has failed does not follow by itself: once a switch is due, people hear of it.
#[test]
fn a_switch_that_waits_for_a_replica_is_overdue() {
    let mut world = World::switched();
    world.store.behind = true;
    world.pass(HOUR * 24 * 40);
    world.round();
    assert!(world.messages().contains(&"overdue"), "{:?}", world.messages());
    world.store.behind = false;
    world.round();
    assert!(!world.messages().contains(&"overdue"), "{:?}", world.messages());
}

#[test]
fn an_outage_that_was_noted_by_a_clock_ahead_makes_the_drain_count_anew_once() {
    let mut world = World::switched();
    let ahead = world.now + DAY;
    world.host("one").unreachable = Some(ahead);
    world.pass(HOUR);
    world.round();
    assert_eq!(world.record().drain.unwrap().restarts, 1);
    world.round();
    assert_eq!(world.record().drain.unwrap().restarts, 1, "the next round has nothing to add");
}

#[test]
fn a_drain_that_counts_anew_is_dated_by_the_provider_where_the_hosts_clock_is_wrong() {
    let mut world = World::switched();
    // By the host's own clock it is an hour ago: SAFE would come an hour early.
    world.provider.skew = Some(HOUR);
    world.pass(MINUTE * 10);
    let now = world.now;
    world.host("one").unreachable = Some(now);
    world.round();
    let drain = world.record().drain.unwrap();
    assert_eq!(drain.restarts, 1);
    assert!(drain.started >= now + HOUR, "{drain:?}");
}

#[test]
fn a_drain_counts_anew_once_somebody_has_told_the_time_or_nobody_may_be_asked() {
    let outage = |world: &mut World| {
        world.pass(MINUTE * 10);
        let now = world.now;
        world.host("one").unreachable = Some(now);
    };
    let mut world = World::switched();
    outage(&mut world);
    world.provider.all = Some(AnswerKind::Unavailable);
    world.round();
    assert_eq!(world.record().drain.unwrap().restarts, 0, "whether the clock is right is not known yet");
    world.provider.all = None;
    world.round();
    assert_eq!(world.record().drain.unwrap().restarts, 1);

    let mut world = World::switched();
    world.policy.failover = Failover::Alert;
    world.provider.obeyed = false;
    world.regenerate(Client::B);
    world.pass(MINUTE * 6);
    world.round();
    let asked = world.provider.asked.len();
    outage(&mut world);
    world.round();
    assert_eq!(world.provider.asked.len(), asked, "its budget is spent");
    assert_eq!(world.record().drain.unwrap().restarts, 1);
}

#[test]
fn a_daemon_that_has_just_started_counts_the_drain_anew() {
    let mut world = watched();
    watch(&mut world, HOUR);
    world.pass(MINUTE * 20);
    let now = world.now;
    world.host("two").watching = Some(now);
    watch(&mut world, MINUTE * 5);
    let started = world.record().drain.unwrap().started;
    assert!(started > now && started <= now + SECOND * 2, "once the clock is known to be right");
}

#[test]
fn the_restart_is_written_before_any_safe() {
    let mut world = World::drained();
    world.store_goes_away(MINUTE);
    assert!(matches!(world.permit("olga").why, Because::Trouble(_)));
    world.pass(MINUTE * 2);
    let Refusal::NotYet(NotYet::Draining(_)) = refusal(world.permit("olga")) else { panic!() };
    assert!(world.record().transitions.iter().any(|done| matches!(done.what, What::DrainRestarted { .. })));
}

#[test]
fn a_token_life_longer_than_configured_makes_the_drain_longer() {
    let mut world = World::ready();
    world.provider.lifetime = HOUR * 12;
    world.round();
    let drain = world.record().drain.unwrap();
    assert_eq!(drain.safe(&world.policy), Safe::From(drain.started + HOUR * 14 + MINUTE * 10));
}

#[test]
fn the_largest_staleness_since_the_switch_counts() {
    let mut world = World::switched();
    world.policy.staleness = Staleness::For(HOUR * 5);
    world.round();
    world.policy.staleness = Staleness::For(MINUTE);
    world.round();
    let drain = world.record().drain.unwrap();
    assert_eq!(drain.safe(&world.policy), Safe::From(drain.started + HOUR * 11 + MINUTE * 10));
}

#[test]
fn a_secret_refused_over_the_whole_settling_time_needs_no_drain() {
    for style in [Style::Named, Style::Unnamed] {
        let mut world = World::ready();
        world.policy.min_interval = DAY * 30;
        world.provider.style = style;
        world.provider.obeyed = false;
        world.regenerate(Client::A);
        world.pass(MINUTE * 6);
        assert_eq!(world.round().why, Because::Done(Done::Switched));
        assert!(matches!(world.phase(), Phase::Draining { .. }), "two refusals in a moment are no evidence");
        let asked = world.provider.times_asked(secret(1));
        world.round();
        assert_eq!(world.provider.times_asked(secret(1)), asked, "and it rests before it is asked again");
        world.pass(MINUTE * 3);
        world.round();
        assert_eq!(world.record().drain.unwrap().ended.unwrap().how, DrainEnd::Dead, "{style:?}");
        world.pass(MINUTE * 3);
        assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    }
}

#[test]
fn a_death_that_nobody_can_attest_costs_one_question_in_four_hours() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    world.provider.obeyed = false;
    world.regenerate(Client::A);
    world.pass(MINUTE * 6);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    world.pass(MINUTE * 3);
    // The third refusal; whether the other client gets a token cannot be seen.
    world.provider.scripted.push_back(AnswerKind::Rejected);
    world.provider.all = Some(AnswerKind::Unavailable);
    world.round();
    let asked = world.provider.times_asked(secret(1));
    assert_eq!(world.record().clients.a.refusals[0].count, 3);
    for _ in 0..10 {
        world.pass(MINUTE * 5);
        world.round();
    }
    assert_eq!(world.provider.times_asked(secret(1)), asked);
    assert_eq!(world.record().drain.unwrap().ended, None);
}

#[test]
fn refusals_that_met_everybody_are_no_evidence_of_death() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    world.policy.failover = Failover::Alert;
    world.provider.all = Some(AnswerKind::Refused);
    for _ in 0..3 {
        world.round();
        world.pass(HOUR * 5);
    }
    world.provider.all = None;
    world.refuse_next(AnswerKind::Unavailable, 1);
    let now = Wish::SwitchNow { drain: None, reason: "leaver".into() };
    world.wish(now.clone());
    assert_eq!(world.wish(now).why, Because::Done(Done::Switched));
    world.pass(MINUTE * 3);
    world.round();
    assert_eq!(world.record().drain.unwrap().ended, None);
}

#[test]
fn the_death_of_the_old_secret_is_asked_for_once_and_told() {
    let mut world = World::drained();
    world.regenerate_by_the_book();
    let before = world.provider.times_asked(secret(1));
    world.round();
    world.round();
    assert_eq!(world.provider.times_asked(secret(1)), before + 1);
    assert!(world.record().transitions.iter().any(|done| matches!(done.what, What::OldSecretDead { .. })));
}

#[test]
fn an_old_secret_that_is_refused_like_everybody_is_asked_within_the_budget() {
    let mut world = World::drained();
    world.provider.style = Style::Unnamed;
    world.regenerate_by_the_book();
    world.provider.all = Some(AnswerKind::Refused);
    let before = world.provider.times_asked(secret(1));
    for _ in 0..40 {
        world.round();
        world.pass(MINUTE * 5);
    }
    let asked = world.provider.times_asked(secret(1)) - before;
    assert!(asked <= 3, "{asked} times in 200 minutes");
}

#[test]
fn an_old_secret_that_still_works_is_told_and_asked_again_after_a_day() {
    let mut world = World::drained();
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    // The provider keeps both for a while.
    let fresh = world.regenerate(Client::A);
    world.deposit(Client::A, fresh);
    world.provider.clients.a.secret = secret(1);
    world.round();
    assert!(world.messages().contains(&"old-secret-alive"));
    world.provider.clients.a.secret = fresh;
    let asked = world.provider.times_asked(secret(1));
    world.pass(HOUR * 12);
    world.round();
    assert_eq!(world.provider.times_asked(secret(1)), asked);
    world.pass(HOUR * 13);
    world.round();
    assert_eq!(world.provider.times_asked(secret(1)), asked + 1);
    assert!(!world.messages().contains(&"old-secret-alive"));
    assert!(matches!(world.phase(), Phase::Ready { .. }), "evidence is no gate");
}

#[test]
fn refusals_from_before_the_incident_do_not_make_a_moments_refusals_evidence() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    world.provider.all = Some(AnswerKind::Refused);
    world.round();
    world.pass(HOUR * 5);
    world.provider.all = None;
    world.provider.obeyed = false;
    world.regenerate(Client::A);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert_eq!(world.record().drain.unwrap().ended, None);
}

#[test]
fn what_was_confirmed_is_confirmed_and_not_written_again() {
    let mut world = World::switched();
    let confirm = Wish::ConfirmDrained { switch: world.record().drain.unwrap().switch };
    assert_eq!(world.wish(confirm.clone()).why, Because::Done(Done::Confirmed));
    let (counter, ended) = (world.record().counter, world.record().drain.unwrap().ended);
    world.pass(MINUTE);
    assert_eq!(world.wish(confirm).why, Because::Done(Done::Confirmed));
    assert_eq!((world.record().counter, world.record().drain.unwrap().ended), (counter, ended));
}

#[test]
fn an_outage_counts_from_after_the_moment_at_which_the_drain_began() {
    for (later, restarts) in [(jiff::SignedDuration::ZERO, 0), (SECOND, 1)] {
        let mut world = World::switched();
        let started = world.record().drain.unwrap().started;
        world.host("one").unreachable = Some(started + later);
        world.round();
        assert_eq!(world.record().drain.unwrap().restarts, restarts, "an outage {later:?} later");
        let mut world = World::switched();
        world.host("one").watching = Some(started + later);
        world.round();
        assert_eq!(world.record().drain.unwrap().restarts, restarts, "watching since {later:?} later");
    }
}
