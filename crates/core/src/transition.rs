//! What happened to a credential, as the record and `history` keep it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{MAX_BYTES, MAX_TRANSITIONS, Record, Why};
use crate::{Client, Mac};

/// Bytes kept free for the head of the audit chain, which is set at the edge.
const FOR_THE_AUDIT_HEAD: usize = 512;

/// One thing that happened, with who and when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// Who: the identity under which the run spoke to the store.
    pub by: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[expect(missing_docs, reason = "the sentence at each variant speaks of its fields")]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum What {
    /// The credential was set up; this client was live.
    Initialised { client: Client, secret: Mac },
    /// A publication was decided on.
    Intended { to: Client, secret: Mac, why: Why, reason: Option<String> },
    /// The live pair was published.
    Published { client: Client, secret: Mac, why: Why },
    /// A publication was given up; the live pair stayed as it was.
    Abandoned { to: Client, secret: Mac },
    /// The drain was counted from the start again: the store could not be reached meanwhile.
    DrainRestarted { client: Client },
    /// The configured staleness grew while draining.
    DrainGrew { client: Client },
    /// A person shortened the drain.
    DrainShortened { client: Client, reason: String },
    /// No consumer can hold the retired pair any more.
    DrainEnded { client: Client, how: DrainEnd },
    /// A permit was opened.
    PermitOpened { client: Client, holder: String },
    /// A permit was given back or withdrawn.
    PermitClosed { client: Client, holder: String, spoke_to: bool },
    /// A secret is proven; a permit on its client ended with it.
    Proven { client: Client, secret: Mac },
    /// A secret was refused.
    Refused { client: Client, secret: Mac },
    /// A secret that had been refused got a token again.
    Recovered { client: Client, secret: Mac },
    /// A replaced secret was seen to be dead.
    OldSecretDead { client: Client, secret: Mac },
    /// A replaced secret still got a token.
    OldSecretAlive { client: Client, secret: Mac },
    /// Nobody outside uses this client any more, a person says.
    NotInUse { client: Client },
    /// A person took over a live pair that somebody else had written.
    TookTheirs { client: Client, secret: Mac },
    /// A person took a restored record for good.
    Restored,
    /// A person confirmed that the record speaks for a renamed place.
    Moved,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrainEnd {
    /// One process watched to the end without a gap.
    Watched,
    /// A person confirmed that all consumers were restarted.
    Confirmed,
    /// The retired secret is dead: refused over the whole settling time while the other client got tokens.
    Dead,
}

impl Record {
    /// This record, one write later, with what happened noted.
    #[must_use]
    pub fn changed(&self, at: Timestamp, by: &str, what: What) -> Self {
        let mut record = self.clone();
        record.note(at, by, what);
        record.counter = record.counter.saturating_add(1);
        record
    }

    /// Notes what happened, without counting a write: for several things in one write.
    pub fn note(&mut self, at: Timestamp, by: &str, what: What) {
        self.transitions.push(Transition { at, by: by.to_owned(), what });
        while self.transitions.len() > MAX_TRANSITIONS
            || self.transitions.len() > 1 && self.to_json().len() > MAX_BYTES - FOR_THE_AUDIT_HEAD
        {
            self.forget_the_oldest();
        }
    }

    /// The last publication stays as long as anything but the newest entry can go: it tells why the live pair is what
    /// it is.
    fn forget_the_oldest(&mut self) {
        let is_published = |transition: &Transition| matches!(transition.what, What::Published { .. });
        let keeps = self.transitions.len() > 2 && self.transitions.iter().rposition(is_published) == Some(0);
        self.transitions.remove(usize::from(keeps));
    }
}
