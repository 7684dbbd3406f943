//! Consumers: they read the live pair, keep it for a while, and serve what they have while they cannot read.

use jiff::{SignedDuration, Timestamp};

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
