//! What becomes of one request: when it arrives, what it does there, and whether its answer comes back.

use std::io;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use twinkey_core::{AnswerKind, Expected, Step};
use twinkey_store::{Freshness, StoreError, Written};

use crate::faults::Fault;
use crate::life::{Event, Life};
use crate::nature::*;
use crate::process::Role;
use crate::wire::{Ask, Pid, Reply, Request, Slot, lock};

/// A request under way.
pub(crate) struct Sent {
    pub(crate) pid: Pid,
    pub(crate) ask: Ask,
    slot: Slot,
    /// The step that it belongs to.
    step: Option<Step>,
    fate: Fate,
    reply: Option<Reply>,
}

/// What is drawn for a request when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Fine,
    /// The write never arrives, and nobody can tell.
    Lost,
    /// The write takes effect, its answer is lost.
    AnswerLost,
    /// The write is given up by its sender and lands later.
    Late,
    /// The process ends before this has left.
    KilledBefore,
    /// The process ends with this on its way.
    KilledInFlight,
    /// The process ends once it has taken effect.
    KilledAfter,
    /// The host falls asleep with this on its way.
    Sleep,
}

/// Sends a request: draws its fate, and when it arrives.
pub(crate) fn send(life: &mut Life, request: Request) {
    let Request { pid, ask, slot } = request;
    let number = life.number();
    let step = life.step_of(pid);
    if let Ask::Sleep { until } = ask {
        let host = life.processes.get(&pid).map_or(0, |process| process.host);
        let pause = until.duration_since(life.host_clock(host)).max(SignedDuration::ZERO);
        life.requests
            .insert(number, Sent { pid, ask, slot, step, fate: Fate::Fine, reply: Some(Reply::Slept) });
        life.after(pause, Event::Answer(number));
        return;
    }
    let is_write = matches!(ask, Ask::Write { .. });
    let fate = fate(life, is_write);
    if fate == Fate::KilledBefore {
        life.met(Fault::KilledBefore);
        life.kill(pid);
        return;
    }
    life.requests.insert(number, Sent { pid, ask, slot, step, fate, reply: None });
    let way = latency(life);
    life.after(way, Event::Arrive(number));
    match fate {
        Fate::KilledInFlight => {
            life.met(Fault::KilledInFlight);
            life.kill(pid);
        }
        Fate::Sleep => fall_asleep(life, pid),
        _ => {}
    }
}

fn fate(life: &mut Life, is_write: bool) -> Fate {
    // A run writes seldom, and that is where it matters.
    let often = if is_write { 5 * life.nature.chaos } else { life.nature.chaos };
    if life.calm || life.rng.u32(..1000) >= often {
        return Fate::Fine;
    }
    let kinds: &[Fate] = match is_write {
        true => &[
            Fate::Lost,
            Fate::AnswerLost,
            Fate::Late,
            Fate::KilledBefore,
            Fate::KilledInFlight,
            Fate::KilledAfter,
            Fate::Sleep,
        ],
        // A look is four reads: fewer of them end their process.
        false => &[
            Fate::KilledBefore,
            Fate::Sleep,
            Fate::Fine,
            Fate::Fine,
            Fate::Fine,
            Fate::Fine,
            Fate::Fine,
            Fate::Fine,
        ],
    };
    pick(&mut life.rng, kinds)
}

/// The host of a process sleeps, its clock does not.
fn fall_asleep(life: &mut Life, pid: Pid) {
    let nap = pick(&mut life.rng, &[SECOND * 90, MINUTE * 10, MINUTE * 50, HOUR * 2, HOUR * 30, DAY * 8]);
    let Some(process) = life.processes.get(&pid) else { return };
    let host = process.host;
    life.hosts[host].asleep_until = life.now + nap;
    life.met(Fault::Suspended);
}

fn latency(life: &mut Life) -> SignedDuration {
    let slow = life.now < life.store.slow_until;
    if slow || (!life.calm && life.rng.u32(..200) == 0) {
        life.met(Fault::SlowStore);
        return SignedDuration::from_millis(life.rng.i64(500..7000));
    }
    SignedDuration::from_millis(life.rng.i64(1..60))
}

