//! Consumers: they read the live pair, keep it for a while, and serve what they have while they cannot read.

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use crate::faults::Fault;
use crate::figures::Reached;
use crate::life::{Event, Life};

/// One consumer.
#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    /// How long it uses a pair before it reads again; `None`: it reads at each use and keeps nothing.
    pub(crate) keeps: Option<SignedDuration>,
    /// The id and secret that it holds.
    pub(crate) pair: Option<(String, String)>,
    /// Since when a refresh has been due and could not be done.
    pub(crate) failing: Option<Timestamp>,
    /// The secrets that it has let go, until when a token of theirs may live, and for how long its refresh
    /// had failed before.
    pub(crate) tokens: Vec<(String, Timestamp, SignedDuration)>,
}

/// How soon a consumer whose refresh failed tries again.
pub(crate) const RETRY: SignedDuration = SignedDuration::from_mins(1);

impl Consumer {
    pub(crate) fn new(keeps: Option<SignedDuration>) -> Self {
        Self { keeps, pair: None, failing: None, tokens: Vec::new() }
    }

    /// It has read this; a token that it got a moment ago lives on.
    pub(crate) fn reads(&mut self, pair: (String, String), now: Timestamp, lifetime: SignedDuration) {
        let failed = self.failing.take().map_or(SignedDuration::ZERO, |since| now.duration_since(since));
        self.tokens.retain(|(_, until, _)| *until > now);
        match &self.pair {
            Some(old) if *old != pair => self.tokens.push((old.1.clone(), now + lifetime, failed)),
            None => self.tokens.retain(|(secret, ..)| *secret != pair.1),
            _ => {}
        }
        if self.keeps.is_some() {
            self.pair = Some(pair);
        } else {
            self.tokens.push((pair.1, now + lifetime, SignedDuration::ZERO));
        }
    }

    /// Whether it uses this secret, or a token of it, and how long its refresh had been failing.
    pub(crate) fn holds(&self, secret: &str, now: Timestamp) -> Option<SignedDuration> {
        if self.pair.as_ref().is_some_and(|(_, held)| held == secret) {
            return Some(self.failing.map_or(SignedDuration::ZERO, |since| now.duration_since(since)));
        }
        let token = self.tokens.iter().find(|(of, until, _)| of == secret && *until > now);
        token.map(|(.., failed)| *failed)
    }
}

impl Life {
    pub(crate) fn refresh(&mut self, number: usize) {
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
}
