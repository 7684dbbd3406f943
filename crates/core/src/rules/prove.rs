//! Proving a deposit: several tokens spread over some time, then the slot, then the record.

use jiff::SignedDuration;

use crate::case::{Case, is_token};
use crate::decision::{Because, Next, Refusal, WaitFor, refuse, rest};
use crate::drain::later;
use crate::permit::NotYet;
use crate::record::{Death, Noted, Replaced};
use crate::seen::{Done, Pasted, Probed, SlotSeen};
use crate::step::{Purpose, SlotChange, Step, WriteSlot};
use crate::verdict::Verdict;
use crate::wish::Deposit;
use crate::{Client, Expected, Mac, Safe, What, Wish, budget, slips};

/// A secret in the slot that waits for its proof: the candidate, or one typed straight into the secret's
/// field. Slips are passed over; `status` names them.
pub(crate) fn pending(case: &Case<'_>, client: Client) -> Option<Mac> {
    let slot = case.seen.slots[client].as_ref()?;
    let slip = |pasted: &Pasted| slips::check(case.seen, client, None, pasted.secret, pasted.oddity).err();
    let candidate = other_candidate(slot).filter(|candidate| slip(candidate).is_none());
    // A slip that lies above it must not hide a secret that was never proven.
    let in_place = |secret: &Pasted| matches!(slip(secret), None | Some(slips::Slip::SameAgain));
    let pasted = candidate.or_else(|| slot.secret.filter(in_place))?;
    (!is_settled(case, client, pasted.secret)).then_some(pasted.secret)
}

/// The candidate, unless it only says again what stands in the secret's field.
fn other_candidate(slot: &SlotSeen) -> Option<Pasted> {
    slot.candidate.filter(|candidate| slot.secret.is_none_or(|secret| secret.secret != candidate.secret))
}

pub(crate) fn is_settled(case: &Case<'_>, client: Client, secret: Mac) -> bool {
    let note = &case.record.clients[client];
    let is = |noted: Option<Noted>| noted.is_some_and(|noted| noted.secret == secret);
    let live =
        case.record.active.as_ref().is_some_and(|active| active.client == client && active.secret == secret);
    is(note.proven) || is(note.retired) || live
}

/// A candidate that was published (mend, fail-over) becomes the slot's secret.
pub(crate) fn follow_the_slot(case: &Case<'_>) -> Option<Next> {
    let active = case.record.active.as_ref()?;
    let slot = case.seen.slots[active.client].as_ref()?;
    let published = slot.candidate.is_some_and(|candidate| candidate.secret == active.secret);
    published.then(|| promote(case, active.client, active.secret)).flatten()
}

/// The round's part: proves what lies in the slot of the client that is not active. While that client still
/// drains, its fresh secret waits.
pub(crate) fn candidates(case: &Case<'_>) -> Option<Next> {
    if case.seen.wish != Wish::Keep {
        return None;
    }
    let client = case.other_client();
    let secret = pending(case, client)?;
    if draining(case, client).is_some() || from_before_the_permit(case, client, secret) {
        return None;
    }
    match progress(case, client, secret) {
        Progress::Go(next) => Some(next),
        Progress::Refused(_) | Progress::Passing | Progress::Disagree => None,
    }
}

/// `deposit`: checks for slips, then puts the candidate into the slot. Whatever comes later, it is stored.
pub(crate) fn deposit(case: &Case<'_>, deposit: &Deposit) -> Next {
    let client = deposit.client;
    if let Some(holder) = somebody_elses(case, deposit) {
        return refuse(Refusal::HeldBy(holder));
    }
    let slot = case.seen.slots[client].as_ref();
    let secret = deposit.secret.secret;
    let candidate = slot.and_then(|slot| slot.candidate).map(|candidate| candidate.secret);
    // Also one that was promoted already, by a run that crashed before the record followed.
    let stored = candidate == Some(secret) || pending(case, client) == Some(secret);
    let known_id = slot.map(|slot| slot.client_id.as_str());
    let new_id = deposit.client_id.as_deref().is_some_and(|id| known_id != Some(id));
    if stored && !new_id {
        return deposited(case, client);
    }
    if let Err(slip) =
        slips::check(case.seen, client, deposit.client_id.as_deref(), secret, deposit.secret.oddity)
    {
        return refuse(Refusal::Slip(slip));
    }
    let expected = slot.map_or(Expected::Absent, |slot| Expected::Version(slot.version.clone()));
    let change = SlotChange::Deposit { client_id: deposit.client_id.clone(), candidate: deposit.secret };
    Next::Do(Step::WriteSlot(WriteSlot { client, expected, change }))
}

