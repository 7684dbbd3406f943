//! Runs of production as processes: they begin, are polled, tell what they do, are killed, and end.

use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use twinkey::daemon::Pace;
use twinkey::run::{Mode, Report};
use twinkey_core::decision::Because;
use twinkey_core::seen::Host;
use twinkey_core::{PerClient, Wish};

use crate::faults::Fault;
use crate::figures::Reached;
use crate::life::{Event, Life};
use crate::nature::*;
use crate::process::{Order, Process, Role};
use crate::wire::{Link, Note, Pid, Request, lock};

impl Life {
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
        state.pace.begin(self.nature.policy.look_every, now);
        state.notes.watching = state.pace.watching;
        state.pace.watching
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
        let clock = self.host_clock(process.host);
        let host = &mut self.hosts[process.host];
        host.busy = None;
        if process.role == Role::Daemon {
            (host.notes.watching, host.pace) = (None, Pace::new(clock));
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
        if process.role == Role::Daemon {
            let failed = matches!(report.rest.why, Because::Trouble(_) | Because::OthersAtWork);
            let (every, chance) = (self.nature.policy.look_every, self.rng.f64());
            let pace = &mut self.hosts[process.host].pace;
            pace.watching = report.seen.host.watching;
            if report.seen.looks > 0 {
                pace.has_looked();
            }
            pace.end(every, failed, report.rest.wake, clock, chance);
        }
        if process.unnoted > 0 && report.seen.probes.iter().any(|probed| !probed.noted) {
            self.uncounted.push((self.now, process.unnoted));
        }
        self.told(pid, &process, report);
    }

    pub(crate) fn tick(&mut self, more: u32) {
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
}

/// Who runs with a configuration that speaks of another place.
pub(crate) const STRAY: &str = "stray";

/// No honest run is longer.
const MOST_STEPS: u32 = 150;
