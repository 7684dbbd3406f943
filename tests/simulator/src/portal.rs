//! The provider: two clients, a portal with a button, and nodes that learn late. The only truth about which
//! secret is dead.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use twinkey_core::{Answer, AnswerKind, Client, PerClient};

use crate::faults::Fault;
use crate::figures::Figures;

/// One row of the portal.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) secret: String,
    before: Option<String>,
    /// Until when some nodes know only the secret before.
    late_until: Timestamp,
    /// Until when the secret before is accepted beside the new one.
    kept_until: Timestamp,
    /// Until when the client is locked out.
    pub(crate) locked_until: Timestamp,
    /// Until when it lacks its role.
    pub(crate) roleless_until: Timestamp,
}

/// The provider.
#[derive(Clone, Debug)]
pub(crate) struct Portal {
    pub(crate) rows: PerClient<Row>,
    /// Which client a secret was issued for: its id, and its name in traces.
    issued: BTreeMap<String, (Client, String, u32)>,
    /// How a wrong secret is refused.
    pub(crate) refusal: AnswerKind,
    /// The real life of a token.
    pub(crate) lifetime: SignedDuration,
    /// How long nodes may stay late after a click.
    pub(crate) lateness: SignedDuration,
    /// How long an old secret is kept alive after a click.
    pub(crate) retention: SignedDuration,
    /// Whether answers carry a `Date`.
    pub(crate) dates: bool,
    /// The answer to everybody, for a while.
    pub(crate) mood: Option<(AnswerKind, Timestamp)>,
    /// How many of the next answers refuse, whatever is asked.
    pub(crate) false_refusals: u32,
    /// How many of the next tokens come without a lifetime.
    pub(crate) nameless_lifetimes: u32,
    /// Every refusal of a secret: when, which, and whether anything kept it from being counted.
    pub(crate) refusals: Vec<(Timestamp, String)>,
    clicks: u32,
}

impl Portal {
    /// Whether all nodes know the same secret of this client.
    pub(crate) fn agrees_on(&self, client: Client, now: Timestamp) -> bool {
        let row = &self.rows[client];
        now >= row.late_until && now >= row.kept_until
    }

    pub(crate) fn new(refusal: AnswerKind, dates: bool) -> Self {
        let row = |client: Client| Row {
            id: format!("id-{client}-1"),
            secret: String::new(),
            before: None,
            late_until: Timestamp::MIN,
            kept_until: Timestamp::MIN,
            locked_until: Timestamp::MIN,
            roleless_until: Timestamp::MIN,
        };
        let mut portal = Self {
            rows: PerClient::from_fn(row),
            issued: BTreeMap::new(),
            refusal,
            lifetime: SignedDuration::from_mins(10),
            lateness: SignedDuration::ZERO,
            retention: SignedDuration::ZERO,
            dates,
            mood: None,
            false_refusals: 0,
            nameless_lifetimes: 0,
            refusals: Vec::new(),
            clicks: 0,
        };
        for client in Client::BOTH {
            portal.issue(client);
        }
        portal
    }

    fn issue(&mut self, client: Client) -> String {
        self.clicks += 1;
        let secret = format!("canary-{}-{:06}", client, self.clicks);
        let row = &mut self.rows[client];
        row.before = Some(std::mem::replace(&mut row.secret, secret.clone()));
        self.issued.insert(secret.clone(), (client, row.id.clone(), self.clicks));
        secret
    }

    /// Somebody clicks Regenerate Secret in this row. The old secret is dead from now on, whatever late nodes
    /// say.
    pub(crate) fn regenerate(&mut self, client: Client, now: Timestamp) -> String {
        let secret = self.issue(client);
        let row = &mut self.rows[client];
        row.late_until = now + self.lateness;
        row.kept_until = now + self.retention;
        secret
    }

    /// Somebody deletes the client and makes a new one.
    pub(crate) fn replace(&mut self, client: Client, now: Timestamp) -> (String, String) {
        self.clicks += 1;
        self.rows[client].id = format!("id-{client}-{}", self.clicks);
        let secret = self.regenerate(client, now);
        self.rows[client].before = None;
        (self.rows[client].id.clone(), secret)
    }

