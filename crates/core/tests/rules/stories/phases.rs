//! Where a credential stands, at the edges between one phase and the next.

use twinkey_core::decision::{Because, Next};
use twinkey_core::phase::{Blocker, Divergence};
use twinkey_core::record::{Permit, Refusals, Schema, Why};
use twinkey_core::seen::{Freshness, Look, Pair, Trouble, TroubleClass, With};
use twinkey_core::{
    Client, Expected, Phase, Record, RecordError, Remedy, Safe, Seen, Step, Version, Wish, next, phase,
    remedy,
};

use crate::world::*;

/// A world in which a scheduled switch crashed before its publication.
fn intended() -> World {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    assert!(world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_))).is_none());
    world
}

#[test]
fn an_intent_is_a_switch_under_way_until_the_live_pair_is_somebody_elses() {
    let switching = |phase| matches!(phase, Phase::Switching { to: Client::B, why: Why::Scheduled, .. });
    let mut world = intended();
    assert!(switching(world.phase()), "still ours");
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_)));
    world.step(&mut run, Fault::None);
    assert!(switching(world.phase()), "already the target");

    let mut world = intended();
    world.foreign_edit(Some(Pair { client_id: "id-x".into(), secret: secret(9) }));
    assert_eq!(world.phase(), Phase::Diverged(Divergence::OtherId("id-x".into())));
    // As in a restored store: the edit stands there under the very version that the intent replaces.
    let mut record = world.record();
    record.intent.as_mut().unwrap().from = world.store.live_version();
    world.store.put_record(&record);
    assert!(switching(world.phase()), "the intent is over this very pair");
    record.intent.as_mut().unwrap().from = Expected::Version(Version::new("past"));
    record.active = None;
    world.store.put_record(&record);
    assert!(switching(world.phase()), "a first entry has no pair of its own yet");
}

#[test]
fn each_way_in_which_the_live_pair_differs_is_told() {
    let mut world = World::switched();
    world.store.edit_live(Some(Pair { client_id: "id-b".into(), secret: secret(9) }));
    assert_eq!(world.phase(), Phase::Diverged(Divergence::OtherSecret));
    world.store.edit_live(None);
    assert_eq!(world.phase(), Phase::Diverged(Divergence::Half));
    world.store.live = None;
    assert_eq!(world.phase(), Phase::Diverged(Divergence::Missing));
}

/// What is said where the record knows these refusals of the active and of the other client: how many, and
/// whether the last one named the secret.
fn refused(active: (u32, bool), other: Option<(u32, bool)>) -> Phase {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    let mut record = world.record();
    let at = world.now - HOUR;
    let of = |secret, (count, named)| Refusals { secret, count, first: at, last: at, named };
    record.clients.a.refusals = vec![of(secret(1), active)];
    record.clients.b.refusals = other.map(|other| of(secret(2), other)).into_iter().collect();
    world.store.put_record(&record);
    world.phase()
}

#[test]
fn two_refusals_make_a_client_refused_and_unnamed_ones_of_both_blame_nobody() {
    let ready = Phase::Ready { due: refused((0, false), None).due() };
    assert_eq!(refused((1, true), None), ready);
    for count in [2, 3, 9] {
        let phase = refused((count, true), None);
        assert_eq!(phase, Phase::ActiveRejected { client: Client::A, way_out: true }, "{count}");
    }
    assert_eq!(refused((2, false), Some((1, false))), Phase::Misconfigured);
    for (active, other) in [(true, false), (false, true), (true, true)] {
        let phase = refused((2, active), Some((2, other)));
        assert_eq!(phase, Phase::ActiveRejected { client: Client::A, way_out: false }, "{active} {other}");
    }
    assert_eq!(refused((0, false), Some((2, true))), Phase::StandbyRejected { client: Client::B });
    assert_eq!(refused((0, false), Some((1, true))), ready);
}

/// The due time of a ready credential.
trait Due {
    fn due(&self) -> Option<jiff::Timestamp>;
}

