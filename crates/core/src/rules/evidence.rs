//! Is the replaced secret dead? Evidence that Regenerate was really pressed; never a gate.

use jiff::SignedDuration;

use crate::case::Case;
use crate::decision::Next;
use crate::record::{Death, Replaced};
use crate::step::Purpose;
use crate::verdict::Verdict;
use crate::{Client, What, Wish, budget};

/// A secret that still works is asked again after this time: a provider may keep it alive for a while.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// Asks once after its successor was proven, and again a day later while it still works.
pub(crate) fn of_death(case: &Case<'_>) -> Option<Next> {
    if case.seen.wish != Wish::Keep {
        return None;
    }
    Client::BOTH.into_iter().find_map(|client| ask(case, client))
}

fn ask(case: &Case<'_>, client: Client) -> Option<Next> {
    let replaced = case.record.clients[client].replaced?;
    let due = match replaced.seen {
        Death::Unasked => true,
        Death::StillAccepted(at) => case.now.duration_since(at) >= AGAIN,
        Death::Dead(_) => false,
    };
    let kept = case.seen.slots[client].as_ref().is_some_and(|slot| slot.previous == Some(replaced.secret));
    if !due || !kept {
        return None;
    }
    let secret = replaced.secret;
    match case.verdict(client, secret) {
        None if case.seen.answers(client, secret).next().is_none() => {
            budget::may_ask(case.seen, client, secret, case.now).ok()?;
            case.probe(client, secret, Purpose::Evidence)
        }
        None | Some(Ok(Verdict::Passing | Verdict::Misconfigured)) => None,
        Some(Err(control)) => Some(control),
        Some(Ok(Verdict::Accepted)) => Some(tell(case, client, replaced, Death::StillAccepted(case.now))),
        Some(Ok(Verdict::Rejected | Verdict::Forbidden)) => {
            Some(tell(case, client, replaced, Death::Dead(case.now)))
        }
    }
}

fn tell(case: &Case<'_>, client: Client, replaced: Replaced, seen: Death) -> Next {
    let secret = replaced.secret;
    let what = match seen {
        Death::Dead(_) => What::OldSecretDead { client, secret },
        Death::Unasked | Death::StillAccepted(_) => What::OldSecretAlive { client, secret },
    };
    case.write_always(what, |record| {
        let note = &mut record.clients[client];
        note.replaced = Some(Replaced { seen, ..replaced });
        // Its death is noted as such; it costs the client nothing.
        note.refusals.retain(|refusals| refusals.secret != secret);
    })
}
