//! When the next run makes sense, and what a round notes of its answers.

use twinkey_core::budget::PAUSE;
use twinkey_core::{AnswerKind, Client, Failover, Safe, What, Wish};

use crate::world::*;

/// Just switched, with nothing to ask for a month.
fn draining() -> World {
    let mut world = World::switched();
    world.policy.active_every = DAY * 30;
    world.policy.min_interval = DAY * 60;
    world
}

#[test]
fn a_run_is_woken_by_whatever_comes_first() {
    let mut world = draining();
    let Safe::From(safe) = world.record().drain.unwrap().safe(&world.policy) else { panic!("no end") };
    assert_eq!(world.round().wake, Some(safe), "the drain");

    world.policy.active_every = MINUTE * 30;
    let token = world.host("one").accepted.b.unwrap().at;
    assert_eq!(world.round().wake, Some(token + MINUTE * 30), "the active client's turn");

    world.policy.min_interval = MINUTE * 10;
    let due = world.record().active.unwrap().since + MINUTE * 10;
    assert_eq!(world.round().wake, Some(due), "the next switch");
}

#[test]
fn what_is_past_wakes_nobody() {
    let mut world = draining();
    let Safe::From(safe) = world.record().drain.unwrap().safe(&world.policy) else { panic!("no end") };
    let turn = world.host("one").accepted.b.unwrap().at + DAY * 30;
    // The look that comes first takes a second.
    for now in [safe - SECOND, safe] {
        world.now = now;
        assert_eq!(world.round().wake, Some(turn));
    }
    let due = world.record().active.unwrap().since + DAY;
    world.policy.min_interval = DAY;
    world.now = due - SECOND;
    assert_eq!(world.round().wake, Some(turn));
}

#[test]
fn a_refused_active_client_is_asked_again_after_the_pause() {
    let mut world = draining();
    world.policy.failover = Failover::Alert;
    world.policy.active_every = MINUTE * 5;
    world.provider.obeyed = false;
    world.regenerate(Client::B);
    world.pass(HOUR * 4);
    let wake = world.round().wake;
    let refusals = world.record().clients.b.refusals[0];
    assert_eq!((refusals.count, wake), (2, Some(refusals.last + PAUSE)));
}

#[test]
fn a_client_is_asked_at_its_moment_and_not_before() {
    let mut world = draining();
    world.policy.active_every = MINUTE * 30;
    let token = world.host("one").accepted.b.unwrap().at;
    let secret = world.live_secret();
    // The look that comes first takes a second.
    let moment = token + MINUTE * 30 - SECOND;
    for (now, asked) in [(moment - SECOND, 0), (moment, 1)] {
        world.now = now;
        let before = world.provider.times_asked(secret);
        world.round();
        assert_eq!(world.provider.times_asked(secret) - before, asked, "{now}");
    }
}

#[test]
fn a_round_tells_the_refusal_that_it_met_and_then_the_recovery() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    let standby = secret(2);
    world.pass(HOUR * 6);
    let last = |world: &World| world.record().transitions.last().map(|done| done.what.clone());
    // The standby is asked after the active client, and the first answer is the active client's token.
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.run_until(
        &mut run,
        |step| matches!(step, twinkey_core::Step::Probe(probe) if probe.secret == standby),
    );
    world.refuse_next(AnswerKind::Rejected, 2);
    world.finish(&mut run);
    assert_eq!(last(&world), Some(What::Refused { client: Client::B, secret: standby }));
    world.pass(HOUR * 6);
    world.round();
    assert_eq!(last(&world), Some(What::Recovered { client: Client::B, secret: standby }));
}
