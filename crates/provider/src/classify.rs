//! What an answer means. The OAuth `error` member is read first, the HTTP status second (RFC 6749 section 5.2
//! lets `invalid_client` come as 400 or 401, and some providers send it as 200); the body of a success is read
//! in [`crate::issued`].

use secrecy::SecretString;
use serde_json::Value;
use twinkey_core::AnswerKind;

use crate::clean::{excerpt, line};
use crate::issued::{Issued, issued, may_hold_token, tokens};

/// One answer of the token endpoint, as it came.
pub(crate) struct Received<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: &'a str,
    /// The body, or its first 64 KiB.
    pub(crate) body: &'a [u8],
    /// Whether the body went on.
    pub(crate) too_large: bool,
}

/// What an answer means, before it is dressed up as [`twinkey_core::Answer`].
pub(crate) struct Meaning {
    pub(crate) kind: AnswerKind,
    pub(crate) detail: String,
    /// The token, if one was issued.
    pub(crate) issued: Option<Issued>,
}

impl Meaning {
    fn new(kind: AnswerKind, detail: String) -> Self {
        Self { kind, detail: line(&detail), issued: None }
    }
}

/// Reads one answer to a request for `scope`. `secrets` are those that were sent: a server may echo them.
pub(crate) fn token_answer(
    received: &Received<'_>,
    scope: Option<&str>,
    secrets: &[&SecretString],
) -> Meaning {
    let json: Option<Value> =
        if received.too_large { None } else { serde_json::from_slice(received.body).ok() };
    let tokens = tokens(json.as_ref());
    let secrets: &[&SecretString] = &secrets.iter().copied().chain(&tokens).collect::<Vec<_>>();
    let member = |name| json.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty());
    if let Some(error) = member("error") {
        let kind = named(error, received.status).unwrap_or_else(|| of_status(received.status));
        return Meaning::new(kind, said(received.status, error, member("error_description"), secrets));
    }
    if !(200..=299).contains(&received.status) {
        return Meaning::new(of_status(received.status), described(received, secrets));
    }
    if received.too_large {
        let detail = format!("{}: an answer of more than 64 KiB", received.status);
        return Meaning::new(AnswerKind::Protocol, detail);
    }
    let Some(object) = json.as_ref().and_then(Value::as_object) else {
        return Meaning::new(AnswerKind::Protocol, format!("{}, not a token", described(received, secrets)));
    };
    match issued(object, scope) {
        Ok(issued) => {
            let detail = format!("{}: a token", received.status);
            Meaning { issued: Some(issued), ..Meaning::new(AnswerKind::Accepted, detail) }
        }
        Err(odd) => Meaning::new(AnswerKind::Protocol, format!("{}: {odd}", received.status)),
    }
}

/// What an OAuth error says by its name (RFC 6749 section 5.2; `server_error` and `temporarily_unavailable`
/// are of section 4.1.2.1 and come here too). `None`: the name says nothing, as with web frameworks that put
/// "Not Found" into the same member.
fn named(error: &str, status: u16) -> Option<AnswerKind> {
    match error {
        // The one error that blames id and secret by name.
        "invalid_client" => Some(AnswerKind::Rejected),
        "server_error" | "temporarily_unavailable" => Some(AnswerKind::Unavailable),
        _ if status == 429 || status >= 500 => None,
        // Whom these blame only the other client can tell.
        "invalid_request"
        | "invalid_grant"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "invalid_scope" => Some(AnswerKind::Refused),
        // A failure in the dress of a success: some providers have names of their own for a wrong secret.
        _ if (200..=299).contains(&status) => Some(AnswerKind::Refused),
        _ => None,
    }
}

/// What a status says that is no success.
fn of_status(status: u16) -> AnswerKind {
    match status {
        400 | 401 | 403 => AnswerKind::Refused,
        300..=399 | 404 | 405 | 407 | 410 | 415 => AnswerKind::Misconfigured,
        429 => AnswerKind::Throttled { retry_after: None },
        408 | 500..=599 => AnswerKind::Unavailable,
        _ => AnswerKind::Protocol,
    }
}

