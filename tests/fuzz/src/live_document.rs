//! A live document in which others have fields too.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use twinkey::documents::{Documents, SecretPair};
use twinkey_core::PerClient;
use twinkey_store::{Body, Place};

const ID: &str = "GBG_ID";
const SECRET: &str = "GBG_SECRET";

/// The input is the document's JSON. After a publication both of our fields are the published pair, and every
/// other field stands there letter for letter, with the same meaning.
pub fn live_document(data: &[u8]) {
    let Ok(json) = std::str::from_utf8(data) else { return };
    let before = match Body::from_json(json) {
        Ok(body) => body,
        Err(error) => {
            assert!(error.line <= json.matches('\n').count() + 1);
            return;
        }
    };
    let theirs = fields(json).expect("what we read is a JSON object");

    let pair = SecretPair { client_id: "id-b".to_owned(), secret: SecretString::from("published-\"\\\u{7}") };
    let after = documents().with_pair(Some(&before), &pair);
    let written_json = after.to_json();
    let read = Body::from_json(&written_json).expect("what we write is a JSON object");
    assert!(read.same_meaning(&after) && after.same_meaning(&read), "{after:?}");
    let text = |name| read.text(name).map(|text| text.expose_secret().to_owned());
    assert_eq!(text(ID).as_deref(), Some("id-b"));
    assert_eq!(text(SECRET).as_deref(), Some(pair.secret.expose_secret()));

    let written: Fields<'_> = fields(&written_json).expect("what we write is a JSON object");
    for (name, value) in theirs.iter().filter(|(name, _)| *name != ID && *name != SECRET) {
        let kept = written.get(name).map(|value| value.get());
        let as_it_was = kept.is_some_and(|kept| kept == value.get() || is_same(value.get(), kept));
        assert!(as_it_was, "the field {name:?} was changed");
        for other in ["\"another\"", "1e999", "[[]]"].into_iter().filter(|other| !is_same(other, value.get()))
        {
            let mut changed = written.clone();
            let other: &RawValue = serde_json::from_str(other).expect("JSON");
            changed.insert(name.clone(), other);
            let changed = serde_json::to_string(&changed).expect("JSON");
            let changed = Body::from_json(&changed).expect("an object");
            assert!(!after.same_meaning(&changed), "a change of {name:?} to {other} is not seen");
        }
    }
    let added = [ID, SECRET].iter().filter(|name| !theirs.contains_key(**name)).count();
    assert_eq!(written.len(), theirs.len() + added, "fields came or went");
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

fn fields(json: &str) -> Option<Fields<'_>> {
    serde_json::from_str(json).ok()
}

/// The same but for white space, or texts that are spelled otherwise and say the same.
fn is_same(one: &str, two: &str) -> bool {
    let text = |json| serde_json::from_str::<String>(json).ok();
    let tight = |json: &str| json.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>();
    text(one).map_or_else(|| tight(one) == tight(two), |one| Some(one) == text(two))
}

fn documents() -> Documents {
    let place = |path| Place::parse(path).expect("a place");
    Documents {
        live: place("app/gbg"),
        slots: PerClient { a: place("twinkey/app/gbg/a"), b: place("twinkey/app/gbg/b") },
        record: place("twinkey/app/gbg/record"),
        id_field: ID.to_owned(),
        secret_field: SECRET.to_owned(),
    }
}
