//! A slot, as Twinkey or a person in the store's own interface wrote it.

use secrecy::{ExposeSecret, SecretString};
use twinkey::documents::{changed_slot, pasted_seen, slot_secret, slot_seen};
use twinkey::secret::mac_of;
use twinkey_core::seen::{Host, SlotSeen, Which};
use twinkey_core::step::{SlotChange, Step, WriteSlot};
use twinkey_core::{Client, Expected, Outcome, Salt, Seen, Version, Wish};
use twinkey_store::{Body, Field, Versioned};

use crate::now;

const OURS: [&str; 4] = ["client_id", "client_secret", "candidate", "previous"];

/// The input is the slot's JSON. What the rules expect of a change is what stands in the slot afterwards, and
/// fields that are not ours stay. `Debug` shows no value.
pub fn slot(data: &[u8]) {
    let Ok(Ok(body)) = std::str::from_utf8(data).map(Body::from_json) else { return };
    let salt = Salt::from_bytes([7; 16]);
    let before = seen(&body, "1", &salt);
    for (field, mac) in [
        (Which::Secret, before.secret.map(|pasted| pasted.secret)),
        (Which::Candidate, before.candidate.map(|pasted| pasted.secret)),
        (Which::Previous, before.previous),
    ] {
        let Some(mac) = mac else { continue };
        assert!(before.holding(mac).is_some());
        let text =
            slot_secret(&body, mac, &salt).unwrap_or_else(|| panic!("{field:?} is seen and not found"));
        assert_eq!(mac_of(&salt, &text), mac);
    }
    shows_nothing(&body, &before);

    let fresh = SecretString::from("fresh-secret");
    for change in changes(&before, &fresh, &salt) {
        let given = (!matches!(change, SlotChange::Promote { .. })).then(|| fresh.clone());
        let after = changed_slot(Some(&body), &change, given).expect("a change that the rules may decide on");
        assert_eq!(expected(&before, &change), seen(&after, "2", &salt), "{change:?}");
        if !matches!(change, SlotChange::Enter { .. }) {
            for name in body.names().filter(|name| !OURS.contains(name)) {
                assert!(is_kept(body.field(name), after.field(name)), "{name} after {change:?}");
            }
        }
    }
}

fn changes(before: &SlotSeen, fresh: &SecretString, salt: &Salt) -> Vec<SlotChange> {
    let pasted = pasted_seen(fresh, salt);
    let client_id = "new-id".to_owned();
    let mut changes = vec![
        SlotChange::Enter { client_id: client_id.clone(), secret: pasted },
        SlotChange::TakeLive { client_id: client_id.clone(), secret: pasted.secret },
        SlotChange::Deposit { client_id: None, candidate: pasted },
        SlotChange::Deposit { client_id: Some(client_id), candidate: pasted },
    ];
    changes.extend(before.candidate.map(|candidate| SlotChange::Promote { candidate: candidate.secret }));
    changes
}

/// What the rules know of the slot after this change.
fn expected(before: &SlotSeen, change: &SlotChange) -> SlotSeen {
    let mut known = Seen::nothing(Wish::Keep, "fuzz", Host::default());
    known.slots.a = Some(before.clone());
    let expected = Expected::Version(before.version.clone());
    let step = Step::WriteSlot(WriteSlot { client: Client::A, expected, change: change.clone() });
    known.after(&step, Outcome::Written(Version::new("2")), now()).slots.a.expect("a slot")
}

fn seen(body: &Body, version: &str, salt: &Salt) -> SlotSeen {
    slot_seen(&Versioned { version: Version::new(version), body: body.clone() }, salt)
}

fn is_kept(before: Option<&Field>, after: Option<&Field>) -> bool {
    match (before, after) {
        (Some(Field::Text(one)), Some(Field::Text(two))) => one.expose_secret() == two.expose_secret(),
        (Some(Field::Other(one)), Some(Field::Other(two))) => one.as_str() == two.as_str(),
        _ => false,
    }
}

/// A value that is long enough to be told from our own words stands in no `Debug` text.
fn shows_nothing(body: &Body, seen: &SlotSeen) {
    let shown = format!("{body:?} {:?} {:?} {:?}", seen.secret, seen.candidate, seen.previous);
    for name in ["client_secret", "candidate", "previous"] {
        let Some(text) = body.text(name) else { continue };
        let text = text.expose_secret();
        let is_a_name = body.names().any(|name| format!("{name:?}").contains(text));
        assert!(text.len() < 24 || is_a_name || !shown.contains(text), "{name} shows");
    }
}