/// What a status says to a person, where its number does not.
fn hint(status: u16) -> Option<&'static str> {
    match status {
        300..=399 => Some("a redirect, which is never followed; the token address is another one"),
        404 | 405 | 410 | 415 => Some("is the token address right?"),
        407 => Some("the proxy wants another name or password"),
        429 => Some("too many requests"),
        _ => None,
    }
}

/// An OAuth error as it is shown.
fn said(status: u16, error: &str, text: Option<&str>, secrets: &[&SecretString]) -> String {
    let mut said = format!("{status} {}", excerpt(error, secrets));
    if let Some(text) = text {
        said = format!("{said}: {}", excerpt(text, secrets));
    } else if let Some(hint) = hint(status) {
        said = format!("{said} ({hint})");
    }
    said
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
        AnswerKind::Misconfigured => {
            format!("a token, but {status} from the API, which is none of the accepted statuses")
        }
        _ => format!("a token, but {status} from the API"),
    };
    (kind, detail)
}

/// Status, kind of content, and a few characters of what is no OAuth answer.
fn described(received: &Received<'_>, secrets: &[&SecretString]) -> String {
    let status = match hint(received.status) {
        Some(hint) => format!("{} ({hint})", received.status),
        None => received.status.to_string(),
    };
    let content_type = excerpt(received.content_type, secrets);
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let what = if media.is_empty() { "no content type" } else { media };
    let text = String::from_utf8_lossy(received.body);
    if may_hold_token(&text) {
        return format!("{status}, {what}: not shown, it may hold a token");
    }
    let text = excerpt(&text, secrets);
    if text.is_empty() { format!("{status}, {what}, empty") } else { format!("{status}, {what}: {text}") }
}

#[cfg(test)]
mod tests {
    use AnswerKind::{Accepted, Misconfigured, Protocol, Refused, Rejected, Unavailable};
    use proptest::prelude::*;

    use super::*;

    fn meaning(status: u16, body: &str) -> Meaning {
        let content_type = "application/json";
        let received = Received { status, content_type, body: body.as_bytes(), too_large: false };
        token_answer(&received, None, &[])
    }

    fn kind(status: u16, body: &str) -> AnswerKind {
        meaning(status, body).kind
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
            too_large: bool,
        ) {
            let received = Received { status, content_type: &media, body: &body, too_large };
            let meaning = token_answer(&received, Some("a b"), &[]);
            prop_assert!(meaning.detail.len() <= 200);
            prop_assert!(meaning.detail.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }

        #[test]
        fn any_json_means_something_and_only_a_token_is_accepted(
            status in 100u16..1000,
            error in prop::option::of("[a-zA-Z_ ]{0,20}|invalid_client|invalid_scope|server_error"),
            token in prop::option::of(".{0,20}"),
            token_type in prop::option::of("Bearer|bearer|mac"),
            expires in any::<f64>(),
        ) {
            let body = serde_json::json!({
                "error": error, "access_token": token, "token_type": token_type, "expires_in": expires,
            });
            let meaning = meaning(status, &body.to_string());
            let issued = (200..=299).contains(&status)
                && error.is_none_or(|error| error.is_empty())
                && token.is_some_and(|token| !token.is_empty())
                && token_type.is_some_and(|kind| kind != "mac");
            prop_assert_eq!(meaning.kind == Accepted, issued);
            prop_assert_eq!(meaning.issued.is_some(), issued);
        }

        #[test]
        fn an_echoed_secret_never_shows(secret in "[!-~]{8,40}", status in 200u16..600) {
            let secret = SecretString::from(secret);
            let text = secrecy::ExposeSecret::expose_secret(&secret);
            let body = serde_json::json!({ "error": text, "error_description": format!("no {text}") }).to_string();
            let received = Received { status, content_type: text, body: body.as_bytes(), too_large: false };
            let meaning = token_answer(&received, None, &[&secret]);
            prop_assert!(!meaning.detail.contains(text), "{}", meaning.detail);
        }
    }
}
