//! A consumer that reads the output file, keeps what it has read as long as it may, and never stops asking.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use twinkey_core::AnswerKind;
use twinkey_provider::{Settings, TokenEndpoint};

/// How long it uses what it has read; the configuration of the stories says the same.
pub const STALENESS: Duration = Duration::from_secs(1);

/// A consumer at work; dropped, it stops.
pub struct Consumer {
    asked: Arc<AtomicU32>,
    failed: Arc<AtomicU32>,
    task: tokio::task::JoinHandle<()>,
}

impl Consumer {
    /// One that somebody else reads for, who keeps what it has read: it takes that anew at each use.
    pub fn reading<R>(read: impl Fn() -> R + Send + 'static, settings: Settings) -> Self
    where
        R: Future<Output = Option<(String, String)>> + Send,
    {
        let (asked, failed) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let counts = (asked.clone(), failed.clone());
        let endpoint = TokenEndpoint::new(settings).unwrap();
        let task = tokio::spawn(async move {
            let mut held = None;
            loop {
                held = read().await.or(held);
                if let Some((id, secret)) = &held {
                    let secret = SecretString::from(secret.as_str());
                    let answer = endpoint.probe(id, &secret, jiff::Timestamp::UNIX_EPOCH).await;
                    counts.0.fetch_add(1, Ordering::SeqCst);
                    counts.1.fetch_add(u32::from(answer.kind != AnswerKind::Accepted), Ordering::SeqCst);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        Self { asked, failed, task }
    }

    /// One that reads the output file, and keeps what it has read for a while.
    pub fn start(file: PathBuf, settings: Settings) -> Self {
        let (asked, failed) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let counts = (asked.clone(), failed.clone());
        let endpoint = TokenEndpoint::new(settings).unwrap();
        let task = tokio::spawn(async move {
            let mut held: Option<(String, SecretString, Instant)> = None;
            loop {
                #[expect(clippy::disallowed_methods, reason = "a consumer has a clock of its own")]
                let now = Instant::now();
                if held.as_ref().is_none_or(|(.., read)| now.duration_since(*read) >= STALENESS) {
                    held = read(&file).map(|(id, secret)| (id, secret, now)).or(held);
                }
                if let Some((id, secret, _)) = &held {
                    let answer = endpoint.probe(id, secret, jiff::Timestamp::UNIX_EPOCH).await;
                    counts.0.fetch_add(1, Ordering::SeqCst);
                    counts.1.fetch_add(u32::from(answer.kind != AnswerKind::Accepted), Ordering::SeqCst);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        Self { asked, failed, task }
    }

    /// Waits until it has asked once.
    pub async fn has_asked(&self) {
        while self.counts().0 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Requests so far, and how many of them got no token.
    pub fn counts(&self) -> (u32, u32) {
        (self.asked.load(Ordering::SeqCst), self.failed.load(Ordering::SeqCst))
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn read(file: &PathBuf) -> Option<(String, SecretString)> {
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
    Some((
        json.get("client_id")?.as_str()?.to_owned(),
        SecretString::from(json.get("client_secret")?.as_str()?),
    ))
}
