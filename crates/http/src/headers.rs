//! Two headers of which the dates and pauses are made: `Retry-After`, `Date`.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The shortest and the longest pause that a server may ask for. An alert that waits for a day is none, and neither is
/// a probe.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// How long a server asks to wait (RFC 9110 section 10.2.3): seconds, or a date. Clamped to 1 s to 1 h.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than a number can hold are the longest pause all the same.
        SignedDuration::from_secs(text.parse().unwrap_or(i64::MAX))
    } else {
        date(text)?.duration_since(now)
    };
    Some(pause.clamp(SHORTEST, LONGEST))
}

/// An HTTP date in its one current form, IMF-fixdate (RFC 9110 section 5.6.7).
pub fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        headers
    }

    #[test]
    fn retry_after_comes_in_both_forms_and_is_clamped() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
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
            assert_eq!(retry_after(&with(value), now), seconds.map(SignedDuration::from_secs), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_in_a_header_are_a_sane_pause_or_none(
            bytes in prop::collection::vec(any::<u8>(), 0..60),
            second in -377705023201i64..253402207200,
        ) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = reqwest::header::HeaderValue::from_bytes(&bytes) {
                headers.insert(RETRY_AFTER, value);
            }
            let pause = retry_after(&headers, Timestamp::from_second(second).unwrap());
            prop_assert!(pause.is_none_or(|pause| (SHORTEST..=LONGEST).contains(&pause)));
        }

        #[test]
        fn every_date_of_http_is_read(second in 0i64..4_102_444_800, apart in -7200i64..7200) {
            let theirs = Timestamp::from_second(second).unwrap();
            let now = theirs - SignedDuration::from_secs(apart);
            let text = theirs.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            prop_assert_eq!(date(&text), Some(theirs));
            let pause = SignedDuration::from_secs(apart.clamp(1, 3600));
            prop_assert_eq!(retry_after(&with(&text), now), Some(pause));
        }
    }
}
