//! Consumers that read the live pair now and then, and keep what they have while they cannot.

use jiff::{SignedDuration, Timestamp};
use twinkey_core::Mac;
use twinkey_core::seen::Pair;

/// What could be read, and when nothing could.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumers {
    live: Vec<(Timestamp, Option<Pair>)>,
    outages: Vec<(Timestamp, Option<Timestamp>)>,
}

/// So many consumers, each with its own phase.
const CONSUMERS: i32 = 16;

impl Consumers {
    pub(crate) fn live(&mut self, now: Timestamp, pair: Option<Pair>) {
        self.live.push((now, pair));
    }

    pub(crate) fn down(&mut self, now: Timestamp) {
        if !self.is_down() {
            self.outages.push((now, None));
        }
    }

    pub(crate) fn up(&mut self, now: Timestamp) {
        if let Some((_, until @ None)) = self.outages.last_mut() {
            *until = Some(now);
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        matches!(self.outages.last(), Some((_, None)))
    }

    /// How many consumers hold this secret now. Each refreshes once per `staleness`, at its own moment.
    pub(crate) fn holders(&self, now: Timestamp, staleness: SignedDuration, secret: Mac) -> usize {
        let phases = (0..CONSUMERS).map(|phase| staleness * phase / CONSUMERS);
        phases.filter(|phase| self.holds(now, now - *phase, staleness, secret)).count()
    }

    fn holds(&self, now: Timestamp, mut at: Timestamp, staleness: SignedDuration, secret: Mac) -> bool {
        while self.was_down(at) {
            at -= staleness;
        }
        debug_assert!(at <= now);
        let read = self.live.iter().rev().find(|(since, _)| *since <= at);
        matches!(read, Some((_, Some(pair))) if pair.secret == secret)
    }

    fn was_down(&self, at: Timestamp) -> bool {
        self.outages.iter().any(|(from, until)| *from <= at && until.is_none_or(|until| at < until))
    }
}
