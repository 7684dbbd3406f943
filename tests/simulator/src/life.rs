//! One life: what happens next is drawn from the seed, and everything that happens goes through here.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use twinkey::documents::Documents;
use twinkey::run::{Mode, Report};
use twinkey_core::seen::{Host, Seen, With};
use twinkey_core::{Client, PerClient, Record, Salt, Step, Wish};

use crate::consumers::{Consumer, RETRY};
use crate::faults::Fault;
use crate::figures::{Figures, Reached};
use crate::nature::*;
use crate::people::Person;
use crate::portal::Portal;
use crate::process::{Order, Process, Role, status};
use crate::server::{Direct, Server};
use crate::trace::Trace;
use crate::wire::{Link, Note, Outside, Pid, Request, Wire, lock};

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
    /// The daemon's memory: when it last looked, by its own clock.
    pub(crate) looked: Option<Timestamp>,
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
    next_pid: Pid,
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

/// The moment at which every life begins.
const BIRTH: &str = "2026-01-06T10:00:00Z";

impl Life {
    pub(crate) fn new(seed: u64, hole: Option<Hole>, trace: Trace) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let nature = Nature::of(&mut rng, hole);
        let now: Timestamp = BIRTH.parse().expect("a moment");
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
            looked: None,
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

    /// Whether a command could begin on this host now.
    pub(crate) fn is_free(&self, host: usize) -> bool {
        self.hosts[host].busy.is_none() && self.hosts[host].asleep_until <= self.now
    }

    /// Starts a run, if its host is free: one run at a time on one host, by production's lock.
    pub(crate) fn start(&mut self, host: usize, order: Order) -> Option<Pid> {
        if !self.is_free(host) {
            return None;
        }
        if !self.processes.is_empty() {
            self.figures.met(Fault::TwoAtOnce);
        }
        let pid = self.next_pid;
        self.next_pid += 1;
        self.say(&format!("{}@{}", order.who, HOST_NAMES[host]), || format!("begins {:?}", order.wish));
        let watching = (order.role == Role::Daemon).then(|| self.watching(host)).flatten();
        let mut notes = Host { watching, ..self.hosts[host].notes.clone() };
        {
            // As production opens the log: its head, and whether it can be opened at all.
            let wire = lock(&self.wire);
            notes.audit.head = wire.hosts[host].head.clone();
            notes.audit.unwritable = self.now < wire.hosts[host].full_until;
        }
        let link = Link { pid, ..self.link(host) };
        let mut policy = self.nature.policy.clone();
        if order.who == STRAY {
            policy.place.live_pair = "app/other".into();
        }
        let process = Process::start(link, policy, self.documents.clone(), notes, order);
        self.hosts[host].busy = Some(pid);
        self.processes.insert(pid, process);
        self.figures.reach(Reached::Runs);
        self.poll(pid);
        Some(pid)
    }

    /// Since when the daemon has watched without a gap, by its own clock.
    fn watching(&mut self, host: usize) -> Option<Timestamp> {
        let now = self.host_clock(host);
        let state = &mut self.hosts[host];
        let gap =
            state.looked.is_none_or(|looked| looked > now || now.duration_since(looked) > LOOK_EVERY * 2);
        if gap || state.notes.watching.is_none() {
            state.notes.watching = Some(now);
        }
        state.notes.watching
    }

    /// Lets a process go on until it waits for something outside.
    pub(crate) fn poll(&mut self, pid: Pid) {
        let Some(process) = self.processes.get_mut(&pid) else { return };
        let mut context = Context::from_waker(Waker::noop());
        let polled = process.future.as_mut().poll(&mut context);
        let (notes, requests) = {
            let mut wire = lock(&self.wire);
            (std::mem::take(&mut wire.notes), std::mem::take(&mut wire.requests))
        };
        for (_, note) in notes {
            self.note(pid, note);
        }
        for request in requests {
            self.send(request);
        }
        if let Poll::Ready(report) = polled {
            self.ended(pid, &report);
        }
    }

    fn note(&mut self, pid: Pid, note: Note) {
        let Some(process) = self.processes.get_mut(&pid) else { return };
        match note {
            Note::Before(step) => {
                process.steps += 1;
                process.line = None;
                let (who, steps) = (format!("{}@{}", process.who, HOST_NAMES[process.host]), process.steps);
                self.figures.reach(Reached::Steps);
                self.trace.line(self.now, &who, || crate::trace::step(&step));
                let process = self.processes.get_mut(&pid).expect("it is there");
                process.step = Some(step);
                if steps > MOST_STEPS {
                    self.breaks(format!("a run without end, by {who}"));
                }
            }
            Note::After(name, told) => {
                let who = format!("{}@{}", process.who, HOST_NAMES[process.host]);
                if told == "conflict" {
                    self.figures.met(Fault::Conflict);
                }
                self.say(&who, || format!("{name}: {told}"));
            }
            Note::Line(event, entry) => {
                if event == twinkey::audit::Event::Before {
                    process.line = Some(true);
                }
                self.no_secret_in(&entry.detail.to_string());
            }
            Note::NoLine(event) => {
                if event == twinkey::audit::Event::Before {
                    process.line = Some(false);
                }
                self.figures.met(Fault::AuditUnwritable);
            }
        }
    }

    fn send(&mut self, request: Request) {
        self.has_its_line(&request);
        crate::requests::send(self, request);
    }

