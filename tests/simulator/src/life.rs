//! One life: what happens next is drawn from the seed, and everything that happens goes through here.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use twinkey::daemon::Pace;
use twinkey::documents::Documents;
use twinkey_core::seen::{Host, Seen};
use twinkey_core::{Client, Record, Salt, Step};

use crate::consumers::Consumer;
use crate::faults::Fault;
use crate::figures::{Figures, Reached};
use crate::nature::*;
use crate::people::Person;
use crate::portal::Portal;
use crate::process::{Process, status};
use crate::server::{Direct, Server};
use crate::trace::Trace;
use crate::wire::{Link, Outside, Pid, Wire, lock};

/// What is going to happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A request arrives where it was sent to.
    Arrive(u64),
    /// Its answer arrives.
    Answer(u64),
    /// A write that everybody had given up lands.
    Land(u64),
    /// A consumer's turn to read.
    Refresh(usize),
    /// The daemon's round, and so many more.
    Tick(u32),
    /// A host's clock is put right.
    ClockRight(usize),
}

/// A host and what it remembers.
#[derive(Clone, Debug)]
pub(crate) struct HostState {
    pub(crate) notes: Host,
    pub(crate) busy: Option<Pid>,
    pub(crate) asleep_until: Timestamp,
    /// The daemon's memory: since when it has looked without a gap, and when it looks again, by its own clock.
    pub(crate) pace: Pace,
}

/// How the store is.
#[derive(Clone, Debug)]
pub(crate) struct StoreState {
    pub(crate) away_until: Timestamp,
    pub(crate) no_reads_until: Timestamp,
    pub(crate) no_writes_until: Timestamp,
    pub(crate) busy_until: Timestamp,
    pub(crate) slow_until: Timestamp,
}

/// One life.
pub(crate) struct Life {
    pub(crate) nature: Nature,
    pub(crate) rng: fastrand::Rng,
    pub(crate) now: Timestamp,
    queue: BinaryHeap<Reverse<(Timestamp, u64, Event)>>,
    numbers: u64,
    pub(crate) wire: Arc<Mutex<Wire>>,
    pub(crate) documents: Documents,
    pub(crate) salt: Salt,
    pub(crate) server: Direct,
    pub(crate) store: StoreState,
    pub(crate) portal: Portal,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) hosts: Vec<HostState>,
    pub(crate) people: [Person; 2],
    pub(crate) processes: BTreeMap<Pid, Process>,
    pub(crate) next_pid: Pid,
    pub(crate) requests: BTreeMap<u64, crate::requests::Sent>,
    pub(crate) figures: Figures,
    pub(crate) trace: Trace,
    pub(crate) broken: Option<String>,
    /// The record as it stands, as the judge reads it.
    pub(crate) record: Option<Record>,
    /// Versions of the live pair that somebody else wrote.
    pub(crate) foreign: BTreeSet<String>,
    /// Whether people have only done what production said.
    pub(crate) obeyed: bool,
    /// Whether a drain was shortened against the rules, or ended on the word that its secret is dead.
    pub(crate) bare: bool,
    /// Whether somebody who had pressed was asked to let go: what they had regenerated is dead, and nobody may
    /// have noticed yet.
    pub(crate) let_go: bool,
    /// No more faults: the end of a life, in which everything comes right.
    pub(crate) calm: bool,
    pub(crate) backup: Vec<(twinkey_store::Place, Option<twinkey_store::Body>)>,
    /// How often something kept refusals from being counted, and when.
    pub(crate) uncounted: Vec<(Timestamp, u32)>,
}

