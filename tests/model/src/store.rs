//! The store: three kinds of documents with compare-and-set, a replica that may lag behind by one write of
//! each, and writes under way.

use twinkey_core::record::Why;
use twinkey_core::seen::{LiveSeen, Pair, RecordSeen, SlotSeen};
use twinkey_core::{Client, Expected, Looked, PerClient, Record, Version};

/// The documents of one credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Documents {
    pub record: Option<(Version, Box<Record>)>,
    pub live: Option<LiveSeen>,
    pub slots: PerClient<Option<SlotSeen>>,
}

/// The store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Store {
    pub now: Documents,
    /// What ordinary reads may still show of today's writes: each document as it was before its last one.
    pub before: Documents,
    /// Writes that nobody waits for any more and that may still arrive.
    pub late: Vec<Write>,
    pub down: bool,
    /// How many nights the store was away in a row.
    pub nights_down: u8,
    /// Versions given so far.
    pub versions: u64,
}

/// A write as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Write {
    pub expected: Expected,
    pub body: Body,
    /// The name of the effect.
    pub effect: &'static str,
    /// The invariant that it breaks if it is written.
    pub breaks: Option<&'static str>,
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    Record(Box<Record>),
    /// A publication says why; the fence does not.
    Live(Option<Pair>, Option<Why>),
    Slot(Client, SlotSeen),
}

/// What the name of a version begins with that comes back.
pub const RETURNING: &str = "=";

/// How the store treats a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Honesty {
    /// As it should.
    Honest,
    /// The condition on the live pair is ignored.
    BlindLive,
    /// A version of the live pair is named after the client in it, so that it comes back.
    ReturningVersions,
}

impl Documents {
    pub fn looked(&self) -> Looked {
        Looked {
            record: self.record_seen(),
            live: self.live.clone(),
            slots: self.slots.clone(),
            output: None,
            behind: false,
        }
    }

    pub fn record_seen(&self) -> RecordSeen {
        match &self.record {
            None => RecordSeen::Absent,
            Some((version, record)) => RecordSeen::Here { version: version.clone(), record: record.clone() },
        }
    }

    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref().map(|(_, record)| record.as_ref())
    }

    pub fn live_pair(&self) -> Option<&Pair> {
        self.live.as_ref()?.pair.as_ref()
    }

    /// The version of the document that this write is for.
    pub fn expected(&self, body: &Body) -> Expected {
        let version = match body {
            Body::Record(_) => self.record.as_ref().map(|(version, _)| version),
            Body::Live(..) => self.live.as_ref().map(|live| &live.version),
            Body::Slot(client, _) => self.slots[*client].as_ref().map(|slot| &slot.version),
        };
        version.map_or(Expected::Absent, |version| Expected::Version(version.clone()))
    }
}

impl Store {
    pub fn new_version(&mut self) -> Version {
        self.versions += 1;
        Version::new(self.versions.to_string())
    }

    /// Whether the store would take this write now.
    pub fn would_take(&self, write: &Write, honesty: Honesty) -> bool {
        let blind = honesty == Honesty::BlindLive && matches!(write.body, Body::Live(..));
        blind || self.now.expected(&write.body) == write.expected
    }

    /// A compare-and-set; `None` is the store's refusal.
    pub fn write(&mut self, write: &Write, honesty: Honesty) -> Option<Version> {
        if !self.would_take(write, honesty) {
            return None;
        }
        let version = match (&write.body, honesty) {
            (Body::Live(Some(pair), _), Honesty::ReturningVersions) => {
                Version::new(format!("{RETURNING}{}", pair.client_id))
            }
            _ => self.new_version(),
        };
        self.put(&write.body, version.clone());
        Some(version)
    }

    fn put(&mut self, body: &Body, version: Version) {
        let Self { now, before, .. } = self;
        match body {
            Body::Record(record) => before.record = now.record.replace((version, record.clone())),
            Body::Live(pair, _) => before.live = now.live.replace(LiveSeen { version, pair: pair.clone() }),
            Body::Slot(client, slot) => {
                before.slots[*client] = now.slots[*client].replace(SlotSeen { version, ..slot.clone() });
            }
        }
    }

    /// What a replica shows that knows none of the last writes.
    pub fn lagging(&self) -> Looked {
        let Self { now, before, .. } = self;
        let lagging = Documents {
            record: before.record.clone().or(now.record.clone()),
            live: before.live.clone().or(now.live.clone()),
            slots: PerClient::from_fn(|client| before.slots[client].clone().or(now.slots[client].clone())),
        };
        lagging.looked()
    }
}
