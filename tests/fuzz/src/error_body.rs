//! The body of an answer with any status.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde_json::Value;
use twinkey_core::AnswerKind;
use twinkey_provider::{Reply, read};

use crate::now;
use crate::shown::{SECRET, assert_fit_to_be_shown};

/// The input is a line with status and content type, then the body; `{S}` stands for the secret that was sent.
/// Only a success holds a token, only `invalid_client` blames by name, a named error decides before the status,
/// and the secret does not show.
pub fn error_body(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (head, body) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let head = String::from_utf8_lossy(head).replace("{S}", SECRET);
    let (status, media) = head.split_once(' ').unwrap_or((&head, ""));
    let Some(status) = status.parse().ok().filter(|status| (100..1000).contains(status)) else { return };
    let body = echoing(body);

    let mut headers = HeaderMap::new();
    if let Ok(media) = HeaderValue::from_bytes(media.as_bytes()) {
        headers.insert(CONTENT_TYPE, media);
    }
    let secret = SecretString::from(SECRET);
    for too_large in [false, true] {
        let reply = Reply { status, headers: headers.clone(), body: body.clone(), too_large };
        let answer = read(&reply, None, &[&secret], now());
        assert_fit_to_be_shown(&answer, &[SECRET]);

        let json = serde_json::from_slice(&body).ok().filter(|_| !too_large);
        let error = json.as_ref().and_then(|json: &Value| json.get("error")?.as_str()).unwrap_or_default();
        let blames = error == "invalid_client";
        assert_eq!(answer.kind == AnswerKind::Rejected, blames, "{}", answer.detail);
        let success = (200..300).contains(&status) && error.is_empty() && !too_large;
        assert!(success || answer.kind != AnswerKind::Accepted, "{}", answer.detail);
        if error.is_empty() && !(200..300).contains(&status) {
            assert_eq!(answer.kind, of_status(status), "{}", answer.detail);
        }
    }
}

/// The body with the secret in its place.
fn echoing(body: &[u8]) -> Vec<u8> {
    let mut echo = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(first) = rest.first() {
        if let Some(behind) = rest.strip_prefix(b"{S}") {
            echo.extend_from_slice(SECRET.as_bytes());
            rest = behind;
        } else {
            echo.push(*first);
            rest = &rest[1..];
        }
    }
    echo
}

/// What a status says by itself (RFC 9110 section 15).
fn of_status(status: u16) -> AnswerKind {
    match status {
        400 | 401 | 403 => AnswerKind::Refused,
        429 => AnswerKind::Throttled { retry_after: None },
        408 | 500..=599 => AnswerKind::Unavailable,
        404 | 405 | 407 | 410 | 415 | 300..=399 => AnswerKind::Misconfigured,
        _ => AnswerKind::Protocol,
    }
}
