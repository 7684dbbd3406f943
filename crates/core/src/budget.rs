//! How often a refused secret may be asked again. Providers lock clients out that keep failing.

use jiff::{SignedDuration, Timestamp};

use crate::drain::later;
use crate::record::{Record, Refusals};
use crate::seen::{Probed, Seen};
use crate::{AnswerKind, Client, MAX_SKEW, Mac};

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
    known(seen, client, secret, Timestamp::MAX)
}

fn known(seen: &Seen, client: Client, secret: Mac, ahead: Timestamp) -> Option<Refusals> {
    let mut found = seen.record().and_then(|record| noted(record, client, secret));
    if let Some(dry) = seen.host.refused[client].filter(|dry| dry.secret == secret) {
        found = Some(add(found, secret, dry.at, false, ahead));
    }
    for probed in seen.answers(client, secret).filter(|probed| !probed.noted) {
        found = count(found, probed, ahead);
    }
    found
}

/// When this secret may be asked again: at once, or only after the pause.
pub fn may_ask(seen: &Seen, client: Client, secret: Mac, now: Timestamp) -> Result<(), Timestamp> {
    let ahead = later(now, MAX_SKEW);
    match known(seen, client, secret, ahead) {
        // One that a clock ahead has dated says nothing about now: it must not bar the question for as long.
        Some(refusals) if refusals.count >= BURST && refusals.last <= ahead => {
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
/// that blames nobody leaves it. What is dated after `ahead`, a clock ahead has dated: it is no "since".
pub(crate) fn count(before: Option<Refusals>, probed: &Probed, ahead: Timestamp) -> Option<Refusals> {
    match probed.answer.kind {
        AnswerKind::Accepted => before.filter(|before| before.last > probed.at && before.last <= ahead),
        kind if is_refusal(kind) => {
            Some(add(before, probed.secret, probed.at, kind == AnswerKind::Rejected, ahead))
        }
        _ => before,
    }
}

fn add(before: Option<Refusals>, secret: Mac, at: Timestamp, named: bool, ahead: Timestamp) -> Refusals {
    match before {
        Some(before) => {
            let last = if before.last > ahead { at } else { before.last.max(at) };
            Refusals {
                count: before.count.saturating_add(1),
                last,
                first: before.first.min(last),
                named,
                ..before
            }
        }
        None => Refusals { secret, count: 1, first: at, last: at, named },
    }
}
