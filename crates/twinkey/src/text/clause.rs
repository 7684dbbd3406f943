//! One clause for each phase, how urgent it is, and what else must be said of it.

use jiff::Timestamp;
use twinkey_core::phase::{Blocker, Divergence};
use twinkey_core::record::Why;
use twinkey_core::seen::With;
use twinkey_core::{Failover, Phase, Policy, Safe};

use super::paint::{Urgency, visible};
use super::slip::slip;
use super::time::{relative, when};
use super::{Names, last4, upper};

/// How much a phase asks for attention.
pub(super) fn urgency(phase: &Phase, now: Timestamp) -> Urgency {
    match phase {
        Phase::Ready { due } if due.is_none_or(|due| due > now) => Urgency::Calm,
        Phase::Ready { .. } | Phase::Switching { .. } | Phase::Settling { .. } | Phase::Draining { .. } => {
            Urgency::Moving
        }
        Phase::Uninitialised { .. } | Phase::AwaitingRegeneration { .. } | Phase::PermitOpen(_) => {
            Urgency::ToDo
        }
        Phase::Unknown(_)
        | Phase::Blocked(_)
        | Phase::Diverged(_)
        | Phase::ActiveRejected { .. }
        | Phase::Misconfigured
        | Phase::StandbyRejected { .. } => Urgency::Trouble,
    }
}

/// What follows the phase's name, without a full stop.
pub(super) fn clause(names: &Names<'_>, policy: &Policy, phase: &Phase, now: Timestamp) -> String {
    let at = |at: Timestamp| when(at, names.zone, now);
    match phase {
        Phase::Unknown(_) => "the store cannot be read".to_owned(),
        Phase::Uninitialised { missing: None } => "not set up yet".to_owned(),
        Phase::Uninitialised { missing: Some(client) } => {
            format!("{} has no secret yet: there is no standby", upper(*client))
        }
        Phase::Blocked(blocker) => blocked(blocker),
        Phase::Diverged(how) => diverged(how),
        Phase::Switching { to, why, since } => {
            format!("to {}, {}, begun {}", upper(*to), why_said(*why), relative(*since, now))
        }
        Phase::ActiveRejected { client, .. } => {
            format!("{} is refused: consumers fail as their tokens expire", upper(*client))
        }
        Phase::Misconfigured => "both clients are refused, and neither secret is to blame".to_owned(),
        Phase::PermitOpen(permit) => {
            let (holder, client) = (visible(&permit.holder), upper(permit.client));
            format!("{holder} may regenerate {client} since {}", at(permit.since))
        }
        Phase::Settling { client } => format!("the new secret of {} is being proven", upper(*client)),
        Phase::Draining { client, safe: Safe::From(from) } => {
            format!("{} until {}", upper(*client), at(*from))
        }
        Phase::Draining { client, safe: Safe::OnConfirmation } => {
            format!("{} until every consumer has been restarted", upper(*client))
        }
        Phase::AwaitingRegeneration { since, .. } => format!("safe since {}", at(*since)),
        Phase::StandbyRejected { client } => {
            format!("{} is refused: there is nothing to switch to", upper(*client))
        }
        Phase::Ready { due } => ready(names, policy, *due, now),
    }
}

fn ready(names: &Names<'_>, policy: &Policy, due: Option<Timestamp>, now: Timestamp) -> String {
    match (due, policy.schedule.is_some()) {
        (Some(due), true) if due > now => format!("next switch {}", when(due, names.zone, now)),
        (Some(due), true) => format!("switch due since {}", when(due, names.zone, now)),
        (Some(due), false) if due > now => {
            format!("the first rotate after {} switches", when(due, names.zone, now))
        }
        (Some(_), false) => "the next rotate switches".to_owned(),
        (None, _) => "no switch is planned".to_owned(),
    }
}

fn blocked(blocker: &Blocker) -> String {
    match blocker {
        Blocker::Record(twinkey_core::RecordError::Newer(_)) | Blocker::NewerRecord => {
            "a newer twinkey wrote the record".to_owned()
        }
        Blocker::Record(twinkey_core::RecordError::Malformed { .. }) => "the record is damaged".to_owned(),
        Blocker::Elsewhere => "the record belongs to another live pair".to_owned(),
        Blocker::Restored => "the record is older than what this host has seen".to_owned(),
        Blocker::Slip(client, _) => format!("what lies in the slot of {} is no new secret", upper(*client)),
        Blocker::Trouble(trouble) if trouble.with == With::Output => {
            "the output file cannot be written".to_owned()
        }
        Blocker::Trouble(trouble) if trouble.with == With::Unclear => {
            "the store does not say whether it was written".to_owned()
        }
        Blocker::Trouble(_) => "the store cannot be written".to_owned(),
        Blocker::Audit => "a switch is due, and the audit log cannot be written".to_owned(),
        Blocker::Clock => "a switch is due, and this host's clock is off".to_owned(),
    }
}

