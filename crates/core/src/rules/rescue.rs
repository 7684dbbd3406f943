//! When the active client is refused: somebody regenerated the wrong client.

use crate::case::Case;
use crate::decision::Next;
use crate::record::{Active, Why};
use crate::step::Purpose;
use crate::verdict::Verdict;
use crate::{Client, Failover, Mac, budget};

/// Mend: the active client's own new secret was deposited and gets a token.
pub(crate) fn mend(case: &Case<'_>) -> Option<Next> {
    let active = case.record.active.as_ref()?;
    let secret = super::prove::pending(case, active.client)?;
    let may_ask = budget::may_ask(case.seen, active.client, secret, case.now).is_ok();
    let accepted = case.seen.accepted_lately(active.client, secret, case.now);
    // From a stale look it may be what stood there before.
    if let Some(look) = case.look_twice().filter(|_| may_ask || accepted) {
        return Some(look);
    }
    match case.verdict(active.client, secret) {
        None if may_ask => case.probe(active.client, secret, Purpose::Publish),
        None => None,
        Some(Err(control)) => Some(control),
        Some(Ok(Verdict::Accepted)) => Some(case.intend(active.client, secret, Why::Mend, None, None)),
        Some(Ok(_)) => None,
    }
}

/// Fail-over: the active client is refused twice on fresh connections, and the other one has just got a
/// token. Ignores schedules and windows; never to a client whose secret somebody may be killing right now.
pub(crate) fn fail_over(case: &Case<'_>) -> Option<Next> {
    let active = case.record.active.as_ref()?;
    let other = active.client.other();
    if case.policy.failover == Failover::Alert || case.record.has_permit_on(other) {
        return None;
    }
    match is_refused(case, active)? {
        Refused::Once => case.probe_live(Purpose::Publish),
        // Known from before: the other client is asked first, so that a client that stays refused costs
        // only one more question, and only when there is somewhere to go.
        Refused::Before => match rescuer(case, other)? {
            Ok(_) => case.probe_live(Purpose::Publish),
            Err(question) => Some(question),
        },
        Refused::Twice => match rescuer(case, other)? {
            Ok(secret) => Some(case.intend(other, secret, Why::FailOver, None, None)),
            Err(question) => Some(question),
        },
    }
}

enum Refused {
    /// Once in this run.
    Once,
    /// Twice, the last time in this run.
    Twice,
    /// Twice, before this run.
    Before,
}

fn is_refused(case: &Case<'_>, active: &Active) -> Option<Refused> {
    let refusals = case.active_refusals();
    match case.seen.lately(active.client, active.secret, case.now) {
        Some(probed) if budget::is_refusal(probed.answer.kind) => {
            Some(if refusals < budget::BURST { Refused::Once } else { Refused::Twice })
        }
        Some(_) => None,
        None => (refusals >= budget::BURST).then_some(Refused::Before),
    }
}

/// A secret of the other client that has just got a token, or the question that tells.
fn rescuer(case: &Case<'_>, other: Client) -> Option<Result<Mac, Next>> {
    usable(case, other).into_iter().find_map(|secret| {
        let next = match case.seen.lately(other, secret, case.now) {
            Some(_) => case.seen.accepted_lately(other, secret, case.now).then_some(Ok(secret)),
            None if may_ask(case, other, secret) => case.probe(other, secret, Purpose::Publish).map(Err),
            None => None,
        }?;
        // What was never proven may, from a stale look, be what stood there before.
        let known = [case.standby(other), case.retired(other)].contains(&Some(secret));
        Some(case.look_twice().filter(|_| !known).map_or(next, Err))
    })
}

/// Whether fail-over may still find a secret that works. One that was refused in this incident is asked again
/// after its pause, but nobody is told to wait for that: what is dead stays dead.
pub(crate) fn has_way_out(case: &Case<'_>, other: Client) -> bool {
    let refused = |secret: &Mac| {
        budget::refusals(case.seen, other, *secret).is_some_and(|refusals| refusals.count >= budget::BURST)
    };
    !case.record.has_permit_on(other)
        && usable(case, other)
            .iter()
            .any(|secret| !refused(secret) || before_the_incident(case, other, *secret))
}

/// A rescue may ask once per incident, whatever was refused before the incident began.
fn may_ask(case: &Case<'_>, other: Client, secret: Mac) -> bool {
    before_the_incident(case, other, secret) || budget::may_ask(case.seen, other, secret, case.now).is_ok()
}

/// Whether the other client's secret was last refused before the active client was.
fn before_the_incident(case: &Case<'_>, other: Client, secret: Mac) -> bool {
    let incident = case
        .record
        .active
        .as_ref()
        .and_then(|active| budget::refusals(case.seen, active.client, active.secret));
    let before = budget::refusals(case.seen, other, secret);
    matches!((incident, before), (Some(incident), Some(before)) if before.last < incident.first)
}

/// What the other client's slot holds, best first: the standby's secret, a candidate, the retired one.
fn usable(case: &Case<'_>, other: Client) -> Vec<Mac> {
    let standby = case.standby(other);
    let pending = super::prove::pending(case, other);
    let retired = case.retired(other);
    [standby, pending, retired].into_iter().flatten().collect()
}
