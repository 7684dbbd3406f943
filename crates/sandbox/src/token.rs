//! The token endpoint, as RFC 6749 and the provider's documentation describe it.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::faults::Fault;
use crate::{Seen, Shared, locked};

/// The user of the password grant.
pub const USERNAME: &str = "api-user";
/// The password of the password grant. It is public: the sandbox is no place for real secrets.
pub const PASSWORD: &str = "sandbox-password";

/// How a wrong secret is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorStyle {
    /// 401 with `invalid_client`, as RFC 6749 section 5.2 has it.
    InvalidClient,
    /// 400 that names no `invalid_client`, as the provider's page documents it.
    Documented,
}

/// What a request asks for.
struct Asked {
    id: String,
    secret: String,
    form: BTreeMap<String, String>,
}

/// Answers one token request.
pub(crate) async fn token(state: &Shared, headers: &HeaderMap, body: &[u8]) -> Response {
    let raw = locked(state).options.basic_raw;
    let asked = asked(headers, body, raw);
    let id = asked.as_ref().map(|asked| asked.id.clone());
    let fault = locked(state).faults.meet(id.as_deref());
    let response = match fault {
        Some(Fault::Slow { millis }) => {
            tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
            answer(state, asked.as_ref(), false)
        }
        Some(Fault::FalseRefusal) => answer(state, asked.as_ref(), true),
        Some(fault) => faulty(&fault),
        None => answer(state, asked.as_ref(), false),
    };
    note(state, asked.as_ref(), &response);
    response
}

fn note(state: &Shared, asked: Option<&Asked>, response: &Response) {
    let mut state = locked(state);
    let known = asked.filter(|asked| state.is_known(&asked.id));
    let seen = Seen {
        client_id: known.map(|asked| asked.id.clone()),
        generation: known.and_then(|asked| state.generation(&asked.id, &asked.secret)),
        status: if response.extensions().get::<Cut>().is_some() { 0 } else { response.status().as_u16() },
    };
    state.seen.push(seen);
}

/// Id and secret from HTTP Basic or the form; never from both (RFC 6749 section 2.3).
fn asked(headers: &HeaderMap, body: &[u8], raw: bool) -> Option<Asked> {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    if headers.contains_key(AUTHORIZATION) && form.contains_key("client_secret") {
        return None;
    }
    let basic = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let (id, secret) = match basic {
        Some(encoded) => {
            let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
            let (id, secret) = text.split_once(':')?;
            if raw { (id.to_owned(), secret.to_owned()) } else { (decoded(id), decoded(secret)) }
        }
        None => (form.get("client_id")?.clone(), form.get("client_secret")?.clone()),
    };
    Some(Asked { id, secret, form })
}

fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn answer(state: &Shared, asked: Option<&Asked>, refuse: bool) -> Response {
    let mut state = locked(state);
    let Some(asked) = asked else {
        return error(StatusCode::BAD_REQUEST, "invalid_request", "The client id or secret is missing.");
    };
    let right = state.is_right(&asked.id, &asked.secret) && !refuse;
    if !right {
        return match state.options.error_style {
            ErrorStyle::InvalidClient => {
                error(StatusCode::UNAUTHORIZED, "invalid_client", "Invalid client or client credentials.")
            }
            ErrorStyle::Documented => {
                error(StatusCode::BAD_REQUEST, "invalid_request", "Invalid request, check your credentials.")
            }
        };
    }
    let field = |name: &str| asked.form.get(name).map(String::as_str);
    match field("grant_type") {
        Some("client_credentials") if field("scope").is_none_or(|scope| scope == "gbg.token") => {}
        Some("client_credentials") => {
            return error(StatusCode::BAD_REQUEST, "invalid_scope", "The requested scope is unknown.");
        }
        Some("password") if field("username") == Some(USERNAME) && field("password") == Some(PASSWORD) => {}
        Some("password") => {
            return error(StatusCode::BAD_REQUEST, "invalid_grant", "Invalid username or password.");
        }
        Some(_) => return error(StatusCode::BAD_REQUEST, "unsupported_grant_type", "Unknown grant type."),
        None => return error(StatusCode::BAD_REQUEST, "invalid_request", "grant_type is missing."),
    }
    let lifetime = state.options.token_lifetime.as_secs();
    let token = state.issue(&asked.id);
    Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": lifetime })).into_response()
}

fn error(status: StatusCode, error: &str, text: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": text }))).into_response()
}

/// Marks a response whose connection is to be cut instead.
#[derive(Clone)]
pub(crate) struct Cut;

fn faulty(fault: &Fault) -> Response {
    let status = |status: u16| StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match fault {
        Fault::Status { status: code } => (status(*code), Json(json!({}))).into_response(),
        Fault::Throttle { retry_after } => {
            let mut response = error(StatusCode::TOO_MANY_REQUESTS, "slow_down", "Too many requests.");
            if let Some(value) = retry_after.as_ref().and_then(|value| value.parse().ok()) {
                response.headers_mut().insert(RETRY_AFTER, value);
            }
            response
        }
        Fault::Html { status: code } => {
            (status(*code), Html("<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>"))
                .into_response()
        }
        Fault::Empty => ([(CONTENT_TYPE, "application/json")], "").into_response(),
        Fault::Malformed => ([(CONTENT_TYPE, "application/json")], "{\"access_token\": \"").into_response(),
        Fault::Endless => {
            let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(4096)));
            ([(CONTENT_TYPE, "application/json")], Body::from_stream(chunks)).into_response()
        }
        Fault::Redirect { to } => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to.clone())]).into_response(),
        Fault::Cut => {
            let broken = futures_util::stream::once(async { Err::<String, _>(std::io::Error::other("cut")) });
            let mut response = Body::from_stream(broken).into_response();
            response.extensions_mut().insert(Cut);
            response
        }
        Fault::Slow { .. } | Fault::FalseRefusal => {
            error(StatusCode::BAD_REQUEST, "invalid_request", "unreachable")
        }
    }
}
