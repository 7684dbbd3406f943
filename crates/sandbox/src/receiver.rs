//! A receiver of messages to people: it checks each against the vendor's documented format, takes it or answers as
//! the vendor would, and misbehaves on request. For tests; it listens on loopback only.
//!
//! | path | what |
//! |---|---|
//! | `POST /slack/…` | a Slack incoming webhook |
//! | `POST /teams/…` | a Teams workflow that takes Adaptive Cards |
//! | `POST /v2/enqueue`, `/v2/change/enqueue` | PagerDuty, Events API v2 |
//! | `POST /webhook/…` | anything that is JSON; its signature is for the test to verify |

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

mod judge;
mod pagerduty;
mod slack;
mod teams;

/// The integration key that the receiver's PagerDuty knows.
pub const PAGERDUTY_KEY: &str = "0123456789abcdef0123456789abcdef";

/// A running receiver; dropped, it stops.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    orders: VecDeque<Reply>,
    taken: Vec<Taken>,
    complaints: Vec<String>,
    open: BTreeSet<String>,
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The path that it was posted to.
    pub path: String,
    /// Its headers, in lower case.
    pub headers: Vec<(String, String)>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its document.
    pub body: Value,
}

/// What the receiver does instead of taking a message.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers with this status, `Retry-After` and text.
    Status(u16, Option<String>, String),
    /// Answers nothing for this long.
    Hang(Duration),
    /// Takes the message, and never says so.
    TakeAndHang(Duration),
}

impl Receiver {
    /// Starts a receiver.
    ///
    /// # Errors
    /// Loopback cannot be listened on.
    pub async fn start() -> io::Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts a receiver at an address where one was before.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start_at(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::<Mutex<Shared>>::default();
        let router = Router::new()
            .route("/slack/{*rest}", post(take))
            .route("/teams/{*rest}", post(take))
            .route("/webhook/{*rest}", post(take))
            .route("/v2/enqueue", post(take))
            .route("/v2/change/enqueue", post(take))
            .with_state(shared.clone());
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, shared, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// An address on it: `/slack/T0/B0/x` and the like.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What to do with the next message. Orders are carried out one a message, in turn.
    pub fn order(&self, reply: Reply) {
        locked(&self.shared).orders.push_back(reply);
    }

    /// Everything that was taken, in order.
    pub fn taken(&self) -> Vec<Taken> {
        locked(&self.shared).taken.clone()
    }

    /// What the vendor would have refused, and why.
    pub fn complaints(&self) -> Vec<String> {
        locked(&self.shared).complaints.clone()
    }

    /// The keys of PagerDuty's alerts that are open.
    pub fn open_alerts(&self) -> Vec<String> {
        locked(&self.shared).open.iter().cloned().collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn locked(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(
    State(shared): State<Arc<Mutex<Shared>>>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let order = locked(&shared).orders.pop_front();
    match order {
        None => judged(&shared, &uri, &headers, &bytes),
        Some(Reply::Status(status, retry_after, text)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let retry_after = retry_after.map(|value| ("retry-after", value));
            match retry_after {
                Some(header) => (status, [header], text).into_response(),
                None => (status, text).into_response(),
            }
        }
        Some(Reply::Hang(time)) => {
            tokio::time::sleep(time).await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Some(Reply::TakeAndHang(time)) => {
            let _ = judged(&shared, &uri, &headers, &bytes);
            tokio::time::sleep(time).await;
            StatusCode::OK.into_response()
        }
    }
}

fn judged(shared: &Mutex<Shared>, uri: &Uri, headers: &HeaderMap, bytes: &Bytes) -> Response {
    let path = uri.path();
    let is_json = headers.get("content-type").is_some_and(|kind| kind == "application/json");
    let body: Value = match serde_json::from_slice(bytes) {
        Ok(body) if is_json => body,
        _ => return complain(shared, path, "the body is no JSON, or does not say that it is"),
    };
    let judged = match path {
        "/v2/enqueue" => pagerduty::alert(&body, PAGERDUTY_KEY),
        "/v2/change/enqueue" => pagerduty::change(&body, PAGERDUTY_KEY),
        _ if path.starts_with("/slack/") => slack::message(&body),
        _ if path.starts_with("/teams/") => teams::message(&body, bytes.len()),
        _ => Ok(()),
    };
    if let Err(why) = judged {
        return complain(shared, path, &why);
    }
    let mut shared = locked(shared);
    let key = body["dedup_key"].as_str().unwrap_or_default().to_owned();
    match body["event_action"].as_str() {
        Some("trigger") => drop(shared.open.insert(key.clone())),
        Some("resolve") => drop(shared.open.remove(&key)),
        _ => {}
    }
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    shared.taken.push(Taken { path: path.to_owned(), headers, bytes: bytes.to_vec(), body });
    if path.starts_with("/v2/") {
        let answer = json!({ "status": "success", "message": "Event processed", "dedup_key": key });
        return (StatusCode::ACCEPTED, answer.to_string()).into_response();
    }
    match path.starts_with("/teams/") {
        true => StatusCode::ACCEPTED.into_response(),
        false => (StatusCode::OK, "ok").into_response(),
    }
}

fn complain(shared: &Mutex<Shared>, path: &str, why: &str) -> Response {
    locked(shared).complaints.push(format!("{path}: {why}"));
    if path.starts_with("/v2/") {
        let answer =
            json!({ "status": "invalid event", "message": "Event object is invalid", "errors": [why] });
        return (StatusCode::BAD_REQUEST, answer.to_string()).into_response();
    }
    (StatusCode::BAD_REQUEST, "invalid_payload").into_response()
}
