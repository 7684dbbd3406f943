//! Who is at work, and when they last moved: what the watchdog is fed by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long a round may go without a step before it counts as stuck. Every request has a limit far below it.
const STUCK: SignedDuration = SignedDuration::from_mins(5);

/// When a round last moved, in seconds of Unix time. One that waits for its place is not at fault.
pub(crate) type Moved = Arc<AtomicI64>;

/// All rounds at work, by credential.
#[derive(Clone, Default)]
pub(crate) struct Moves(Arc<Mutex<BTreeMap<String, Moved>>>);

/// Counts as at work until dropped, also by a panic.
pub(crate) struct AtWork {
    moves: Moves,
    name: String,
    /// When it last moved.
    pub(crate) moved: Moved,
}

impl Moves {
    /// A round begins.
    pub(crate) fn enter(&self, name: &str) -> AtWork {
        let moved = Arc::new(AtomicI64::new(i64::MAX));
        self.lock().insert(name.to_owned(), Arc::clone(&moved));
        AtWork { moves: self.clone(), name: name.to_owned(), moved }
    }

    /// The credentials at work.
    pub(crate) fn at_work(&self) -> BTreeSet<String> {
        self.lock().keys().cloned().collect()
    }

    /// Whether everybody at work has moved lately.
    pub(crate) fn is_moving(&self, now: Timestamp) -> bool {
        let last = |moved: &Moved| moved.load(Ordering::Relaxed);
        let oldest = self.lock().values().map(last).min().unwrap_or(i64::MAX);
        now.as_second().saturating_sub(oldest) <= STUCK.as_secs()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Moved>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.moves.lock().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_not_moved_for_minutes_is_stuck_and_whoever_waits_for_a_place_is_not() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let moves = Moves::default();
        let (one, two) = (moves.enter("one"), moves.enter("two"));
        assert!(moves.is_moving(now), "both wait");
        one.moved.store(now.as_second() - 300, Ordering::Relaxed);
        two.moved.store(now.as_second(), Ordering::Relaxed);
        assert!(moves.is_moving(now));
        assert!(!moves.is_moving(now + SignedDuration::from_secs(1)));
        assert_eq!(moves.at_work().len(), 2);
        drop(one);
        assert!(moves.is_moving(now + SignedDuration::from_secs(1)));
        assert_eq!(moves.at_work(), BTreeSet::from(["two".to_owned()]));
    }
}
