//! A provider to play with: it behaves like GBG GO as far as its public documentation tells, and misbehaves
//! on request. For the demo and for tests; it listens on loopback only and is no place for real secrets.
//!
//! It shares no code with what it judges.

mod api;
mod clients;
mod faults;
mod portal;
mod random;
mod server;
mod token;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use clients::{ClientView, Seen};
pub use faults::{Fault, Misbehaviour};
pub use token::{ErrorStyle, PASSWORD, USERNAME};

use clients::State;

/// The role that a client needs to use the API.
pub const ROLE: &str = "Go API Access";

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 is a free one. Anything but loopback is refused.
    pub address: SocketAddr,
    /// The seed of ids, secrets and misbehaviour.
    pub seed: u64,
    /// How long a token lives.
    pub token_lifetime: Duration,
    /// How a wrong secret is answered.
    pub error_style: ErrorStyle,
    /// How many nodes answer token requests, one after the other.
    pub nodes: u32,
    /// How long after a regeneration all nodes but the first still know only the old secret.
    pub late: Duration,
    /// How far the provider's clock is ahead, in seconds.
    pub clock_ahead: i64,
    /// Whether HTTP Basic is read as it is instead of decoded as RFC 6749 section 2.3.1 says.
    pub basic_raw: bool,
    /// A seeded stream of faults.
    pub misbehaviour: Option<Misbehaviour>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            seed: 1,
            token_lifetime: Duration::from_secs(3600),
            error_style: ErrorStyle::InvalidClient,
            nodes: 1,
            late: Duration::ZERO,
            clock_ahead: 0,
            basic_raw: false,
            misbehaviour: None,
        }
    }
}

/// A running sandbox; dropped, it stops.
pub struct Sandbox {
    address: SocketAddr,
    state: Shared,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What the server and the handle share.
type Shared = Arc<Mutex<State>>;

/// A panic of one request must not take the sandbox along.
fn locked(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sandbox {
    /// Starts a sandbox with two clients that have their role.
    ///
    /// # Errors
    /// The address is not loopback, or cannot be listened on.
    pub async fn start(options: Options) -> io::Result<Self> {
        if !options.address.ip().is_loopback() {
            let what = "the sandbox listens on loopback only: it is no place for real secrets";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let listener = TcpListener::bind(options.address).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::new(options)));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(server::serve(listener, state.clone(), stopped));
        Ok(Self { address, state, stop, task })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}/as/token.oauth2", self.base_url())
    }

    /// The portal page.
    pub fn portal_url(&self) -> String {
        format!("{}/portal", self.base_url())
    }

    /// A harmless path of a region's API.
    pub fn api_url(&self, region: &str) -> String {
        format!("{}/{region}/v2/captain/ping", self.base_url())
    }

    /// The clients, without secrets.
    pub fn clients(&self) -> Vec<ClientView> {
        locked(&self.state).views()
    }

    /// A client's secret: for the demo and for tests, which play the person who copied it.
    pub fn secret_of(&self, id: &str) -> Option<String> {
        locked(&self.state).secret_of(id)
    }

    /// Regenerates a client's secret, as the button in the portal does. The new secret is shown once.
    pub fn regenerate(&self, id: &str) -> Option<String> {
        locked(&self.state).regenerate(id)
    }

    /// Adds a client with the role; its id and secret.
    pub fn add_client(&self, name: &str) -> (String, String) {
        locked(&self.state).add(name, true)
    }

    /// Removes a client; whether it was there.
    pub fn remove_client(&self, id: &str) -> bool {
        locked(&self.state).remove(id)
    }

    /// Gives a client the role, or takes it away; whether the client is there.
    pub fn set_role(&self, id: &str, has: bool) -> bool {
        locked(&self.state).set_role(id, has)
    }

    /// Adds a fault: the next `times` token requests that it fits meet it; `None`: until [`Sandbox::heal`].
    pub fn fault(&self, fault: Fault, client: Option<&str>, times: Option<u32>) {
        locked(&self.state).faults.add(fault, client, times);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        locked(&self.state).faults.clear();
    }

    /// The token requests so far, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        locked(&self.state).seen.clone()
    }

    /// Sets how far the provider's clock is ahead, in seconds.
    pub fn set_clock_ahead(&self, seconds: i64) {
        locked(&self.state).options.clock_ahead = seconds;
    }

    /// Stops the sandbox and waits until its port is free.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.task.abort();
    }
}