fn diverged(how: &Divergence) -> String {
    match how {
        Divergence::Missing => "the live pair was deleted".to_owned(),
        Divergence::Half => "the live pair is not whole: a field is missing or is no text".to_owned(),
        Divergence::OtherId(id) => {
            format!("somebody else wrote the live pair: client id ending in {}", visible(last4(id)))
        }
        Divergence::OtherSecret => "somebody else wrote another secret into the live pair".to_owned(),
    }
}

/// Why something is published, in two or three words.
pub(super) fn why_said(why: Why) -> &'static str {
    match why {
        Why::First => "first entry",
        Why::Scheduled => "on schedule",
        Why::Now => "at once",
        Why::FailOver => "fail-over",
        Why::Mend => "mended",
        Why::Rollback => "rollback",
        Why::PutOurs => "put back",
    }
}

/// What a person wants to know besides: whole sentences, the cause first, then what still works.
pub(super) fn details(names: &Names<'_>, policy: &Policy, phase: &Phase) -> Vec<String> {
    let text = match phase {
        Phase::Unknown(trouble) => {
            return vec![
                sentence(&trouble.text),
                "Consumers keep what they have read. Nothing is changed until the store is back.".to_owned(),
            ];
        }
        Phase::Blocked(blocker) => return blocked_details(names, blocker),
        Phase::Diverged(Divergence::Missing | Divergence::Half) => {
            "Consumers that read now get nothing usable. Twinkey writes nothing until you choose.".to_owned()
        }
        Phase::Diverged(_) => {
            "Consumers use what stands there. Twinkey writes nothing until you choose.".to_owned()
        }
        Phase::ActiveRejected { .. } if policy.failover == Failover::Alert => {
            "Somebody regenerated it, or took its role away. Nothing is published by itself: failover = \"alert\"."
                .to_owned()
        }
        Phase::ActiveRejected { client, way_out: true } => format!(
            "Somebody regenerated it, or took its role away. {} was not refused and can take over.",
            upper(client.other())
        ),
        Phase::ActiveRejected { client, way_out: false } => format!(
            "Somebody regenerated it, or took its role away, and {} cannot help: only the current secret of {} can.",
            upper(client.other()),
            upper(*client)
        ),
        Phase::Misconfigured => {
            "The token request itself is wrong, or the provider changed. Do not regenerate anything."
                .to_owned()
        }
        Phase::StandbyRejected { client } => {
            format!("Consumers are not affected: they use {}.", upper(client.other()))
        }
        _ => return Vec::new(),
    };
    vec![text]
}

fn blocked_details(names: &Names<'_>, blocker: &Blocker) -> Vec<String> {
    let cause = match blocker {
        Blocker::Record(error) => Some(sentence(&error.to_string())),
        Blocker::Slip(client, found) => Some(slip(names, *client, found)),
        Blocker::Trouble(trouble) => Some(sentence(&trouble.text)),
        Blocker::Elsewhere => Some(format!(
            "The configuration says {}. If the live pair was moved, init proves it there and goes on.",
            visible(names.live_pair)
        )),
        Blocker::Restored => Some(
            "A backup was restored, or two stores share this host's memory. Who is active may be wrong in it."
                .to_owned(),
        ),
        Blocker::NewerRecord | Blocker::Audit | Blocker::Clock => None,
    };
    let rest = match blocker {
        Blocker::Slip(client, _) => {
            format!("Consumers are not affected: they use {}.", upper(client.other()))
        }
        // After a fail-over it may be a dead pair that the file keeps.
        Blocker::Trouble(trouble) if trouble.with == With::Output => {
            "The file keeps what it held. Consumers that read it get the live pair once it can be written; regenerate \
             nothing until then."
                .to_owned()
        }
        _ => "Consumers are not affected: the live pair stays as it is.".to_owned(),
    };
    cause.into_iter().chain([rest]).collect()
}

/// An error's text, which has neither capital nor full stop, as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = visible(text);
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', ':']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
