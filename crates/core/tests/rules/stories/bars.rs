//! What a clock that is off and an audit log that cannot be written bar, and what they must not bar.

use twinkey_core::decision::{Because, Refusal};
use twinkey_core::seen::Done;
use twinkey_core::step::Step;
use twinkey_core::{AnswerKind, Client, Phase, Wish};

use crate::world::*;

fn unwritable(mut world: World) -> World {
    world.host("one").audit.unwritable = true;
    world
}

fn off(mut world: World) -> World {
    world.provider.skew = Some(MINUTE * 6);
    world
}

fn rollback() -> Wish {
    Wish::Rollback { reason: "try".into(), spoke_to: None }
}

fn kill_active(world: &mut World) {
    world.provider.obeyed = false;
    let active = world.active();
    world.regenerate(active);
    world.pass(MINUTE * 6);
}

#[test]
fn without_an_audit_log_there_is_no_scheduled_switch_rollback_or_permit() {
    let mut world = unwritable(World::ready());
    assert_eq!(world.round().why, Because::Nothing);
    assert_eq!(world.active(), Client::A);
    assert!(matches!(world.phase(), Phase::Blocked(_)), "a switch is due, and it says why not");
    let mut world = unwritable(World::drained());
    assert_eq!(refusal(world.wish(rollback())), Refusal::AuditUnwritable);
    assert_eq!(refusal(world.permit("olga")), Refusal::AuditUnwritable);
    assert_eq!(world.record().permit, None);
}

#[test]
fn without_an_audit_log_rescues_and_endings_go_on() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    kill_active(&mut world);
    let mut world = unwritable(world);
    assert_eq!(world.round().why, Because::Done(Done::Switched), "fail-over");
    kill_active(&mut world);
    let fresh = world.provider.clients.b.secret;
    assert_eq!(world.deposit(Client::B, fresh).why, Because::Done(Done::Proven), "mend");

    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_)));
    let mut world = unwritable(world);
    assert_eq!(world.round().why, Because::Done(Done::Switched), "the ending of an intent");

    let mut world = World::drained();
    world.permit("olga");
    let fresh = world.regenerate(Client::A);
    let mut world = unwritable(world);
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven), "a deposit");
}

#[test]
fn a_line_that_cannot_be_written_stops_the_switch_before_it_begins() {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.finish_with(&mut run, Fault::NotAudited, |step| matches!(step, Step::WriteRecord(_)));
    assert_eq!((world.active(), world.record().intent), (Client::A, None));
    assert!(!run.steps.iter().any(|step| matches!(step, Step::WriteLive(_))));
}

#[test]
fn a_clock_that_is_off_bars_switch_rollback_and_permit() {
    let mut world = off(World::ready());
    world.round();
    assert_eq!(world.active(), Client::A);
    let mut world = off(World::drained());
    assert_eq!(refusal(world.permit("olga")), Refusal::ClockOff);
    assert_eq!(refusal(world.wish(rollback())), Refusal::ClockOff);
    assert_eq!(world.active(), Client::B);
}

#[test]
fn a_clock_that_is_off_stops_no_rescue() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    kill_active(&mut world);
    let mut world = off(world);
    assert_eq!(world.round().why, Because::Done(Done::Switched), "fail-over");
    kill_active(&mut world);
    let fresh = world.provider.clients.b.secret;
    assert_eq!(world.deposit(Client::B, fresh).why, Because::Done(Done::Proven), "mend");
}

#[test]
fn a_clock_that_is_off_is_found_before_the_switch_and_not_after_it() {
    // The only answer of the run that carries a date is the target's own.
    let mut world = World::ready();
    world.provider.skew = Some(-MINUTE * 6);
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.finish(&mut run);
    assert!(!run.steps.iter().any(|step| matches!(step, Step::WriteLive(_))));
}

#[test]
fn what_a_clock_ahead_has_dated_keeps_nobody_from_asking_now() {
    let mut world = World::ready();
    let now = world.now;
    world.pass(DAY * 20);
    world.refuse_next(AnswerKind::Rejected, 4);
    world.policy.failover = twinkey_core::Failover::Alert;
    world.round();
    world.round();
    assert!(matches!(world.phase(), Phase::ActiveRejected { .. }));
    world.now = now + DAY;
    world.provider.scripted.clear();
    world.refuse_next(AnswerKind::Rejected, 60);
    let before = world.provider.asked.len();
    world.round();
    assert!(world.provider.asked.len() - before <= 3, "asked within the budget, by dates that are believed");
    world.provider.scripted.clear();
    world.pass(HOUR * 5);
    world.round();
    assert!(!matches!(world.phase(), Phase::ActiveRejected { .. }), "asked and heard");

    let mut world = World::ready();
    let now = world.now;
    world.pass(DAY * 20);
    world.round();
    world.now = now + HOUR;
    let active = world.record().active.unwrap();
    let before = world.provider.times_asked(active.secret);
    world.round();
    assert!(world.provider.times_asked(active.secret) > before, "the active client is still watched");
}

#[test]
fn a_clock_that_is_off_does_not_date_a_drain() {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    let wrote = |step: &Step| matches!(step, Step::WriteRecord(write) if write.record.intent.is_none());
    assert_eq!(world.run_until(&mut run, wrote), None, "published, and not yet noted");
    let now = world.now;
    world.now = now - DAY * 20;
    world.provider.skew = Some(DAY * 20);
    world.round();
    let record = world.record();
    assert!(record.drain.unwrap().started >= now);
    assert!(record.active.unwrap().since >= now);
}

#[test]
fn without_an_answer_that_tells_the_time_a_drain_does_not_begin() {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    let wrote = |step: &Step| matches!(step, Step::WriteRecord(write) if write.record.intent.is_none());
    assert_eq!(world.run_until(&mut run, wrote), None);
    world.provider.all = Some(AnswerKind::Unavailable);
    assert_eq!(world.round().why, Because::Interrupted);
    world.provider.all = None;
    assert_eq!(world.round().why, Because::Done(Done::Switched));
}

#[test]
fn a_clock_ahead_does_not_end_a_drain_that_it_watched() {
    let mut world = World::ready();
    world.policy.look_every = twinkey_core::LookEvery::Every(MINUTE * 5);
    let long_ago = world.now - DAY;
    world.host("two").watching = Some(long_ago);
    let mut run = world.begin("two", "daemon", Wish::Keep);
    world.finish(&mut run);
    let now = world.now;
    world.now = now + DAY;
    world.provider.skew = Some(-DAY);
    let mut run = world.begin("two", "daemon", Wish::Keep);
    world.finish(&mut run);
    assert_eq!(world.record().drain.unwrap().ended, None);
}

#[test]
fn a_clock_is_off_from_more_than_five_minutes_on() {
    for (skew, off) in [(MINUTE * 5, false), (-MINUTE * 5, false), (MINUTE * 5 + SECOND, true)] {
        let mut world = World::ready();
        world.provider.skew = Some(skew);
        world.round();
        assert_eq!(world.active() == Client::A, off, "{skew:?}");
    }
}
