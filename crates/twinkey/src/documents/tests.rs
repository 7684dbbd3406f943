use proptest::prelude::*;
use twinkey_core::seen::Host;
use twinkey_core::step::{Step, WriteSlot};
use twinkey_core::{Client, Expected, Outcome, Seen, Version, Wish};

use super::*;

fn documents() -> Documents {
    let place = |path| Place::parse(path).unwrap();
    Documents {
        live: place("app/gbg"),
        slots: PerClient { a: place("twinkey/app/gbg/a"), b: place("twinkey/app/gbg/b") },
        record: place("twinkey/app/gbg/record"),
        id_field: "GBG_ID".into(),
        secret_field: "GBG_SECRET".into(),
    }
}

/// A text as a person may have typed it into a slot, line ends and all.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-c]{0,3}[\r\n]{0,2}", 1 => "(?s).{0,20}"]
}

/// Our four fields and somebody else's, each there or not, as text or as something else.
fn slot() -> impl Strategy<Value = Body> {
    let field = || prop::option::of(prop_oneof![8 => typed().prop_map(Ok), 1 => Just(Err("[7, null]"))]);
    let names = [CLIENT_ID, SECRET, CANDIDATE, PREVIOUS, "theirs", "candidate "];
    prop::array::uniform6(field()).prop_map(move |fields| {
        let members = names.iter().zip(fields).filter_map(|(name, value)| {
            let value = value?.map_or_else(str::to_owned, |text| serde_json::to_string(&text).unwrap());
            Some(format!("{name:?}:{value}"))
        });
        Body::from_json(&format!("{{{}}}", members.collect::<Vec<_>>().join(","))).unwrap()
    })
}

fn versioned(body: &Body, version: &str) -> Versioned {
    Versioned { version: Version::new(version), body: body.clone() }
}

/// What the rules know of a slot after they have changed it.
fn known(before: &SlotSeen, change: &SlotChange) -> SlotSeen {
    let mut seen = Seen::nothing(Wish::Keep, "olga", Host::default());
    seen.slots.a = Some(before.clone());
    let expected = Expected::Version(before.version.clone());
    let step = Step::WriteSlot(WriteSlot { client: Client::A, expected, change: change.clone() });
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    seen.after(&step, Outcome::Written(Version::new("2")), now).slots.a.unwrap()
}

proptest! {
    #[test]
    fn what_the_rules_know_of_a_changed_slot_is_what_stands_in_it(body in slot(), fresh in "[!-~]{1,20}") {
        let salt = Salt::from_bytes([7; 16]);
        let fresh = SecretString::from(fresh);
        let before = slot_seen(&versioned(&body, "1"), &salt);
        let pasted = pasted_seen(&fresh, &salt);
        let mut changes = vec![
            SlotChange::Enter { client_id: "new".into(), secret: pasted },
            SlotChange::TakeLive { client_id: "new".into(), secret: pasted.secret },
            SlotChange::Deposit { client_id: None, candidate: pasted },
            SlotChange::Deposit { client_id: Some("new".into()), candidate: pasted },
        ];
        changes.extend(before.candidate.map(|candidate| SlotChange::Promote { candidate: candidate.secret }));
        for change in changes {
            let after = changed_slot(Some(&body), &change, Some(fresh.clone())).unwrap();
            let stands = slot_seen(&versioned(&after, "2"), &salt);
            prop_assert_eq!(known(&before, &change), stands, "{:?}", change);
            if !matches!(change, SlotChange::Enter { .. }) {
                let theirs = |body: &Body| format!("{:?}", body.field("theirs").map(|field| match field {
                    twinkey_store::Field::Text(text) => text.expose_secret().to_owned(),
                    twinkey_store::Field::Other(json) => json.as_str().to_owned(),
                }));
                prop_assert_eq!(theirs(&body), theirs(&after), "{:?}", change);
            }
        }
    }

    #[test]
    fn a_secret_that_is_seen_in_a_slot_is_found_again_by_its_fingerprint(body in slot()) {
        let salt = Salt::from_bytes([7; 16]);
        let seen = slot_seen(&versioned(&body, "1"), &salt);
        let pasted = [seen.secret, seen.candidate].into_iter().flatten().map(|pasted| pasted.secret);
        for mac in pasted.chain(seen.previous) {
            let text = slot_secret(&body, mac, &salt).unwrap();
            prop_assert_eq!(mac_of(&salt, &text), mac);
            prop_assert!(!text.expose_secret().is_empty() && !text.expose_secret().ends_with(['\r', '\n']));
        }
        let unknown = salt.mac(b"unknown to this slot");
        prop_assert!(slot_secret(&body, unknown, &salt).is_none());
    }

    #[test]
    fn a_publication_sets_both_fields_and_keeps_all_others(
        before in prop::option::of(slot()), id in "[!-~]{1,20}", secret in "(?s).{1,20}",
    ) {
        let pair = SecretPair { client_id: id.clone(), secret: SecretString::from(secret.as_str()) };
        let after = documents().with_pair(before.as_ref(), &pair);
        let live = documents().live_pair(&after).unwrap();
        prop_assert_eq!((live.client_id, live.secret.expose_secret()), (id, secret.as_str()));
        let mut rest = after.clone();
        prop_assert!(rest.remove("GBG_ID") && rest.remove("GBG_SECRET"));
        prop_assert!(rest.same_meaning(&before.unwrap_or_default()));
    }
}
