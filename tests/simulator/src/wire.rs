//! The seams as the simulator offers them: whatever a run asks for goes onto the wire and waits there until
//! the life decides what becomes of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use twinkey::audit::{AuditError, Entry, Event};
use twinkey::clock::Clock;
use twinkey::run::Watcher;
use twinkey::world::{Audit, NoAudit, Provider};
use twinkey_core::decision::Wait;
use twinkey_core::record::AuditHead;
use twinkey_core::{Answer, AttemptId, Expected, Outcome, Seen, Step};
use twinkey_store::{Body, Finding, Freshness, Place, Store, StoreError, Versioned, Written};

/// A process, by its number in this life.
pub(crate) type Pid = usize;

/// What a run asks the outside for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Read { place: Place, freshness: Freshness },
    Write { place: Place, expected: Expected, body: Body, attempt: AttemptId },
    Probe { client_id: String, secret: String },
    Sleep { until: Timestamp },
}

/// What it is answered.
#[derive(Debug)]
pub(crate) enum Reply {
    Read(Result<Option<Versioned>, StoreError>),
    Write(Result<Written, StoreError>),
    Answer(Answer),
    Slept,
}

/// Where the answer to one request is put.
pub(crate) type Slot = Arc<Mutex<Option<Reply>>>;

/// One request under way.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) pid: Pid,
    pub(crate) ask: Ask,
    pub(crate) slot: Slot,
}

/// What a run tells about its steps.
#[derive(Debug)]
pub(crate) enum Note {
    Before(Step),
    After(&'static str, &'static str),
    Line(Event, Entry),
    NoLine(Event),
}

/// What all seams of a life share.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    pub(crate) now: Timestamp,
    pub(crate) requests: Vec<Request>,
    pub(crate) notes: Vec<(Pid, Note)>,
    pub(crate) hosts: Vec<Outside>,
}

/// What is outside the run and still on its host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    /// Its clock minus the true time.
    pub(crate) offset: SignedDuration,
    /// The last line of its audit log.
    pub(crate) head: Option<AuditHead>,
    /// Until when its audit log cannot be written.
    pub(crate) full_until: Timestamp,
}

/// The wire as one process holds it.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) wire: Arc<Mutex<Wire>>,
    pub(crate) pid: Pid,
    pub(crate) host: usize,
}

/// Locks, whatever a panic left behind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    fn ask(&self, ask: Ask) -> Pending {
        let slot = Slot::default();
        let request = Request { pid: self.pid, ask, slot: slot.clone() };
        lock(&self.wire).requests.push(request);
        Pending(slot)
    }

    fn note(&self, note: Note) {
        lock(&self.wire).notes.push((self.pid, note));
    }
}

/// Ready once the life has put the answer there. The life polls; nobody has to be woken.
struct Pending(Slot);

impl Future for Pending {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Reply> {
        lock(&self.0).take().map_or(Poll::Pending, Poll::Ready)
    }
}

#[async_trait]
impl Store for Link {
    async fn read(&self, place: &Place, freshness: Freshness) -> Result<Option<Versioned>, StoreError> {
        match self.ask(Ask::Read { place: place.clone(), freshness }).await {
            Reply::Read(read) => read,
            other => panic!("a read was answered {other:?}"),
        }
    }

    async fn write(
        &self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
    ) -> Result<Written, StoreError> {
        let (place, expected, body) = (place.clone(), expected.clone(), body.clone());
        match self.ask(Ask::Write { place, expected, body, attempt }).await {
            Reply::Write(written) => written,
            other => panic!("a write was answered {other:?}"),
        }
    }

    async fn check(&self, _places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Provider for Link {
    async fn probe(&self, client_id: &str, client_secret: &SecretString, _: Timestamp) -> Answer {
        let (client_id, secret) = (client_id.to_owned(), client_secret.expose_secret().to_owned());
        match self.ask(Ask::Probe { client_id, secret }).await {
            Reply::Answer(answer) => answer,
            other => panic!("a probe was answered {other:?}"),
        }
    }
}

#[async_trait]
impl Clock for Link {
    fn now(&self) -> Timestamp {
        let wire = lock(&self.wire);
        wire.now + wire.hosts[self.host].offset
    }

    async fn sleep_until(&self, until: Timestamp) {
        self.ask(Ask::Sleep { until }).await;
    }
}

impl Audit for Link {
    fn append(&mut self, entry: Entry) -> Result<AuditHead, AuditError> {
        let mut wire = lock(&self.wire);
        let now = wire.now;
        let outside = &mut wire.hosts[self.host];
        if now < outside.full_until {
            wire.notes.push((self.pid, Note::NoLine(entry.event)));
            drop(wire);
            return NoAudit("audit.jsonl".into()).append(entry);
        }
        let line = outside.head.as_ref().map_or(0, |head| head.line) + 1;
        let head = AuditHead { line, hash: format!("{line:064x}") };
        outside.head = Some(head.clone());
        wire.notes.push((self.pid, Note::Line(entry.event, entry)));
        Ok(head)
    }
}

fn told(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Looked(_) => "looked",
        Outcome::Answered(answer) if answer.kind == twinkey_core::AnswerKind::Accepted => "a token",
        Outcome::Answered(_) => "no token",
        Outcome::Written(_) | Outcome::OutputWritten => "written",
        Outcome::Conflict => "conflict",
        Outcome::Unclear(_) => "unclear",
        Outcome::Failed(_) => "failed",
        Outcome::NotAudited => "not audited, not done",
    }
}

/// Watches a run for the judge and the trace.
pub(crate) struct Spy(pub(crate) Link);

impl Watcher for Spy {
    fn before(&mut self, step: &Step, _: &Seen) {
        self.0.note(Note::Before(step.clone()));
    }

    fn after(&mut self, step: &Step, outcome: &Outcome, _: &Seen) {
        self.0.note(Note::After(twinkey::evidence::name(step), told(outcome)));
    }

    fn waiting(&mut self, _: &Wait, _: Timestamp) {}
}
