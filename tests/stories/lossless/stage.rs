//! Many credentials that get into trouble, a service and a receiver that die meanwhile.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;
use twinkey_core::{AttemptId, Expected};
use twinkey_store::{Body, FileStore, Freshness, Store, Versioned, Written};

use crate::harness::book::{Book, Noted};
use crate::harness::daemon::Daemon;
use crate::harness::host::Host;

/// A credential of many, with a store of its own.
pub struct One {
    pub key: String,
    store: FileStore,
    /// Its live pair as it should be.
    right: Body,
}

impl One {
    /// Sets it up and tells its table.
    pub async fn set(host: &Host, number: usize) -> Self {
        let name = format!("c{number:03}");
        let (file, key) = (host.path(&format!("{name}.age")), host.path(&format!("{name}.key")));
        let sandbox = host.provider.as_sandbox();
        let clients = ["a", "b"].map(|letter| sandbox.add_client(&format!("{name}-{letter}")));
        let [a, b] = clients;
        host.add(&format!(
            "[store.{name}]\nfile = \"{}\"\nkey = {{ file = \"{}\" }}\n[credential.{name}]\nstore = \"{name}\"\n\
             provider = \"p\"\nlive-pair = \"app/go\"\nconsumers.max-staleness = \"1s\"\nlook-every = \"1s\"\n\
             verify = {{ standby-every = \"1d\", active-every = \"1d\" }}",
            file.display(),
            key.display()
        ));
        for (_, secret) in [&a, &b] {
            host.listen_for(secret);
        }
        let args = ["init", &name, "--live", "a", "--id-a", &a.0, "--id-b", &b.0];
        host.runs(&args, &format!("{}\n{}\n", a.1, b.1), 0).await;
        let store = FileStore::open(&file, &key).unwrap();
        let right = live(&store).await.body;
        Self { key: format!("{name}/diverged"), store, right }
    }

    /// Somebody else writes its live pair.
    pub async fn edit(&self, client_id: &str, round: usize) {
        let mut body = self.right.clone();
        body.set_text("client_id", client_id.into());
        self.write(&body, round).await;
    }

    /// And puts it back.
    pub async fn put_back(&self, round: usize) {
        self.write(&self.right, round).await;
    }

    async fn write(&self, body: &Body, round: usize) {
        let version = live(&self.store).await.version;
        let attempt = AttemptId::derive(&[self.key.as_bytes(), format!("{round} {version:?}").as_bytes()]);
        let written = self.store.write(&Host::live_place(), &Expected::Version(version), body, attempt).await;
        assert!(matches!(written.unwrap(), Written::Written(_)));
    }
}

async fn live(store: &FileStore) -> Versioned {
    store.read(&Host::live_place(), Freshness::Latest).await.unwrap().unwrap()
}

/// The service and the receiver, and when one of them was killed.
pub struct Stage {
    pub host: Host,
    pub book: Book,
    service: Option<Daemon>,
    pub deaths: Vec<f64>,
}

/// How many die while people are told of the same trouble. Then they are left alone: who is killed at each first word
/// never comes to an end.
const DEATHS: usize = 3;

/// How often it looks for what is to come, at every tenth of a second: minutes, for machines that do much else.
const PATIENCE: usize = 6_000;

impl Stage {
    /// A service for this host, and the book that it writes into.
    pub async fn set(host: Host, book: Book) -> Self {
        let service = Some(Daemon::start(&host).await);
        Self { host, book, service, deaths: Vec::new() }
    }

    /// Kills one of the two as soon as a message has arrived, which is in the middle of their work, and starts it again.
    /// Mostly the sender: it leaves a receiver that did not answer alone for a while.
    async fn somebody_dies(&mut self) {
        let before = self.book.noted().len();
        for _ in 0..400 {
            if self.book.noted().len() > before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        if self.deaths.len() % 10 == 2 {
            self.book.kill();
            self.deaths.push(seconds());
            tokio::time::sleep(Duration::from_millis(300)).await;
            self.book.start_again();
        } else {
            let service = self.service.take().unwrap();
            service.ends(&self.host, Signal::KILL).await;
            self.deaths.push(seconds());
            self.service = Some(Daemon::start(&self.host).await);
        }
    }

    /// Waits until as many different messages of an event are noted, while people die.
    pub async fn until(&mut self, event: &str, many: usize) {
        let most = self.deaths.len() + DEATHS;
        for _ in 0..PATIENCE {
            let ids = messages(&self.book.noted(), event).len();
            assert!(ids <= many, "{ids} instead of {many}: one incident has had two names");
            if ids == many {
                return;
            }
            if self.deaths.len() < most {
                self.somebody_dies().await;
            } else {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        panic!("{event}: only {} of {many}", messages(&self.book.noted(), event).len());
    }
}

/// Each message of an event, as often as it came.
pub fn messages<'n>(noted: &'n [Noted], event: &str) -> BTreeMap<&'n str, Vec<&'n Noted>> {
    let mut messages: BTreeMap<&str, Vec<&Noted>> = BTreeMap::new();
    for noted in noted.iter().filter(|noted| noted.event == event && noted.key.ends_with("/diverged")) {
        messages.entry(&noted.id).or_default().push(noted);
    }
    messages
}

/// The repeats among them: from when the message was first sent, to the second or a little before, until it came again.
/// What a killed sender has written may come after its death, and after the word of its successor: a receiver that is
/// busy takes connections in when it can.
pub fn repeats(messages: &BTreeMap<&str, Vec<&Noted>>) -> Vec<[f64; 2]> {
    let pairs = |came: &Vec<&Noted>| {
        let pair = |pair: &[&Noted]| [pair[0].sent.min(pair[1].sent), pair[1].at];
        came.windows(2).map(pair).collect::<Vec<_>>()
    };
    messages.values().flat_map(pairs).collect()
}

pub fn seconds() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "compared with what another process has noted")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
