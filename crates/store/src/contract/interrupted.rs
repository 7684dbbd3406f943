//! Writers that are dropped half-way: old or new, never half, and never a dead end.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use twinkey_core::{Expected, Version};

use super::{attempt, current, pair, place, read, value_of, write, written};
use crate::{Place, Store, Written};

/// No store needs this many awaits for one write.
const POLLS: usize = 10_000;

/// Polls a future at most `polls` times, each time that it asks for it, and then drops it.
async fn polled<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

pub(super) async fn a_write_dropped_at_any_await_is_whole_or_nothing<S: Store>(fresh: &impl AsyncFn() -> S) {
    let place = place("dropped");
    written(&fresh().await, &place, &Expected::Absent, &pair("start"), attempt("dropped", 0)).await;
    for polls in 0..POLLS {
        let (old, new) = (format!("old-{polls}"), format!("new-{polls}"));
        let before = fence(&fresh().await, &place, &old, polls).await;
        let expected = Expected::Version(before.clone());
        let store = fresh().await;
        let body = pair(&new);
        let answer =
            polled(store.write(&place, &expected, &body, attempt("dropped", 1 + polls)), polls).await;
        drop(store);

        let after = read(&fresh().await, &place).await.expect("the document is there");
        let seen = value_of(&after.body);
        assert!(seen == old || seen == new, "neither old nor new after {polls} polls: {seen}");
        assert_eq!(seen == old, after.version == before, "fields and version do not belong together");
        assert!(polls > 0 || seen == old, "a write that was never polled was made");
        if let Some(answer) = answer {
            let answer = answer.expect("writing works");
            assert_eq!(answer, Written::Written(after.version), "answered otherwise than done");
            assert_eq!(seen, new, "answered otherwise than done");
            return;
        }
    }
    panic!("a write did not end within {POLLS} polls");
}

/// Writes against whatever stands there until it is done. What an earlier round has still under way lands
/// before or never.
async fn fence<S: Store>(store: &S, place: &Place, value: &str, round: usize) -> Version {
    for tries in 0..POLLS {
        let expected = current(store, place).await;
        let by = attempt(&format!("fence {round}"), tries);
        if let Written::Written(version) = write(store, place, &expected, &pair(value), by).await {
            return version;
        }
    }
    panic!("a dropped write came back and back");
}

pub(super) async fn a_dropped_write_may_be_repeated<S: Store>(fresh: &impl AsyncFn() -> S) {
    let place = place("repeated");
    for polls in 0..POLLS {
        let expected = current(&fresh().await, &place).await;
        let (by, body) = (attempt("repeated", polls), pair(&polls.to_string()));
        let store = fresh().await;
        let done = polled(store.write(&place, &expected, &body, by), polls).await.is_some();
        drop(store);

        // It never arrived, it has arrived, or it arrives just now: one write in any case.
        let version = match write(&fresh().await, &place, &expected, &body, by).await {
            Written::Written(version) => version,
            other => panic!("a repeated attempt was answered {other:?} after {polls} polls"),
        };
        let found = read(&fresh().await, &place).await.expect("the document is there");
        assert_eq!((value_of(&found.body), &found.version), (polls.to_string(), &version));
        let next = Expected::Version(version);
        written(&fresh().await, &place, &next, &pair("next"), attempt("repeated next", polls)).await;
        if done {
            return;
        }
    }
    panic!("a write did not end within {POLLS} polls");
}
