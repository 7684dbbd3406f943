//! The rules of Twinkey.
//!
//! Everything here is pure: no clock, no network, no files, no async runtime, and no secret. Secrets are
//! turned into [`Mac`]s at the edge; the current time is always an argument. What the daemon, the one-shot
//! command, the model checker and the simulator do is decided by the same few functions of this crate.

pub mod after;
pub mod alerts;
pub mod answer;
pub mod budget;
mod case;
pub mod client;
pub mod decision;
pub mod drain;
pub mod fingerprint;
pub mod hours;
pub mod ledger;
pub mod messages;
pub mod next;
pub mod permit;
pub mod phase;
pub mod policy;
pub mod record;
pub mod remedy;
mod rules;
pub mod schedule;
pub mod seen;
pub mod slips;
pub mod step;
pub mod transition;
pub mod verdict;
pub mod version;
pub mod wish;

pub use after::{Looked, Outcome};
pub use answer::{Answer, AnswerKind};
pub use case::MAX_SKEW;
pub use client::{Client, PerClient};
pub use decision::Next;
pub use drain::{Drain, Safe};
pub use fingerprint::{Fingerprint, Mac, Salt};
pub use hours::Hours;
pub use messages::{Message, Severity, messages};
pub use next::next;
pub use phase::{Phase, phase};
pub use policy::{BelongsTo, Failover, LookEvery, Policy, Settle, Staleness, Unscheduled};
pub use record::{Record, RecordError};
pub use remedy::{Remedy, remedy};
pub use rules::switch::{due, upcoming};
pub use schedule::{Schedule, ScheduleError};
pub use seen::Seen;
pub use step::Step;
pub use transition::{DrainEnd, Transition, What};
pub use version::{AttemptId, Expected, Version};
pub use wish::Wish;
