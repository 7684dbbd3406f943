//! How long to wait after failures in a row.

use jiff::SignedDuration;

/// The first pause: short, since after the second failure another channel is asked.
const FIRST: SignedDuration = SignedDuration::from_secs(10);

/// The longest pause of what may pass.
const LONGEST: SignedDuration = SignedDuration::from_mins(30);

/// The pause of what fails until somebody does something: they may have done it.
pub(super) const HOPELESS: SignedDuration = SignedDuration::from_mins(30);

/// The pause after so many failures in a row: 10 s, doubled each time, up to half an hour.
pub fn pause(failures: u32) -> SignedDuration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(20));
    doubled.min(LONGEST)
}
