//! The story of a run: what to do next.

use jiff::Timestamp;

use crate::case::Case;
use crate::permit::NotYet;
use crate::rules::{
    drain, evidence, health, init, intent, output, permit, place, prove, rescue, resolve, switch,
};
use crate::seen::{Done, Look, RecordSeen, Seen, Trouble};
use crate::slips::Slip;
use crate::step::Step;
use crate::verdict::Verdict;
use crate::{Client, Policy, RecordError};

/// How often one run looks before it leaves the field to whoever keeps winning.
const MAX_LOOKS: u32 = 6;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// One external effect; then [`Seen::after`] its outcome, and ask again.
    Do(Step),
    /// Nothing until then. A person's command may wait; the daemon goes on with other credentials.
    Wait(Wait),
    /// The run ends.
    Rest(Rest),
}

/// A pause within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wait {
    /// Until when.
    pub until: Timestamp,
    /// For what.
    pub why: WaitFor,
}

/// What a run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitFor {
    /// The next token that proves a deposit.
    Proof {
        /// Whose.
        client: Client,
        /// Tokens got so far, in a row.
        tokens: u32,
        /// Refusals so far.
        refusals: u32,
    },
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rest {
    /// Why it ends here.
    pub why: Because,
    /// When the next run makes sense; `None` if only a person can change anything.
    pub wake: Option<Timestamp>,
}

/// Why a run ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Because {
    /// What was asked for has happened.
    Done(Done),
    /// Nothing is due.
    Nothing,
    /// The credential is not set up: `init`.
    Uninitialised,
    /// The record cannot be used by this program.
    Unusable(RecordError),
    /// The record is of a newer schema: it is read and never written.
    NewerRecord,
    /// The record speaks for another place than the configuration.
    Elsewhere,
    /// The record is older than what this host has seen: a backup was restored.
    Restored,
    /// The live pair is not ours: somebody else wrote it.
    Diverged,
    /// A publication cannot be ended now: the provider gives no usable answer.
    Interrupted,
    /// Somebody else keeps winning; their work stands.
    OthersAtWork,
    /// The store or the output file cannot be read or written.
    Trouble(Trouble),
    /// The request is refused; nothing was changed.
    Refused(Refusal),
}

/// Why a person's request is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A permit cannot be opened.
    NotYet(NotYet),
    /// The pasted text is a slip of the hand.
    Slip(Slip),
    /// A secret was refused by the provider.
    Secret {
        /// Whose.
        client: Client,
        /// How.
        verdict: Verdict,
    },
    /// The deposited secret is refused, and the active client is refused as well: the wrong row was clicked.
    RegeneratedActive {
        /// The client the secret was deposited for.
        deposited: Client,
    },
    /// The provider gives no usable answer, so nothing can be proven now.
    NotProvable(Client),
    /// The provider's nodes go on disagreeing about a secret.
    NodesDisagree(Client),
    /// There is no proven standby to switch to.
    NoStandby,
    /// There is no retired secret to go back to.
    NoRetired,
    /// There is no drain under way.
    NoDrain,
    /// There is no permit.
    NoPermit,
    /// The permit is held by somebody who was not spoken to.
    HeldBy(String),
    /// The switch that was named is not the one that drains.
    OtherSwitch,
    /// The clocks are too far apart.
    ClockOff,
    /// The audit log cannot be written.
    AuditUnwritable,
    /// The live pair is as it should be.
    NotDiverged,
    /// The live pair's client id is neither client's; the person must say whose it is.
    UnknownId,
    /// Nothing was entered for a client that needs it.
    NothingEntered(Client),
}

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

pub(crate) fn rest(why: Because) -> Next {
    Next::Rest(Rest { why, wake: None })
}

pub(crate) fn refuse(refusal: Refusal) -> Next {
    rest(Because::Refused(refusal))
}
