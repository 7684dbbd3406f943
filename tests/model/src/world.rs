//! One state of the model: everything that the protocol depends on, in production's own types.

use jiff::Timestamp;
use twinkey_core::seen::{Host, Pair, RecordSeen, Seen};
use twinkey_core::{Client, Mac, Step, Version};

use crate::portal::Portal;
use crate::store::{Documents, Store, Write};
use crate::time::midnight;

/// One state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub now: Timestamp,
    pub store: Store,
    pub portal: Portal,
    pub machines: Vec<Machine>,
    pub people: Vec<Person>,
    /// What each caching consumer holds.
    pub consumers: Vec<Consumer>,
    /// How many presses there were today.
    pub presses_today: u8,
    /// How many presses against the rules are still to come.
    pub wrong_presses: u8,
    /// How many edits past Twinkey are still to come.
    pub foreign_edits: u8,
    /// A version of the live pair that somebody wrote past Twinkey, while it is the current one.
    pub foreign: Option<Version>,
    /// The first invariant that a step broke.
    pub broken: Option<&'static str>,
}

/// A machine on which Twinkey runs, at most once at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    /// What it remembers between runs; a run under way has taken it along.
    pub knows: Host,
    pub run: Option<Run>,
    /// Whether it has looked today: a daemon does every day.
    pub looked: bool,
}

/// One run under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    pub seen: Seen,
    /// The freshest read is two reads: the record first.
    pub first_half: Option<RecordSeen>,
    /// A write that was sent and has not arrived.
    pub sent: Option<Sent>,
    /// For a person's request: whether the live pair worked when it was made.
    pub live_worked: bool,
}

/// A write under way whose answer is awaited.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sent {
    pub step: Step,
    pub write: Write,
}

/// Somebody who operates Twinkey and the portal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Person {
    /// The client whose secret this person was told to be SAFE to regenerate.
    pub safe: Option<Safe>,
    /// A new secret, copied from the portal and not deposited yet.
    pub hand: Option<(Client, Mac)>,
}

/// A SAFE that a person has heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Safe {
    pub client: Client,
    /// Whether the live pair worked when the person asked.
    pub live_worked: bool,
}

/// A consumer that keeps what it has read, reads again every day, and keeps the old while it cannot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Consumer {
    pub holds: Option<Pair>,
}

impl Machine {
    /// Whether this is a daemon that watches the store.
    pub fn watches(&self) -> bool {
        self.run.as_ref().map_or(&self.knows, |run| &run.seen.host).watching.is_some()
    }
}

impl World {
    /// An empty store.
    pub fn empty(machines: usize, people: usize, consumers: usize) -> Self {
        let machine = Machine { knows: Host::default(), run: None, looked: false };
        Self {
            now: midnight(0),
            store: Store::default(),
            portal: Portal::new(),
            machines: vec![machine; machines],
            people: vec![Person::default(); people],
            consumers: vec![Consumer { holds: None }; consumers],
            presses_today: 0,
            wrong_presses: 0,
            foreign_edits: 0,
            foreign: None,
            broken: None,
        }
    }

    /// Whether what consumers read gets a token.
    pub fn live_works(&self) -> bool {
        self.store.now.live_pair().is_some_and(|pair| self.portal.accepts(pair))
    }

    /// Nobody is at work and nothing is under way: the state after everything has crashed.
    pub fn quiet(&self) -> Self {
        let mut quiet = self.clone();
        let machine = Machine { knows: Host::default(), run: None, looked: false };
        quiet.machines = vec![machine; self.machines.len()];
        quiet.people = vec![Person::default(); self.people.len()];
        quiet.consumers.clear();
        quiet.store.late.clear();
        quiet.store.before = Documents::default();
        quiet.store.down = false;
        quiet.store.nights_down = 0;
        quiet.wrong_presses = 0;
        quiet.foreign_edits = 0;
        quiet.broken = None;
        quiet
    }
}
