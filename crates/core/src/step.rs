//! The steps of a run: one step is one external effect.
//!
//! That makes a step at once a kill point, an action of the model, a fault site of the simulator, a pair of
//! audit lines, and a line of a dry run. (On AWS one write is a put and a move, with a kill point between.)

use crate::record::Why;
use crate::seen::{Freshness, Pasted, Which};
use crate::{AttemptId, Client, Expected, Mac, Record, What};

/// One external effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Read record, live pair, slots and output file, in parallel. Latest: the record first.
    Look(Freshness),
    /// Ask for one token.
    Probe(Probe),
    /// Write the record.
    WriteRecord(WriteRecord),
    /// Write the live pair.
    WriteLive(WriteLive),
    /// Write a slot.
    WriteSlot(WriteSlot),
    /// Write the output file from the live pair.
    WriteOutput,
}

/// Ask for one token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Probe {
    /// Whose secret.
    pub client: Client,
    /// Where the secret stands.
    pub which: Which,
    /// The client id to send.
    pub client_id: String,
    /// Which secret that is.
    pub secret: Mac,
    /// What for.
    pub purpose: Purpose,
}

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To publish on the strength of it.
    Publish,
    /// To learn whose fault the other client's refusal is.
    Control,
    /// To prove a deposit.
    Prove,
    /// To say SAFE, or to give a permit back.
    Permit,
    /// To see how the client is.
    Health,
    /// To see whether a replaced secret is dead.
    Evidence,
}

/// Write the record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WriteRecord {
    /// The condition.
    pub expected: Expected,
    /// What to write.
    pub record: Box<Record>,
    /// What the write says, for the audit log and the dry run. The last transition of the record.
    pub what: What,
    /// Whether it goes on without an audit log: it belongs to a rescue, or ends what is under way.
    pub unbarred: bool,
}

/// Write the live pair.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WriteLive {
    /// The condition: the version pinned in the intent, never one read later.
    pub expected: Expected,
    /// The name of the write.
    pub attempt: AttemptId,
    /// What to write.
    pub content: LiveContent,
}

/// What a write of the live pair puts there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LiveContent {
    /// A client's secret from its slot.
    Publish {
        /// Which client.
        client: Client,
        /// Where its secret stands.
        which: Which,
        /// Its client id.
        client_id: String,
        /// Which secret.
        secret: Mac,
        /// Why.
        why: Why,
    },
    /// The pair as it is: the fence, after which a delayed write of an abandoned intent can no longer land.
    Unchanged,
}

/// Write a slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WriteSlot {
    /// Whose.
    pub client: Client,
    /// The condition.
    pub expected: Expected,
    /// What changes.
    pub change: SlotChange,
}

/// What changes in a slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SlotChange {
    /// First entry: client id and secret as pasted.
    Enter {
        /// The client id.
        client_id: String,
        /// The secret.
        secret: Pasted,
    },
    /// The live pair's id and secret, taken over.
    TakeLive {
        /// The client id.
        client_id: String,
        /// The secret.
        secret: Mac,
    },
    /// A deposit: the candidate is set.
    Deposit {
        /// A new client id, if there is one.
        client_id: Option<String>,
        /// The candidate.
        candidate: Pasted,
    },
    /// Proof: the candidate becomes the secret, the secret the previous one.
    Promote {
        /// The candidate.
        candidate: Mac,
    },
}

impl Step {
    /// Whether the audit log bars this step when it cannot be written. It bars where something begins: a
    /// record that says so. It never bars a rescue, the ending of what is under way, a look, a probe or a
    /// deposit.
    pub fn needs_audit(&self) -> bool {
        matches!(self, Self::WriteRecord(write) if !write.unbarred)
    }

    /// Whether it changes anything outside: what a dry run stops before.
    pub fn is_write(&self) -> bool {
        !matches!(self, Self::Look(_) | Self::Probe(_))
    }
}

/// Whether a publication for this reason goes on without an audit log.
pub(crate) fn is_rescue(why: Why) -> bool {
    matches!(why, Why::FailOver | Why::Mend)
}
