//! A fault as an answer.

use std::io;

use axum::Json;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use crate::Fault;
use crate::connection::Peer;

const PAGE: &str = "<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>";
const AS_JSON: [(axum::http::HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json")];

/// The answer of a request that meets a fault.
pub(crate) fn faulty(fault: &Fault, peer: &Peer) -> Response {
    match fault {
        Fault::Status { status } => (code(*status), Json(json!({}))).into_response(),
        Fault::Throttle { retry_after } => {
            let body = json!({ "error": "slow_down", "error_description": "Too many requests." });
            let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
            if let Some(value) = retry_after.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                response.headers_mut().insert(RETRY_AFTER, value);
            }
            response
        }
        Fault::Html { status } => (code(*status), Html(PAGE)).into_response(),
        Fault::Empty => (AS_JSON, "").into_response(),
        Fault::Malformed => (AS_JSON, "{\"access_token\": \"").into_response(),
        Fault::Endless => {
            let chunks = futures_util::stream::repeat_with(|| Ok::<_, io::Error>("x".repeat(4096)));
            (AS_JSON, Body::from_stream(chunks)).into_response()
        }
        // An address that no header can carry: the redirect without one.
        Fault::Redirect { to } => {
            let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
            if let Ok(to) = HeaderValue::from_str(to) {
                response.headers_mut().insert(LOCATION, to);
            }
            response
        }
        Fault::Cut => {
            peer.cut();
            StatusCode::OK.into_response()
        }
        // Both are right answers in a wrong way, and made where right answers are made.
        Fault::Slow { .. } | Fault::FalseRefusal => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
