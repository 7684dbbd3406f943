//! Consumers that read the live pair now and then, and keep what they have while they cannot.

use jiff::{SignedDuration, Timestamp};
use twinkey_core::Mac;
use twinkey_core::seen::Pair;

/// What could be read, and when nothing could.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumers {
    live: Vec<(Timestamp, Option<Pair>)>,
    outages: Vec<(Timestamp, Timestamp)>,
}

/// So many consumers, each with its own phase.
const CONSUMERS: i32 = 16;

const RETRY: SignedDuration = SignedDuration::from_mins(1);

impl Consumers {
    pub(crate) fn live(&mut self, now: Timestamp, pair: Option<Pair>) {
        self.live.push((now, pair));
    }

    /// The store is away for so long.
    pub(crate) fn down(&mut self, from: Timestamp, time: SignedDuration) {
        self.outages.push((from, from + time));
    }

    pub(crate) fn up(&mut self, now: Timestamp) {
        for (_, until) in &mut self.outages {
            *until = now.min(*until);
        }
    }

    pub(crate) fn is_down(&self, at: Timestamp) -> bool {
        self.outages.iter().any(|(from, until)| *from <= at && at < *until)
    }

    /// How many consumers hold this secret now. Each refreshes once per `staleness`, at its own moment, and
    /// tries again after a minute while the store is away.
    pub(crate) fn holders(&self, now: Timestamp, staleness: SignedDuration, secret: Mac) -> usize {
        let phases = (0..CONSUMERS).map(|phase| staleness * phase / CONSUMERS);
        phases.filter(|phase| self.holds(now, now - *phase, staleness, secret)).count()
    }

    fn holds(&self, now: Timestamp, mut at: Timestamp, staleness: SignedDuration, secret: Mac) -> bool {
        let first = self.live.first().map_or(now, |(since, _)| *since);
        while at >= first {
            if let Some(read_at) = self.read_after(at).filter(|read_at| *read_at <= now) {
                let read = self.live.iter().rev().find(|(since, _)| *since <= read_at);
                return matches!(read, Some((_, Some(pair))) if pair.secret == secret);
            }
            at -= staleness;
        }
        false
    }

    /// When an attempt that begins at this moment succeeds.
    fn read_after(&self, at: Timestamp) -> Option<Timestamp> {
        let mut at = at;
        for _ in 0..self.outages.len() + 1 {
            match self.outages.iter().find(|(from, until)| *from <= at && at < *until) {
                Some((_, until)) => at = until.checked_add(RETRY).ok()?,
                None => return Some(at),
            }
        }
        None
    }
}
