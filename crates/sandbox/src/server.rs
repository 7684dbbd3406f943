//! The routes, and who may use them.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::{DATE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clients::now;
use crate::faults::Fault;
use crate::{Shared, api, locked, portal, token};

/// Serves until told to stop.
pub(crate) async fn serve(listener: TcpListener, state: Shared, mut stopped: watch::Receiver<bool>) {
    let router = Router::new()
        .route("/as/token.oauth2", post(ask_token))
        .route("/{region}/v2/captain/{*path}", any(call_api))
        .route("/portal", get(portal::page))
        .route("/portal/clients/{id}/regenerate", get(portal::confirm).post(portal::regenerate))
        .route("/portal/api/clients", get(portal::list).post(portal::add))
        .route("/portal/api/clients/{id}/regenerate", post(portal::regenerate_json))
        .route("/portal/api/clients/{id}/role", post(portal::role))
        .route("/faults", post(add_fault).delete(heal))
        .layer(middleware::from_fn_with_state(state.clone(), guard))
        .with_state(state);
    let stop = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let _ = axum::serve(listener, router).with_graceful_shutdown(stop).await;
}

/// Only loopback names as `Host`, so that no page elsewhere can reach the sandbox by a name of its own; no
/// foreign `Origin` for what changes anything. And the provider's own idea of the date.
async fn guard(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    let foreign = origin.is_some_and(|origin| origin != format!("http://{host}"));
    if !is_loopback_name(host) || (foreign && request.method() != Method::GET) {
        return (StatusCode::FORBIDDEN, "the sandbox answers loopback only").into_response();
    }
    let ahead = locked(&state).options.clock_ahead;
    let mut response = next.run(request).await;
    if let Ok(date) = HeaderValue::from_str(&date(ahead)) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

fn date(ahead: i64) -> String {
    let offset = std::time::Duration::from_secs(ahead.unsigned_abs());
    let shifted = if ahead < 0 { now() - offset } else { now() + offset };
    httpdate::fmt_http_date(shifted)
}

async fn ask_token(State(state): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    token::token(&state, &headers, &body).await
}

async fn call_api(
    State(state): State<Shared>,
    Path(_): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    api::call(&state, &headers)
}

/// A fault asked for over HTTP.
#[derive(Deserialize)]
struct Wanted {
    #[serde(flatten)]
    fault: Fault,
    client: Option<String>,
    times: Option<u32>,
}

async fn add_fault(State(state): State<Shared>, Json(wanted): Json<Wanted>) -> StatusCode {
    locked(&state).faults.add(wanted.fault, wanted.client.as_deref(), wanted.times);
    StatusCode::NO_CONTENT
}

async fn heal(State(state): State<Shared>) -> StatusCode {
    locked(&state).faults.clear();
    StatusCode::NO_CONTENT
}
