//! A server that notes raw requests and writes raw bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use twinkey_core::Answer;
use twinkey_provider::{Settings, TokenEndpoint};
use url::Url;

/// A secret with everything that forms and Basic must encode.
pub(crate) const SECRET: &str = "s3+cr%t:va=l&u e";

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Writes these bytes and closes.
    Say(Vec<u8>),
    /// Writes these bytes and keeps the connection open for a minute.
    Stall(Vec<u8>),
    /// A chunked body that never ends.
    Endless,
    /// Reads the request and says nothing for a minute.
    Silent,
    /// Closes with unread bytes, which resets the connection.
    Reset,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    accepts: Arc<Mutex<u32>>,
    written: Arc<Mutex<usize>>,
}

impl Server {
    /// Meets every request with the same act.
    pub(crate) async fn start(act: Act) -> Self {
        Self::acts(vec![act]).await
    }

    /// Meets the first request with the first act, and so on; the last act stays.
    pub(crate) async fn acts(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            accepts: Arc::default(),
            written: Arc::default(),
        };
        let (requests, accepts, written) =
            (server.requests.clone(), server.accepts.clone(), server.written.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let turn = {
                    let mut accepts = accepts.lock().unwrap();
                    *accepts += 1;
                    *accepts as usize - 1
                };
                let act = acts[turn.min(acts.len() - 1)].clone();
                tokio::spawn(serve(stream, act, requests.clone(), written.clone()));
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// The requests so far, as they came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The only request so far.
    pub(crate) fn request(&self) -> String {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].clone()
    }

    /// How many connections were made.
    pub(crate) fn accepts(&self) -> u32 {
        *self.accepts.lock().unwrap()
    }

    /// How many bytes an endless body got rid of.
    pub(crate) fn written(&self) -> usize {
        *self.written.lock().unwrap()
    }
}

async fn serve(
    mut stream: TcpStream,
    act: Act,
    requests: Arc<Mutex<Vec<String>>>,
    written: Arc<Mutex<usize>>,
) {
    if let Act::Reset = act {
        // The request is unread when the socket closes: the kernel answers with RST.
        stream.readable().await.unwrap();
        return;
    }
    let request = read_request(&mut stream).await;
    requests.lock().unwrap().push(request);
    match act {
        Act::Say(bytes) => say(&mut stream, &bytes).await,
        Act::Stall(bytes) => {
            say(&mut stream, &bytes).await;
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        Act::Endless => {
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
            say(&mut stream, head.as_bytes()).await;
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {
                *written.lock().unwrap() += 4096;
            }
        }
        Act::Silent => tokio::time::sleep(Duration::from_mins(1)).await,
        Act::Reset => {}
    }
}

/// Writes bytes; a client that has left is no failure of the server.
pub(crate) async fn say(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
}

/// Reads one request: its head, and as much body as `Content-Length` says.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").map_or(0, |value| value.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(count) => read.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A header's value; names are compared without regard to case.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let head = request.split("\r\n\r\n").next()?;
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// What follows the head of a request.
pub(crate) fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// A whole response with a length.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Say(format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes())
}

/// A whole JSON response.
pub(crate) fn json(status: u16, body: &str) -> Act {
    response(status, "Content-Type: application/json\r\n", body)
}

/// A token response.
pub(crate) fn token() -> Act {
    json(200, r#"{"access_token":"fresh-token","token_type":"Bearer","expires_in":3600}"#)
}

/// The time of all tests.
pub(crate) fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// Settings for a server's token path, with short limits.
pub(crate) fn settings(server: &Server) -> Settings {
    let mut settings = Settings::new(server.url("/as/token.oauth2"));
    settings.way.connect_timeout = Duration::from_secs(2);
    settings.way.timeout = Duration::from_secs(5);
    settings
}

/// One probe with [`SECRET`].
pub(crate) async fn probe(settings: Settings) -> Answer {
    let endpoint = TokenEndpoint::new(settings).unwrap();
    endpoint.probe("client a", &SecretString::from(SECRET), now()).await
}
