//! How the two clients are, asked seldom and within the budget; and remembering what was answered.

use jiff::{SignedDuration, Timestamp};

use crate::case::{Case, changes_refusals};
use crate::decision::Next;
use crate::drain::later;
use crate::step::Purpose;
use crate::{Client, MAX_SKEW, Mac, Safe, What, Wish, budget};

/// The active client's turn, then the standby's.
pub(crate) fn probe(case: &Case<'_>) -> Option<Next> {
    if case.seen.wish != Wish::Keep {
        return None;
    }
    let active = case.record.active.as_ref()?;
    if let Some(next) = turn(case, active.client, active.secret, case.policy.active_every) {
        return Some(next);
    }
    let other = active.client.other();
    let standby = case.standby(other).filter(|_| !case.record.has_permit_on(other))?;
    turn(case, other, standby, case.policy.standby_every)
}

/// One client's turn: asked when its time has come, once more at once after a first refusal (one may be
/// false), and with a control where the answer blames nobody.
fn turn(case: &Case<'_>, client: Client, secret: Mac, every: SignedDuration) -> Option<Next> {
    let refused = match case.seen.answers(client, secret).next_back() {
        Some(last) => budget::is_refusal(last.answer.kind),
        // A token that a clock ahead has dated says nothing about now.
        None if last_token(case, client, secret)
            .is_some_and(|at| at <= later(case.now, MAX_SKEW) && later(at, every) > case.now) =>
        {
            return None;
        }
        None => {
            budget::may_ask(case.seen, client, secret, case.now).ok()?;
            return ask(case, client, secret);
        }
    };
    if !refused {
        return None;
    }
    if let Some(Err(control)) = case.verdict(client, secret) {
        return Some(control);
    }
    budget::may_ask(case.seen, client, secret, case.now).ok()?;
    ask(case, client, secret)
}

fn ask(case: &Case<'_>, client: Client, secret: Mac) -> Option<Next> {
    if case.record.is_active(client) {
        case.probe_live(Purpose::Health)
    } else {
        case.probe(client, secret, Purpose::Health)
    }
}

fn last_token(case: &Case<'_>, client: Client, secret: Mac) -> Option<Timestamp> {
    case.seen.host.accepted[client].filter(|noted| noted.secret == secret).map(|noted| noted.at)
}

/// Writes refusals down, and their end, so that the next run and the next host keep to the budget.
pub(crate) fn note(case: &Case<'_>) -> Option<Next> {
    if !changes_refusals(case.record, case.seen, case.now) {
        return None;
    }
    let telling = case.seen.probes.iter().rev().find(|probed| !probed.noted)?;
    let (client, secret) = (telling.client, telling.secret);
    let refusal =
        case.seen.probes.iter().rev().find(|probed| !probed.noted && budget::is_refusal(probed.answer.kind));
    let what = match refusal {
        Some(refused) => What::Refused { client: refused.client, secret: refused.secret },
        None => What::Recovered { client, secret },
    };
    Some(case.write_always(what, |_| {}))
}

/// When the next run makes sense.
pub(crate) fn wake(case: &Case<'_>) -> Option<Timestamp> {
    let safe = case.record.drain.as_ref().map(|drain| drain.safe(case.policy));
    let safe = match safe {
        Some(Safe::From(at)) => Some(at),
        _ => None,
    };
    let turns = case.record.active.as_ref().map(|active| {
        let in_turn = last_token(case, active.client, active.secret)
            .map(|at| later(at, case.policy.active_every))
            .filter(|at| *at > case.now)
            .unwrap_or(later(case.now, case.policy.active_every))
            .min(later(case.now, case.policy.active_every));
        budget::may_ask(case.seen, active.client, active.secret, case.now)
            .map_or_else(|again| again, |()| in_turn)
    });
    let due = super::switch::comes(case.policy, case.record, case.now);
    [safe, turns, due].into_iter().flatten().filter(|at| *at > case.now).min()
}
