//! What people are told, how urgently, and from when on.

use twinkey_core::messages::{Kind, PERMIT_IS_LONG};
use twinkey_core::record::{MAX_TRANSITIONS, Record, Schema};
use twinkey_core::seen::{Oddity, Pasted, RecordSeen, Trouble, TroubleClass, With};
use twinkey_core::{Client, Failover, Message, RecordError, Safe, Severity, Wish, messages};

use crate::world::*;

fn told(world: &mut World) -> Vec<Message> {
    let seen = world.look();
    messages(&world.policy, &seen, world.now)
}

/// The one message about the regeneration, as its rung and urgency.
fn reminder(world: &mut World) -> Option<(usize, Severity)> {
    told(world).into_iter().find_map(|message| match message.kind {
        Kind::Regenerate { client: Client::A, rung, .. } => Some((rung, message.severity)),
        _ => None,
    })
}

#[test]
fn a_reminder_climbs_its_ladder_and_pages_on_the_last_rung() {
    let mut world = World::drained();
    let Safe::From(safe) = world.record().drain.unwrap().safe(&world.policy) else { panic!("no end") };
    for (after, expected) in [
        (jiff::SignedDuration::ZERO, (0, Severity::Warning)),
        (DAY - SECOND, (0, Severity::Warning)),
        (DAY, (1, Severity::Warning)),
        (DAY * 3 - SECOND, (1, Severity::Warning)),
        (DAY * 3, (2, Severity::Page)),
        (DAY * 6, (2, Severity::Page)),
    ] {
        world.now = safe + after;
        assert_eq!(reminder(&mut world), Some(expected), "{after:?}");
    }
}

#[test]
fn a_ladder_of_one_rung_does_not_page_and_one_of_none_says_nothing() {
    let mut world = World::drained();
    world.pass(DAY * 2);
    world.policy.reminders = vec![HOUR];
    assert_eq!(reminder(&mut world), Some((0, Severity::Warning)));
    world.policy.reminders = vec![DAY * 3];
    assert_eq!(reminder(&mut world), None);
    world.policy.reminders.clear();
    assert_eq!(reminder(&mut world), None);
}

#[test]
fn a_permit_is_worth_a_warning_after_an_hour_and_a_page_after_four() {
    let mut world = World::drained();
    world.permit("olga");
    let since = world.record().permit.unwrap().since;
    for (after, expected) in [
        (PERMIT_IS_LONG - SECOND, None),
        (PERMIT_IS_LONG, Some(Severity::Warning)),
        (PERMIT_IS_LONG * 4 - SECOND, Some(Severity::Warning)),
        (PERMIT_IS_LONG * 4, Some(Severity::Page)),
        (PERMIT_IS_LONG * 9, Some(Severity::Page)),
    ] {
        world.now = since + after;
        let message = told(&mut world).into_iter().find(|message| message.key() == "permit-open");
        assert_eq!(message.map(|message| message.severity), expected, "{after:?}");
    }
}

#[test]
fn a_switch_that_only_a_person_can_help_is_overdue_from_its_moment_on() {
    let mut world = World::drained();
    let due = world.record().active.unwrap().since + world.policy.min_interval;
    for (now, overdue) in [(due - SECOND, false), (due, true), (due + DAY, true)] {
        world.now = now;
        let message = told(&mut world).into_iter().find(|message| message.key() == "overdue");
        let expected =
            overdue.then_some(Message { kind: Kind::Overdue { since: due }, severity: Severity::Page });
        assert_eq!(message, expected);
    }
    let mut ready = World::ready();
    assert_eq!(told(&mut ready), [], "what is due and possible needs nobody");
}

