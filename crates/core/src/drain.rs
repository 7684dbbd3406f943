//! The drain: how long a consumer may still hold the retired pair.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::transition::DrainEnd;
use crate::{AttemptId, Client, Mac, Policy, Staleness};

/// The time after a switch in which a consumer may still hold the retired pair.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Drain {
    /// The switch that began it, by the name of its write; `confirm-drained` confirms exactly this one.
    pub switch: AttemptId,
    /// The client that drains.
    pub retired: Client,
    /// Its secret that was live.
    pub secret: Mac,
    /// From when it counts: the switch, or the end of the last known outage of the store.
    pub started: Timestamp,
    /// How often an outage made it count from the start again.
    #[serde(default)]
    pub restarts: u32,
    /// The largest staleness configured since the switch.
    pub staleness: Staleness,
    /// The longest life of a token issued for the retired pair.
    pub token_lifetime: SignedDuration,
    /// A length that a person set against the rules (`rotate --now --drain`), counted from `started`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortened: Option<SignedDuration>,
    /// How and when it ended before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// A drain's end that stands in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ended {
    /// How.
    pub how: DrainEnd,
    /// When.
    pub at: Timestamp,
}

/// From when nobody can hold the retired pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Safe {
    /// From this moment.
    From(Timestamp),
    /// Not before a person confirms that every consumer was restarted.
    OnConfirmation,
}

impl Safe {
    /// Whether that moment has come.
    pub fn is_now(self, now: Timestamp) -> bool {
        matches!(self, Self::From(at) if at <= now)
    }
}

impl Drain {
    /// From when nobody can hold the retired pair, computed as where only one-shot runs look: they may miss
    /// an outage of up to the staleness, so that counts twice. A process that watched without a gap knows
    /// better, and writes [`Ended`].
    pub fn safe(&self, policy: &Policy) -> Safe {
        if let Some(ended) = self.ended {
            return Safe::From(ended.at);
        }
        self.safe_if(policy, 2)
    }

    /// From when it is safe for a process that has watched the store since [`Drain::started`].
    pub fn safe_if_watched(&self, policy: &Policy) -> Safe {
        self.safe_if(policy, 1)
    }

    fn safe_if(&self, policy: &Policy, times: i32) -> Safe {
        if let Some(length) = self.shortened {
            return Safe::From(later(self.started, length));
        }
        match self.staleness.max(policy.staleness) {
            Staleness::Restart => Safe::OnConfirmation,
            Staleness::For(staleness) => {
                let length = staleness
                    .saturating_mul(times)
                    .saturating_add(self.token_lifetime)
                    .saturating_add(policy.margin);
                Safe::From(later(self.started, length))
            }
        }
    }
}

/// `from` plus a duration; the end of time where the calendar ends.
pub(crate) fn later(from: Timestamp, length: SignedDuration) -> Timestamp {
    from.saturating_add(length).unwrap_or(Timestamp::MAX)
}
