//! What was told to whom, by which channel: compared with what should stand now, it says what is to be delivered
//! next. Nothing is queued: whatever no longer stands is recovered or forgotten, whatever stands is told once.
//!
//! # Guarantees
//! At least once: a delivery is due until it was noted as taken. A repeat needs a crash between sending and noting,
//! or an answer that was lost. Nobody waits: a channel that fails twice, or that fails until somebody mends it, hands
//! over to the next one, however urgent that one wants its messages.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::messages::Severity;

mod backoff;
#[cfg(test)]
mod tests;

pub use backoff::pause;

/// A message that should stand now, as far as its delivery is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it is about, stable while it stands and when it comes again: `go-production/regenerate`.
    pub key: String,
    /// Since when it stands. Another moment is another incident.
    pub since: Timestamp,
    /// How urgent it is.
    pub severity: Severity,
    /// The rung of its ladder; each is told anew.
    pub rung: u32,
}

/// A channel, in the order in which channels are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The least urgent messages that it takes.
    pub least: Severity,
}

/// One delivery to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// By which channel.
    pub channel: String,
    /// What is told.
    pub tell: Tell,
    /// About what.
    pub about: Standing,
}

/// What a delivery tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tell {
    /// It stands.
    Stands,
    /// It stood, was told, and has ended.
    Ended,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// The receiver took it.
    Taken,
    /// It may pass; the receiver may have asked for a pause.
    Later(Option<SignedDuration>),
    /// It fails until somebody does something.
    Failed,
}

/// What was told, per incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    incidents: BTreeMap<String, Incident>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Incident {
    since: Timestamp,
    severity: Severity,
    rung: u32,
    /// Since when it no longer stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Timestamp>,
    channels: BTreeMap<String, Line>,
}

/// One channel's line about one incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Line {
    /// What was taken last: the rung, the urgency, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<(u32, Severity, Timestamp)>,
    /// Whether its end was taken.
    #[serde(default)]
    closed: bool,
    /// Failures in a row.
    #[serde(default)]
    failures: u32,
    /// Whether the last one fails until somebody does something.
    #[serde(default)]
    hopeless: bool,
    /// Not before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
}

/// After so many failures in a row the next channel is asked as well.
pub const HANDS_OVER: u32 = 2;

/// How long a recovery is tried: after a day nobody needs it any more.
const RECOVERY: SignedDuration = SignedDuration::from_hours(24);

impl Ledger {
    /// Takes over what should stand now. What is new begins, what has grown is told anew, what is gone has ended.
    pub fn keep_up(&mut self, standing: &[Standing], now: Timestamp) {
        for message in standing {
            match self.incidents.get_mut(&message.key) {
                Some(incident) if incident.since == message.since => incident.grow(message),
                _ => drop(self.incidents.insert(message.key.clone(), Incident::new(message))),
            }
        }
        for (key, incident) in &mut self.incidents {
            if !standing.iter().any(|message| message.key == *key) {
                incident.ended.get_or_insert(now);
            }
        }
        self.incidents.retain(|_, incident| !incident.is_over(now));
    }

    /// What is to be delivered now, the most urgent first, and for each the channels in their order.
    pub fn due(&self, routes: &[Route], now: Timestamp) -> Vec<Delivery> {
        let mut due = Vec::new();
        for (key, incident) in &self.incidents {
            for route in incident.routes(routes) {
                let line = incident.channels.get(&route.name);
                if incident.needs(line) && line.and_then(|line| line.not_before).is_none_or(|at| at <= now) {
                    due.push(incident.delivery(key, &route.name));
                }
            }
        }
        // Stable: channels stay in their order.
        due.sort_by_key(|delivery| std::cmp::Reverse(delivery.about.severity));
        due
    }

    /// When something is due next, if anything is waiting.
    pub fn wake(&self, routes: &[Route]) -> Option<Timestamp> {
        let waiting = self.incidents.values().flat_map(|incident| {
            let open = incident.routes(routes).filter_map(|route| incident.channels.get(&route.name));
            open.filter(|line| incident.needs(Some(line))).filter_map(|line| line.not_before)
        });
        waiting.min()
    }