impl Life {
    /// A request arrives where it was sent to.
    pub(crate) fn arrive(&mut self, number: u64) {
        let Some(mut sent) = self.requests.remove(&number) else { return };
        let reply = match sent.ask.clone() {
            Ask::Read { place, freshness } => Reply::Read(self.read(&place, freshness)),
            Ask::Probe { client_id, secret } => Reply::Answer(self.probe(sent.pid, &client_id, &secret)),
            Ask::Write { .. } => Reply::Write(self.write(&sent)),
            Ask::Sleep { .. } => Reply::Slept,
        };
        if sent.fate == Fate::KilledAfter && self.processes.contains_key(&sent.pid) {
            self.met(Fault::KilledAfter);
            self.kill(sent.pid);
        }
        let unclear = matches!(reply, Reply::Write(Ok(Written::Unclear(_))));
        sent.reply = Some(reply);
        self.requests.insert(number, sent);
        let way = if unclear { SECOND * 15 } else { latency(self) };
        self.after(way, Event::Answer(number));
    }

    /// The answer arrives, if anybody still waits for it.
    pub(crate) fn answer(&mut self, number: u64) {
        let Some(sent) = self.requests.get_mut(&number) else { return };
        let pid = sent.pid;
        let Some(process) = self.processes.get(&pid) else {
            self.requests.remove(&number);
            return;
        };
        let host = process.host;
        let asleep = self.hosts[host].asleep_until;
        if asleep > self.now {
            self.at(asleep, Event::Answer(number));
            return;
        }
        if let Ask::Sleep { until } = sent.ask {
            // As production's clock: what counts is the wall clock, which may have been put back meanwhile.
            let left = until.duration_since(self.host_clock(host));
            if left.is_positive() {
                self.after(left.min(SECOND * 30), Event::Answer(number));
                return;
            }
        }
        let Some(sent) = self.requests.remove(&number) else { return };
        *lock(&sent.slot) = sent.reply;
        self.poll(pid);
        self.burst();
    }

    /// Somebody else is likely to be at work at the same moment.
    fn burst(&mut self) {
        if self.calm || self.nature.chaos == 0 || self.rng.u32(..1000) >= 12 {
            return;
        }
        match self.rng.u32(..3) {
            0 => {
                self.round(TIMER, Role::Timer, "timer");
            }
            1 if self.nature.daemon => {
                self.round(DAEMON, Role::Daemon, "daemon");
            }
            _ => {
                let who = self.rng.usize(..2);
                self.person_acts(who);
            }
        }
    }

    fn read(
        &mut self,
        place: &twinkey_store::Place,
        freshness: Freshness,
    ) -> Result<Option<twinkey_store::Versioned>, StoreError> {
        self.reachable("reading")?;
        if self.now < self.store.no_reads_until {
            self.figures.met(Fault::ReadDenied);
            return Err(denied("reading"));
        }
        let lag = self.nature.lag;
        if freshness == Freshness::Ordinary && lag > SignedDuration::ZERO && !self.calm {
            let lag = SignedDuration::from_millis(self.rng.i64(0..=lag.as_secs() * 1000));
            let server = self.server();
            let behind = server.behind(place, self.now, lag).cloned();
            let is_stale =
                behind.as_ref().map(|read| &read.version) != server.read(place).map(|read| &read.version);
            drop(server);
            if is_stale {
                self.met(Fault::StaleRead);
            }
            return Ok(behind);
        }
        Ok(self.server().read(place).cloned())
    }

    fn reachable(&mut self, doing: &str) -> Result<(), StoreError> {
        if self.now < self.store.away_until {
            self.figures.met(Fault::StoreAway);
            return Err(StoreError::Unreachable { doing: doing.into(), source: source("no route") });
        }
        if self.now < self.store.busy_until {
            self.figures.met(Fault::StoreBusy);
            return Err(match self.rng.bool() {
                true => StoreError::Busy { lock: PathBuf::from("lock") },
                false => StoreError::Full { doing: doing.into(), source: source("no space") },
            });
        }
        Ok(())
    }