/// The holder of a permit that this deposit would end without their knowing: they might press Regenerate
/// after it, and kill what was proven.
fn somebody_elses(case: &Case<'_>, deposit: &Deposit) -> Option<String> {
    let permit = case.record.permit.as_ref().filter(|permit| permit.client == deposit.client)?;
    let known = permit.holder == case.seen.by || deposit.spoke_to.as_ref() == Some(&permit.holder);
    (!known).then(|| permit.holder.clone())
}

/// What follows a deposit: proof, or the reason why not.
pub(crate) fn deposited(case: &Case<'_>, client: Client) -> Next {
    let Some(secret) = pending(case, client) else { return nothing_pending(case, client) };
    if let Some(safe) = draining(case, client) {
        return refuse(Refusal::NotYet(NotYet::Draining(safe)));
    }
    if case.record.is_active(client) {
        return mended(case, client, secret);
    }
    if let Some(next) = was_it_the_active_one(case, client, secret) {
        return next;
    }
    match progress(case, client, secret) {
        Progress::Go(next) => next,
        Progress::Refused(verdict) => refuse(Refusal::Secret { client, verdict }),
        Progress::Passing => refuse(Refusal::NotProvable(client)),
        Progress::Disagree => refuse(Refusal::NodesDisagree(client)),
    }
}

/// Nothing waits for a proof: somebody else was faster and proved it, or nothing was entered.
fn nothing_pending(case: &Case<'_>, client: Client) -> Next {
    let slot = case.seen.slots[client].as_ref();
    let secret = slot.filter(|slot| other_candidate(slot).is_none()).and_then(|slot| slot.secret);
    let proven = secret.is_some_and(|secret| {
        is_settled(case, client, secret.secret) && case.retired(client) != Some(secret.secret)
    });
    if proven { rest(Because::Done(Done::Proven)) } else { refuse(Refusal::NothingEntered(client)) }
}

/// A candidate that was refused before the permit was opened is not what its holder will bring. Proving it
/// after all would end the permit while the holder may still press Regenerate. Only a person who deposits it
/// again says otherwise.
fn from_before_the_permit(case: &Case<'_>, client: Client, secret: Mac) -> bool {
    let refusals = budget::noted(case.record, client, secret);
    let permit = case.record.permit.as_ref().filter(|permit| permit.client == client);
    permit.is_some_and(|permit| permit.passes_over(secret, refusals.as_ref()))
}

/// A candidate that may still be proven comes before SAFE, also before one that is said again to the holder,
/// and for the same reason: it is proven first, or refused. `None` once nothing is open any more.
pub(crate) fn before_safe(case: &Case<'_>, client: Client) -> Option<Next> {
    let secret = under_the_permit(case, client)?;
    match progress(case, client, secret) {
        Progress::Go(next) => Some(next),
        Progress::Refused(_) => None,
        Progress::Passing => Some(refuse(Refusal::NotProvable(client))),
        Progress::Disagree => Some(refuse(Refusal::NodesDisagree(client))),
    }
}

/// A candidate whose proof would end the open permit, if there is one.
pub(crate) fn under_the_permit(case: &Case<'_>, client: Client) -> Option<Mac> {
    pending(case, client).filter(|secret| !from_before_the_permit(case, client, *secret))
}

fn mended(case: &Case<'_>, client: Client, secret: Mac) -> Next {
    if let Some(next) = super::rescue::mend(case) {
        return next;
    }
    match case.verdict(client, secret) {
        Some(Ok(verdict)) if verdict != Verdict::Passing => refuse(Refusal::Secret { client, verdict }),
        Some(_) => refuse(Refusal::NotProvable(client)),
        None => refuse(Refusal::Secret { client, verdict: Verdict::Rejected }),
    }
}

/// A refused deposit is followed at once by one question for the active client: refused too, the person has
/// clicked in the wrong row.
fn was_it_the_active_one(case: &Case<'_>, client: Client, secret: Mac) -> Option<Next> {
    let refused = case
        .seen
        .answers(client, secret)
        .next_back()
        .is_some_and(|last| budget::is_refusal(last.answer.kind));
    let active = case.record.active.as_ref().filter(|_| refused)?;
    let asked = case.seen.answers(active.client, active.secret).next_back();
    match asked {
        None => case.probe_live(Purpose::Control),
        Some(probed) if budget::is_refusal(probed.answer.kind) => {
            Some(refuse(Refusal::RegeneratedActive { deposited: client }))
        }
        Some(_) => None,
    }
}

