//! What an answer of the token endpoint means. Read in this order: the OAuth `error` member, the HTTP status,
//! the body (RFC 6749 sections 5.1 and 5.2).

use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::Value;
use twinkey_core::AnswerKind;

use crate::clean::excerpt;

/// The longest token lifetime that is believed.
const LONGEST: i64 = 30 * 24 * 3600;

/// What an answer means, before it is dressed up as [`twinkey_core::Answer`].
pub(crate) struct Meaning {
    pub(crate) kind: AnswerKind,
    pub(crate) detail: String,
    pub(crate) lifetime: Option<SignedDuration>,
    pub(crate) warnings: Vec<String>,
    pub(crate) token: Option<SecretString>,
}

impl Meaning {
    fn new(kind: AnswerKind, detail: String) -> Self {
        Self { kind, detail, lifetime: None, warnings: Vec::new(), token: None }
    }
}

/// Reads one answer of the token endpoint. `secrets` are those that were sent: a server may echo them.
pub(crate) fn token_answer(
    status: u16,
    content_type: &str,
    body: &[u8],
    too_large: bool,
    secrets: &[&SecretString],
) -> Meaning {
    if too_large {
        return Meaning::new(AnswerKind::Protocol, format!("{status}: an answer of more than 64 KiB"));
    }
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let issued = issued(json.as_ref());
    let secrets: &[&SecretString] = &secrets.iter().copied().chain(&issued).collect::<Vec<_>>();
    if let Some(error) = json.as_ref().and_then(|json| json.get("error")).and_then(Value::as_str) {
        return oauth_error(status, error, json.as_ref(), secrets);
    }
    match status {
        200..=299 => token(status, content_type, body, json.as_ref(), secrets),
        300..=399 => Meaning::new(
            AnswerKind::Misconfigured,
            format!("{status}: a redirect, which is never followed; the token address is another one"),
        ),
        407 => Meaning::new(
            AnswerKind::Misconfigured,
            "407: the proxy wants another name or password".to_owned(),
        ),
        400 | 401 | 403 => Meaning::new(AnswerKind::Refused, described(status, content_type, body, secrets)),
        429 => Meaning::new(AnswerKind::Throttled { retry_after: None }, "429: too many requests".to_owned()),
        404 | 405 | 410 | 415 => Meaning::new(
            AnswerKind::Misconfigured,
            format!("{} (is the token address right?)", described(status, content_type, body, secrets)),
        ),
        500..=599 | 408 => {
            Meaning::new(AnswerKind::Unavailable, described(status, content_type, body, secrets))
        }
        _ => Meaning::new(AnswerKind::Protocol, described(status, content_type, body, secrets)),
    }
}

/// The tokens of an answer: they must not show either, whatever the rest of it says.
fn issued(json: Option<&Value>) -> Vec<SecretString> {
    let tokens = ["access_token", "refresh_token", "id_token"].into_iter();
    tokens.filter_map(|name| json?.get(name)?.as_str()).map(SecretString::from).collect()
}

/// RFC 6749 section 5.2. Only `invalid_client` blames id and secret by name; what the others mean only the
/// other client can tell.
fn oauth_error(status: u16, error: &str, json: Option<&Value>, secrets: &[&SecretString]) -> Meaning {
    let kind = match error {
        "invalid_client" => AnswerKind::Rejected,
        "server_error" | "temporarily_unavailable" => AnswerKind::Unavailable,
        _ if status == 429 => AnswerKind::Throttled { retry_after: None },
        _ if status >= 500 => AnswerKind::Unavailable,
        _ => AnswerKind::Refused,
    };
    let text = json.and_then(|json| json.get("error_description")).and_then(Value::as_str);
    let error = excerpt(error, secrets);
    let detail = match text {
        Some(text) => format!("{status} {error}: {}", excerpt(text, secrets)),
        None => format!("{status} {error}"),
    };
    Meaning::new(kind, detail)
}