    fn write(&mut self, sent: &Sent) -> Result<Written, StoreError> {
        self.reachable("writing")?;
        if self.now < self.store.no_writes_until {
            self.met(Fault::WriteDenied);
            return Err(denied("writing"));
        }
        match sent.fate {
            Fate::Lost => {
                self.met(Fault::WriteLost);
                if self.nature.hole == Some(Hole::FalseWritten) {
                    let version = twinkey_core::Version::new(format!("never-{}", self.number()));
                    return Ok(Written::Written(version));
                }
                Ok(Written::Unclear("lost".into()))
            }
            Fate::AnswerLost => {
                self.met(Fault::AnswerLost);
                self.apply(sent);
                Ok(Written::Unclear("answer lost".into()))
            }
            Fate::Late => {
                let late = pick(&mut self.rng, &[SECOND * 20, MINUTE * 4, MINUTE * 40, HOUR * 5, DAY * 2]);
                let number = self.number();
                let copy = Sent {
                    pid: sent.pid,
                    ask: sent.ask.clone(),
                    slot: Slot::default(),
                    step: sent.step.clone(),
                    fate: Fate::Late,
                    reply: None,
                };
                self.requests.insert(number, copy);
                self.after(late, Event::Land(number));
                Ok(Written::Unclear("under way".into()))
            }
            _ => Ok(self.apply(sent)),
        }
    }

    /// A write that everybody had given up lands.
    pub(crate) fn land(&mut self, number: u64) {
        let Some(sent) = self.requests.remove(&number) else { return };
        if let Written::Written(_) = self.apply(&sent) {
            self.met(Fault::LateWrite);
        }
    }

    /// All writes that are still under way land now, in an order that nobody knows.
    pub(crate) fn land_all(&mut self) {
        let late = |(number, sent): (&u64, &Sent)| {
            (sent.fate == Fate::Late && sent.reply.is_none()).then_some(*number)
        };
        let mut numbers: Vec<u64> = self.requests.iter().filter_map(late).collect();
        self.rng.shuffle(&mut numbers);
        for number in numbers {
            self.land(number);
        }
    }

    fn apply(&mut self, sent: &Sent) -> Written {
        let Ask::Write { place, expected, body, attempt } = &sent.ask else {
            return Written::Conflict;
        };
        let blind = match self.nature.hole {
            Some(Hole::BlindLivePair) => *place == self.documents.live,
            Some(Hole::BlindRecord) => *place == self.documents.record,
            _ => false,
        };
        let now = self.now;
        let before = self.server().read(place).cloned();
        let expected = match (&before, blind) {
            (Some(stands), true) => Expected::Version(stands.version.clone()),
            _ => expected.clone(),
        };
        let written = self.server().write(place, &expected, body, *attempt, now);
        if let Written::Written(version) = &written
            && before.as_ref().is_none_or(|before| before.version != *version)
        {
            self.say("store", || format!("{place} is now {version}"));
            self.landed(sent.pid, sent.step.as_ref(), place, before.as_ref(), body);
        }
        written
    }

    fn probe(&mut self, pid: Pid, id: &str, secret: &str) -> twinkey_core::Answer {
        let host = self.processes.get(&pid).map_or(0, |process| process.host);
        let asked_at = self.host_clock(host);
        let (now, mut rng) = (self.now, self.rng.fork());
        let answer = self.portal.answer(id, secret, (now, asked_at), &mut rng, &mut self.figures);
        let name = self.portal.name(secret);
        self.say("provider", || format!("{name} for {id}: {:?}", answer.kind));
        if let Some(process) = self.processes.get_mut(&pid) {
            match answer.kind {
                AnswerKind::Accepted => process.tokens.push((secret.to_owned(), now)),
                AnswerKind::Rejected | AnswerKind::Refused | AnswerKind::Forbidden => process.unnoted += 1,
                _ => {}
            }
        }
        answer
    }

    /// Whether anybody is asleep for long.
    pub(crate) fn wake_all(&mut self) {
        for host in &mut self.hosts {
            host.asleep_until = Timestamp::MIN;
        }
    }
}

fn denied(doing: &str) -> StoreError {
    StoreError::Denied { doing: doing.into(), source: source("permission denied") }
}

fn source(text: &str) -> twinkey_store::Source {
    Box::new(io::Error::other(text.to_owned()))
}

/// The server keeps production's contract for stores.
#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn the_server_keeps_the_contract_of_stores() {
        let store = crate::server::Direct::default();
        twinkey_store::contract::holds(async || store.clone()).await;
    }
}
