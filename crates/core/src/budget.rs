//! How often a refused secret may be asked again. Providers lock clients out that keep failing.

use jiff::{SignedDuration, Timestamp};

use crate::drain::later;
use crate::record::{Record, Refusals};
use crate::seen::{Probed, Seen};
use crate::{AnswerKind, Client, Mac};

/// Refusals in a row that may follow each other at once.
pub const BURST: u32 = 2;

/// After the burst: one question in this time.
pub const PAUSE: SignedDuration = SignedDuration::from_hours(4);

/// Questions that proving a fresh deposit may spend on refusals, once per secret.
pub const SETTLE_ALLOWANCE: u32 = 3;

/// Whether an answer counts as a refusal of the secret.
pub fn is_refusal(kind: AnswerKind) -> bool {
    matches!(kind, AnswerKind::Rejected | AnswerKind::Refused | AnswerKind::Forbidden)
}

/// The refusals of one secret since it last got a token: what the record knows, what dry runs on this host
/// met, and what this run has seen since.
pub fn refusals(seen: &Seen, client: Client, secret: Mac) -> Option<Refusals> {
    let mut found = seen.record().and_then(|record| noted(record, client, secret));
    if let Some(dry) = seen.host.refused[client].filter(|dry| dry.secret == secret) {
        found = Some(add(found, secret, dry.at, false));
    }
    for probed in seen.answers(client, secret).filter(|probed| !probed.noted) {
        found = count(found, probed);
    }
    found
}

/// When this secret may be asked again: at once, or only after the pause.
pub fn may_ask(seen: &Seen, client: Client, secret: Mac, now: Timestamp) -> Result<(), Timestamp> {
    match refusals(seen, client, secret) {
        Some(refusals) if refusals.count >= BURST => {
            let again = later(refusals.last, PAUSE);
            if again <= now { Ok(()) } else { Err(again) }
        }
        _ => Ok(()),
    }
}

/// The refusals of one secret that stand in the record.
pub fn noted(record: &Record, client: Client, secret: Mac) -> Option<Refusals> {
    record.clients[client].refusals.iter().find(|refusals| refusals.secret == secret).copied()
}

/// The count after one more answer: a token clears it, unless somebody else met a refusal since; an answer
/// that blames nobody leaves it.
pub(crate) fn count(before: Option<Refusals>, probed: &Probed) -> Option<Refusals> {
    match probed.answer.kind {
        AnswerKind::Accepted => before.filter(|before| before.last > probed.at),
        kind if is_refusal(kind) => Some(add(before, probed.secret, probed.at, kind == AnswerKind::Rejected)),
        _ => before,
    }
}

fn add(before: Option<Refusals>, secret: Mac, at: Timestamp, named: bool) -> Refusals {
    match before {
        Some(before) => {
            Refusals { count: before.count.saturating_add(1), last: before.last.max(at), named, ..before }
        }
        None => Refusals { secret, count: 1, first: at, last: at, named },
    }
}
