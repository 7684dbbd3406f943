//! What a run is for: the schedule's round, or one thing that a person asked for.

use jiff::SignedDuration;

use crate::seen::Pasted;
use crate::{AttemptId, Client, PerClient, Salt};

/// What a run is for. Each run also ends what it finds under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    /// The round of daemon, timer and `rotate`: whatever is due.
    Keep,
    /// `rotate --now`: a switch outside the schedule, because of a leak or a leaver.
    SwitchNow {
        /// A drain against the rules.
        drain: Option<SignedDuration>,
        /// A person's reason.
        reason: String,
    },
    /// `rollback`: the retired client again.
    Rollback {
        /// A person's reason.
        reason: String,
        /// The permit holder that the person has spoken to.
        spoke_to: Option<String>,
    },
    /// `init`: the first entry, the second client, or a renamed place.
    Init(Init),
    /// `permit`, and the first half of `regenerate`.
    Permit {
        /// Whose secret is to be regenerated; `None`: the one that is not active.
        client: Option<Client>,
        /// Who will press the button.
        holder: String,
    },
    /// `cancel`: the permit is given back.
    Cancel {
        /// The permit holder that the person has spoken to, if it is somebody else.
        spoke_to: Option<String>,
    },
    /// `deposit`, and the second half of `regenerate`.
    Deposit(Deposit),
    /// What follows a deposit: prove it, and no more.
    Prove {
        /// Whose candidate.
        client: Client,
    },
    /// `confirm-drained`: every consumer was restarted after this switch.
    ConfirmDrained {
        /// The switch that the person names.
        switch: AttemptId,
    },
    /// `confirm-drained --init`: nobody outside uses the other client.
    ConfirmNotInUse,
    /// `resolve --take-theirs`: a live pair that somebody else wrote is taken over.
    TakeTheirs {
        /// Which client it belongs to, where its client id is new.
        client: Option<Client>,
    },
    /// `resolve --put-ours`: the pair that the record calls active is published again.
    PutOurs,
}

/// What a person entered for `init`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Init {
    /// Fresh random bytes, used if no record exists yet.
    pub salt: Salt,
    /// The client that is (adoption) or becomes (first entry) the live one.
    pub live: Client,
    /// What was pasted, per client. The live client needs nothing where a live pair is adopted.
    pub entries: PerClient<Option<Entry>>,
}

/// One client as pasted for `init`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The client id.
    pub client_id: String,
    /// The secret.
    pub secret: Pasted,
}

/// One deposit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deposit {
    /// Whose secret it is.
    pub client: Client,
    /// A new client id, where the old client was deleted in the portal.
    pub client_id: Option<String>,
    /// The permit's holder, if it is somebody else: the secret is what they got under it.
    pub spoke_to: Option<String>,
    /// The secret.
    pub secret: Pasted,
}
