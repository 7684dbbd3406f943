//! The ordinary switch, and the two that a person asks for.

use jiff::{SignedDuration, Timestamp};

use crate::case::{Case, in_short};
use crate::decision::{Because, Next, Refusal, refuse, rest};
use crate::drain::later;
use crate::hours::jitter;
use crate::record::{Permit, Why};
use crate::seen::Done;
use crate::step::Purpose;
use crate::verdict::Verdict;
use crate::{Client, Mac, Policy, Record, Unscheduled, What, Wish, budget};

/// When the next scheduled switch is due: the first time of the schedule that keeps the minimum interval, or the
/// greatest age, in the hours in which it may happen. A missed time stays due, once.
pub fn due(policy: &Policy, record: &Record) -> Option<Timestamp> {
    let since = record.active.as_ref()?.since;
    after(policy, since)
}

/// The due time that follows a switch at this moment.
fn after(policy: &Policy, since: Timestamp) -> Option<Timestamp> {
    let earliest = later(since, policy.min_interval);
    let planned = match &policy.schedule {
        Some(schedule) => {
            // A switch comes a little after its time. A day later the same time of day is meant, not the one after.
            let late = MISSED + policy.jitter;
            let planned =
                schedule.next_after(earliest.saturating_sub(late).unwrap_or(earliest).max(since))?;
            Some(later(planned, jitter(policy.jitter, &policy.place.live_pair, planned)).max(earliest))
        }
        None => (policy.unscheduled == Unscheduled::EachCall).then_some(earliest),
    };
    let oldest = policy.max_age.map(|age| later(since, age).max(earliest));
    let due = planned.into_iter().chain(oldest).min()?;
    Some(policy.hours.open_from(due))
}

/// The due times from here on, as far as nothing else intervenes.
pub fn upcoming(policy: &Policy, from: Timestamp) -> impl Iterator<Item = Timestamp> {
    std::iter::successors(
        after(&Policy { min_interval: SignedDuration::ZERO, ..policy.clone() }, from),
        |due| after(policy, *due).filter(|next| next > due),
    )
}

/// When a switch that is due, or will be, can happen: one that was missed waits for the next open hour.
pub(crate) fn comes(policy: &Policy, record: &Record, now: Timestamp) -> Option<Timestamp> {
    let due = due(policy, record)?;
    Some(if due <= now && !policy.hours.is_open(now) { policy.hours.open_from(now) } else { due })
}

/// A switch this late was missed: it is made up, and that is said.
const MISSED: SignedDuration = SignedDuration::from_mins(15);

/// Why a switch comes at another time than the schedule says.
fn made_up(case: &Case<'_>, due: Timestamp) -> Option<String> {
    let since = case.record.active.as_ref()?.since;
    // Without a schedule nothing was missed: each call is its own time.
    (case.policy.schedule.is_some() && case.now.duration_since(due) > MISSED)
        .then(|| format!("made up: it was due at {due:.0}, and the pair was live since {since:.0}"))
}

/// The switch that is due. Barred by a clock that is off or an audit log that cannot be written; silent
/// about it here, because [`crate::phase`] says so.
pub(crate) fn scheduled(case: &Case<'_>) -> Option<Next> {
    let due = due(case.policy, case.record)?;
    if case.seen.wish != Wish::Keep
        || due > case.now
        || !case.policy.hours.is_open(case.now)
        || case.seen.host.audit.unwritable
        || case.clock_off().is_some()
    {
        return None;
    }
    let target = case.other_client();
    let secret = case.standby(target)?;
    if case.record.has_permit_on(target) {
        return None;
    }
    match case.verdict(target, secret) {
        None => {
            budget::may_ask(case.seen, target, secret, case.now).ok()?;
            case.probe(target, secret, Purpose::Publish)
        }
        Some(Err(control)) => Some(control),
        Some(Ok(Verdict::Accepted)) => {
            Some(case.intend(target, secret, Why::Scheduled, None, made_up(case, due)))
        }
        Some(Ok(_)) => None,
    }
}

/// `rotate --now`. Without a standby nothing is switched; then a drain under way can be shortened.
pub(crate) fn now(case: &Case<'_>, drain: Option<SignedDuration>, reason: &str) -> Next {
    let target = case.other_client();
    if let Some(permit) = case.record.permit.as_ref().filter(|permit| permit.client == target) {
        return refuse(Refusal::HeldBy(permit.holder.clone()));
    }
    match (case.standby(target), drain, &case.record.drain) {
        (Some(secret), ..) => publish(case, target, secret, Why::Now, drain, reason),
        (None, Some(length), Some(under_way)) if under_way.ended.is_none() => {
            let what = What::DrainShortened { client: under_way.retired, reason: in_short(reason) };
            case.write(what, |record| {
                if let Some(drain) = &mut record.drain {
                    drain.shortened = Some(length);
                }
            })
        }
        _ => refuse(Refusal::NoStandby),
    }
}

/// `rollback`: the retired client again, while its secret still gets a token and nobody may be killing it.
pub(crate) fn rollback(case: &Case<'_>, reason: &str, spoke_to: Option<&str>) -> Next {
    let target = case.other_client();
    let permit = case.record.permit.as_ref().filter(|permit| permit.client == target);
    let spoken_of =
        |permit: &&Permit| spoke_to == Some(permit.holder.as_str()) && case.seen.is_first_permit(permit);
    // Once that is proven there is nothing to go back to.
    if let Some(proof) = permit.filter(spoken_of).and_then(|_| super::permit::what_waits(case, target)) {
        return proof;
    }
    let Some(secret) = case.retired(target) else { return refuse(Refusal::NoRetired) };
    if !case.seen.was_retired(target, secret) {
        // Somebody else has gone back meanwhile, or forward: nobody asked to undo that.
        let back =
            case.record.active.as_ref().is_some_and(|live| case.seen.was_retired(live.client, live.secret));
        return if back { rest(Because::Done(Done::Switched)) } else { refuse(Refusal::NoRetired) };
    }
    match permit {
        Some(permit) if spoken_of(&permit) => super::permit::close(case, permit, true),
        Some(permit) => refuse(Refusal::HeldBy(permit.holder.clone())),
        None => publish(case, target, secret, Why::Rollback, None, reason),
    }
}

fn publish(
    case: &Case<'_>,
    target: Client,
    secret: Mac,
    why: Why,
    drain: Option<SignedDuration>,
    reason: &str,
) -> Next {
    match case.verdict(target, secret) {
        None => match (
            budget::may_ask(case.seen, target, secret, case.now),
            case.probe(target, secret, Purpose::Publish),
        ) {
            (Ok(()), Some(probe)) => probe,
            _ => refuse(Refusal::Secret { client: target, verdict: Verdict::Rejected }),
        },
        Some(Err(control)) => control,
        Some(Ok(Verdict::Accepted)) if case.clock_off().is_some() => refuse(Refusal::ClockOff),
        Some(Ok(Verdict::Accepted)) => case.intend(target, secret, why, drain, Some(reason.to_owned())),
        Some(Ok(Verdict::Passing)) => refuse(Refusal::NotProvable(target)),
        Some(Ok(verdict)) => refuse(Refusal::Secret { client: target, verdict }),
    }
}
