//! The messages that go out by mail, webhook or pager: one line, and what stands below it. No styles.

use jiff::Timestamp;
use twinkey_core::messages::{Kind, Message};
use twinkey_core::phase::phase;
use twinkey_core::{Policy, Remedy, Seen, remedy};

use super::clause::{clause, details, sentence};
use super::next_step::next_step;
use super::paint::visible;
use super::time::{length, moment, when};
use super::{Names, upper};

/// A message in one line: subject of a mail, title of an alert.
pub fn message_line(names: &Names<'_>, message: &Message, now: Timestamp) -> String {
    let said = match &message.kind {
        Kind::Regenerate { client, since, .. } => {
            let since = moment(*since, names.zone, now);
            format!("the secret of {} can be regenerated, safe since {since}", upper(*client))
        }
        Kind::PermitOpen { client, holder, since } => {
            let open = length(now.duration_since(*since));
            format!("{} has held the permit on {} for {open}", visible(holder), upper(*client))
        }
        Kind::StandbyRefused(client) => {
            format!("{} is refused, there is nothing to switch to", upper(*client))
        }
        Kind::ActiveRefused(client) => {
            format!(
                "{}, the ACTIVE client, is refused; consumers fail as their tokens expire",
                upper(*client)
            )
        }
        Kind::FailedOver(client) => format!(
            "{} was refused while it was active, and {} was published",
            upper(*client),
            upper(client.other())
        ),
        Kind::Misconfigured => "both clients are refused, and neither secret is to blame".to_owned(),
        Kind::Diverged => {
            "somebody else changed the live pair; nothing is written until you choose".to_owned()
        }
        Kind::Blocked(what) => blocked(what),
        Kind::Overdue { since } => {
            format!(
                "a switch has been due since {}, and only a person can help",
                when(*since, names.zone, now)
            )
        }
        Kind::OldSecretAlive(client) => {
            format!("the old secret of {} still works: was Regenerate really pressed?", upper(*client))
        }
    };
    format!("{}: {said}", names.credential)
}

/// What stands below the line.
pub(super) struct Told {
    /// A paragraph an item; the last one leads to the command.
    pub(super) lines: Vec<String>,
    /// The command to type.
    pub(super) command: Option<String>,
}

/// Where the credential stands, what still works, and the command with what must be true before it is typed. A reminder
/// is never an order: the command asks again whether it is safe.
pub(super) fn told(
    names: &Names<'_>,
    message: Option<&Message>,
    policy: &Policy,
    seen: &Seen,
    now: Timestamp,
) -> Told {
    let stands = phase(policy, seen, now);
    let remedy = remedy(policy, seen, now);
    let mut lines: Vec<String> =
        message.and_then(|message| more(names, message, remedy.as_ref())).into_iter().collect();
    lines.extend(details(names, policy, &stands));
    lines.push(format!("State: {}, {}.", stands.name(), clause(names, policy, &stands, now)));
    let step = next_step(names, policy, seen, now);
    lines.extend(step.or.iter().map(|(command, remark)| format!("Another way ({remark}): {command}")));
    let end = if step.command.is_some() { ":" } else { "." };
    lines.extend((!step.remark.is_empty()).then(|| sentence(&format!("{}{end}", step.remark))));
    Told { lines, command: step.command }
}

/// Blockers by the names that core gives them.
fn blocked(what: &str) -> String {
    match what {
        "record damaged" => "the record is damaged".to_owned(),
        "record newer" => "a newer twinkey wrote the record".to_owned(),
        "record elsewhere" => "the record belongs to another live pair".to_owned(),
        "record restored" => "the record is older than what this host has seen".to_owned(),
        "slip in slot" => "what lies in a slot is no new secret".to_owned(),
        "store" => "the store or the output file cannot be written".to_owned(),
        "audit log" => "a switch is due, and the audit log cannot be written".to_owned(),
        "clock" => "a switch is due, and this host's clock is off".to_owned(),
        other => format!("blocked by {other}"),
    }
}

fn more(names: &Names<'_>, message: &Message, remedy: Option<&Remedy>) -> Option<String> {
    Some(match &message.kind {
        Kind::Regenerate { client, .. } if matches!(remedy, Some(Remedy::ConfirmNotInUse(_))) => format!(
            "Do not press anything in the portal yet. Somebody outside may still use {}: ask around. The command below gives your word that nobody does.",
            names.label(*client)
        ),
        Kind::Regenerate { client, .. } => format!(
            "Do not press anything in the portal yet. The command below asks once more whether it is safe to regenerate {}, and says which row.",
            names.label(*client)
        ),
        Kind::PermitOpen { holder, .. } => format!(
            "Either the new secret was not deposited, or it was never regenerated. {} knows; speak to them first.",
            visible(holder)
        ),
        Kind::FailedOver(client) => format!(
            "Somebody has probably regenerated {}, which was in use. Consumers that still hold it fail until they read again; whoever has the new secret can deposit it.",
            names.label(*client)
        ),
        Kind::OldSecretAlive(client) => format!(
            "A provider may keep an old secret alive for a while. If the portal shows no change for {}, regenerate it under a new permit.",
            names.label(*client)
        ),
        _ => return None,
    })
}
