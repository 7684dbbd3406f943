//! The three headers that matter: `Retry-After`, `Date`, `Age`.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{AGE, DATE, HeaderMap, RETRY_AFTER};

/// The shortest and the longest pause that a provider may ask for.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// How long the provider asks to wait (RFC 9110 section 10.2.3): seconds, or a date. Clamped to 1 s to 1 h.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than a number can hold are the longest pause all the same.
        SignedDuration::from_secs(text.parse().unwrap_or(i64::MAX))
    } else {
        date(text)?.duration_since(now)
    };
    Some(pause.clamp(SHORTEST, LONGEST))
}

/// The provider's `Date` (RFC 9110 section 6.6.1) minus our clock. A date has whole seconds.
pub(crate) fn clock_skew(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    Some(date(headers.get(DATE)?.to_str().ok()?)?.duration_since(now))
}

/// Whether a cache has answered (RFC 9111 section 5.1): a token must never come from one.
pub(crate) fn from_cache(headers: &HeaderMap) -> bool {
    headers.contains_key(AGE)
}

/// An HTTP date in its one current form, IMF-fixdate.
fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(name: reqwest::header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    const NOW: &str = "2026-11-24T12:00:00Z";

    #[test]
    fn retry_after_comes_in_both_forms_and_is_clamped() {
        let now = NOW.parse().unwrap();
        let cases = [
            ("30", Some(30)),
            ("0", Some(1)),
            ("99999999999999999999", Some(3600)),
            ("-5", None),
            ("", None),
            ("86400", Some(3600)),
            ("Tue, 24 Nov 2026 12:02:00 GMT", Some(120)),
            ("Tue, 24 Nov 2026 11:00:00 GMT", Some(1)),
            ("soon", None),
        ];
        for (value, seconds) in cases {
            let pause = retry_after(&with(RETRY_AFTER, value), now);
            assert_eq!(pause, seconds.map(SignedDuration::from_secs), "{value}");
        }
    }

    #[test]
    fn skew_is_the_providers_clock_minus_ours() {
        let skew = clock_skew(&with(DATE, "Tue, 24 Nov 2026 12:06:00 GMT"), NOW.parse().unwrap());
        assert_eq!(skew, Some(SignedDuration::from_mins(6)));
        assert_eq!(clock_skew(&with(DATE, "yesterday"), NOW.parse().unwrap()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_in_a_header_are_a_sane_pause_or_none(
            bytes in prop::collection::vec(any::<u8>(), 0..60),
            second in -377705023201i64..253402207200,
        ) {
            let now = Timestamp::from_second(second).unwrap();
            let mut headers = HeaderMap::new();
            if let Ok(value) = reqwest::header::HeaderValue::from_bytes(&bytes) {
                headers.insert(RETRY_AFTER, value.clone());
                headers.insert(DATE, value);
            }
            let pause = retry_after(&headers, now);
            prop_assert!(pause.is_none_or(|pause| (SHORTEST..=LONGEST).contains(&pause)));
            clock_skew(&headers, now);
        }

        #[test]
        fn every_date_of_http_is_read(second in 0i64..4_102_444_800, apart in -7200i64..7200) {
            let theirs = Timestamp::from_second(second).unwrap();
            let now = theirs - SignedDuration::from_secs(apart);
            let text = theirs.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            prop_assert_eq!(clock_skew(&with(DATE, &text), now), Some(SignedDuration::from_secs(apart)));
            let pause = SignedDuration::from_secs(apart.clamp(1, 3600));
            prop_assert_eq!(retry_after(&with(RETRY_AFTER, &text), now), Some(pause));
        }
    }
}