/// RFC 6749 section 5.1.
fn token(
    status: u16,
    content_type: &str,
    body: &[u8],
    json: Option<&Value>,
    secrets: &[&SecretString],
) -> Meaning {
    let Some(json) = json.filter(|json| json.is_object()) else {
        return Meaning::new(
            AnswerKind::Protocol,
            format!("{}, not a token", described(status, content_type, body, secrets)),
        );
    };
    let Some(token) = json.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty())
    else {
        return Meaning::new(AnswerKind::Protocol, format!("{status}: JSON without access_token"));
    };
    let kind = json.get("token_type").and_then(Value::as_str).unwrap_or_default();
    if !kind.eq_ignore_ascii_case("bearer") {
        return Meaning::new(AnswerKind::Protocol, format!("{status}: a token of another type than Bearer"));
    }
    let mut meaning = Meaning::new(AnswerKind::Accepted, format!("{status}: a token"));
    match lifetime(json.get("expires_in")) {
        Ok((lifetime, odd)) => {
            meaning.lifetime = Some(lifetime);
            meaning.warnings.extend(odd);
        }
        Err(odd) => meaning.warnings.push(odd),
    }
    meaning.token = Some(SecretString::from(token));
    meaning
}

/// `expires_in`: whole seconds above zero. A number in quotes is taken, with a warning; anything else is not
/// believed.
fn lifetime(value: Option<&Value>) -> Result<(SignedDuration, Option<String>), String> {
    let unusable =
        |what: &str| format!("expires_in {what}; the drain counts with the configured token-lifetime");
    let (seconds, odd) = match value {
        None | Some(Value::Null) => return Err(unusable("is missing")),
        Some(Value::Number(number)) => (number.as_i64(), None),
        Some(Value::String(text)) => {
            (text.parse().ok(), Some("expires_in is a text, not a number".to_owned()))
        }
        Some(_) => (None, None),
    };
    match seconds {
        Some(seconds @ 1..=LONGEST) => Ok((SignedDuration::from_secs(seconds), odd)),
        _ => Err(unusable("makes no sense")),
    }
}

/// What the API's answer to the fresh token means.
pub(crate) fn api_answer(status: u16, accept: &[u16]) -> (AnswerKind, String) {
    let kind = match status {
        status if accept.contains(&status) => AnswerKind::Accepted,
        401 | 403 => AnswerKind::Forbidden,
        429 => AnswerKind::Throttled { retry_after: None },
        500..=599 => AnswerKind::Unavailable,
        _ => AnswerKind::Misconfigured,
    };
    let detail = match kind {
        AnswerKind::Accepted => format!("a token, and {status} from the API"),
        AnswerKind::Forbidden => format!("a token, but {status} from the API: the client lacks its role"),
        _ => format!("a token, but {status} from the API"),
    };
    (kind, detail)
}

/// Status, kind of content, and a few characters of what is no OAuth answer.
fn described(status: u16, content_type: &str, body: &[u8], secrets: &[&SecretString]) -> String {
    let content_type = excerpt(content_type, secrets);
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let what = if media.is_empty() { "no content type" } else { media };
    let text = String::from_utf8_lossy(body);
    if may_hold_token(&text) {
        return format!("{status}, {what}: not shown, it may hold a token");
    }
    let text = excerpt(&text, secrets);
    if text.is_empty() { format!("{status}, {what}, empty") } else { format!("{status}, {what}: {text}") }
}

/// Whether a body that could not be read as a token names one all the same, such as half a JSON object.
fn may_hold_token(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["access_token", "refresh_token", "id_token", "accesstoken"].iter().any(|name| lower.contains(name))
}

#[cfg(test)]
mod tests {
    use AnswerKind::{Accepted, Misconfigured, Protocol, Refused, Rejected, Unavailable};
    use proptest::prelude::*;

    use super::*;

    fn kind(status: u16, body: &str) -> AnswerKind {
        token_answer(status, "application/json", body.as_bytes(), false, &[]).kind
    }

