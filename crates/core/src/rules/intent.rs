//! Ending a publication that somebody has begun: this run, a run that crashed, or another host.

use crate::case::Case;
use crate::decision::{Because, Next, Rest, rest};
use crate::record::{Active, Intent, Noted, Why};
use crate::seen::Which;
use crate::step::{LiveContent, Probe, Purpose, Step, WriteLive};
use crate::verdict::Verdict;
use crate::{Drain, Expected, Record, What, Wish};

/// Whoever finds an intent, ends it: forward if the target still gets a token, by the fence if it does not.
pub(crate) fn end(case: &Case<'_>) -> Option<Next> {
    let intent = case.record.intent.as_ref()?;
    if case.seen.live_is(&intent.client_id, intent.secret) {
        // The target may have been live before: a stale look shows it still, or again.
        let certain = case.seen.past.contains(&intent.from);
        return Some(case.look_twice().filter(|_| !certain).unwrap_or_else(|| published(case, intent)));
    }
    if case.seen.past.contains(&intent.from) {
        return Some(abandoned(case, intent));
    }
    let Some(probe) = target(case, intent) else {
        return Some(fence(case, intent));
    };
    Some(match case.verdict(intent.to, intent.secret) {
        None => probe,
        Some(Err(control)) => control,
        Some(Ok(Verdict::Accepted)) => publish(case, intent),
        Some(Ok(Verdict::Passing)) => {
            Next::Rest(Rest { why: Because::Interrupted, wake: super::health::wake(case) })
        }
        Some(Ok(Verdict::Rejected | Verdict::Forbidden | Verdict::Misconfigured)) => fence(case, intent),
    })
}

/// The probe of the target, if the target still stands where it stood and nobody may be killing it.
fn target(case: &Case<'_>, intent: &Intent) -> Option<Next> {
    let slot = case.seen.slots[intent.to].as_ref()?;
    let unchanged = slot.client_id == intent.client_id && slot.holding(intent.secret).is_some();
    if !unchanged || case.record.has_permit_on(intent.to) {
        return None;
    }
    case.probe(intent.to, intent.secret, Purpose::Publish)
}

fn publish(case: &Case<'_>, intent: &Intent) -> Next {
    let Some(which) = case.seen.slots[intent.to].as_ref().and_then(|slot| slot.holding(intent.secret)) else {
        return fence(case, intent);
    };
    Next::Do(Step::WriteLive(WriteLive {
        expected: intent.from.clone(),
        attempt: intent.attempt,
        content: LiveContent::Publish {
            client: intent.to,
            which,
            client_id: intent.client_id.clone(),
            secret: intent.secret,
            why: intent.why,
        },
    }))
}

/// Writes the live pair unchanged against the pinned version, so that a delayed publication can no longer
/// land. Only done with the content that stands at that version, freshly looked at; if the store shows
/// another version, its refusal of the same write is what proves the pinned one past.
fn fence(case: &Case<'_>, intent: &Intent) -> Next {
    if intent.from == Expected::Absent {
        return unfinished_first(case, intent);
    }
    let at_pinned = case.seen.live_expected() == intent.from;
    if !at_pinned && let Some(look) = case.look_twice() {
        return look;
    }
    if !at_pinned && !case.seen.live_is_active(case.record) {
        // Somebody else has written meanwhile. What stood at the pinned version cannot be written again; that
        // it is past stands in the store's freshest read only, so a person has to say how to go on.
        return match case.seen.wish {
            Wish::TakeTheirs { .. } | Wish::PutOurs => abandoned(case, intent),
            _ => rest(Because::Diverged),
        };
    }
    let attempt = crate::AttemptId::derive(&[
        b"fence",
        intent.attempt.as_uuid().as_bytes(),
        case.now.to_string().as_bytes(),
    ]);
    Next::Do(Step::WriteLive(WriteLive {
        expected: intent.from.clone(),
        attempt,
        content: LiveContent::Unchanged,
    }))
}

/// A first entry whose secret is refused has no live pair to fence, and no consumer: a new `init` replaces it.
fn unfinished_first(case: &Case<'_>, intent: &Intent) -> Next {
    if case.record.active.is_some() {
        // The live pair was deleted, and the secret that was to be put back no longer works.
        return abandoned(case, intent);
    }
    match &case.seen.wish {
        Wish::Init(entered) => super::init::again(case, entered),
        _ => rest(Because::Uninitialised),
    }
}

fn abandoned(case: &Case<'_>, intent: &Intent) -> Next {
    let what = What::Abandoned { to: intent.to, secret: intent.secret };
    case.write_always(what, |record| record.intent = None)
}

/// The live pair is the target: note who is active, who retired, and begin the drain.
fn published(case: &Case<'_>, intent: &Intent) -> Next {
    if case.seen.output_lags(case.policy) {
        return Next::Do(Step::WriteOutput);
    }
    if let Some(next) = undated(case, intent) {
        return next;
    }
    let Some(live) = &case.seen.live else { return rest(Because::Diverged) };
    let version = live.version.clone();
    let (client, secret) = (intent.to, intent.secret);
    let what = match intent.why {
        Why::First => What::Initialised { client, secret },
        why => What::Published { client, secret, why },
    };
    case.write_always(what, |record| {
        record.intent = None;
        retire(case, record, intent);
        let note = &mut record.clients[client];
        note.retired = None;
        note.proven = Some(Noted { secret, at: case.now });
        record.active = Some(Active {
            client,
            client_id: intent.client_id.clone(),
            secret,
            version,
            since: case.moment(),
        });
    })
}

/// The drain counts from here on, and everybody's SAFE rests on it. A run that finds the publication done has
/// asked nobody yet whether its clock is right; until the provider answers, the intent stays open. Consumers
/// have the new pair already.
fn undated(case: &Case<'_>, intent: &Intent) -> Option<Next> {
    let retires = case.record.active.as_ref().is_some_and(|old| old.client != intent.to);
    if !retires || case.clock_is_known() {
        return None;
    }
    if !case.seen.probes.is_empty() {
        return Some(Next::Rest(Rest { why: Because::Interrupted, wake: super::health::wake(case) }));
    }
    Some(Next::Do(Step::Probe(Probe {
        client: intent.to,
        which: Which::Live,
        client_id: intent.client_id.clone(),
        secret: intent.secret,
        purpose: Purpose::Control,
    })))
}

/// The client that was active becomes retired, and drains. Its own new secret (a mend) retires nobody.
fn retire(case: &Case<'_>, record: &mut Record, intent: &Intent) {
    let Some(old) = record.active.take().filter(|old| old.client != intent.to) else { return };
    let note = &mut record.clients[old.client];
    note.retired = Some(Noted { secret: old.secret, at: case.now });
    // Refusals from before say nothing about its death, except those that made a fail-over necessary.
    note.refusals.retain(|refusals| refusals.secret != old.secret || intent.why == Why::FailOver);
    for refusals in note.refusals.iter_mut().filter(|refusals| refusals.secret == old.secret) {
        refusals.first = refusals.last;
    }
    record.drain = Some(Drain {
        switch: intent.attempt,
        retired: old.client,
        secret: old.secret,
        started: case.moment(),
        restarts: 0,
        staleness: case.policy.staleness,
        token_lifetime: case.token_lifetime(),
        shortened: intent.drain,
        ended: None,
    });
}
