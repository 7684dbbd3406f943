//! A publication that was begun is ended, by whoever finds it.

use twinkey_core::decision::Because;
use twinkey_core::seen::{Done, Pair};
use twinkey_core::step::{LiveContent, Step};
use twinkey_core::{AnswerKind, Client, Phase, Remedy, What, Wish};

use crate::world::*;

fn is_live(step: &Step) -> bool {
    matches!(step, Step::WriteLive(_))
}

fn is_fence(step: &Step) -> bool {
    matches!(step, Step::WriteLive(write) if write.content == LiveContent::Unchanged)
}

fn abandoned(world: &World) -> bool {
    world.record().transitions.iter().any(|done| matches!(done.what, What::Abandoned { .. }))
}

#[test]
fn a_crash_between_any_two_steps_of_a_switch_is_ended_by_another_host() {
    for steps in 0..6 {
        let mut world = World::ready();
        let mut run = world.begin("one", "cron", Wish::Keep);
        for _ in 0..steps {
            world.step(&mut run, Fault::None);
        }
        world.pass(HOUR);
        let mut other = world.begin("two", "cron", Wish::Keep);
        world.finish(&mut other);
        assert_eq!(world.active(), Client::B, "after {steps} steps");
        assert_eq!(world.record().intent, None);
        assert!(world.live_works());
        world.assert_whole();
    }
}

#[test]
fn every_fault_at_every_step_of_a_switch_leaves_a_live_pair_that_works() {
    let faults =
        [Fault::AnswerLost, Fault::WriteLost, Fault::Late, Fault::Down, Fault::Stale, Fault::NotAudited];
    for fault in faults {
        for steps in 0..6 {
            let mut world = World::ready();
            let mut run = world.begin("one", "cron", Wish::Keep);
            for _ in 0..steps {
                world.step(&mut run, Fault::None);
            }
            world.step(&mut run, fault);
            world.finish(&mut run);
            world.host("one").audit.unwritable = false;
            world.pass(HOUR);
            world.round();
            world.land();
            world.round();
            assert_eq!(world.active(), Client::B, "{fault:?} after {steps} steps");
            assert!(world.live_works() && world.record().intent.is_none());
            world.assert_whole();
        }
    }
}

#[test]
fn a_target_that_is_refused_meanwhile_is_fenced_and_a_late_write_cannot_land() {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut run, is_live);
    world.step(&mut run, Fault::Late);
    world.provider.obeyed = false;
    world.regenerate(Client::B);
    world.pass(HOUR);
    let mut other = world.begin("two", "cron", Wish::Keep);
    world.finish(&mut other);
    assert!(other.steps.iter().any(is_fence));
    world.land();
    assert!(abandoned(&world));
    assert_eq!((world.active(), world.live_secret()), (Client::A, secret(1)));
    world.assert_whole();
}

#[test]
fn a_fence_that_meets_the_late_write_ends_the_switch_forward() {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut run, is_live);
    world.step(&mut run, Fault::Late);
    world.provider.all = Some(AnswerKind::Rejected);
    world.pass(HOUR);
    let mut other = world.begin("two", "cron", Wish::Keep);
    world.run_until(&mut other, is_fence);
    world.land();
    world.finish(&mut other);
    assert_eq!((world.active(), world.live_secret()), (Client::B, secret(2)), "what stands, stands");
    world.assert_whole();
}

#[test]
fn a_passing_fault_waits_and_says_when_to_come_back() {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut run, is_live);
    world.pass(HOUR);
    world.provider.all = Some(AnswerKind::Unavailable);
    let rest = world.round();
    assert_eq!(rest.why, Because::Interrupted);
    assert!(rest.wake.is_some_and(|wake| wake > world.now));
    assert!(matches!(world.phase(), Phase::Switching { to: Client::B, .. }));
    assert_eq!(world.live_secret(), secret(1));
}

