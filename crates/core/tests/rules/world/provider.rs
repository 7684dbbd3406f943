//! A provider that knows each client's current secret.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use twinkey_core::seen::Pair;
use twinkey_core::step::Probe;
use twinkey_core::{Answer, AnswerKind, Client, Mac, PerClient};

use super::{HOUR, secret};

/// How the provider refuses a wrong secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As `invalid_client`.
    Named,
    /// As 400 without a name.
    Unnamed,
}

#[derive(Clone, Debug)]
pub(crate) struct AtProvider {
    pub(crate) id: String,
    pub(crate) secret: Mac,
    pub(crate) before: Option<Mac>,
    /// Until when some nodes know only the secret before.
    pub(crate) late_until: Timestamp,
    /// Whether the client lacks its role.
    pub(crate) forbidden: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) clients: PerClient<AtProvider>,
    pub(crate) style: Style,
    /// Answers that come before any honest one.
    pub(crate) scripted: VecDeque<AnswerKind>,
    /// The answer to everybody.
    pub(crate) all: Option<AnswerKind>,
    pub(crate) skew: Option<SignedDuration>,
    pub(crate) lifetime: SignedDuration,
    /// How long some nodes stay late after a regeneration.
    pub(crate) lateness: SignedDuration,
    /// Whether people press Regenerate only with a permit.
    pub(crate) obeyed: bool,
    /// Every question: when, which secret, what for, how answered.
    pub(crate) asked: Vec<(Timestamp, Probe, AnswerKind)>,
    node: u32,
    issued: u64,
}

impl Provider {
    pub(crate) fn new() -> Self {
        let client = |id: &str, number| AtProvider {
            id: id.into(),
            secret: secret(number),
            before: None,
            late_until: Timestamp::MIN,
            forbidden: false,
        };
        Self {
            clients: PerClient { a: client("id-a", 1), b: client("id-b", 2) },
            style: Style::Named,
            scripted: VecDeque::new(),
            all: None,
            skew: None,
            lifetime: HOUR,
            lateness: SignedDuration::ZERO,
            obeyed: true,
            asked: Vec::new(),
            node: 0,
            issued: 2,
        }
    }

    pub(crate) fn regenerate(&mut self, client: Client, now: Timestamp) -> Mac {
        self.issued += 1;
        let at = &mut self.clients[client];
        at.before = Some(at.secret);
        at.secret = secret(self.issued);
        at.late_until = now + self.lateness;
        at.secret
    }

    pub(crate) fn is_current(&self, pair: &Pair) -> bool {
        Client::BOTH.into_iter().any(|client| {
            self.clients[client].id == pair.client_id && self.clients[client].secret == pair.secret
        })
    }

    /// Which client this secret was ever issued to.
    pub(crate) fn answer(&mut self, probe: &Probe, now: Timestamp) -> Answer {
        let kind = self.kind(probe, now);
        self.asked.push((now, probe.clone(), kind));
        let mut answer = Answer::new(kind, "");
        answer.clock_skew = self.skew;
        if kind == AnswerKind::Accepted {
            answer.token_lifetime = Some(self.lifetime);
        }
        answer
    }

    fn kind(&mut self, probe: &Probe, now: Timestamp) -> AnswerKind {
        if let Some(kind) = self.scripted.pop_front().or(self.all) {
            return kind;
        }
        self.node += 1;
        let late_node = self.node.is_multiple_of(2);
        let wrong = match self.style {
            Style::Named => AnswerKind::Rejected,
            Style::Unnamed => AnswerKind::Refused,
        };
        let Some(at) =
            Client::BOTH.map(|client| &self.clients[client]).into_iter().find(|at| at.id == probe.client_id)
        else {
            return wrong;
        };
        let known = if late_node && now < at.late_until { at.before } else { Some(at.secret) };
        match known == Some(probe.secret) {
            true if at.forbidden => AnswerKind::Forbidden,
            true => AnswerKind::Accepted,
            false => wrong,
        }
    }

    /// How often this secret was sent.
    pub(crate) fn times_asked(&self, secret: Mac) -> usize {
        self.asked.iter().filter(|(_, probe, _)| probe.secret == secret).count()
    }
}
