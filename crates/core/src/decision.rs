//! What a run can decide: a step, a pause, or its end with the reason.

use jiff::Timestamp;

use crate::permit::NotYet;
use crate::seen::{Done, Trouble};
use crate::slips::Slip;
use crate::step::Step;
use crate::verdict::Verdict;
use crate::{Client, RecordError};

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// One external effect; then [`Seen::after`](crate::Seen::after) its outcome, and ask again.
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

pub(crate) fn rest(why: Because) -> Next {
    Next::Rest(Rest { why, wake: None })
}

pub(crate) fn refuse(refusal: Refusal) -> Next {
    rest(Because::Refused(refusal))
}
