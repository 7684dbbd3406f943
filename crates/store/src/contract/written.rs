//! One writer: what is written is read, once, and by everybody.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;
use twinkey_core::{Expected, Version};

use super::{attempt, current, pair, place, read, value_of, write, written};
use crate::{Body, Freshness, Store, Written};

pub(super) async fn an_absent_document_is_none(store: &impl Store) {
    let place = place("absent");
    for freshness in [Freshness::Ordinary, Freshness::Latest] {
        let found = store.read(&place, freshness).await.expect("reading works");
        assert!(found.is_none(), "a document that nobody wrote was found");
    }
}

pub(super) async fn what_is_written_is_read_by_another_handle<S: Store>(fresh: &impl AsyncFn() -> S) {
    let place = place("first");
    let one = written(&fresh().await, &place, &Expected::Absent, &pair("1"), attempt("first", 1)).await;
    let found = read(&fresh().await, &place).await.expect("the document is there");
    assert_eq!((value_of(&found.body).as_str(), &found.version), ("1", &one));

    let two =
        written(&fresh().await, &place, &Expected::Version(one.clone()), &pair("2"), attempt("first", 2))
            .await;
    let found = read(&fresh().await, &place).await.expect("the document is there");
    assert_eq!((value_of(&found.body).as_str(), &found.version), ("2", &two));
    assert_ne!(one, two, "a new write took the old version's name");
}

pub(super) async fn a_write_with_another_expectation_is_a_conflict(store: &impl Store) {
    let place = place("conflict");
    let never = Expected::Version(Version::new("999999-nobody"));
    let to_nothing = write(store, &place, &never, &pair("x"), attempt("conflict", 0)).await;
    assert_eq!(to_nothing, Written::Conflict, "an absent document had a version");
    assert!(read(store, &place).await.is_none(), "a refused write left something");

    let one = written(store, &place, &Expected::Absent, &pair("1"), attempt("conflict", 1)).await;
    let two =
        written(store, &place, &Expected::Version(one.clone()), &pair("2"), attempt("conflict", 2)).await;
    for (number, wrong) in [Expected::Absent, Expected::Version(one), never].into_iter().enumerate() {
        // Twice: a refusal changes nothing, so it is repeated.
        for _ in 0..2 {
            let answer = write(store, &place, &wrong, &pair("x"), attempt("conflict", 10 + number)).await;
            assert_eq!(answer, Written::Conflict, "written over {wrong:?}");
        }
    }
    let found = read(store, &place).await.expect("the document is there");
    assert_eq!((value_of(&found.body).as_str(), found.version), ("2", two));
}

pub(super) async fn the_same_attempt_twice_is_one_write<S: Store>(fresh: &impl AsyncFn() -> S) {
    let place = place("twice");
    let first = attempt("twice", 1);
    let one = written(&fresh().await, &place, &Expected::Absent, &pair("1"), first).await;
    let again = written(&fresh().await, &place, &Expected::Absent, &pair("1"), first).await;
    assert_eq!(one, again, "the same attempt made two versions");

    let (second, from_one) = (attempt("twice", 2), Expected::Version(one));
    let two = written(&fresh().await, &place, &from_one, &pair("2"), second).await;
    let again = written(&fresh().await, &place, &from_one, &pair("2"), second).await;
    assert_eq!(two, again, "the same attempt made two versions");

    let late = write(&fresh().await, &place, &Expected::Absent, &pair("1"), first).await;
    assert_eq!(late, Written::Conflict, "an attempt that is past was answered as if it stood");
    assert_eq!(current(&fresh().await, &place).await, Expected::Version(two));
}

pub(super) async fn a_repeated_attempt_with_another_body_is_a_conflict(store: &impl Store) {
    let place = place("other-body");
    let one = written(store, &place, &Expected::Absent, &pair("1"), attempt("other-body", 1)).await;
    let answer = write(store, &place, &Expected::Absent, &pair("2"), attempt("other-body", 1)).await;
    assert_eq!(answer, Written::Conflict, "a body that was never written was answered as written");
    let found = read(store, &place).await.expect("the document is there");
    assert_eq!((value_of(&found.body).as_str(), found.version), ("1", one));
}

