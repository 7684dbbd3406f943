//! The body of an answer with status 200.

use jiff::SignedDuration;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde_json::{Map, Value};
use twinkey_core::AnswerKind;
use twinkey_provider::{Reply, read};

use crate::now;
use crate::shown::{SECRET, assert_fit_to_be_shown};

/// A token shorter than this may stand in our own words by chance.
const TELLING: usize = 24;

/// The input is the body. A token is believed only as RFC 6749 section 5.1 writes it, an error by its name, and
/// neither token nor secret shows.
pub fn token_body(data: &[u8]) {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let reply = Reply { status: 200, headers, body: data.to_vec(), too_large: false };
    let secret = SecretString::from(SECRET);
    let answer = read(&reply, Some("read write"), &[&secret], now());

    let object = match serde_json::from_slice(data) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    assert_eq!(answer.kind, expected(&object), "{}", answer.detail);
    let tokens = ["access_token", "refresh_token", "id_token"].map(|name| text(&object, name));
    let mut hidden: Vec<&str> = tokens.into_iter().filter(|token| token.len() >= TELLING).collect();
    hidden.push(SECRET);
    assert_fit_to_be_shown(&answer, &hidden);

    let believable = SignedDuration::from_secs(1)..=SignedDuration::from_hours(30 * 24);
    assert!(answer.token_lifetime.is_none_or(|lifetime| believable.contains(&lifetime)));
    assert!(answer.token_lifetime.is_none() || answer.kind == AnswerKind::Accepted);
    assert_eq!(answer, read(&reply, Some("read write"), &[&secret], now()), "not pure");
}

fn expected(object: &Map<String, Value>) -> AnswerKind {
    match text(object, "error") {
        "invalid_client" => AnswerKind::Rejected,
        "server_error" | "temporarily_unavailable" => AnswerKind::Unavailable,
        "" => {
            let odd_error = object.get("error").is_some_and(|error| !error.is_null() && error != "");
            let token = !text(object, "access_token").is_empty();
            let bearer = text(object, "token_type").eq_ignore_ascii_case("bearer");
            if token && bearer && !odd_error { AnswerKind::Accepted } else { AnswerKind::Protocol }
        }
        _ => AnswerKind::Refused,
    }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
