//! What went over the lines of a measurement, and in how many round trips.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::Method;
use axum::http::request::Parts;
use serde_json::Value;
use tokio::sync::Notify;

/// After so long without another request all of a round trip are taken to be there. Too short on a stalled machine,
/// and one round trip counts as two; two can never count as one.
const QUIET: Duration = Duration::from_millis(150);

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Passage {
    pub what: What,
    /// The how-many-th round trip it belongs to, from 1; 0 where they are not told apart.
    pub wave: usize,
    /// When the request came.
    pub begun: Instant,
    /// When the server was asked, and when it had answered.
    pub asked: Instant,
    pub answered: Instant,
    /// When the answer went on its way back.
    pub ended: Instant,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct What {
    /// The method and path, or AWS's operation and the secret's name.
    pub name: String,
    /// Whether it changes a document.
    pub writes: bool,
}

/// The traffic of some lines.
#[derive(Default)]
pub struct Traffic {
    passages: Mutex<Vec<Passage>>,
    /// In waves: who has come waits until nobody else comes any more.
    waves: Option<Mutex<Waves>>,
    released: Notify,
}

#[derive(Default)]
struct Waves {
    /// The round trip that is being filled.
    now: usize,
    /// Whoever came last.
    arrivals: usize,
}

impl Waves {
    /// Whether nobody has come after this one; then the round trip is complete.
    fn is_last(&mut self, own: usize) -> bool {
        let is_last = self.arrivals == own;
        self.now += usize::from(is_last);
        is_last
    }
}

impl Traffic {
    /// Nothing is held up.
    pub fn free() -> Arc<Self> {
        Arc::default()
    }

    /// Requests that do not wait for each other's answers go through together, as one round trip.
    pub fn in_waves() -> Arc<Self> {
        let waves = Some(Mutex::new(Waves { now: 1, arrivals: 0 }));
        Arc::new(Self { waves, ..Self::default() })
    }

    /// What has gone through since this was last asked.
    pub fn taken(&self) -> Vec<Passage> {
        if let Some(waves) = &self.waves {
            waves.lock().unwrap().now = 1;
        }
        std::mem::take(&mut self.passages.lock().unwrap())
    }

    pub(super) fn tell(&self, passage: Passage) {
        self.passages.lock().unwrap().push(passage);
    }

    /// Waits for the others of the same round trip; which one it is.
    pub(super) async fn waits(&self) -> usize {
        let Some(waves) = &self.waves else { return 0 };
        let released = self.released.notified();
        tokio::pin!(released);
        released.as_mut().enable();
        let (wave, own) = {
            let mut waves = waves.lock().unwrap();
            waves.arrivals += 1;
            (waves.now, waves.arrivals)
        };
        tokio::select! {
            () = &mut released => return wave,
            () = tokio::time::sleep(QUIET) => {}
        }
        if waves.lock().unwrap().is_last(own) {
            self.released.notify_waiters();
        } else {
            released.await;
        }
        wave
    }
}

/// Reads a request: Vault's by its path, AWS's by its target and body.
pub(super) fn what(head: &Parts, body: &[u8]) -> What {
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let Some(operation) = target.and_then(|target| target.split('.').next_back()) else {
        let path = head.uri.path();
        let writes = head.method != Method::GET && path.contains("/data/");
        return What { name: format!("{} {path}", head.method), writes };
    };
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let secret = ["SecretId", "Name"].into_iter().find_map(|field| body[field].as_str()).unwrap_or_default();
    let writes = ["CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"].contains(&operation);
    What { name: format!("{operation} {secret}"), writes }
}

/// The time, for measuring only.
pub fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "lines measure how long things take")]
    Instant::now()
}
