//! What the configuration decides for one credential, in the form in which the rules use it.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{Hours, Schedule};

/// The rules' settings for one credential. Built from the configuration; never changed while a run lasts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Where the credential lives. The record must say the same.
    pub place: BelongsTo,
    /// When a switch is due.
    pub schedule: Option<Schedule>,
    /// What it means that there is no schedule.
    pub unscheduled: Unscheduled,
    /// The least time between two scheduled switches.
    pub min_interval: SignedDuration,
    /// A switch is due at the latest when the live pair has been live for this long.
    pub max_age: Option<SignedDuration>,
    /// A due time is put off by a part of this, so that many credentials do not come at once.
    pub jitter: SignedDuration,
    /// When a switch that is due may happen.
    pub hours: Hours,
    /// How long a consumer may go on using the pair it has read.
    pub staleness: Staleness,
    /// Who watches the store during a drain.
    pub look_every: LookEvery,
    /// Added to every drain, for clocks and requests under way.
    pub margin: SignedDuration,
    /// The token lifetime that counts when the provider names none.
    pub token_lifetime: SignedDuration,
    /// How a fresh deposit is proven.
    pub settle: Settle,
    /// How often the standby is asked for a token.
    pub standby_every: SignedDuration,
    /// How often the active client is asked for a token.
    pub active_every: SignedDuration,
    /// What happens when the active client is refused.
    pub failover: Failover,
    /// When the reminder to regenerate escalates, counted from the moment from which it is safe; ascending.
    pub reminders: Vec<SignedDuration>,
    /// Whether an output file on this host holds the live pair for consumers.
    pub output: bool,
}

/// Which documents a record speaks for. A configuration that says otherwise is refused: following a record
/// of another place would publish one credential's secret under another's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BelongsTo {
    /// The store's name in the configuration.
    pub store: String,
    /// The path that consumers read.
    pub live_pair: String,
    /// The field with the client id.
    pub id_field: String,
    /// The field with the client secret.
    pub secret_field: String,
}

/// How long a consumer may go on using the pair it has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Staleness {
    /// At most this long.
    For(SignedDuration),
    /// Until it is restarted: only a person's `confirm-drained` ends the drain.
    Restart,
}

impl Staleness {
    /// The larger of two: a restart outlasts every duration.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        match (self, other) {
            (Self::For(one), Self::For(two)) => Self::For(one.max(two)),
            _ => Self::Restart,
        }
    }
}

/// Who watches the store during a drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookEvery {
    /// Only one-shot runs: an outage may go unseen, so the staleness counts twice.
    Cron,
    /// A daemon, this often.
    Every(SignedDuration),
}

/// How a fresh deposit is proven: several tokens spread over some time, because the provider's nodes may
/// learn of a new secret one after the other. One yes is no proof, one early no is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settle {
    /// How many tokens in a row.
    pub tokens: u32,
    /// Spread over at least this long.
    pub over: SignedDuration,
}

/// What it means that a credential has no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unscheduled {
    /// Each call of `rotate` is due, [`Policy::min_interval`] permitting: cron or a timer is the schedule.
    EachCall,
    /// Nothing is due before [`Policy::max_age`]: a daemon looks every few minutes, and that is no schedule.
    Never,
}

/// What happens when the active client is refused and the other one gets a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failover {
    /// The other client is published at once, outside any schedule.
    Auto,
    /// People are called, nothing is published.
    Alert,
}
