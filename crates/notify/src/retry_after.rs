//! How long a receiver asks to wait.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The shortest and the longest pause that a receiver may ask for: an alert that waits for a day is none.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// The pause (RFC 9110 section 10.2.3): seconds, or a date. Clamped to 1 s to 1 h.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than a number can hold are the longest pause all the same.
        SignedDuration::from_secs(text.parse().unwrap_or(i64::MAX))
    } else {
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?.duration_since(now)
    };
    Some(pause.clamp(SHORTEST, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_clamped() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let cases = [
            ("30", Some(30)),
            ("0", Some(1)),
            ("99999999999999999999", Some(3600)),
            ("Tue, 24 Nov 2026 12:02:00 GMT", Some(120)),
            ("Tue, 24 Nov 2026 11:00:00 GMT", Some(1)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ];
        for (value, seconds) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            assert_eq!(retry_after(&headers, now), seconds.map(SignedDuration::from_secs), "{value}");
        }
    }
}
