//! The API hosts: they let tokens of clients with the role through.

use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::connection::Peer;
use crate::faulty::faulty;
use crate::state::{Shared, State as Everything, locked};
use crate::{Endpoint, Fault, ROLE};

const REGIONS: [&str; 3] = ["eu", "us", "au"];

/// Answers any path of the API.
pub(crate) async fn call(
    State(state): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path((region, _)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let owner = bearer(&headers).and_then(|token| locked(&state).tokens.owner(token).map(str::to_owned));
    let fault = locked(&state).faults.meet(Endpoint::Api, owner.as_deref());
    if let Some(Fault::Slow { millis }) = &fault {
        tokio::time::sleep(Duration::from_millis(*millis)).await;
    }
    let mut state = locked(&state);
    state.log.counts.api_calls += 1;
    state.log.counts.faults += u64::from(fault.is_some());
    let mut response = match &fault {
        None | Some(Fault::Slow { .. }) => answer(&state, &region, owner.as_deref()),
        Some(Fault::FalseRefusal) => answer(&state, &region, None),
        Some(fault) => faulty(fault, &peer),
    };
    if let Ok(id) = HeaderValue::from_str(&state.random.text(24)) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

fn answer(state: &Everything, region: &str, owner: Option<&str>) -> Response {
    if !REGIONS.contains(&region) {
        return refused(StatusCode::NOT_FOUND, "Not Found", "path", "There is no such region.");
    }
    let Some(owner) = owner else {
        let problem = "The token is missing, unknown or has expired.";
        let mut response = refused(StatusCode::UNAUTHORIZED, "Unauthorized", "header", problem);
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return response;
    };
    if state.clients.find(owner).is_some_and(|client| client.has_role) {
        return Json(json!({ "status": "ok" })).into_response();
    }
    refused(StatusCode::FORBIDDEN, "Forbidden", "header", &format!("The client lacks the role {ROLE}."))
}

/// The token of the request (RFC 6750 section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn refused(status: StatusCode, name: &str, location: &str, problem: &str) -> Response {
    let error = json!({
        "code": status.as_u16().to_string(), "name": name, "location": location,
        "problem": problem, "action": "Check the request, and the client in the portal.",
    });
    (status, Json(json!({ "errors": [error] }))).into_response()
}