impl Life {
    pub(crate) fn new(seed: u64, hole: Option<Hole>, trace: Trace) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let nature = Nature::of(&mut rng, hole);
        let now = nature.birth;
        let mut portal = Portal::new(nature.refusal, nature.dates);
        (portal.lifetime, portal.lateness, portal.retention) =
            (nature.lifetime, nature.lateness, nature.retention);
        let outside = |host: usize| Outside { offset: nature.offsets[host], ..Outside::default() };
        let wire = Wire { now, hosts: (0..HOSTS).map(outside).collect(), ..Wire::default() };
        let host = |name: &&str| HostState {
            notes: Host {
                audit: twinkey_core::seen::Audit { chain: (*name).into(), ..Default::default() },
                ..Host::default()
            },
            busy: None,
            asleep_until: Timestamp::MIN,
            pace: Pace::new(now),
        };
        let mut salt = [0; 16];
        salt.fill_with(|| rng.u8(..));
        let never = Timestamp::MIN;
        Self {
            consumers: nature.consumers.iter().copied().map(Consumer::new).collect(),
            obeyed: true,
            nature,
            rng,
            now,
            queue: BinaryHeap::new(),
            numbers: 0,
            wire: Arc::new(Mutex::new(wire)),
            documents: documents(),
            salt: Salt::from_bytes(salt),
            server: Direct::default(),
            store: StoreState {
                away_until: never,
                no_reads_until: never,
                no_writes_until: never,
                busy_until: never,
                slow_until: never,
            },
            portal,
            hosts: HOST_NAMES.iter().map(host).collect(),
            people: [Person::new("olga", DESKS[0]), Person::new("rob", DESKS[1])],
            processes: BTreeMap::new(),
            next_pid: 0,
            requests: BTreeMap::new(),
            figures: Figures::default(),
            trace,
            broken: None,
            record: None,
            foreign: BTreeSet::new(),
            bare: false,
            let_go: false,
            calm: false,
            backup: Vec::new(),
            uncounted: Vec::new(),
        }
    }

    pub(crate) fn server(&self) -> std::sync::MutexGuard<'_, Server> {
        lock(&self.server.0)
    }

    /// Something that a property forbids; the first one ends the life.
    pub(crate) fn breaks(&mut self, what: String) {
        self.say("!!", || what.clone());
        self.broken.get_or_insert(what);
    }

    pub(crate) fn say(&mut self, who: &str, what: impl FnOnce() -> String) {
        self.trace.line(self.now, who, what);
    }

    pub(crate) fn met(&mut self, fault: Fault) {
        self.figures.met(fault);
        self.say("~~", || fault.name().into());
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn after(&mut self, pause: SignedDuration, event: Event) {
        self.at(self.now + pause, event);
    }

    pub(crate) fn at(&mut self, at: Timestamp, event: Event) {
        let number = self.number();
        self.queue.push(Reverse((at.max(self.now), number, event)));
    }

    fn move_to(&mut self, now: Timestamp) {
        self.now = now;
        lock(&self.wire).now = now;
    }

    /// Lets everything happen that is due in this time.
    pub(crate) fn pass(&mut self, time: SignedDuration) {
        let until = self.now + time;
        while self.broken.is_none() {
            match self.queue.peek() {
                Some(Reverse((at, ..))) if *at <= until => {}
                _ => break,
            }
            self.happen();
        }
        self.move_to(until.max(self.now));
    }

    /// Lets things happen until this process is gone.
    pub(crate) fn finish(&mut self, pid: Pid) {
        while self.processes.contains_key(&pid) && self.broken.is_none() {
            if self.queue.is_empty() {
                self.breaks(format!("process {pid} waits for nothing"));
                return;
            }
            self.happen();
        }
    }

    fn happen(&mut self) {
        let Some(Reverse((at, _, event))) = self.queue.pop() else { return };
        self.move_to(at);
        self.figures.reach(Reached::Events);
        match event {
            Event::Arrive(number) => self.arrive(number),
            Event::Answer(number) => self.answer(number),
            Event::Land(number) => self.land(number),
            Event::Refresh(consumer) => self.refresh(consumer),
            Event::Tick(more) => self.tick(more),
            Event::ClockRight(host) => self.clock_right(host),
        }
    }

    pub(crate) fn link(&self, host: usize) -> Link {
        Link { wire: self.wire.clone(), pid: Pid::MAX, host }
    }

    pub(crate) fn host_clock(&self, host: usize) -> Timestamp {
        self.now + lock(&self.wire).hosts[host].offset
    }

    /// What `status` would see on a host now.
    pub(crate) fn status(&self, host: usize) -> Seen {
        let mut notes = self.hosts[host].notes.clone();
        notes.audit.unwritable = self.now < lock(&self.wire).hosts[host].full_until;
        let store = Arc::new(self.server.clone());
        status(&self.link(host), &self.nature.policy, &self.documents, store, notes)
    }

    fn clock_right(&mut self, host: usize) {
        lock(&self.wire).hosts[host].offset = self.nature.offsets[host];
        self.say(HOST_NAMES[host], || "its clock is put right".into());
    }

    pub(crate) fn active(&self) -> Option<Client> {
        Some(self.record.as_ref()?.active.as_ref()?.client)
    }

    /// The step that a process is at.
    pub(crate) fn step_of(&self, pid: Pid) -> Option<Step> {
        self.processes.get(&pid)?.step.clone()
    }
}
