//! What the story owes to time: an answer may wait while its host sleeps.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use twinkey_core::decision::Because;
use twinkey_core::record::AuditHead;
use twinkey_core::seen::Freshness;
use twinkey_core::wish::{Entry, Init};
use twinkey_core::{
    Answer, AnswerKind, AttemptId, BelongsTo, Client, Expected, Failover, Hours, LookEvery, PerClient,
    Policy, Salt, Settle, Staleness, Step, Unscheduled, Wish,
};
use twinkey_store::{Body, Class, Finding, MemoryStore, Place, Store, StoreError, Versioned, Written};

use super::{Mode, Report, Task, Unwatched, run};
use crate::audit::{AuditError, Entry as Line};
use crate::clock::Clock;
use crate::documents::{Documents, pasted_seen};
use crate::who::Identity;
use crate::world::{Audit, Provider, World};

/// A clock that moves only when the provider's answer is on its way.
#[derive(Clone)]
struct Host {
    now: Arc<Mutex<Timestamp>>,
    /// How long the host sleeps on the way of each answer yet to come.
    naps: Arc<Mutex<Vec<SignedDuration>>>,
}

#[async_trait]
impl Clock for Host {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep_until(&self, until: Timestamp) {
        *self.now.lock().unwrap() = until;
    }
}

#[async_trait]
impl Provider for Host {
    async fn probe(&self, _: &str, _: &SecretString, _: Timestamp) -> Answer {
        let nap = self.naps.lock().unwrap().pop().unwrap_or_default();
        *self.now.lock().unwrap() += nap;
        Answer::new(AnswerKind::Accepted, "")
    }
}

struct Paper;

impl Audit for Paper {
    fn append(&mut self, _: Line) -> Result<AuditHead, AuditError> {
        Ok(AuditHead { line: 1, hash: String::new() })
    }
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn world(host: &Host) -> World {
    let place = |path: &str| Place::parse(path).unwrap();
    let policy = Policy {
        place: BelongsTo {
            store: "store".into(),
            live_pair: "app/gbg".into(),
            id_field: "id".into(),
            secret_field: "secret".into(),
        },
        schedule: None,
        min_interval: DAY,
        max_age: None,
        jitter: SignedDuration::ZERO,
        unscheduled: Unscheduled::EachCall,
        hours: Hours::always(),
        staleness: Staleness::For(SignedDuration::from_hours(1)),
        look_every: LookEvery::Cron,
        margin: SignedDuration::from_mins(10),
        token_lifetime: SignedDuration::from_hours(1),
        settle: Settle { tokens: 3, over: SignedDuration::from_secs(130) },
        standby_every: SignedDuration::from_hours(6),
        active_every: SignedDuration::from_mins(5),
        failover: Failover::Auto,
        reminders: Vec::new(),
        output: false,
    };
    World {
        name: "go".into(),
        policy,
        documents: Documents {
            live: place("app/gbg"),
            slots: PerClient { a: place("state/a"), b: place("state/b") },
            record: place("state/record"),
            id_field: "id".into(),
            secret_field: "secret".into(),
        },
        store: Arc::new(MemoryStore::new()),
        provider: Arc::new(host.clone()),
        audit: Arc::new(Mutex::new(Paper)),
        chain: "here".into(),
        clock: Arc::new(host.clone()),
        output: None,
        who: Arc::new(Identity::of("olga")),
    }
}

async fn init(world: &World) -> Report {
    let salt = Salt::from_bytes([7; 16]);
    let pasted = PerClient::from_fn(|client| Some(SecretString::from(format!("secret-{client}"))));
    let entry = |client: Client| {
        let secret = pasted_seen(pasted[client].as_ref().unwrap(), &salt);
        Some(Entry { client_id: format!("id-{client}"), secret })
    };
    let wish = Wish::Init(Init { salt, live: Client::A, entries: PerClient::from_fn(entry) });
    task(world, wish, pasted, Some(salt)).await
}

async fn task(
    world: &World,
    wish: Wish,
    pasted: PerClient<Option<SecretString>>,
    salt: Option<Salt>,
) -> Report {
    let task = Task { wish, host: Default::default(), pasted, salt, mode: Mode::Live };
    run(world, task, &mut Unwatched).await
}

#[tokio::test]
async fn a_token_is_as_old_as_the_question_it_answers() {
    let now: Timestamp = "2026-01-06T10:00:00Z".parse().unwrap();
    let host = Host { now: Arc::new(Mutex::new(now)), naps: Arc::default() };
    let world = world(&host);
    init(&world).await;
    *host.now.lock().unwrap() += DAY;
    // The host sleeps for two hours while the first answer waits for it.
    host.naps.lock().unwrap().push(SignedDuration::from_hours(2));
    let report = task(&world, Wish::Keep, PerClient::default(), None).await;
    let steps: Vec<&Step> = report.steps.iter().map(|(step, _)| step).collect();
    let published = steps.iter().position(|step| matches!(step, Step::WriteRecord(_))).unwrap();
    let asked = steps[..published].iter().filter(|step| matches!(step, Step::Probe(_))).count();
    assert_eq!(asked, 2, "the first token had become too old to publish on: {steps:?}");
}

#[tokio::test]
async fn whoever_slept_looks_again_before_anything_else() {
    let now: Timestamp = "2026-01-06T10:00:00Z".parse().unwrap();
    for (nap, looks) in [(SignedDuration::from_secs(30), 1), (SignedDuration::from_mins(3), 2)] {
        let host = Host { now: Arc::new(Mutex::new(now)), naps: Arc::default() };
        let world = world(&host);
        init(&world).await;
        *host.now.lock().unwrap() += DAY;
        host.naps.lock().unwrap().push(nap);
        let report = task(&world, Wish::Keep, PerClient::default(), None).await;
        let steps = report.steps.iter().map(|(step, _)| step);
        let until_written = steps.take_while(|step| !matches!(step, Step::WriteRecord(_)));
        let looked = until_written.filter(|step| matches!(step, Step::Look(_))).count();
        assert_eq!(looked, looks, "after {nap:?}");
    }
}

/// A store that can be read, and leaves every write without an answer.
struct Mute(Arc<dyn Store>);

#[async_trait]
impl Store for Mute {
    async fn read(&self, place: &Place, freshness: Freshness) -> Result<Option<Versioned>, StoreError> {
        self.0.read(place, freshness).await
    }