    #[test]
    fn the_oauth_error_decides_before_the_status() {
        for status in [200, 400, 401, 403, 500] {
            assert_eq!(kind(status, r#"{"error":"invalid_client"}"#), Rejected, "{status}");
        }
        for error in ["invalid_scope", "unauthorized_client", "unsupported_grant_type", "invalid_request"] {
            assert_eq!(kind(400, &format!(r#"{{"error":"{error}"}}"#)), Refused, "{error}");
        }
        assert_eq!(kind(400, r#"{"error":"temporarily_unavailable"}"#), Unavailable);
        assert_eq!(kind(503, r#"{"error":"whatever"}"#), Unavailable);
    }

    #[test]
    fn without_an_oauth_error_the_status_decides() {
        let cases = [
            (400, Refused),
            (401, Refused),
            (403, Refused),
            (302, Misconfigured),
            (307, Misconfigured),
            (404, Misconfigured),
            (407, Misconfigured),
            (408, Unavailable),
            (429, AnswerKind::Throttled { retry_after: None }),
            (500, Unavailable),
            (503, Unavailable),
            (418, Protocol),
        ];
        for (status, expected) in cases {
            assert_eq!(kind(status, "<html>"), expected, "{status}");
            assert_eq!(kind(status, ""), expected, "{status}");
        }
    }

    #[test]
    fn a_token_needs_a_token_and_its_type() {
        assert_eq!(kind(200, r#"{"access_token":"t","token_type":"bearer","expires_in":3600}"#), Accepted);
        for body in [
            "<html>",
            "{}",
            "[]",
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":7,"token_type":"Bearer"}"#,
            r#"{"access_token":"t","token_type":"mac"}"#,
            r#"{"access_token":"t"}"#,
        ] {
            assert_eq!(kind(200, body), Protocol, "{body}");
        }
    }

    #[test]
    fn a_lifetime_that_makes_no_sense_is_not_believed() {
        let lifetime = |value: &str| {
            let body = format!(r#"{{"access_token":"t","token_type":"Bearer","expires_in":{value}}}"#);
            let meaning = token_answer(200, "application/json", body.as_bytes(), false, &[]);
            assert_eq!(meaning.kind, Accepted, "{value}");
            (meaning.lifetime.map(|lifetime| lifetime.as_secs()), meaning.warnings.len())
        };
        assert_eq!(lifetime("3600"), (Some(3600), 0));
        assert_eq!(lifetime("\"3600\""), (Some(3600), 1));
        for value in ["0", "-5", "1e99", "99999999999", "null", "\"soon\"", "[]", "3.5"] {
            assert_eq!(lifetime(value), (None, 1), "{value}");
        }
    }

    #[test]
    fn an_api_that_forbids_names_the_role() {
        assert_eq!(api_answer(200, &[200]).0, Accepted);
        assert_eq!(api_answer(404, &[200, 404]).0, Accepted);
        let (kind, detail) = api_answer(403, &[200]);
        assert_eq!(kind, AnswerKind::Forbidden);
        assert!(detail.contains("role"));
        assert_eq!(api_answer(404, &[200]).0, Misconfigured);
        assert_eq!(api_answer(503, &[200]).0, Unavailable);
    }

    proptest! {
        #[test]
        fn any_answer_means_something_and_shows_little(
            status in 100u16..1000,
            media in ".{0,40}",
            body in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let meaning = token_answer(status, &media, &body, false, &[]);
            prop_assert!(meaning.detail.len() <= 200);
            prop_assert!(meaning.detail.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }

        #[test]
        fn an_echoed_secret_never_shows(secret in "[!-~]{8,40}", status in 200u16..600) {
            let secret = SecretString::from(secret);
            let text = secrecy::ExposeSecret::expose_secret(&secret);
            let body = serde_json::json!({ "error": text, "error_description": format!("no {text}") }).to_string();
            let meaning = token_answer(status, text, body.as_bytes(), false, &[&secret]);
            prop_assert!(!meaning.detail.contains(text), "{}", meaning.detail);
        }
    }
}