    /// Notes what became of a delivery. One about an incident that is no longer known is let go.
    pub fn note(&mut self, delivery: &Delivery, became: Became, now: Timestamp) {
        let Some(incident) = self.incidents.get_mut(&delivery.about.key) else { return };
        if incident.since != delivery.about.since {
            return;
        }
        let line = incident.channels.entry(delivery.channel.clone()).or_default();
        match became {
            Became::Taken => {
                let told = (delivery.about.rung, delivery.about.severity, now);
                *line = match delivery.tell {
                    Tell::Stands => Line { told: Some(told), ..Line::default() },
                    Tell::Ended => Line { closed: true, ..Line::default() },
                };
            }
            Became::Later(asked) => {
                line.fail(pause(line.failures + 1).max(asked.unwrap_or_default()), false, now)
            }
            Became::Failed => line.fail(backoff::HOPELESS, true, now),
        }
    }

    /// The keys of what stands and nobody was told: what exit codes and `status` speak of.
    pub fn untold(&self) -> impl Iterator<Item = &str> {
        let untold = |incident: &Incident| {
            incident.ended.is_none() && incident.channels.values().all(|line| line.told.is_none())
        };
        self.incidents.iter().filter(move |(_, incident)| untold(incident)).map(|(key, _)| key.as_str())
    }

    /// The channels that owe something and have failed so often in a row that the next one is asked, or that wait for
    /// somebody.
    pub fn failing<'r>(&self, routes: &'r [Route]) -> Vec<&'r str> {
        let mut names: Vec<&str> = Vec::new();
        for incident in self.incidents.values() {
            let line = |route: &Route| incident.channels.get(&route.name);
            let failing =
                |route: &&Route| incident.needs(line(route)) && line(route).is_some_and(Line::hands_over);
            names.extend(incident.routes(routes).filter(failing).map(|route| route.name.as_str()));
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Incident {
    fn new(message: &Standing) -> Self {
        let (since, severity, rung) = (message.since, message.severity, message.rung);
        Self { since, severity, rung, ended: None, channels: BTreeMap::new() }
    }

    /// A rung is climbed and never descended; what ended by mistake stands again.
    fn grow(&mut self, message: &Standing) {
        let is_more = message.rung > self.rung || message.severity > self.severity;
        let returns = self.ended.take().is_some();
        self.rung = self.rung.max(message.rung);
        self.severity = message.severity;
        if returns {
            for line in self.channels.values_mut().filter(|line| line.closed) {
                *line = Line::default();
            }
        }
        if is_more {
            // What is more urgent does not wait for what was less.
            self.channels.values_mut().for_each(|line| line.not_before = None);
        }
    }

    /// Everybody who was told of it was told of its end, or it is too old.
    fn is_over(&self, now: Timestamp) -> bool {
        let Some(ended) = self.ended else { return false };
        now.duration_since(ended) > RECOVERY
            || self.channels.values().all(|line| line.told.is_none() || line.closed)
    }

    /// The channels that take it: those that are meant for it, those that have told it, and for each that hands over
    /// the next one that does not.
    fn routes<'r>(&self, routes: &'r [Route]) -> impl Iterator<Item = &'r Route> {
        let line = |route: &Route| self.channels.get(&route.name);
        let hands_over = |route: &Route| line(route).is_some_and(Line::hands_over);
        let mut wanted = vec![false; routes.len()];
        for (at, route) in routes.iter().enumerate() {
            wanted[at] |= route.least <= self.severity || line(route).is_some_and(|line| line.told.is_some());
            if wanted[at] && self.ended.is_none() && hands_over(route) {
                let after = (at + 1..routes.len()).chain(0..at);
                let next = after.into_iter().find(|next| !hands_over(&routes[*next]));
                next.into_iter().for_each(|next| wanted[next] = true);
            }
        }
        routes.iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(route, _)| route)
    }

    fn needs(&self, line: Option<&Line>) -> bool {
        let told = line.and_then(|line| line.told);
        match (self.ended, told) {
            (Some(_), told) => told.is_some() && line.is_some_and(|line| !line.closed),
            (None, None) => true,
            (None, Some((rung, severity, _))) => rung < self.rung || severity < self.severity,
        }
    }

    fn delivery(&self, key: &str, channel: &str) -> Delivery {
        let about =
            Standing { key: key.to_owned(), since: self.since, severity: self.severity, rung: self.rung };
        let tell = if self.ended.is_some() { Tell::Ended } else { Tell::Stands };
        Delivery { channel: channel.to_owned(), tell, about }
    }
}

impl Line {
    fn fail(&mut self, pause: SignedDuration, hopeless: bool, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.hopeless = hopeless;
        self.not_before = now.checked_add(pause).ok();
    }

    fn hands_over(&self) -> bool {
        self.hopeless || self.failures >= HANDS_OVER
    }
}