/// From when a draining client's fresh secret may be proven, if that is still to come.
pub(crate) fn draining(case: &Case<'_>, client: Client) -> Option<Safe> {
    if case.record.has_permit_on(client) {
        return None;
    }
    let safe = case.record.drain_of(client)?.safe(case.policy);
    (!safe.is_now(case.now)).then_some(safe)
}

enum Progress {
    Go(Next),
    Refused(Verdict),
    Passing,
    Disagree,
}

/// Where the proof stands: one yes is no proof, one early no is no failure.
fn progress(case: &Case<'_>, client: Client, secret: Mac) -> Progress {
    let settle = case.policy.settle;
    let answers: Vec<&Probed> = case.seen.answers(client, secret).collect();
    let refused = budget::refusals(case.seen, client, secret).map_or(0, |refusals| refusals.count);
    let Some(last) = answers.last() else {
        let may_ask = refused < budget::SETTLE_ALLOWANCE
            || budget::may_ask(case.seen, client, secret, case.now).is_ok();
        return match case.probe(client, secret, Purpose::Prove) {
            Some(probe) if may_ask => Progress::Go(probe),
            _ => Progress::Refused(Verdict::Rejected),
        };
    };
    let yes: Vec<&&Probed> = answers.iter().rev().take_while(|probed| is_token(probed.answer.kind)).collect();
    if let (Some(newest), Some(oldest)) = (yes.first(), yes.last()) {
        let spread = newest.at.duration_since(oldest.at);
        if yes.len() >= settle.tokens as usize && spread >= settle.over {
            return Progress::Go(proven(case, client, secret));
        }
    }
    if budget::is_refusal(last.answer.kind) && refused >= budget::SETTLE_ALLOWANCE {
        return match case.verdict(client, secret) {
            Some(Err(control)) => Progress::Go(control),
            Some(Ok(Verdict::Accepted | Verdict::Passing)) => Progress::Passing,
            Some(Ok(verdict)) => Progress::Refused(verdict),
            None => Progress::Refused(Verdict::Rejected),
        };
    }
    let most = 4 * settle.tokens.max(budget::SETTLE_ALLOWANCE) as usize;
    if answers.len() >= most {
        let any = answers.iter().any(|probed| is_token(probed.answer.kind));
        return if any { Progress::Disagree } else { Progress::Passing };
    }
    let again = later(last.at, pause(settle.over, settle.tokens));
    if again > case.now {
        let tokens = u32::try_from(yes.len()).unwrap_or(u32::MAX);
        return Progress::Go(case.wait(again, WaitFor::Proof { client, tokens, refusals: refused }));
    }
    case.probe(client, secret, Purpose::Prove).map_or(Progress::Passing, Progress::Go)
}

/// The pause between two tokens of a proof, rounded up: the last one must not come early.
fn pause(over: SignedDuration, tokens: u32) -> SignedDuration {
    let gaps = i32::try_from(tokens.saturating_sub(1).max(1)).unwrap_or(i32::MAX);
    let short = over / gaps;
    if short * gaps == over { short } else { short.saturating_add(SignedDuration::from_nanos(1)) }
}

/// The change of the slot is the event; the record follows, and with it a permit ends.
fn proven(case: &Case<'_>, client: Client, secret: Mac) -> Next {
    if let Some(promote) = promote(case, client, secret) {
        return promote;
    }
    // No compare-and-set of the slot tells that it still stands there.
    if let Some(look) = case.look_twice() {
        return look;
    }
    let replaced = case.seen.slots[client].as_ref().and_then(|slot| slot.previous);
    case.write_always(What::Proven { client, secret }, |record| {
        super::drain::forget(record, client, Noted { secret, at: case.now });
        let note = &mut record.clients[client];
        note.refusals.clear();
        note.replaced = replaced.map(|secret| Replaced { secret, at: case.now, seen: Death::Unasked });
        if record.has_permit_on(client) {
            record.permit = None;
        }
    })
}

fn promote(case: &Case<'_>, client: Client, secret: Mac) -> Option<Next> {
    let slot = case.seen.slots[client].as_ref()?;
    other_candidate(slot).filter(|candidate| candidate.secret == secret)?;
    Some(Next::Do(Step::WriteSlot(WriteSlot {
        client,
        expected: Expected::Version(slot.version.clone()),
        change: SlotChange::Promote { candidate: secret },
    })))
}
