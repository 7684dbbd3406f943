//! The headers `Retry-After` and `Date`.

use std::time::UNIX_EPOCH;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use twinkey_core::AnswerKind;
use twinkey_provider::{Reply, read};

use crate::now;

/// The input is one line each: `Retry-After`, `Date`, our clock in seconds since 1970. A pause is 1 s to 1 h, in
/// both forms of RFC 9110 section 10.2.3; another library reads the dates beside ours.
pub fn retry_after(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    let retry = insert(&mut headers, RETRY_AFTER, lines.next());
    let date = insert(&mut headers, DATE, lines.next());
    let clock = lines.next().and_then(|line| std::str::from_utf8(line).ok()?.parse().ok());
    let now = clock.and_then(|second| Timestamp::from_second(second).ok()).unwrap_or(now());

    let reply = Reply { status: 429, headers, body: Vec::new(), too_large: false };
    let answer = read(&reply, None, &[], now);
    let AnswerKind::Throttled { retry_after } = answer.kind else { panic!("{:?}", answer.kind) };
    let (least, most) = (SignedDuration::from_secs(1), SignedDuration::from_hours(1));
    assert!(retry_after.is_none_or(|pause| (least..=most).contains(&pause)));
    if let Some(retry) = retry {
        if let Some(theirs) = http_date(&retry) {
            assert_eq!(retry_after, Some(theirs.duration_since(now).clamp(least, most)));
        } else if retry.len() < 19 && !retry.is_empty() && retry.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = SignedDuration::from_secs(retry.parse().expect("a short number"));
            assert_eq!(retry_after, Some(seconds.clamp(least, most)));
        }
    } else {
        assert_eq!(retry_after, None);
    }
    if let Some(theirs) = date.as_deref().and_then(http_date) {
        assert_eq!(answer.clock_skew, Some(theirs.duration_since(now)));
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, line: Option<&[u8]>) -> Option<String> {
    let value = HeaderValue::from_bytes(line?).ok()?;
    let text = value.to_str().ok().map(str::to_owned);
    headers.insert(name, value);
    text
}

/// A date in the one current form of HTTP, as another library reads it.
fn http_date(text: &str) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(text).ok()?;
    let current_form = httpdate::fmt_http_date(time) == text;
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok().filter(|_| current_form)
}