pub(super) async fn a_version_never_comes_back<S: Store>(fresh: &impl AsyncFn() -> S) {
    let place = place("versions");
    let mut past = BTreeSet::new();
    let mut expected = Expected::Absent;
    for number in 0..8 {
        // The same fields every second time: the version is of the write, not of the content.
        let body = pair(if number % 2 == 0 { "even" } else { "odd" });
        let version = written(&fresh().await, &place, &expected, &body, attempt("versions", number)).await;
        assert!(past.insert(version.clone()), "version {version} came back");
        expected = Expected::Version(version);
    }
    // A write of the same fields makes a new version too: that is the fence.
    let fenced = written(&fresh().await, &place, &expected, &pair("odd"), attempt("versions", 100)).await;
    assert!(past.insert(fenced.clone()), "rewriting the same fields kept the version");
    past.remove(&fenced);
    for (number, version) in past.into_iter().enumerate() {
        let stale = Expected::Version(version);
        let answer =
            write(&fresh().await, &place, &stale, &pair("x"), attempt("versions", 200 + number)).await;
        assert_eq!(answer, Written::Conflict, "written over a version that is past");
    }
}

pub(super) async fn documents_do_not_disturb_each_other(store: &impl Store) {
    let (one, two) = (place("apart"), place("apart/a"));
    let first = written(store, &one, &Expected::Absent, &pair("1"), attempt("apart", 1)).await;
    written(store, &two, &Expected::Absent, &pair("2"), attempt("apart", 2)).await;
    let found = read(store, &one).await.expect("the document is there");
    assert_eq!((value_of(&found.body).as_str(), &found.version), ("1", &first));
    written(store, &one, &Expected::Version(first), &pair("3"), attempt("apart", 3)).await;
    assert_eq!(value_of(&read(store, &two).await.expect("the document is there").body), "2");
}

pub(super) async fn foreign_fields_survive<S: Store>(fresh: &impl AsyncFn() -> S) {
    let place = place("foreign");
    let json = r#"{"client_id":"i","client_secret":"s","count":9007199254740991,"half":0.5,"list":[1,"two",{"three":null}],"none":null,"note":"","on":true}"#;
    let theirs = Body::from_json(json).expect("JSON");
    written(&fresh().await, &place, &Expected::Absent, &theirs, attempt("foreign", 1)).await;

    let found = read(&fresh().await, &place).await.expect("the document is there");
    assert!(found.body.same_meaning(&theirs), "fields changed on their way through the store");
    let mut ours = found.body;
    ours.set_text("client_secret", "t".into());
    written(&fresh().await, &place, &Expected::Version(found.version), &ours, attempt("foreign", 2)).await;

    let found = read(&fresh().await, &place).await.expect("the document is there");
    let wanted = Body::from_json(&json.replace(r#""s""#, r#""t""#)).expect("JSON");
    assert!(found.body.same_meaning(&wanted), "writing one field changed another");
}

pub(super) async fn awkward_texts_survive<S: Store>(fresh: &impl AsyncFn() -> S) {
    let place = place("awkward");
    let long = "x".repeat(100_000);
    let texts =
        ["", " ", "\"\\/", "a\nb\r\n\t", "{\"json\":1}", "\u{e9}\u{2603}\u{1d11e}", "%2F+&=;'`$(id)", &long];
    let mut body = Body::new();
    for (number, text) in texts.iter().enumerate() {
        body.set_text(format!("field-{number}"), (*text).into());
    }
    written(&fresh().await, &place, &Expected::Absent, &body, attempt("awkward", 1)).await;
    let found = read(&fresh().await, &place).await.expect("the document is there").body;
    for (number, text) in texts.iter().enumerate() {
        let read = found.text(&format!("field-{number}")).expect("the field is there");
        assert!(read.expose_secret() == *text, "text {number} changed on its way through the store");
    }
}
