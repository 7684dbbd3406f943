//! The model's clock: days, and within a day nothing but the order of events.
//!
//! All that happens on one day happens within its first minute, so a token got on the same day is fresh and
//! one of yesterday is not. A day is 30 hours long and the policy's spans are 29, so that every span the
//! rules compare (60 s, 4 h, 24 h, the drain once and twice) falls clearly on one side of a day.

use jiff::{SignedDuration, Timestamp};

/// One day of the model.
pub const DAY: SignedDuration = SignedDuration::from_hours(30);

/// The span that a policy calls one day: a little less, so that the next day is always late enough.
pub const ALMOST_A_DAY: SignedDuration = SignedDuration::from_hours(29);

const MIDNIGHT: Timestamp = Timestamp::constant(1_000_000_000, 0);

/// The first moment of a day; day 0 lies where every age that is told apart still has room.
pub fn midnight(day: i64) -> Timestamp {
    MIDNIGHT + SignedDuration::from_secs(DAY.as_secs() * day)
}

/// On which day a moment lies.
pub fn day(at: Timestamp) -> i64 {
    at.duration_since(MIDNIGHT).as_secs().div_euclid(DAY.as_secs())
}

/// The moment after this one, on the same day.
pub fn moment_later(at: Timestamp) -> Timestamp {
    at + SignedDuration::from_millis(1)
}