#[test]
fn what_blocks_is_named_and_paged() {
    let blocked = |world: &mut World| -> Option<&'static str> {
        told(world).into_iter().find_map(|message| match message.kind {
            Kind::Blocked(what) if message.severity == Severity::Page => Some(what),
            _ => None,
        })
    };
    let mut elsewhere = World::switched();
    elsewhere.policy.place.live_pair = "app/other".into();
    assert_eq!(blocked(&mut elsewhere), Some("record elsewhere"));

    let mut newer = World::switched();
    let record = Record { schema: Schema { major: 1, minor: 7 }, ..newer.record() };
    newer.store.put_record(&record);
    assert_eq!(blocked(&mut newer), Some("record newer"));

    let mut restored = World::switched();
    let lineage = restored.record().lineage.id;
    restored.host("one").highest = Some((lineage, 1000));
    assert_eq!(blocked(&mut restored), Some("record restored"));

    let mut slip = World::drained();
    slip.permit("olga");
    let candidate = Pasted { secret: secret(9), oddity: Some(Oddity::Control(3)) };
    slip.store.slots.a.as_mut().unwrap().candidate = Some(candidate);
    assert_eq!(blocked(&mut slip), Some("slip in slot"));

    let mut audit = World::ready();
    audit.host("one").audit.unwritable = true;
    assert_eq!(blocked(&mut audit), Some("audit log"));

    let mut world = World::ready();
    let mut seen = world.look();
    seen.record = RecordSeen::Unusable(RecordError::Malformed { line: 1, column: 1 });
    let of = |seen| messages(&world.policy, &seen, world.now).into_iter().map(|message| message.kind);
    assert_eq!(of(seen).collect::<Vec<_>>(), [Kind::Blocked("record damaged")]);

    let mut seen = world.clone().look();
    let trouble = Trouble { with: With::Writing, class: TroubleClass::Permanent, text: "full".into() };
    seen.trouble = Some(trouble);
    assert_eq!(of(seen).collect::<Vec<_>>(), [Kind::Blocked("store")]);

    let mut run = world.begin("one", "cron", Wish::Keep);
    world.provider.skew = Some(HOUR);
    world.finish(&mut run);
    let kinds = messages(&world.policy, &run.seen, world.now).into_iter().map(|message| message.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [Kind::Blocked("clock")]);
}

#[test]
fn each_kind_has_its_key() {
    let (client, since) = (Client::A, World::empty().now);
    for (kind, key) in [
        (Kind::Regenerate { client, since, rung: 0 }, "regenerate"),
        (Kind::PermitOpen { client, holder: "olga".into(), since }, "permit-open"),
        (Kind::StandbyRefused(client), "standby-refused"),
        (Kind::ActiveRefused(client), "active-refused"),
        (Kind::FailedOver(client), "failed-over"),
        (Kind::Misconfigured, "misconfigured"),
        (Kind::Diverged, "diverged"),
        (Kind::Blocked("clock"), "blocked"),
        (Kind::Overdue { since }, "overdue"),
        (Kind::OldSecretAlive(client), "old-secret-alive"),
    ] {
        assert_eq!(Message { kind, severity: Severity::Notice }.key(), key);
    }
}

#[test]
fn a_refused_standby_and_a_refused_active_client_page() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    world.provider.obeyed = false;
    world.regenerate(Client::B);
    world.round();
    assert_eq!(told(&mut world).last().map(|message| message.key()), Some("standby-refused"));
    let mut world = World::ready();
    world.policy.failover = Failover::Alert;
    world.provider.obeyed = false;
    world.regenerate(Client::A);
    world.provider.style = Style::Named;
    world.policy.min_interval = DAY * 30;
    world.round();
    let message = Message { kind: Kind::ActiveRefused(Client::A), severity: Severity::Page };
    assert!(told(&mut world).contains(&message), "{:?}", told(&mut world));
}

#[test]
fn words_in_files_and_in_configurations_are_the_same() {
    for severity in [Severity::Notice, Severity::Warning, Severity::Page] {
        assert_eq!(serde_json::json!(severity), severity.name());
    }
    let key = Message { kind: Kind::FailedOver(Client::A), severity: Severity::Warning }.key();
    assert!(Kind::names().contains(&key) && Kind::names().contains(&"regenerate"), "{:?}", Kind::names());
}

#[test]
fn a_fail_over_stands_until_the_refused_client_is_proven_again() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    world.provider.obeyed = false;
    world.provider.style = Style::Named;
    world.regenerate(Client::A);
    world.round();
    assert_eq!(world.record().active.unwrap().client, Client::B);
    let message = Message { kind: Kind::FailedOver(Client::A), severity: Severity::Warning };
    assert!(told(&mut world).contains(&message), "{:?}", told(&mut world));
    world.pass(DAY);
    world.round();
    assert!(told(&mut world).contains(&message), "{:?}", told(&mut world));
    // However much is written down meanwhile.
    for _ in 0..MAX_TRANSITIONS {
        world.permit("olga");
        world.wish(Wish::Cancel { spoke_to: None });
    }
    assert!(told(&mut world).contains(&message), "{:?}", told(&mut world));
    world.provider.obeyed = true;
    world.permit("olga");
    let fresh = world.regenerate(Client::A);
    world.deposit(Client::A, fresh);
    world.round();
    assert!(!world.messages().contains(&"failed-over"), "{:?}", told(&mut world));
    // A switch by schedule is none.
    assert!(!World::drained().messages().contains(&"failed-over"));
}