    async fn write(&self, _: &Place, _: &Expected, _: &Body, _: AttemptId) -> Result<Written, StoreError> {
        Ok(Written::Unclear("502 from a gate".into()))
    }

    async fn check(&self, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        self.0.check(places).await
    }
}

#[tokio::test]
async fn writes_that_stay_without_an_answer_are_trouble_and_no_rival() {
    let now: Timestamp = "2026-01-06T10:00:00Z".parse().unwrap();
    let host = Host { now: Arc::new(Mutex::new(now)), naps: Arc::default() };
    let mut world = world(&host);
    init(&world).await;
    *host.now.lock().unwrap() += DAY;
    world.store = Arc::new(Mute(Arc::clone(&world.store)));
    let report = task(&world, Wish::Keep, PerClient::default(), None).await;
    let Because::Trouble(trouble) = &report.rest.why else { panic!("{:?}", report.rest.why) };
    assert!(trouble.text.contains("502 from a gate"), "{}", trouble.text);
    assert_eq!(report.seen.trouble.as_ref(), Some(trouble), "so it is no good run");
}

/// A store whose replicas cannot be seen, for this reason.
struct Veiled(Arc<dyn Store>, Class);

#[async_trait]
impl Store for Veiled {
    async fn read(&self, place: &Place, freshness: Freshness) -> Result<Option<Versioned>, StoreError> {
        self.0.read(place, freshness).await
    }

    async fn write(&self, _: &Place, _: &Expected, _: &Body, _: AttemptId) -> Result<Written, StoreError> {
        Ok(Written::Conflict)
    }

    async fn check(&self, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        self.0.check(places).await
    }

    async fn is_followed(&self, _: &Place) -> Result<bool, StoreError> {
        Err(StoreError::Server { text: String::new(), remedy: String::new(), class: self.1 })
    }
}

#[tokio::test]
async fn a_replica_that_could_not_be_asked_about_counts_as_one_that_lags() {
    let now: Timestamp = "2026-01-06T10:00:00Z".parse().unwrap();
    let host = Host { now: Arc::new(Mutex::new(now)), naps: Arc::default() };
    for (class, behind) in [(Class::Temporary, true), (Class::Permanent, true), (Class::Permission, false)] {
        let mut world = world(&host);
        init(&world).await;
        world.store = Arc::new(Veiled(Arc::clone(&world.store), class));
        assert_eq!(super::look(&world, Default::default()).await.behind, behind, "{class:?}");
    }
}
