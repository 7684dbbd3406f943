//! The token endpoint, as RFC 6749 and the provider's documentation describe it.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::connection::Peer;
use crate::credentials::Asked;
use crate::faulty::faulty;
use crate::state::{Shared, State as Everything, locked};
use crate::{Endpoint, ErrorStyle, Fault, Seen, clock};

/// The scope that the provider's documentation asks for.
const SCOPE: &str = "gbg.token";

/// Why there is no token (RFC 6749 section 5.2).
struct Refusal {
    status: StatusCode,
    error: &'static str,
    text: &'static str,
    /// Whether it is the client that was refused.
    client: bool,
    /// Whether the answer names the authentication scheme.
    challenge: bool,
}

/// Answers one token request.
pub(crate) async fn ask(
    State(state): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let at = clock::now();
    let asked = Asked::read(&headers, &body, locked(&state).basic_raw);
    let id = asked.as_ref().and_then(Asked::id);
    let fault = locked(&state).faults.meet(Endpoint::Token, id);
    if let Some(Fault::Slow { millis }) = &fault {
        tokio::time::sleep(Duration::from_millis(*millis)).await;
    }
    let mut state = locked(&state);
    let (response, refusal) = match &fault {
        None | Some(Fault::Slow { .. } | Fault::FalseRefusal) => {
            let falsely = matches!(fault, Some(Fault::FalseRefusal));
            answer(&mut state, asked.as_ref(), peer.connection, falsely)
        }
        Some(fault) => (faulty(fault, &peer), None),
    };
    let known = asked.as_ref().and_then(|asked| asked.client.as_ref());
    let known = known.filter(|(id, _)| state.clients.find(id).is_some());
    let seen = Seen {
        at,
        client_id: known.map(|(id, _)| id.clone()),
        generation: known.and_then(|(id, secret)| state.clients.generation(id, secret)),
        status: if peer.is_cut() { 0 } else { response.status().as_u16() },
        error: refusal.as_ref().map(|refusal| refusal.error),
        fault,
    };
    state.log.note(seen, refusal.is_some_and(|refusal| refusal.client));
    response
}

fn answer(
    state: &mut Everything,
    asked: Option<&Asked>,
    connection: u64,
    refuse: bool,
) -> (Response, Option<Refusal>) {
    match client_of(state, asked, connection, refuse) {
        Ok(id) => {
            let token = state.tokens.issue(&id);
            let lifetime = state.tokens.lifetime.as_secs();
            let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": lifetime });
            (uncached(Json(body).into_response()), None)
        }
        Err(refusal) => (refusal.response(), Some(refusal)),
    }
}

/// The client that gets a token.
fn client_of(
    state: &Everything,
    asked: Option<&Asked>,
    connection: u64,
    refuse: bool,
) -> Result<String, Refusal> {
    let malformed = || refusal("invalid_request", "The request is malformed.");
    let asked = asked.ok_or_else(malformed)?;
    if asked.client.is_none() {
        return Err(refusal("invalid_request", "The client id or secret is missing."));
    }
    let accepted = |(id, secret): &&(String, String)| state.clients.accepts(id, secret, connection);
    let Some((id, _)) = asked.client.as_ref().filter(accepted).filter(|_| !refuse) else {
        return Err(wrong_client(state.error_style, asked.by_basic));
    };
    match asked.field("grant_type") {
        Some("client_credentials") if asked.field("scope") == Some(SCOPE) => {}
        Some("client_credentials") => {
            return Err(refusal("invalid_scope", "The requested scope is missing, unknown or malformed."));
        }
        Some("password") => {
            let user = (asked.field("username"), asked.field("password"));
            if user != (Some(&state.user.name), Some(&state.user.password)) {
                return Err(wrong_user(state.error_style));
            }
        }
        Some(_) => return Err(refusal("unsupported_grant_type", "The grant type is not supported.")),
        None => return Err(refusal("invalid_request", "grant_type is required.")),
    }
    Ok(id.clone())
}

fn refusal(error: &'static str, text: &'static str) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, error, text, client: false, challenge: false }
}

fn wrong_client(style: ErrorStyle, by_basic: bool) -> Refusal {
    match style {
        ErrorStyle::InvalidClient => Refusal {
            status: StatusCode::UNAUTHORIZED,
            client: true,
            challenge: by_basic,
            ..refusal("invalid_client", "Invalid client or client credentials.")
        },
        ErrorStyle::Documented => {
            Refusal { client: true, ..refusal("invalid_request", "Invalid request, check your credentials.") }
        }
    }
}

fn wrong_user(style: ErrorStyle) -> Refusal {
    let text = "Unauthorized, invalid username or password.";
    match style {
        ErrorStyle::InvalidClient => refusal("invalid_grant", text),
        ErrorStyle::Documented => {
            Refusal { status: StatusCode::UNAUTHORIZED, ..refusal("unauthorized", text) }
        }
    }
}

impl Refusal {
    fn response(&self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.text });
        let mut response = uncached((self.status, Json(body)).into_response());
        if self.challenge {
            // RFC 6749 section 5.2: who authenticated by the header is told its scheme.
            let realm = HeaderValue::from_static("Basic realm=\"sandbox\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, realm);
        }
        response
    }
}

/// RFC 6749 section 5.1: nobody may keep an answer with a token.
fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
