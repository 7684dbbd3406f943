//! The story of a run: what to do next.

use jiff::Timestamp;

use crate::Policy;
use crate::case::Case;
use crate::decision::{Because, Next, Refusal, Rest, refuse, rest};
use crate::rules::{
    drain, evidence, health, init, intent, output, permit, place, prove, rescue, resolve, switch,
};
use crate::seen::{Look, RecordSeen, Seen};
use crate::step::Step;

/// How often one run looks before it leaves the field to whoever keeps winning.
const MAX_LOOKS: u32 = 6;

/// The next step for one credential: a pure function of what the configuration says, what was seen, and the
/// time. The rules stand in the order in which they matter; the first that has something to do decides.
pub fn next(policy: &Policy, seen: &Seen, now: Timestamp) -> Next {
    if let Some(trouble) = &seen.trouble {
        return rest(Because::Trouble(trouble.clone()));
    }
    if let Look::Due(freshness) = seen.look {
        return if seen.looks < MAX_LOOKS {
            Next::Do(Step::Look(freshness))
        } else {
            rest(Because::OthersAtWork)
        };
    }
    match &seen.record {
        RecordSeen::Unusable(error) => rest(Because::Unusable(error.clone())),
        RecordSeen::Absent => init::first(policy, seen, now).unwrap_or_else(|| rest(Because::Uninitialised)),
        RecordSeen::Here { record, .. } if !record.is_writable() => rest(Because::NewerRecord),
        RecordSeen::Here { record, version } => {
            let case = Case { policy, seen, now, record, version };
            decide(&case)
        }
    }
}

fn decide(case: &Case<'_>) -> Next {
    let decision = place::speaks_for_us(case)
        .or_else(|| intent::end(case))
        .or_else(|| init::go_on(case))
        .or_else(|| resolve::diverged(case))
        .or_else(|| output::catch_up(case))
        .or_else(|| prove::follow_the_slot(case))
        .or_else(|| drain::upkeep(case))
        .or_else(|| wish(case))
        .or_else(|| rescue::mend(case))
        .or_else(|| rescue::fail_over(case))
        .or_else(|| switch::scheduled(case))
        .or_else(|| prove::candidates(case))
        .or_else(|| health::probe(case))
        .or_else(|| evidence::of_death(case))
        .or_else(|| health::note(case))
        .unwrap_or_else(|| Next::Rest(Rest { why: done_or_nothing(case), wake: health::wake(case) }));
    barred_by_audit(case, decision)
}

/// What a person asked for; the schedule's round has no wish of its own.
fn wish(case: &Case<'_>) -> Option<Next> {
    use crate::Wish::{
        Cancel, ConfirmDrained, ConfirmNotInUse, Deposit, Init, Keep, Permit, Prove, PutOurs, Rollback,
        SwitchNow, TakeTheirs,
    };
    if case.seen.wish == Keep {
        return None;
    }
    if let Some(done) = case.seen.done {
        return Some(health::note(case).unwrap_or_else(|| rest(Because::Done(done))));
    }
    let answer = match &case.seen.wish {
        Keep => return None,
        SwitchNow { drain, reason } => switch::now(case, *drain, reason),
        Rollback { reason, spoke_to } => switch::rollback(case, reason, spoke_to.as_deref()),
        Init(entered) => init::second(case, entered),
        Permit { client, holder } => permit::open(case, *client, holder),
        Cancel { spoke_to } => permit::cancel(case, spoke_to.as_deref()),
        Deposit(deposit) => prove::deposit(case, deposit),
        Prove { client } => prove::deposited(case, *client),
        ConfirmDrained { switch } => drain::confirm(case, *switch),
        ConfirmNotInUse => drain::confirm_not_in_use(case),
        TakeTheirs { .. } | PutOurs => refuse(Refusal::NotDiverged),
    };
    Some(match answer {
        // A refusal that the provider uttered is remembered before it is told.
        Next::Rest(rest) => health::note(case).unwrap_or(Next::Rest(rest)),
        other => other,
    })
}

/// The backstop: whatever a rule decided, nothing begins without its audit line.
fn barred_by_audit(case: &Case<'_>, decision: Next) -> Next {
    match decision {
        Next::Do(step) if step.needs_audit() && case.seen.host.audit.unwritable => {
            refuse(Refusal::AuditUnwritable)
        }
        other => other,
    }
}

fn done_or_nothing(case: &Case<'_>) -> Because {
    case.seen.done.map_or(Because::Nothing, Because::Done)
}
