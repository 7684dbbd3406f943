//! The record stays small and is always understood.

use twinkey_core::decision::Because;
use twinkey_core::record::{AuditHead, MAX_BYTES, MAX_CHAINS, MAX_TRANSITIONS, Refusals};
use twinkey_core::seen::Done;
use twinkey_core::{AnswerKind, Client, What, Wish};

use crate::world::*;

#[test]
fn a_thousand_transitions_later_the_record_is_still_small() {
    let mut world = World::drained();
    let reason = "because of a long story ".repeat(400);
    for _ in 0..1000 {
        let record = world.record().changed(
            world.now,
            "somebody with a long name",
            What::Intended {
                to: Client::A,
                secret: secret(1),
                why: twinkey_core::record::Why::Now,
                reason: Some(reason[..1000].to_owned()),
            },
        );
        assert!(record.to_json().len() <= MAX_BYTES);
        assert!(record.transitions.len() <= MAX_TRANSITIONS);
        world.store.put_record(&record);
    }
    for _ in 0..MAX_TRANSITIONS {
        world.store.put_record(&world.record().changed(world.now, "olga", What::Restored));
    }
    assert_eq!(world.record().transitions.len(), MAX_TRANSITIONS, "as many as there is room for");
    world.regenerate_by_the_book();
}

#[test]
fn a_reason_as_long_as_a_novel_fits() {
    let mut world = World::ready();
    let reason = "it is a long story ".repeat(4000);
    let rest = world.wish(Wish::SwitchNow { drain: None, reason });
    assert_eq!(rest.why, Because::Done(Done::Switched));
    assert!(world.record().to_json().len() <= MAX_BYTES);
    world.assert_whole();
}

#[test]
fn a_hundred_wrong_deposits_do_not_fill_the_record() {
    let mut world = World::drained();
    world.permit("olga");
    for number in 0..100 {
        world.deposit(Client::A, secret(1000 + number));
        world.pass(MINUTE);
    }
    assert!(world.record().clients.a.refusals.len() <= 12);
    assert!(world.record().to_json().len() <= MAX_BYTES);
    let fresh = world.regenerate(Client::A);
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
    world.assert_whole();
}

#[test]
fn counters_at_their_ends_stay_there() {
    let mut world = World::switched();
    let mut record = world.record();
    record.counter = u64::MAX;
    record.drain.as_mut().unwrap().restarts = u32::MAX;
    let secret = world.live_secret();
    let first = world.now;
    let refused = Refusals { secret, count: u32::MAX, first, last: first, named: true };
    record.clients.b.refusals.push(refused);
    world.store.put_record(&record);
    world.store_goes_away(MINUTE);
    world.round();
    world.pass(HOUR * 5);
    world.provider.all = Some(AnswerKind::Rejected);
    world.round();
    let record = world.record();
    assert_eq!((record.counter, record.drain.unwrap().restarts), (u64::MAX, u32::MAX));
    assert_eq!(record.clients.b.refusals[0].count, u32::MAX);
}

#[test]
fn a_thousand_hosts_that_came_once_do_not_push_out_the_one_that_stays() {
    let mut record = World::switched().record();
    let head = |line| AuditHead { line, hash: "f".repeat(64) };
    record.keep_head("host-that-stays", head(5000));
    for number in 0..1000 {
        record.keep_head(&format!("pod-{number}"), head(12));
    }
    assert_eq!(record.audit.len(), MAX_CHAINS);
    assert!(record.audit.contains_key("host-that-stays") && record.audit.contains_key("pod-999"));
    assert!(record.to_json().len() <= MAX_BYTES);
}

#[test]
fn the_beginning_of_a_reason_is_kept() {
    let mut world = World::ready();
    let reason = "\u{e9} leaver ".repeat(40);
    world.wish(Wish::SwitchNow { drain: None, reason: reason.clone() });
    let kept = world.record().transitions.into_iter().find_map(|done| match done.what {
        What::Intended { reason, .. } => reason.filter(|reason| !reason.is_empty()),
        _ => None,
    });
    assert_eq!(kept, Some(reason.chars().take(200).collect()));
}

#[test]
fn history_gives_way_at_the_last_byte_and_never_its_newest_entry() {
    let world = World::switched();
    let padded = |bytes: usize| {
        let mut record = world.record();
        record.belongs_to.store = "s".repeat(bytes);
        record.changed(world.now, "olga", What::Restored)
    };
    let all = padded(0).transitions.len();
    // Room for one head of an audit chain stays free.
    let room = MAX_BYTES - 512 - padded(0).to_json().len();
    let full = padded(room);
    assert_eq!((full.to_json().len(), full.transitions.len()), (MAX_BYTES - 512, all));
    assert_eq!(padded(room + 1).transitions.len(), all - 1);
    let beyond = padded(2 * MAX_BYTES).transitions;
    assert_eq!(beyond.iter().map(|done| &done.what).collect::<Vec<_>>(), [&What::Restored]);
}
