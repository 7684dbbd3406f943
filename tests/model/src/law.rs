//! The invariants, judged from outside the rules.

use jiff::Timestamp;
use twinkey_core::record::Why;
use twinkey_core::{Record, Step, What};

use crate::store::{Body, Documents, Write};
use crate::world::{Run, World};

/// What a write breaks by what it says, judged by what its run has seen. It counts once it is written: then
/// the compare-and-set has shown that the run had seen the truth.
pub fn broken_by(step: &Step, run: &Run, now: Timestamp) -> Option<&'static str> {
    let Step::WriteRecord(write) = step else { return None };
    let before = run.seen.record()?;
    of_intent(&write.what, &write.record, before, run, now)
        .or_else(|| of_permit(&write.what, &write.record, before))
}

fn of_intent(
    what: &What,
    after: &Record,
    before: &Record,
    run: &Run,
    now: Timestamp,
) -> Option<&'static str> {
    let What::Intended { to, secret, why, .. } = what else { return None };
    if before.intent.is_some() {
        return Some("an intent was written over another");
    }
    if *why != Why::First && !run.seen.accepted_lately(*to, *secret, now) {
        return Some("I1: a secret is to be published that got no token in this run");
    }
    let retired = before.clients[*to].retired.is_some_and(|retired| retired.secret == *secret);
    if retired && !matches!(why, Why::FailOver | Why::Rollback | Why::PutOurs) {
        return Some("I3: a retired secret is to be published by neither fail-over nor rollback");
    }
    after.has_permit_on(*to).then_some("I5: a client with an open permit is to be published")
}

fn of_permit(what: &What, after: &Record, before: &Record) -> Option<&'static str> {
    match (&before.permit, &after.permit) {
        (Some(was), Some(is)) if (was.client, &was.holder) != (is.client, &is.holder) => {
            Some("I4: a permit was handed from one person to another")
        }
        (Some(was), None) => {
            let proven = matches!(what, What::Proven { client, .. } if *client == was.client);
            let closed = matches!(what, What::PermitClosed { holder, .. } if *holder == was.holder);
            let by = after.transitions.last().map(|last| last.by.as_str());
            let spoken = matches!(what, What::PermitClosed { spoke_to: true, .. });
            let rightly = proven || (closed && (spoken || by == Some(was.holder.as_str())));
            (!rightly).then_some("I4: a permit ended without proof, holder, or a word with the holder")
        }
        (None, Some(is)) if after.is_active(is.client) => Some("I4: a permit for the active client"),
        (None, Some(is)) if after.intent.as_ref().is_some_and(|intent| intent.to == is.client) => {
            Some("I4: a permit for a client that an intent names")
        }
        _ => None,
    }
}

/// What a write has broken by what it did to the documents.
pub fn broken_in(world: &World, before: &Documents, write: &Write) -> Option<&'static str> {
    match &write.body {
        Body::Live(pair, Some(why)) => {
            if before.live_pair() == pair.as_ref() {
                return Some("I2: one switch, two versions of the live pair");
            }
            let permit = before.record().and_then(|record| record.permit.as_ref());
            if let (Some(permit), Some(pair)) = (permit, pair)
                && pair.client_id == crate::portal::id(permit.client)
            {
                return Some("I5: a client with an open permit was published");
            }
            // An edit that says what the record says is nobody's edit.
            let active = before.record().and_then(|record| record.active.as_ref());
            let agrees = before.live_pair().zip(active).is_some_and(|(pair, active)| {
                (&pair.client_id, pair.secret) == (&active.client_id, active.secret)
            });
            let was_foreign = !agrees
                && world.foreign.is_some()
                && world.foreign.as_ref() == before.live.as_ref().map(|live| &live.version);
            (was_foreign && *why != Why::PutOurs).then_some("I7: somebody's edit was overwritten silently")
        }
        Body::Live(pair, None) => {
            (before.live_pair() != pair.as_ref()).then_some("I7: the fence changed the live pair")
        }
        Body::Record(after) => {
            let permit = after.permit.as_ref()?;
            let opened = before.record().is_none_or(|before| before.permit.is_none());
            let held = world.consumers.iter().filter_map(|consumer| consumer.holds.as_ref());
            let in_use = held.filter(|pair| world.portal.accepts(pair));
            let mut of_the_client = in_use.filter(|pair| pair.client_id == crate::portal::id(permit.client));
            (opened && of_the_client.next().is_some())
                .then_some("I4: a permit for a client whose pair a consumer still holds")
        }
        Body::Slot(..) => None,
    }
}