#[test]
fn a_bad_standby_leaves_the_old_pair_in_place() {
    for style in [Style::Named, Style::Unnamed] {
        let mut world = World::ready();
        world.provider.style = style;
        world.provider.obeyed = false;
        world.regenerate(Client::B);
        let version = world.store.live_version();
        world.round();
        assert_eq!(world.store.live_version(), version);
        assert!(matches!(world.phase(), Phase::StandbyRejected { client: Client::B }));
        assert_eq!(world.remedy(), Some(Remedy::Regenerate(Client::B)));
    }
}

#[test]
fn somebodys_edit_during_a_switch_is_not_overwritten_and_can_be_resolved() {
    for wish in [Wish::PutOurs, Wish::TakeTheirs { client: None }] {
        let mut world = World::ready();
        let mut run = world.begin("one", "cron", Wish::Keep);
        world.run_until(&mut run, is_live);
        let theirs = Pair { client_id: "id-b".into(), secret: secret(50) };
        world.provider.obeyed = false;
        world.provider.clients.b.secret = secret(50);
        world.store.edit_live(Some(theirs.clone()));
        assert_eq!(world.finish(&mut run).why, Because::Diverged);
        world.pass(HOUR);
        assert_eq!(world.round().why, Because::Diverged);
        assert_eq!(world.store.live_pair(), Some(theirs));
        assert_eq!(world.remedy(), Some(Remedy::Resolve));
        assert_eq!(world.wish(wish.clone()).why, Because::Done(Done::Resolved), "{wish:?}");
        assert!(world.live_works());
    }
}

#[test]
fn a_run_that_keeps_losing_leaves_the_field() {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    let rest = loop {
        world.run_until(&mut run, |step| matches!(step, Step::WriteRecord(_)));
        let record = world.record();
        world.store.put_record(&record);
        if let Some(rest) = world.step(&mut run, Fault::None) {
            break rest;
        }
    };
    assert_eq!(rest.why, Because::OthersAtWork);
}

#[test]
fn the_drain_begins_only_once_the_output_file_is_written() {
    let mut world = World::ready();
    world.policy.output = true;
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.finish(&mut run);
    let output = run.steps.iter().rposition(|step| *step == Step::WriteOutput).unwrap();
    let record = run.steps.iter().rposition(|step| matches!(step, Step::WriteRecord(_))).unwrap();
    assert!(output < record);
    assert_eq!(world.store.output, world.store.live_pair());
}

#[test]
fn a_stale_read_does_not_prove_that_the_pinned_version_is_past() {
    let mut world = World::drained();
    let mut past = world.store.clone();
    past.live = Some(twinkey_core::seen::LiveSeen {
        version: twinkey_core::Version::new("of-long-ago"),
        pair: Some(Pair { client_id: "id-a".into(), secret: secret(1) }),
    });
    world.regenerate_by_the_book();
    world.pass(DAY * 7);
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut run, is_live);
    (past.record, past.slots) = (world.store.record.clone(), world.store.slots.clone());
    world.provider.all = Some(AnswerKind::Unavailable);
    let mut other = world.begin("two", "cron", Wish::Keep);
    other.past = Some(past);
    let rest = world.finish_with(&mut other, Fault::Stale, |step| matches!(step, Step::Look(_)));
    assert_eq!(rest.why, Because::Interrupted);
    assert!(world.record().intent.is_some() && !abandoned(&world));
}

#[test]
fn a_stale_look_that_shows_the_target_from_before_ends_no_publication() {
    let mut world = World::switched();
    // Client a was live until just now, and is to be live again.
    let before = World::ready().store.live;
    let mut run = world.begin("one", "olga", Wish::Rollback { reason: "broken".into(), spoke_to: None });
    world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_)));
    let mut stale = world.store.clone();
    stale.live = before;
    let mut timer = world.begin("two", "cron", Wish::Keep);
    timer.past = Some(stale);
    world.finish_with(&mut timer, Fault::Stale, |step| matches!(step, Step::Look(_)));
    assert_eq!(world.active(), Client::A);
    assert_eq!(world.live_secret(), secret(1), "and so consumers read it");
    assert!(!matches!(world.phase(), Phase::Diverged(_)));
}
