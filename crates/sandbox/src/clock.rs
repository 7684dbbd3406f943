//! The sandbox's own clocks: the wall clock for what it says, a steady one for what it measures.

use std::time::{Duration, SystemTime};

pub(crate) use tokio::time::Instant;

/// What the wall says.
pub(crate) fn now() -> SystemTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the sandbox is a server of its own, with a clock of its own"
    )]
    SystemTime::now()
}

/// The value of the `Date` header (RFC 9110 section 6.6.1) on a clock that is this many seconds ahead.
pub(crate) fn date(ahead: i64) -> String {
    let offset = Duration::from_secs(ahead.unsigned_abs());
    let shifted = if ahead < 0 { now().checked_sub(offset) } else { now().checked_add(offset) };
    httpdate::fmt_http_date(shifted.unwrap_or_else(now))
}
