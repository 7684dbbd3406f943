//! The record under any mutation, and at its largest.

use proptest::prelude::*;
use twinkey_core::record::{AuditHead, Intent, MAX_BYTES, MAX_TRANSITIONS, Noted, Permit, Refusals, Why};
use twinkey_core::{AttemptId, Client, DrainEnd, Record, RecordError, What};

use crate::world::*;

/// As long as people and hosts are called.
fn name() -> impl Strategy<Value = String> {
    "[ -~]{1,64}"
}

/// As long as a reason stands in the record, in characters that JSON spells longest.
fn reason() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,200}", "[\u{1}-\u{1f}]{200}", "[\u{1f300}-\u{1f5ff}]{200}"]
}

fn what() -> impl Strategy<Value = What> {
    let client = prop_oneof![Just(Client::A), Just(Client::B)];
    prop_oneof![
        (client.clone(), reason()).prop_map(|(to, reason)| What::Intended {
            to,
            secret: secret(1),
            why: Why::Now,
            reason: Some(reason)
        }),
        (client.clone(), reason()).prop_map(|(client, reason)| What::DrainShortened { client, reason }),
        (client.clone(), name()).prop_map(|(client, holder)| What::PermitOpened { client, holder }),
        client.clone().prop_map(|client| What::DrainEnded { client, how: DrainEnd::Watched }),
        Just(What::Restored),
        client.prop_map(|client| What::Refused { client, secret: secret(2) }),
    ]
}

/// A record with all that can stand in it at once, and more of it than the rules let stand.
fn full(reason: &str, name: &str) -> Record {
    let world = World::switched();
    let mut record = world.record();
    let (now, active) = (world.now, record.active.clone().unwrap());
    record.belongs_to.live_pair = "p".repeat(400);
    record.lineage.replaces = (0..8u8).map(|number| AttemptId::derive(&[&[number]])).collect();
    record.permit = Some(Permit {
        client: Client::A,
        holder: name.into(),
        opened_by: name.into(),
        since: now,
        passed_over: None,
    });
    record.intent = Some(Intent {
        to: Client::A,
        client_id: "i".repeat(256),
        secret: secret(1),
        from: world.store.live_version(),
        attempt: AttemptId::derive(&[b"full"]),
        why: Why::Now,
        drain: Some(HOUR),
        reason: Some(reason.into()),
        by: name.into(),
        at: now,
    });
    for client in Client::BOTH {
        let note = &mut record.clients[client];
        (note.proven, note.retired) =
            (Some(Noted { secret: secret(3), at: now }), Some(Noted { secret: active.secret, at: now }));
        note.refusals = (0..12)
            .map(|number| Refusals {
                secret: secret(number),
                count: u32::MAX,
                first: now,
                last: now,
                named: true,
            })
            .collect();
    }
    record
}

proptest! {
    // The largest records are the slowest ones.
    #![proptest_config(ProptestConfig { cases: super::cases().cases / 10, ..super::cases() })]

    #[test]
    fn a_record_with_all_that_it_can_hold_keeps_within_its_bound(
        all in prop::collection::vec((name(), what()), 1..50), chains in 0u64..200, reason in reason(), name in name(),
    ) {
        let mut record = full(&reason, &name);
        let now = World::empty().now;
        for chain in 0..chains {
            let head = AuditHead { line: chain + 1, hash: "f".repeat(64) };
            record.keep_head(&format!("{chain:0>64}"), head);
        }
        for (by, what) in &all {
            record = record.changed(now, by, what.clone());
            record.keep_head("one more host with a name as long as the kernel lets it have one", AuditHead {
                line: u64::MAX, hash: "f".repeat(64),
            });
            prop_assert!(record.to_json().len() <= MAX_BYTES, "{} bytes", record.to_json().len());
            prop_assert!(record.transitions.len() <= MAX_TRANSITIONS);
            prop_assert_eq!(record.transitions.last().map(|last| &last.what), Some(what), "the newest is kept");
        }
        prop_assert_eq!(Record::from_json(&record.to_json()), Ok(record));
    }
}

proptest! {
    #![proptest_config(super::cases())]

    #[test]
    fn a_changed_byte_of_a_record_is_read_or_refused_by_its_place(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let json = full("because", "olga").to_json();
        let mut bytes = json.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(changed) = std::str::from_utf8(&bytes) {
            match Record::from_json(changed) {
                Ok(record) => prop_assert_eq!(Record::from_json(&record.to_json()), Ok(record)),
                Err(RecordError::Malformed { line, column }) => {
                    prop_assert!(line >= 1 && column <= json.len() + 1);
                }
                Err(RecordError::Newer(_)) => prop_assert!(at < 20, "a newer schema out of byte {}", at),
            }
        }
        let cut = cut.index(json.len());
        prop_assert!(Record::from_json(&json[..cut]).is_err(), "a record of {} bytes was read", cut);
    }
}
