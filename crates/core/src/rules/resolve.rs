//! A live pair that is not ours: nothing is written until a person chooses.

use crate::case::Case;
use crate::decision::{Because, Next, Refusal, refuse, rest};
use crate::record::{Active, Noted, Why};
use crate::seen::{Pair, Which};
use crate::step::{Probe, Purpose, SlotChange, Step, WriteSlot};
use crate::verdict::Verdict;
use crate::{Client, Drain, Expected, What, Wish, budget};

/// Stops at a live pair that is neither missing by right nor the record's, unless a person resolves it.
pub(crate) fn diverged(case: &Case<'_>) -> Option<Next> {
    if case.seen.live_is_active(case.record) {
        return None;
    }
    if let Some(look) = case.look_twice() {
        return Some(look);
    }
    let answer = match &case.seen.wish {
        Wish::PutOurs => put_ours(case),
        Wish::TakeTheirs { client } => take_theirs(case, *client),
        _ => return Some(rest(Because::Diverged)),
    };
    Some(match answer {
        Next::Rest(rest) => super::health::note(case).unwrap_or(Next::Rest(rest)),
        other => other,
    })
}

/// Publishes the record's pair again, by the same intent as any switch: pinned to what stands there now.
fn put_ours(case: &Case<'_>) -> Next {
    let Some(active) = &case.record.active else { return rest(Because::Uninitialised) };
    let (client, secret) = (active.client, active.secret);
    match case.verdict(client, secret) {
        None => match case.probe(client, secret, Purpose::Publish) {
            Some(probe) if budget::may_ask(case.seen, client, secret, case.now).is_ok() => probe,
            Some(_) => put_standby(case, Refusal::Secret { client, verdict: Verdict::Rejected }),
            None => put_standby(case, Refusal::NothingEntered(client)),
        },
        Some(Err(control)) => control,
        Some(Ok(Verdict::Accepted)) => case.intend(client, secret, Why::PutOurs, None, None),
        Some(Ok(Verdict::Passing)) => refuse(Refusal::NotProvable(client)),
        Some(Ok(verdict)) => put_standby(case, Refusal::Secret { client, verdict }),
    }
}

/// The record's pair is dead: the standby is ours as well, if it gets a token.
fn put_standby(case: &Case<'_>, refusal: Refusal) -> Next {
    let other = case.other_client();
    let Some(secret) = case.standby(other).filter(|_| !case.record.has_permit_on(other)) else {
        return refuse(refusal);
    };
    match case.verdict(other, secret) {
        None if budget::may_ask(case.seen, other, secret, case.now).is_ok() => {
            case.probe(other, secret, Purpose::Publish).unwrap_or_else(|| refuse(refusal))
        }
        Some(Err(control)) => control,
        Some(Ok(Verdict::Accepted)) => case.intend(other, secret, Why::PutOurs, None, None),
        None | Some(Ok(_)) => refuse(refusal),
    }
}

/// Takes over the pair that somebody else wrote, once it has got a token.
fn take_theirs(case: &Case<'_>, named: Option<Client>) -> Next {
    let Some(pair) = case.seen.live_pair() else { return refuse(Refusal::UnknownId) };
    let by_id = Client::BOTH.into_iter().find(|client| {
        case.seen.slots[*client].as_ref().is_some_and(|slot| slot.client_id == pair.client_id)
    });
    let Some(client) = by_id.or(named) else { return refuse(Refusal::UnknownId) };
    if let Some(permit) = case.record.permit.as_ref().filter(|permit| permit.client == client) {
        return refuse(Refusal::HeldBy(permit.holder.clone()));
    }
    match case.verdict(client, pair.secret) {
        None if budget::may_ask(case.seen, client, pair.secret, case.now).is_err() => {
            refuse(Refusal::Secret { client, verdict: Verdict::Rejected })
        }
        None => Next::Do(Step::Probe(Probe {
            client,
            which: Which::Live,
            client_id: pair.client_id.clone(),
            secret: pair.secret,
            purpose: Purpose::Publish,
        })),
        Some(Err(control)) => control,
        Some(Ok(Verdict::Accepted)) => take(case, client, pair),
        Some(Ok(Verdict::Passing)) => refuse(Refusal::NotProvable(client)),
        Some(Ok(verdict)) => refuse(Refusal::Secret { client, verdict }),
    }
}

/// The slot follows first, then the record: a crash between leaves a slot that the next look understands.
fn take(case: &Case<'_>, client: Client, pair: &Pair) -> Next {
    let slot = case.seen.slots[client].as_ref();
    let stands = slot.is_some_and(|slot| {
        slot.client_id == pair.client_id && slot.secret.is_some_and(|secret| secret.secret == pair.secret)
    });
    if !stands {
        let expected = slot.map_or(Expected::Absent, |slot| Expected::Version(slot.version.clone()));
        let change = SlotChange::TakeLive { client_id: pair.client_id.clone(), secret: pair.secret };
        return Next::Do(Step::WriteSlot(WriteSlot { client, expected, change }));
    }
    let Some(live) = &case.seen.live else { return rest(Because::Diverged) };
    let version = live.version.clone();
    case.write(What::TookTheirs { client, secret: pair.secret }, |record| {
        let old = record.active.take();
        record.clients[client].retired = None;
        record.clients[client].proven = Some(Noted { secret: pair.secret, at: case.now });
        if let Some(old) = old.filter(|old| old.client != client) {
            record.clients[old.client].retired = Some(Noted { secret: old.secret, at: case.now });
            record.drain = Some(Drain {
                switch: crate::AttemptId::derive(&[b"theirs", version.as_str().as_bytes()]),
                retired: old.client,
                secret: old.secret,
                started: case.moment(),
                restarts: 0,
                staleness: case.policy.staleness,
                token_lifetime: case.token_lifetime(),
                shortened: None,
                ended: None,
            });
        }
        record.active = Some(Active {
            client,
            client_id: pair.client_id.clone(),
            secret: pair.secret,
            version,
            since: case.moment(),
        });
    })
}
