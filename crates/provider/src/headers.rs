//! What a provider's headers tell beside the answer: its clock, and whether a cache has answered.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{AGE, DATE, HeaderMap};
use twinkey_http::date;

/// The provider's `Date` (RFC 9110 section 6.6.1) minus our clock. A date has whole seconds.
pub(crate) fn clock_skew(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    Some(date(headers.get(DATE)?.to_str().ok()?)?.duration_since(now))
}

/// Whether a cache has answered (RFC 9111 section 5.1): a token must never come from one.
pub(crate) fn from_cache(headers: &HeaderMap) -> bool {
    headers.contains_key(AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_is_the_providers_clock_minus_ours() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let with = |date: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, date.parse().unwrap());
            clock_skew(&headers, now)
        };
        assert_eq!(with("Tue, 24 Nov 2026 12:06:00 GMT"), Some(SignedDuration::from_mins(6)));
        assert_eq!(with("Tue, 24 Nov 2026 11:59:00 GMT"), Some(-SignedDuration::from_mins(1)));
        assert_eq!(with("yesterday"), None);
    }
}
