//! The consumer: reads the live pair from its file now and then, and authenticates ten times a second.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::task::JoinHandle;
use twinkey_core::AnswerKind;
use twinkey_provider::TokenEndpoint;

use super::stage::{STALENESS, Stage};
use crate::clock::{Clock, SystemClock};
use crate::open::Stop;

/// The pause between two requests.
const EVERY: Duration = Duration::from_millis(100);

/// What a consumer has met.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Requests sent.
    pub(super) requests: u64,
    /// Requests that got no token.
    pub(super) failures: u64,
    first_failure: Option<Timestamp>,
    last_failure: Option<Timestamp>,
}

impl Tally {
    /// What came after an earlier tally.
    pub(super) fn since(&self, before: &Self) -> Self {
        let failures = self.failures - before.failures;
        let first = if before.failures == 0 { self.first_failure } else { self.after(before) };
        Self {
            requests: self.requests - before.requests,
            failures,
            first_failure: first.filter(|_| failures > 0),
            last_failure: self.last_failure.filter(|_| failures > 0),
        }
    }

    fn after(&self, before: &Self) -> Option<Timestamp> {
        self.first_failure.filter(|first| before.last_failure.is_none_or(|last| *first > last))
    }

    /// From the first failure to the last.
    pub(super) fn outage(&self) -> SignedDuration {
        match (self.first_failure, self.last_failure) {
            (Some(first), Some(last)) => last.duration_since(first),
            _ => SignedDuration::ZERO,
        }
    }

    fn note(&mut self, at: Timestamp, failed: bool) {
        self.requests += 1;
        if failed {
            self.failures += 1;
            self.first_failure.get_or_insert(at);
            self.last_failure = Some(at);
        }
    }
}

/// A consumer at work; dropped, it stops.
pub(super) struct Consumer {
    tally: Arc<Mutex<Tally>>,
    task: JoinHandle<()>,
}

impl Consumer {
    /// Starts one that reads the stage's live file.
    pub(super) fn start(stage: &Stage) -> Result<Self, Stop> {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let task = tokio::spawn(work(stage.live_file(), stage.endpoint()?, tally.clone()));
        Ok(Self { tally, task })
    }

    /// What it has met so far.
    pub(super) fn tally(&self) -> Tally {
        self.tally.lock().map(|tally| tally.clone()).unwrap_or_default()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Uses what it has read for as long as the configuration allows, and not a moment longer.
async fn work(file: PathBuf, endpoint: TokenEndpoint, tally: Arc<Mutex<Tally>>) {
    let mut held: Option<(String, SecretString, Timestamp)> = None;
    let mut beat = tokio::time::interval(EVERY);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let now = SystemClock.now();
        let fresh =
            held.as_ref().is_some_and(|(.., read)| now.duration_since(*read).unsigned_abs() < STALENESS);
        if !fresh && let Some((id, secret)) = read(&file) {
            held = Some((id, secret, now));
        }
        let Some((id, secret, _)) = &held else { continue };
        let answer = endpoint.probe(id, secret, now).await;
        if let Ok(mut tally) = tally.lock() {
            tally.note(now, answer.kind != AnswerKind::Accepted);
        }
    }
}

/// One read of the whole file: id and secret of one version.
fn read(file: &std::path::Path) -> Option<(String, SecretString)> {
    let text = std::fs::read_to_string(file).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    let id = json.get("client_id")?.as_str()?.to_owned();
    Some((id, SecretString::from(json.get("client_secret")?.as_str()?)))
}
