//! The API host: lets tokens of clients with the role through.

use axum::Json;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::{ROLE, Shared, locked};

/// Answers any path of the API.
pub(crate) fn call(state: &Shared, headers: &HeaderMap) -> Response {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let allowed = token.and_then(|token| locked(state).bearer(token));
    let mut response = match allowed {
        Some(true) => Json(json!({ "status": "ok" })).into_response(),
        Some(false) => {
            refused(StatusCode::FORBIDDEN, "Forbidden", &format!("The client lacks the role {ROLE}."))
        }
        None => refused(StatusCode::UNAUTHORIZED, "Unauthorized", "The token is unknown or has expired."),
    };
    response.headers_mut().insert("x-request-id", HeaderValue::from_static("sandbox"));
    response
}

fn refused(status: StatusCode, name: &str, problem: &str) -> Response {
    let error = json!({
        "code": status.as_u16(), "name": name, "location": "header",
        "problem": problem, "action": "Check the client in the portal.",
    });
    (status, Json(json!({ "errors": [error] }))).into_response()
}
