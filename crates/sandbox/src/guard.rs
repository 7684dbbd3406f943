//! Who may use the sandbox: nobody who comes by way of a web page elsewhere.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, DATE, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::clock;
use crate::state::{Shared, locked};

/// Nothing but the portal's own style sheet and its own forms; in nobody's frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Refuses foreign hosts and origins, and dates every answer by the provider's own clock.
pub(crate) async fn guard(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = if is_own(request.method(), request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "the sandbox answers loopback only").into_response()
    };
    let ahead = locked(&state).clock_ahead;
    let headers = response.headers_mut();
    if let Ok(date) = HeaderValue::from_str(&clock::date(ahead)) {
        headers.insert(DATE, date);
    }
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: browsers would then send `Origin: null` with the portal's own forms.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The host must be a loopback name: a page elsewhere can point a name of its own to 127.0.0.1 (DNS rebinding).
/// What changes anything must not come from a page of another origin. Programs send no `Origin`.
fn is_own(method: &Method, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|value| value.to_str().ok()) else { return false };
    let own = format!("http://{host}");
    let foreign = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes() != own.as_bytes());
    is_loopback(host) && (method == Method::GET || !foreign)
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let names = ["127.0.0.1", "localhost", "[::1]"];
    !host.contains('@') && names.iter().any(|name| authority.host().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_names_are_own() {
        for own in ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "LocalHost", "[::1]", "[::1]:9"] {
            assert!(is_loopback(own), "{own}");
        }
        let foreign = [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
            "127.0.0.1@evil.example",
        ];
        for foreign in foreign.into_iter().chain(["evil.example@127.0.0.1", "0.0.0.0:80", "[::2]", "::1"]) {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }
}