    /// Whether this pair gets tokens, in truth.
    pub(crate) fn is_current(&self, id: &str, secret: &str) -> bool {
        Client::BOTH
            .into_iter()
            .any(|client| self.rows[client].id == id && self.rows[client].secret == secret)
    }

    /// The client that a secret was ever issued for under this id.
    pub(crate) fn owner(&self, id: &str, secret: &str) -> Option<Client> {
        self.issued.get(secret).filter(|(_, of, _)| of == id).map(|(client, ..)| *client)
    }

    /// A secret's name in traces: no secret shows.
    pub(crate) fn name(&self, secret: &str) -> String {
        self.issued.get(secret).map_or("unknown".into(), |(client, _, number)| format!("{client}#{number}"))
    }

    /// One token request.
    pub(crate) fn answer(
        &mut self,
        id: &str,
        secret: &str,
        (now, asked_at): (Timestamp, Timestamp),
        rng: &mut fastrand::Rng,
        figures: &mut Figures,
    ) -> Answer {
        let kind = self.kind(id, secret, now, rng, figures);
        if matches!(kind, AnswerKind::Rejected | AnswerKind::Refused | AnswerKind::Forbidden) {
            self.refusals.push((now, secret.to_owned()));
        }
        let mut answer = Answer::new(kind, "");
        // Whoever is not reached sends no date.
        let reached = !matches!(kind, AnswerKind::Unavailable | AnswerKind::Misconfigured);
        answer.clock_skew = (self.dates && reached).then(|| now.duration_since(asked_at));
        if matches!(kind, AnswerKind::Accepted | AnswerKind::Forbidden) {
            if self.nameless_lifetimes > 0 {
                self.nameless_lifetimes -= 1;
                figures.met(Fault::NoLifetime);
            } else {
                answer.token_lifetime = Some(self.lifetime);
            }
        }
        answer
    }

    fn kind(
        &mut self,
        id: &str,
        secret: &str,
        now: Timestamp,
        rng: &mut fastrand::Rng,
        figures: &mut Figures,
    ) -> AnswerKind {
        if let Some((mood, _)) = self.mood.filter(|(_, until)| now < *until) {
            figures.met(match mood {
                AnswerKind::Throttled { .. } => Fault::Throttled,
                AnswerKind::Unavailable => Fault::Unavailable,
                AnswerKind::Misconfigured => Fault::Misconfigured,
                AnswerKind::Protocol => Fault::Nonsense,
                _ => Fault::RefusesAll,
            });
            return mood;
        }
        let row = Client::BOTH.map(|client| &self.rows[client]).into_iter().find(|row| row.id == id);
        let is_old = row.is_some_and(|row| row.before.as_deref() == Some(secret));
        let is_new = row.is_some_and(|row| row.secret == secret);
        let late = row.is_some_and(|row| now < row.late_until) && rng.bool();
        let kept = row.is_some_and(|row| now < row.kept_until);
        if row.is_some_and(|row| now < row.locked_until) {
            figures.met(Fault::Locked);
            return self.refusal;
        }
        if self.false_refusals > 0 {
            self.false_refusals -= 1;
            figures.met(Fault::FalseRefusal);
            return self.refusal;
        }
        if late && (is_old || is_new) {
            figures.met(if is_new { Fault::LateNode } else { Fault::OldAccepted });
            return if is_new { self.refusal } else { AnswerKind::Accepted };
        }
        match is_new || (is_old && kept) {
            true if row.is_some_and(|row| now < row.roleless_until) => {
                figures.met(Fault::RoleMissing);
                AnswerKind::Forbidden
            }
            true => {
                if is_old {
                    figures.met(Fault::OldAccepted);
                }
                AnswerKind::Accepted
            }
            false => {
                figures.met(match self.refusal {
                    AnswerKind::Rejected => Fault::RefusedByName,
                    _ => Fault::RefusedPlainly,
                });
                self.refusal
            }
        }
    }
}