    /// A process is no more: nobody knows what it had learnt.
    pub(crate) fn kill(&mut self, pid: Pid) {
        let Some(process) = self.processes.remove(&pid) else { return };
        self.say(&format!("{}@{}", process.who, HOST_NAMES[process.host]), || "is killed".into());
        let host = &mut self.hosts[process.host];
        host.busy = None;
        if process.role == Role::Daemon {
            (host.notes.watching, host.looked) = (None, None);
        }
        if process.unnoted > 0 {
            self.uncounted.push((self.now, process.unnoted));
        }
    }

    fn ended(&mut self, pid: Pid, report: &Report) {
        let Some(process) = self.processes.remove(&pid) else { return };
        let who = format!("{}@{}", process.who, HOST_NAMES[process.host]);
        self.say(&who, || format!("ends: {:?}", report.rest.why));
        self.no_secret_in(&format!("{:?}", report.rest));
        let clock = self.host_clock(process.host);
        let host = &mut self.hosts[process.host];
        host.busy = None;
        // As production's notes learn from a run: all but what the process itself knew.
        let watching = match process.role {
            Role::Daemon => report.seen.host.watching,
            _ => host.notes.watching,
        };
        let unwritable = report.seen.host.audit.unwritable;
        host.notes = Host { watching, ..report.seen.host.clone() };
        host.notes.audit.unwritable =
            unwritable && self.now < lock(&self.wire).hosts[process.host].full_until;
        let read = !matches!(&report.seen.trouble, Some(trouble) if trouble.with == With::Reading);
        if process.role == Role::Daemon && read {
            self.hosts[process.host].looked = Some(clock);
        }
        if process.unnoted > 0 && report.seen.probes.iter().any(|probed| !probed.noted) {
            self.uncounted.push((self.now, process.unnoted));
        }
        self.told(pid, &process, report);
    }

    fn tick(&mut self, more: u32) {
        if more > 0 {
            let late = SignedDuration::from_secs(self.rng.i64(0..20));
            self.after(LOOK_EVERY + late, Event::Tick(more - 1));
        }
        self.round(DAEMON, Role::Daemon, "daemon");
    }

    /// A round of daemon or timer.
    pub(crate) fn round(&mut self, host: usize, role: Role, who: &str) -> Option<Pid> {
        let order = Order {
            wish: Wish::Keep,
            who: who.into(),
            role,
            pasted: PerClient::default(),
            salt: None,
            mode: Mode::Live,
        };
        self.start(host, order)
    }

    fn clock_right(&mut self, host: usize) {
        lock(&self.wire).hosts[host].offset = self.nature.offsets[host];
        self.say(HOST_NAMES[host], || "its clock is put right".into());
    }

    fn refresh(&mut self, number: usize) {
        let away = self.now < self.store.away_until;
        let keeps = self.consumers[number].keeps;
        if away {
            if keeps.is_some() {
                if self.consumers[number].failing.is_none() && self.consumers[number].pair.is_some() {
                    self.figures.met(Fault::ServedStale);
                    self.consumers[number].failing = Some(self.now);
                }
                self.after(RETRY, Event::Refresh(number));
            } else {
                let pause = SignedDuration::from_secs(self.rng.i64(60..3600));
                self.after(pause, Event::Refresh(number));
            }
            return;
        }
        self.read_by(number);
        let pause = keeps.unwrap_or_else(|| SignedDuration::from_secs(self.rng.i64(60..7200)));
        // A consumer that keeps its pair until it is restarted reads at its start only.
        let restarted = self.nature.policy.staleness == twinkey_core::Staleness::Restart;
        if keeps.is_none() || !restarted || self.consumers[number].pair.is_none() {
            self.after(pause, Event::Refresh(number));
        }
    }

    /// A consumer reads the live pair, from the store itself.
    pub(crate) fn read_by(&mut self, number: usize) {
        let read = self.live_now();
        let Some((id, secret)) = read else { return };
        self.figures.reach(Reached::Reads);
        if self.obeyed && !self.portal.is_current(&id, &secret) {
            let name = self.portal.name(&secret);
            self.breaks(format!("consumer {number} was given {name}, which is dead"));
        }
        let (now, lifetime) = (self.now, self.portal.lifetime);
        self.consumers[number].reads((id, secret), now, lifetime);
    }

    /// The id and secret that stand in the live pair.
    pub(crate) fn live_now(&self) -> Option<(String, String)> {
        let server = self.server();
        let live = server.read(&self.documents.live)?;
        let pair = self.documents.live_pair(&live.body)?;
        Some((pair.client_id, pair.secret.expose_secret().to_owned()))
    }

    /// Whether what consumers read gets a token, in truth.
    pub(crate) fn live_works(&self) -> bool {
        self.live_now().is_some_and(|(id, secret)| self.portal.is_current(&id, &secret))
    }

    pub(crate) fn active(&self) -> Option<Client> {
        Some(self.record.as_ref()?.active.as_ref()?.client)
    }

    /// The step that a process is at.
    pub(crate) fn step_of(&self, pid: Pid) -> Option<Step> {
        self.processes.get(&pid)?.step.clone()
    }
}

/// Who runs with a configuration that speaks of another place.
pub(crate) const STRAY: &str = "stray";

/// No honest run is longer.
const MOST_STEPS: u32 = 150;
