//! One listener, read-only: the page, `/metrics`, `/healthz`, `/readyz`, `/api/status`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::{TcpListener, UnixListener};

use super::metrics;
use crate::board::Board;
use crate::clock::{Clock, SystemClock};
use crate::text;
use crate::who;

/// Where the service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On a TCP address.
    Tcp(SocketAddr),
    /// On a unix socket.
    Unix(PathBuf),
    /// Nowhere.
    Off,
}

/// How long to wait before an address that is taken is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// Serves the board for ever. An address that cannot be had is said and tried again: what is shown is not what the
/// service is for.
pub async fn serve(listen: Listen, board: Arc<Board>) {
    let mut said = false;
    loop {
        let ended = match &listen {
            Listen::Off => return,
            Listen::Tcp(address) => tcp(*address, &board).await,
            Listen::Unix(path) => unix(path, &board).await,
        };
        if let Err(error) = ended
            && !said
        {
            tracing::error!(?listen, %error, "cannot listen there: trying again");
            said = true;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn tcp(address: SocketAddr, board: &Arc<Board>) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    axum::serve(listener, routes(Arc::clone(board))).await
}

async fn unix(path: &PathBuf, board: &Arc<Board>) -> io::Result<()> {
    // What a process left that was killed; one that lives has the socket open, and is in nobody's way.
    if tokio::net::UnixStream::connect(path).await.is_ok() {
        return Err(io::Error::from(io::ErrorKind::AddrInUse));
    }
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    tracing::info!(socket = %path.display(), "listening");
    axum::serve(listener, routes(Arc::clone(board))).await
}

/// What can be asked.
pub fn routes(board: Arc<Board>) -> Router {
    Router::new()
        .route("/", get(page))
        .route(
            "/page.css",
            get(|| async { fresh("text/css; charset=utf-8", include_str!("../../templates/page.css")) }),
        )
        .route(
            "/page.js",
            get(|| async {
                fresh("text/javascript; charset=utf-8", include_str!("../../templates/page.js"))
            }),
        )
        .route("/metrics", get(metrics_of))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/api/status", get(status))
        .with_state(board)
}

/// For people. Everything that it shows comes from here, and it can do nothing but show.
async fn page(State(board): State<Arc<Board>>) -> Response {
    let page = text::page(&board, &who::host(), SystemClock.now());
    let mut response = fresh("text/html; charset=utf-8", page);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// No script, style or picture from elsewhere, no frame around it, no form in it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The form is the one that is asked for; without a wish it is the older one, which everybody reads.
async fn metrics_of(State(board): State<Arc<Board>>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = SystemClock.now();
    if accept.contains("application/openmetrics-text") {
        fresh(metrics::OPENMETRICS, metrics::openmetrics(&board, now))
    } else {
        fresh(metrics::CLASSIC, metrics::classic(&board, now))
    }
}

/// Whether the process does its work: 503 while a round is stuck.
async fn healthz(State(board): State<Arc<Board>>) -> Response {
    if board.is_moving(SystemClock.now()) {
        fresh("text/plain", "fine\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "a round has been stuck for minutes\n").into_response()
    }
}

/// Whether each credential has been looked at once.
async fn readyz(State(board): State<Arc<Board>>) -> Response {
    let unseen: Vec<String> = board
        .entries()
        .iter()
        .filter(|entry| entry.last_run.is_none())
        .map(|entry| format!("not looked at yet: {}\n", entry.credential.name))
        .collect();
    if unseen.is_empty() {
        fresh("text/plain", "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, unseen.concat()).into_response()
    }
}

async fn status(State(board): State<Arc<Board>>) -> Response {
    fresh("application/json", text::json::board(&board, SystemClock.now()))
}

/// What stands now; tomorrow it may be otherwise.
fn fresh(content_type: &'static str, body: impl Into<String>) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")];
    (headers, body.into()).into_response()
}
