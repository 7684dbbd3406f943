//! A line to a server, with a hand on it: it tells what went through, and delays, holds or cuts.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::traffic::{Passage, Traffic, now, what};

/// A line to one server; dropped, it is gone.
pub struct Line {
    address: String,
    end: Arc<End>,
    task: tokio::task::JoinHandle<()>,
}

/// What a line does to what goes through.
struct End {
    server: String,
    http: reqwest::Client,
    traffic: Arc<Traffic>,
    /// How long everything is under way, in each direction.
    delay: Duration,
    /// What happens to the next writes, the nearest first.
    strikes: Mutex<Vec<Strike>>,
    /// The near ends, to be cut.
    near: Mutex<HashMap<SocketAddr, std::net::TcpStream>>,
    reached: Semaphore,
    go: Semaphore,
}

/// What happens to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// Nothing.
    Spare,
    /// It is done, and its answer is lost.
    LoseAnswer,
    /// It waits at the gate until somebody has done something to the server.
    Hold,
}

impl Line {
    /// A line to this server, which tells its traffic here.
    pub async fn to(server: &str, traffic: &Arc<Traffic>) -> Self {
        Self::slow(server, traffic, Duration::ZERO).await
    }

    /// The same, where everything takes this long in each direction.
    pub async fn slow(server: &str, traffic: &Arc<Traffic>, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        // A server that was struck and comes back must not meet connections from before.
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).pool_max_idle_per_host(0);
        let end = Arc::new(End {
            server: server.to_owned(),
            http: http.redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            traffic: Arc::clone(traffic),
            delay,
            strikes: Mutex::default(),
            near: Mutex::default(),
            reached: Semaphore::new(0),
            go: Semaphore::new(0),
        });
        let router = axum::Router::new().fallback(passes).with_state(Arc::clone(&end));
        let service = router.into_make_service_with_connect_info::<Peer>();
        let door = Door { listener, end: Arc::clone(&end) };
        let task = tokio::spawn(async move { axum::serve(door, service).await.unwrap() });
        Self { address, end, task }
    }

    /// The near end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The far end.
    pub fn server(&self) -> &str {
        &self.end.server
    }

    /// What happens to the next writes.
    pub fn strike(&self, strikes: &[Strike]) {
        *self.end.strikes.lock().unwrap() = strikes.to_vec();
    }

    /// How many strikes have not fallen yet.
    pub fn left(&self) -> usize {
        self.end.strikes.lock().unwrap().len()
    }

    /// Waits until a write stands at the gate.
    pub async fn holds_one(&self) {
        self.end.reached.acquire().await.unwrap().forget();
    }

    /// Lets it go on.
    pub fn lets_it_go(&self) {
        self.end.go.add_permits(1);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn passes(
    State(end): State<Arc<End>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    let begun = now();
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let what = what(&head, &body);
    let wave = end.traffic.waits().await;
    let strike = end.strike_on(what.writes);
    if strike == Strike::Hold {
        end.reached.add_permits(1);
        end.go.acquire().await.unwrap().forget();
    }
    end.under_way().await;
    let asked = now();
    let answer = end.ask(&head, body).await;
    let answered = now();
    end.under_way().await;
    end.traffic.tell(Passage { what, wave, begun, asked, answered, ended: now() });
    match answer {
        Ok(answer) if strike != Strike::LoseAnswer => answer,
        _ => end.cut(peer).await,
    }
}

impl End {
    /// One direction. The runtime's own sleep ends up to two milliseconds late, a thread's does not.
    async fn under_way(&self) {
        let delay = self.delay;
        if !delay.is_zero() {
            tokio::task::spawn_blocking(move || std::thread::sleep(delay)).await.unwrap();
        }
    }

    fn strike_on(&self, writes: bool) -> Strike {
        let mut strikes = self.strikes.lock().unwrap();
        if writes && !strikes.is_empty() { strikes.remove(0) } else { Strike::Spare }
    }

    async fn ask(&self, head: &axum::http::request::Parts, body: Bytes) -> reqwest::Result<Response> {
        let mut headers = head.headers.clone();
        for own in ["host", "content-length", "transfer-encoding", "connection"] {
            headers.remove(own);
        }
        let url = format!("{}{}", self.server, head.uri);
        let answer = self.http.request(head.method.clone(), url).headers(headers).body(body).send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        for own in ["content-length", "transfer-encoding", "connection"] {
            headers.remove(own);
        }
        let mut response = Response::new(Body::from(answer.bytes().await?));
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }

    /// No answer can say this: the connection breaks.
    async fn cut(&self, peer: SocketAddr) -> Response {
        if let Some(near) = self.near.lock().unwrap().remove(&peer) {
            let _ = near.shutdown(std::net::Shutdown::Both);
        }
        std::future::pending().await
    }
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    end: Arc<End>,
}

/// Who is at the near end.
#[derive(Clone, Copy)]
struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let stream = stream.into_std().unwrap();
        self.end.near.lock().unwrap().insert(address, stream.try_clone().unwrap());
        (TcpStream::from_std(stream).unwrap(), address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
