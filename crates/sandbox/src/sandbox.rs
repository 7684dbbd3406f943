//! The handle of a running sandbox.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fmt, io};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::connection::Door;
use crate::faults::Order;
use crate::nodes::Nodes;
use crate::state::{DEPARTMENT, Shared, State, locked};
use crate::{ClientView, Counts, Endpoint, Fault, Misbehaviour, Options, Seen, server};

/// How long answers that are under way may take to end when the sandbox stops.
const GRACE: Duration = Duration::from_secs(1);

/// A running sandbox; dropped, it stops.
pub struct Sandbox {
    address: SocketAddr,
    state: Shared,
    stop: watch::Sender<bool>,
    closed: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Starts a sandbox with two clients that have their role.
    ///
    /// # Errors
    /// The address is not loopback (`InvalidInput`: the caller's fault), or cannot be listened on (somebody
    /// else has the port: take port 0).
    pub async fn start(options: Options) -> io::Result<Self> {
        if !options.address.ip().is_loopback() {
            let what = "the sandbox listens on loopback only: it is no place for real secrets";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let listener = TcpListener::bind(options.address).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::new(options)));
        let closed = Arc::<AtomicBool>::default();
        let (stop, stopped) = watch::channel(false);
        let door = Door::new(listener, closed.clone());
        let task = tokio::spawn(server::serve(door, state.clone(), stopped));
        Ok(Self { address, state, stop, closed, task })
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

    /// A harmless path of a region's API; the regions are `eu`, `us` and `au`.
    pub fn api_url(&self, region: &str) -> String {
        format!("{}/{region}/v2/captain/ping", self.base_url())
    }

    /// The clients, without secrets, in the order in which they were added.
    pub fn clients(&self) -> Vec<ClientView> {
        locked(&self.state).clients.views()
    }

    /// A client's secret: for the demo and for tests, which play the person who copied it.
    pub fn secret_of(&self, id: &str) -> Option<String> {
        locked(&self.state).clients.secret_of(id)
    }

    /// Regenerates a client's secret, as the button in the portal does: the new one, or `None` for an unknown
    /// client. The old one is dead at once.
    pub fn regenerate(&self, id: &str) -> Option<String> {
        locked(&self.state).regenerate(id)
    }

    /// Adds a client with the role; its id and secret.
    pub fn add_client(&self, name: &str) -> (String, String) {
        let mut state = locked(&self.state);
        let (id, secret) = state.clients.add(name, DEPARTMENT);
        state.set_role(&id, true);
        (id, secret)
    }

    /// Removes a client and its tokens; whether it was there.
    pub fn remove_client(&self, id: &str) -> bool {
        locked(&self.state).remove(id)
    }

    /// Gives a client the role, or takes it away; whether the client is there.
    pub fn set_role(&self, id: &str, has: bool) -> bool {
        locked(&self.state).set_role(id, has)
    }

    /// Disables a client, so that it gets no tokens, or enables it again; whether it is there.
    pub fn set_disabled(&self, id: &str, disabled: bool) -> bool {
        locked(&self.state).set_disabled(id, disabled)
    }

    /// Adds a fault: the next `times` token requests that it fits meet it; `None`: until [`Sandbox::heal`].
    pub fn fault(&self, fault: Fault, client: Option<&str>, times: Option<u32>) {
        self.fault_on(Endpoint::Token, fault, client, times);
    }

    /// Adds a fault, as [`Sandbox::fault`] does, at either endpoint.
    pub fn fault_on(&self, on: Endpoint, fault: Fault, client: Option<&str>, times: Option<u32>) {
        let order = Order { fault, on, client: client.map(str::to_owned), times };
        locked(&self.state).faults.add(order);
    }

    /// Lets the stream of faults begin, or end.
    pub fn misbehave(&self, stream: Option<Misbehaviour>) {
        locked(&self.state).faults.misbehave(stream);
    }

    /// From the next regeneration on, `late` of `count` nodes know only the old secret for as long as `lag`.
    pub fn set_late_nodes(&self, count: u32, late: u32, lag: Duration) {
        locked(&self.state).clients.nodes = Nodes { count, late: Some(late), lag };
    }

    /// Sets how far the provider's clock is ahead, in seconds.
    pub fn set_clock_ahead(&self, seconds: i64) {
        locked(&self.state).clock_ahead = seconds;
    }

    /// Ends all faults, the stream, late nodes and a wrong clock included.
    pub fn heal(&self) {
        locked(&self.state).heal();
    }

    /// The token requests so far, oldest first; the last 10,000 of them.
    pub fn requests(&self) -> Vec<Seen> {
        locked(&self.state).log.seen.iter().cloned().collect()
    }

    /// How often what happened, since the start.
    pub fn counts(&self) -> Counts {
        locked(&self.state).log.counts
    }

    /// Stops the sandbox: answers under way may end within a second. Then its port is free.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
            let _ = (&mut self.task).await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        let _ = self.stop.send(true);
        self.task.abort();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}
