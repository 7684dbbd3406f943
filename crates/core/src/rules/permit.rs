//! Opening and closing the permission to press Regenerate.

use crate::case::Case;
use crate::decision::{Because, Next, Refusal, refuse, rest};
use crate::permit::{NotYet, may_open};
use crate::record::Permit;
use crate::seen::Done;
use crate::step::Purpose;
use crate::verdict::Verdict;
use crate::{Client, What, budget};

/// `permit` and the first half of `regenerate`: SAFE, or the reason to wait.
pub(crate) fn open(case: &Case<'_>, client: Option<Client>, holder: &str) -> Next {
    let client = client.unwrap_or(case.other_client());
    if let Err(not_yet) = may_open(case.policy, case.record, client, holder, case.now) {
        return refuse(Refusal::NotYet(not_yet));
    }
    // Whatever ended the drain, a person's word included, knew nothing of a replica that lags. An open permit is past that.
    let drains = case.record.drain_of(client).is_some_and(|drain| drain.shortened.is_none());
    if case.seen.behind && drains && !case.record.has_permit_on(client) {
        return refuse(Refusal::NotYet(NotYet::ReplicaBehind));
    }
    if let Some(next) = live_is_whole(case, client) {
        return next;
    }
    if case.clock_off().is_some() {
        return refuse(Refusal::ClockOff);
    }
    // An answer that does not tell the time says nothing about the end of a drain either.
    if let Some(active) = case.record.active.as_ref().filter(|_| case.has_asked_in_vain_for_the_time()) {
        return refuse(Refusal::NotProvable(active.client));
    }
    if let Some(next) = super::prove::before_safe(case, client) {
        return next;
    }
    // Another run has proven meanwhile what somebody brought: SAFE would ask for one press too many.
    if case.standby(client).is_some_and(|secret| case.seen.is_new(client, secret)) {
        return rest(Because::Done(Done::Proven));
    }
    let passed_over = super::prove::pending(case, client);
    // A look may have hidden what waited when the permit was written: then it is written once more.
    let names_it = |permit: &Permit| permit.client == client && permit.passed_over == passed_over;
    if case.seen.opened && case.record.permit.as_ref().is_some_and(names_it) {
        return rest(Because::Done(Done::Safe));
    }
    // One that is open already is made new. Whoever has looked before this SAFE, with the word of somebody who had
    // let go then, must not close it under the hand that presses now; and a candidate that was refused under it
    // must not end it later.
    let permit = Permit {
        client,
        holder: holder.to_owned(),
        opened_by: case.seen.by.clone(),
        since: case.now,
        passed_over,
    };
    case.write(What::PermitOpened { client, holder: holder.to_owned() }, |record| {
        record.permit = Some(permit)
    })
}

/// A token for the live pair, now. If it is refused, regenerating the other client is safe only when that
/// one is refused as well: then there is nothing left to break.
fn live_is_whole(case: &Case<'_>, client: Client) -> Option<Next> {
    let active = case.record.active.as_ref()?;
    match case.verdict(active.client, active.secret) {
        None if budget::may_ask(case.seen, active.client, active.secret, case.now).is_err() => {
            own_is_refused(case, client)
        }
        None => case.probe_live(Purpose::Permit),
        Some(Err(control)) => Some(control),
        Some(Ok(Verdict::Accepted)) => None,
        Some(Ok(Verdict::Passing)) => Some(refuse(Refusal::NotProvable(active.client))),
        Some(Ok(Verdict::Rejected | Verdict::Forbidden | Verdict::Misconfigured)) => {
            own_is_refused(case, client)
        }
    }
}

fn own_is_refused(case: &Case<'_>, client: Client) -> Option<Next> {
    let secret = case.seen.slots[client].as_ref()?.secret?.secret;
    match case.verdict(client, secret) {
        None if budget::may_ask(case.seen, client, secret, case.now).is_ok() => {
            case.probe(client, secret, Purpose::Permit)
        }
        None | Some(Ok(Verdict::Rejected | Verdict::Forbidden | Verdict::Misconfigured)) => None,
        Some(Err(control)) => Some(control),
        Some(Ok(Verdict::Accepted)) => Some(refuse(Refusal::NotYet(NotYet::LiveRefused))),
        Some(Ok(Verdict::Passing)) => Some(refuse(Refusal::NotProvable(client))),
    }
}

/// `cancel`: by the holder, or by somebody who has spoken to the holder. The secret is asked once, so that
/// the answer can say whether Regenerate was pressed after all.
pub(crate) fn cancel(case: &Case<'_>, spoke_to: Option<&str>) -> Next {
    let Some(permit) = &case.record.permit else { return refuse(Refusal::NoPermit) };
    let own = permit.holder == case.seen.by;
    // Whoever names somebody means that person's permit: a holder who does so does not mean their own.
    let named = spoke_to.is_some_and(|spoke_to| spoke_to == permit.holder);
    let other = !case.seen.is_first_permit(permit);
    if other || (!named && (!own || spoke_to.is_some())) {
        return refuse(Refusal::HeldBy(permit.holder.clone()));
    }
    if let Some(secret) = case.seen.slots[permit.client].as_ref().and_then(|slot| slot.secret) {
        let unasked = case.seen.answers(permit.client, secret.secret).next().is_none();
        let allowed = budget::may_ask(case.seen, permit.client, secret.secret, case.now).is_ok();
        if let Some(probe) =
            case.probe(permit.client, secret.secret, Purpose::Permit).filter(|_| unasked && allowed)
        {
            return probe;
        }
    }
    what_waits(case, permit.client).unwrap_or_else(|| close(case, permit, !own))
}

/// Before a permit is taken back, what waits in the slot is proven: it says that Regenerate was pressed, and the proof
/// ends the permit. One stale look must not hide it.
pub(crate) fn what_waits(case: &Case<'_>, client: Client) -> Option<Next> {
    case.look_twice().or_else(|| super::prove::before_safe(case, client))
}

/// Ends a permit without a proof. An audit log that cannot be written does not bar it: it only takes a permission
/// away.
pub(crate) fn close(case: &Case<'_>, permit: &Permit, spoke_to: bool) -> Next {
    let what = What::PermitClosed { client: permit.client, holder: permit.holder.clone(), spoke_to };
    case.write_always(what, |record| record.permit = None)
}