impl Due for Phase {
    fn due(&self) -> Option<jiff::Timestamp> {
        match self {
            Phase::Ready { due } => *due,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn regeneration_is_awaited_since_the_moment_from_which_it_was_safe() {
    let mut world = World::switched();
    let safe = match world.record().drain.unwrap().safe(&world.policy) {
        Safe::From(at) => at,
        Safe::OnConfirmation => panic!("a drain with an end"),
    };
    world.now = safe - SECOND;
    assert_eq!(world.phase(), Phase::Draining { client: Client::A, safe: Safe::From(safe) });
    assert_eq!(world.remedy(), Some(Remedy::WaitUntil(safe)));
    world.now = safe;
    assert_eq!(world.phase(), Phase::AwaitingRegeneration { client: Client::A, since: safe });
    assert_eq!(world.remedy(), Some(Remedy::Regenerate(Client::A)));
}

#[test]
fn what_is_due_is_to_be_done_from_its_moment_on() {
    let mut world = World::ready();
    let due = world.phase().due().unwrap();
    for (now, rotate) in [(due - SECOND, false), (due, true), (due + SECOND, true)] {
        world.now = now;
        assert_eq!(world.remedy(), rotate.then_some(Remedy::Rotate));
    }
}

#[test]
fn only_a_trouble_with_reading_leaves_the_phase_unknown() {
    let mut world = World::switched();
    let seen = world.look();
    for with in [With::Reading, With::Writing, With::Unclear, With::Output] {
        let trouble = Trouble { with, class: TroubleClass::Temporary, text: "away".into() };
        let seen = Seen { trouble: Some(trouble.clone()), ..seen.clone() };
        let expected = match with {
            With::Reading => Phase::Unknown(trouble),
            With::Writing | With::Unclear | With::Output => Phase::Blocked(Blocker::Trouble(trouble)),
        };
        assert_eq!(phase(&world.policy, &seen, world.now), expected);
        assert_eq!(remedy(&world.policy, &seen, world.now), Some(Remedy::Check));
    }
}

#[test]
fn a_run_looks_six_times_and_then_leaves_the_field_to_the_others() {
    let mut world = World::switched();
    let mut seen = Seen { look: Look::Due(Freshness::Latest), ..world.look() };
    seen.looks = 5;
    assert_eq!(next(&world.policy, &seen, world.now), Next::Do(Step::Look(Freshness::Latest)));
    seen.looks = 6;
    let Next::Rest(rest) = next(&world.policy, &seen, world.now) else { panic!("it looks again") };
    assert_eq!(rest.why, Because::OthersAtWork);
}

#[test]
fn a_damaged_record_of_our_schema_is_damaged_and_one_of_a_newer_is_newer() {
    let json = World::switched().record().to_json();
    let damaged = |schema: &str| {
        Record::from_json(&json.replacen("\"1.0\"", schema, 1).replacen("\"counter\"", "\"c\"", 1))
    };
    assert!(matches!(damaged("\"1.0\""), Err(RecordError::Malformed { line: 1, .. })));
    assert_eq!(damaged("\"1.1\""), Err(RecordError::Newer(Schema { major: 1, minor: 1 })));
    assert_eq!(damaged("\"2.0\""), Err(RecordError::Newer(Schema { major: 2, minor: 0 })));
    assert!(matches!(damaged("\"0.9\""), Err(RecordError::Newer(_))), "an older major is no schema of ours");
}

#[test]
fn each_phase_has_its_name() {
    let (client, since) = (Client::A, World::empty().now);
    let trouble = Trouble { with: With::Reading, class: TroubleClass::Temporary, text: "away".into() };
    let permit = Permit { client, holder: "olga".into(), opened_by: "olga".into(), since, passed_over: None };
    for (phase, name) in [
        (Phase::Unknown(trouble), "unknown"),
        (Phase::Uninitialised { missing: None }, "uninitialised"),
        (Phase::Blocked(Blocker::Clock), "blocked"),
        (Phase::Diverged(Divergence::Half), "diverged"),
        (Phase::Switching { to: client, why: Why::Now, since }, "switching"),
        (Phase::ActiveRejected { client, way_out: false }, "active rejected"),
        (Phase::Misconfigured, "misconfigured"),
        (Phase::PermitOpen(permit), "permit open"),
        (Phase::Settling { client }, "settling"),
        (Phase::Draining { client, safe: Safe::OnConfirmation }, "draining"),
        (Phase::AwaitingRegeneration { client, since }, "awaiting regeneration"),
        (Phase::StandbyRejected { client }, "standby rejected"),
        (Phase::Ready { due: None }, "ready"),
    ] {
        assert_eq!(phase.name(), name);
    }
}
