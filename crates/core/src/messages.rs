//! What people should be told now: recomputed from what was seen, never queued.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::phase::{Blocker, Phase, phase};
use crate::record::{Death, Why};
use crate::rules::switch;
use crate::{Client, Policy, Record, RecordError, Seen, What};

/// A message that should stand now. Delivery compares it with what was delivered, by its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// What stands.
    pub kind: Kind,
    /// How urgent it is.
    pub severity: Severity,
}

/// How urgent a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// To know.
    Notice,
    /// To do, in office hours.
    Warning,
    /// To do now.
    Page,
}

impl Severity {
    /// Its word in configuration and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Page => "page",
        }
    }
}

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// The retired client's secret can be regenerated: the reminder, at this rung of its ladder.
    Regenerate {
        /// Which client.
        client: Client,
        /// Since when it is safe.
        since: Timestamp,
        /// The rung, from 0.
        rung: usize,
    },
    /// A permit has been open for long.
    PermitOpen {
        /// Which client.
        client: Client,
        /// Who holds it.
        holder: String,
        /// Since when.
        since: Timestamp,
    },
    /// The standby is refused.
    StandbyRefused(Client),
    /// The active client is refused.
    ActiveRefused(Client),
    /// This client was refused while it was active, and the other one was published; it has no fresh secret yet.
    FailedOver(Client),
    /// Both clients are refused without blame.
    Misconfigured,
    /// Somebody else wrote the live pair.
    Diverged,
    /// Something blocks the next switch or any write.
    Blocked(&'static str),
    /// A switch is due and only a person can help.
    Overdue {
        /// Since when.
        since: Timestamp,
    },
    /// The replaced secret still works: was Regenerate really pressed?
    OldSecretAlive(Client),
}

impl Kind {
    /// The names of all kinds, as keys and runbooks have them.
    pub fn names() -> &'static [&'static str] {
        <Self as strum::VariantNames>::VARIANTS
    }
}

impl Message {
    /// The stable part of its deduplication key: the kind, without what changes while it stands.
    pub fn key(&self) -> &'static str {
        (&self.kind).into()
    }
}

/// After this time an open permit is worth a warning, and four times as long a page.
pub const PERMIT_IS_LONG: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// The messages that should stand now. While the store cannot be read there are none about the credential:
/// that is the host's message.
pub fn messages(policy: &Policy, seen: &Seen, now: Timestamp) -> Vec<Message> {
    let mut messages: Vec<Message> = of_phase(policy, seen, now).into_iter().collect();
    let Some(record) = seen.record() else { return messages };
    for (client, note) in record.clients.iter() {
        if matches!(note.replaced, Some(replaced) if matches!(replaced.seen, Death::StillAccepted(_))) {
            messages.push(Message { kind: Kind::OldSecretAlive(client), severity: Severity::Warning });
        }
    }
    messages.extend(failed_over(record));
    messages.extend(overdue(policy, seen, now));
    messages
}

fn of_phase(policy: &Policy, seen: &Seen, now: Timestamp) -> Option<Message> {
    let (kind, severity) = match phase(policy, seen, now) {
        Phase::AwaitingRegeneration { client, since } => {
            let rung = rung(policy, since, now)?;
            let last = rung + 1 == policy.reminders.len() && rung > 0;
            (Kind::Regenerate { client, since, rung }, if last { Severity::Page } else { Severity::Warning })
        }
        Phase::PermitOpen(permit) => {
            let open = now.duration_since(permit.since);
            if open < PERMIT_IS_LONG {
                return None;
            }
            let severity = if open < PERMIT_IS_LONG * 4 { Severity::Warning } else { Severity::Page };
            (Kind::PermitOpen { client: permit.client, holder: permit.holder, since: permit.since }, severity)
        }
        Phase::StandbyRejected { client } => (Kind::StandbyRefused(client), Severity::Page),
        Phase::ActiveRejected { client, .. } => (Kind::ActiveRefused(client), Severity::Page),
        Phase::Misconfigured => (Kind::Misconfigured, Severity::Page),
        Phase::Diverged(_) => (Kind::Diverged, Severity::Page),
        Phase::Blocked(blocker) => (Kind::Blocked(blocker_name(&blocker)), Severity::Page),
        Phase::Unknown(_)
        | Phase::Uninitialised { .. }
        | Phase::Switching { .. }
        | Phase::Settling { .. }
        | Phase::Draining { .. }
        | Phase::Ready { .. } => return None,
    };
    Some(Message { kind, severity })
}

/// The highest rung of the reminder's ladder that has been reached.
pub fn rung(policy: &Policy, since: Timestamp, now: Timestamp) -> Option<usize> {
    let waited = now.duration_since(since);
    policy.reminders.iter().rposition(|rung| *rung <= waited)
}

/// A fail-over stands until the client that was refused is proven again: somebody has clicked in the wrong row, and
/// until then there is nothing to fall back on.
fn failed_over(record: &Record) -> Option<Message> {
    let active = record.active.as_ref()?;
    let refused = active.client.other();
    record.clients[refused].retired?;
    let last = record.transitions.iter().rev().find_map(|transition| match transition.what {
        What::Published { client, why, .. } => Some((client, why)),
        _ => None,
    });
    (last == Some((active.client, Why::FailOver)))
        .then_some(Message { kind: Kind::FailedOver(refused), severity: Severity::Warning })
}

/// A switch that is due while the other client has no fresh secret: only a person can help.
pub fn overdue(policy: &Policy, seen: &Seen, now: Timestamp) -> Option<Message> {
    let since = switch::due(policy, seen.record()?).filter(|due| *due <= now)?;
    let needs_person = match phase(policy, seen, now) {
        Phase::AwaitingRegeneration { .. }
        | Phase::PermitOpen(_)
        | Phase::StandbyRejected { .. }
        | Phase::Uninitialised { .. } => true,
        // A replica that has failed does not follow by itself.
        Phase::Draining { .. } => seen.behind,
        _ => false,
    };
    needs_person.then_some(Message { kind: Kind::Overdue { since }, severity: Severity::Page })
}

fn blocker_name(blocker: &Blocker) -> &'static str {
    match blocker {
        Blocker::Record(RecordError::Newer(_)) | Blocker::NewerRecord => "record newer",
        Blocker::Record(RecordError::Malformed { .. }) => "record damaged",
        Blocker::Elsewhere => "record elsewhere",
        Blocker::Restored => "record restored",
        Blocker::Slip(..) => "slip in slot",
        Blocker::Trouble(_) => "store",
        Blocker::Audit => "audit log",
        Blocker::Clock => "clock",
    }
}
