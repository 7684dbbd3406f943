//! Keeping the drain true: restarts, ends, and a person's word.

use jiff::SignedDuration;

use crate::case::Case;
use crate::decision::{Because, Next, Refusal, refuse, rest};
use crate::drain::{Ended, later};
use crate::permit::NotYet;
use crate::record::Noted;
use crate::seen::{Done, Seen};
use crate::step::Purpose;
use crate::{AttemptId, Client, Drain, DrainEnd, Record, What, budget};

/// What the drain needs, in this order: more time, a new beginning, its end.
pub(crate) fn upkeep(case: &Case<'_>) -> Option<Next> {
    let drain = case.record.drain.as_ref().filter(|drain| drain.ended.is_none())?;
    let client = drain.retired;
    // SAFE was said on the strength of this drain; counting anew would only keep the deposit from its proof.
    if case.record.has_permit_on(client) {
        return None;
    }
    if drain.shortened.is_none() && case.staleness_grew(drain.staleness) {
        return Some(case.write_always(What::DrainGrew { client }, |_| {}));
    }
    let gap = gap(case.seen, drain) && (!case.seen.behind || ends_soon(case, drain));
    let watched = case.seen.host.watching.is_some()
        && !case.seen.behind
        && drain.shortened.is_none()
        && drain.safe_if_watched(case.policy).is_now(case.now);
    if (gap || watched)
        && let Some(question) = case.ask_the_clock()
    {
        return Some(question);
    }
    if gap {
        return began_anew(case, client);
    }
    if watched && case.clock_is_known() && case.clock_off().is_none() {
        return Some(end(case, drain, DrainEnd::Watched));
    }
    dead(case, drain)
}

/// The drain from its start again. While nobody answers whether the clock is right it waits, as SAFE does.
fn began_anew(case: &Case<'_>, client: Client) -> Option<Next> {
    if case.has_asked_in_vain_for_the_time() {
        return None;
    }
    Some(case.write_always(What::DrainRestarted { client }, |record| {
        if let Some(drain) = &mut record.drain {
            drain.started = drain.started.max(case.moment());
            drain.restarts = drain.restarts.saturating_add(1);
        }
    }))
}

/// Whether the store could not be read, or a replica lagged, at some time since the drain began to count: consumers keep
/// what they have meanwhile, so the whole time must pass again afterwards. A process that has only just begun to watch
/// cannot know, and counts that as an outage too.
fn gap(seen: &Seen, drain: &Drain) -> bool {
    let outage = seen.host.unreachable.is_some_and(|at| at > drain.started);
    let unwatched = seen.host.watching.is_some_and(|since| since > drain.started);
    drain.shortened.is_none() && (outage || unwatched)
}

/// While a replica lags the outage goes on, and no SAFE is said. To count anew at each look would write the record every
/// few minutes; before the drain would end is soon enough, so that nobody who comes once the replica follows takes it for
/// over.
fn ends_soon(case: &Case<'_>, drain: &Drain) -> bool {
    let soon = drain.safe_if_watched(case.policy).is_now(later(case.now, SOON));
    soon && case.now.duration_since(drain.started) >= SELDOM
}

/// Longer than most services are away between two looks.
const SOON: SignedDuration = SignedDuration::from_mins(10);

/// Secrets Manager keeps all versions of a day, and about a hundred of them. Where a whole drain is shorter, another host
/// may take it for over between the moment in which the replica follows and the next look of a host that saw it lag.
const SELDOM: SignedDuration = SignedDuration::from_mins(30);

/// A retired secret that is refused over the whole settling time, while the other client gets tokens, is in
/// nobody's way any more. One refusal may be false, and one that met everybody alike says nothing: the last
/// of them is judged in this run, beside a token for the live pair.
fn dead(case: &Case<'_>, drain: &Drain) -> Option<Next> {
    let (client, secret) = (drain.retired, drain.secret);
    let refusals = budget::refusals(case.seen, client, secret)?;
    let over = case.policy.settle.over;
    match case.verdict(client, secret) {
        None => {
            let rested = case.now.duration_since(refusals.last) >= over;
            let allowed = refusals.count < budget::SETTLE_ALLOWANCE
                || budget::may_ask(case.seen, client, secret, case.now).is_ok();
            case.probe(client, secret, Purpose::Evidence).filter(|_| rested && allowed)
        }
        Some(Err(control)) => Some(control),
        Some(Ok(verdict)) if verdict.is_refusal() && refusals.last.duration_since(refusals.first) >= over => {
            let active = case.record.active.as_ref()?;
            if case.seen.lately(active.client, active.secret, case.now).is_none() {
                budget::may_ask(case.seen, active.client, active.secret, case.now).ok()?;
                return case.probe_live(Purpose::Control);
            }
            let token = case.seen.accepted_lately(active.client, active.secret, case.now);
            token.then(|| end(case, drain, DrainEnd::Dead))
        }
        Some(Ok(_)) => None,
    }
}

fn end(case: &Case<'_>, drain: &Drain, how: DrainEnd) -> Next {
    case.write_always(What::DrainEnded { client: drain.retired, how }, ended(case, how))
}

fn ended(case: &Case<'_>, how: DrainEnd) -> impl FnOnce(&mut Record) {
    let at = case.now;
    move |record| {
        if let Some(drain) = &mut record.drain {
            drain.ended = Some(Ended { how, at });
        }
    }
}

/// `confirm-drained`: a person's word that every consumer was restarted after this very switch.
pub(crate) fn confirm(case: &Case<'_>, switch: AttemptId) -> Next {
    match case.record.drain.as_ref() {
        Some(drain) if drain.switch != switch => refuse(Refusal::OtherSwitch),
        // Whoever was restarted beside a replica that lags has read the old pair again.
        Some(drain) if drain.ended.is_none() && case.seen.behind => {
            refuse(Refusal::NotYet(NotYet::ReplicaBehind))
        }
        Some(drain) if drain.ended.is_none() => {
            let how = DrainEnd::Confirmed;
            case.write(What::DrainEnded { client: drain.retired, how }, ended(case, how))
        }
        Some(_) => rest(Because::Done(Done::Confirmed)),
        None => refuse(Refusal::NoDrain),
    }
}

/// `confirm-drained --init`: a person's word that nobody outside uses the other client.
pub(crate) fn confirm_not_in_use(case: &Case<'_>) -> Next {
    let client = case.other_client();
    if !case.record.clients[client].maybe_in_use {
        return refuse(Refusal::NoDrain);
    }
    case.write(What::NotInUse { client }, |record| record.clients[client].maybe_in_use = false)
}

/// What stands in the way of a fresh secret for this client, noted when its proof ends the wait.
pub(crate) fn forget(record: &mut Record, client: Client, secret: Noted) {
    let regenerated_for_us = record.has_permit_on(client);
    let note = &mut record.clients[client];
    // The first secret that we know of a client may be somebody's already, unless it was made under a permit.
    let is_first = note.proven.is_none() && note.retired.is_none();
    note.maybe_in_use = is_first && !regenerated_for_us;
    note.retired = None;
    note.proven = Some(secret);
    if record.drain.as_ref().is_some_and(|drain| drain.retired == client) {
        record.drain = None;
    }
}
