//! The arithmetic of a proof: how many tokens, how far apart, how often asked.

use jiff::SignedDuration;
use twinkey_core::decision::{Next, Refusal, WaitFor};
use twinkey_core::step::Step;
use twinkey_core::verdict::Verdict;
use twinkey_core::wish::Deposit;
use twinkey_core::{AnswerKind, Client, Settle, Wish};

use crate::world::*;

/// A deposit of a fresh secret under a permit, up to where `stop` says so.
fn deposit(world: &mut World) -> Run {
    world.permit("olga");
    let fresh = world.regenerate(Client::A);
    let wish =
        Wish::Deposit(Deposit { client: Client::A, client_id: None, spoke_to: None, secret: pasted(fresh) });
    world.begin("one", "olga", wish)
}

/// Goes on to the next pause: how long it is from the last answer on, and what it waits for.
fn pause(world: &mut World, run: &mut Run) -> Option<(SignedDuration, WaitFor)> {
    loop {
        match world.next(run) {
            Next::Wait(wait) => {
                let last = run.seen.probes.last().unwrap().at;
                return Some((wait.until.duration_since(last), wait.why));
            }
            Next::Rest(_) => return None,
            Next::Do(_) => drop(world.step(run, Fault::None)),
        }
    }
}

#[test]
fn tokens_are_spread_evenly_and_the_last_one_does_not_come_early() {
    let nanos = SignedDuration::from_nanos;
    for (tokens, over, expected) in [
        (3, SECOND * 130, SECOND * 65),
        (2, SECOND * 60, SECOND * 60),
        (4, SECOND * 100, nanos(33_333_333_334)),
        (1, SECOND * 5, SECOND * 5),
    ] {
        let mut world = World::drained();
        world.policy.settle = Settle { tokens, over };
        let mut run = deposit(&mut world);
        let (pause, why) = pause(&mut world, &mut run).unwrap();
        assert_eq!(pause, expected, "{tokens} over {over:?}");
        assert_eq!(why, WaitFor::Proof { client: Client::A, tokens: 1, refusals: 0 });
    }
}

#[test]
fn a_proof_needs_both_the_tokens_and_the_time() {
    let mut world = World::drained();
    world.policy.settle = Settle { tokens: 3, over: SECOND * 130 };
    let mut run = deposit(&mut world);
    pause(&mut world, &mut run).unwrap();
    // Much later there are two tokens far apart, and one is missing.
    world.now += HOUR;
    world.step(&mut run, Fault::None);
    let (_, why) = pause(&mut world, &mut run).unwrap();
    assert_eq!(why, WaitFor::Proof { client: Client::A, tokens: 2, refusals: 0 });
    world.finish(&mut run);
    assert_eq!(world.provider.times_asked(world.provider.clients.a.secret), 3);
}

#[test]
fn nodes_that_never_agree_are_asked_twelve_times() {
    let mut world = World::drained();
    let mut run = deposit(&mut world);
    world.run_until(&mut run, |step| matches!(step, Step::Probe(_)));
    let fresh = world.provider.clients.a.secret;
    for _ in 0..6 {
        world.provider.scripted.extend([AnswerKind::Accepted, AnswerKind::Unavailable]);
    }
    assert_eq!(refusal(world.finish(&mut run)), Refusal::NodesDisagree(Client::A));
    assert_eq!(world.provider.times_asked(fresh), 12);
}

#[test]
fn a_run_that_finds_two_refusals_of_a_fresh_secret_asks_a_third_time_at_once_and_no_fourth() {
    let mut world = World::drained();
    let mut run = deposit(&mut world);
    let wrong = secret(500);
    let Wish::Deposit(wish) = &mut run.seen.wish else { panic!("a deposit") };
    wish.secret = pasted(wrong);
    for _ in 0..2 {
        world.run_until(&mut run, |step| matches!(step, Step::Probe(probe) if probe.secret == wrong));
        world.step(&mut run, Fault::None);
    }
    // It crashes once the refusals are noted; another run proves what lies in the slot.
    let mut record = world.record();
    let last = run.seen.probes.last().unwrap().at;
    record.clients.a.refusals =
        vec![twinkey_core::record::Refusals { secret: wrong, count: 2, first: last, last, named: true }];
    record.permit = None;
    world.store.put_record(&record);
    world.pass(MINUTE);
    let asked = world.provider.times_asked(wrong);
    world.round();
    assert_eq!(world.provider.times_asked(wrong), asked + 1);
    world.pass(MINUTE);
    world.round();
    assert_eq!(world.provider.times_asked(wrong), asked + 1);
}

#[test]
fn a_mend_that_is_refused_blames_the_secret_and_one_that_gets_no_answer_nobody() {
    let mend = |kind| {
        let mut world = World::switched();
        world.provider.obeyed = false;
        world.regenerate(Client::B);
        world.policy.failover = twinkey_core::Failover::Alert;
        world.refuse_next(kind, 6);
        refusal(world.deposit(Client::B, secret(600)))
    };
    let (client, verdict) = (Client::B, Verdict::Rejected);
    assert_eq!(mend(AnswerKind::Rejected), Refusal::Secret { client, verdict });
    assert_eq!(mend(AnswerKind::Unavailable), Refusal::NotProvable(client));
}
