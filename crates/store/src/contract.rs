//! The contract of [`Store`] as a suite that every store must pass.
//!
//! A store's test is one line:
//!
//! ```
//! # use twinkey_store::{MemoryStore, contract};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let store = MemoryStore::new();
//! contract::holds(async || store.clone()).await;
//! # }
//! ```

#![expect(clippy::expect_used, reason = "a suite of tests: a failed step is a failed test")]

mod interrupted;
mod raced;
mod written;

use secrecy::ExposeSecret as _;
use twinkey_core::{AttemptId, Expected, Version};

use crate::{Body, Freshness, Place, Store, Versioned, Written};

/// Runs the whole suite; panics with the broken promise.
///
/// `fresh` opens a handle on the same underlying data each time, as another process would. The data must be
/// empty at the start. Call it in a tokio runtime; handles are moved to tasks of their own.
pub async fn holds<S: Store + 'static>(fresh: impl AsyncFn() -> S) {
    written::an_absent_document_is_none(&fresh().await).await;
    written::what_is_written_is_read_by_another_handle(&fresh).await;
    written::a_write_with_another_expectation_is_a_conflict(&fresh().await).await;
    written::the_same_attempt_twice_is_one_write(&fresh).await;
    written::a_repeated_attempt_with_another_body_is_a_conflict(&fresh().await).await;
    written::a_version_never_comes_back(&fresh).await;
    written::documents_do_not_disturb_each_other(&fresh().await).await;
    written::foreign_fields_survive(&fresh).await;
    written::awkward_texts_survive(&fresh).await;
    raced::of_many_writers_one_wins_each_version(&fresh).await;
    raced::the_same_attempt_from_many_is_one_write(&fresh).await;
    interrupted::a_write_dropped_at_any_await_is_whole_or_nothing(&fresh).await;
    interrupted::a_dropped_write_may_be_repeated(&fresh).await;
    fresh().await.check(&[]).await.expect("a store that works can be checked");
}

fn place(case: &str) -> Place {
    Place::parse(&format!("contract/{case}")).expect("a valid place")
}

/// An attempt with a name of its own.
fn attempt(case: &str, number: usize) -> AttemptId {
    AttemptId::derive(&[case.as_bytes(), &number.to_be_bytes()])
}

/// Two fields that belong together, so that half a document shows.
fn pair(value: &str) -> Body {
    let mut body = Body::new();
    body.set_text("client_id", format!("id-{value}").as_str().into());
    body.set_text("client_secret", format!("secret-{value}").as_str().into());
    body
}

/// Which [`pair`] a body is; panics if it is half of one and half of another.
fn value_of(body: &Body) -> String {
    let text = |name| body.text(name).expect("both fields are there").expose_secret().to_owned();
    let value = text("client_id").replacen("id-", "", 1);
    assert_eq!(text("client_secret"), format!("secret-{value}"), "half a document was read");
    value
}

async fn read(store: &impl Store, place: &Place) -> Option<Versioned> {
    store.read(place, Freshness::Latest).await.expect("reading works")
}

async fn write(
    store: &impl Store,
    place: &Place,
    expected: &Expected,
    body: &Body,
    attempt: AttemptId,
) -> Written {
    store.write(place, expected, body, attempt).await.expect("writing works")
}

/// Writes and returns the new version.
async fn written(
    store: &impl Store,
    place: &Place,
    expected: &Expected,
    body: &Body,
    by: AttemptId,
) -> Version {
    match write(store, place, expected, body, by).await {
        Written::Written(version) => version,
        other => panic!("{place} was not written: {other:?}"),
    }
}

/// What a compare-and-set has to expect now.
async fn current(store: &impl Store, place: &Place) -> Expected {
    read(store, place).await.map_or(Expected::Absent, |found| Expected::Version(found.version))
}
