//! The rules of Twinkey.
//!
//! Everything here is pure: no clock, no network, no files, no async runtime, and no secret. Secrets are
//! turned into [`Mac`]s at the edge; the current time is always an argument. What the daemon, the one-shot
//! command, the model checker and the simulator do is decided by the same few functions of this crate.

pub mod answer;
pub mod client;
pub mod fingerprint;
pub mod policy;
pub mod schedule;
pub mod version;

pub use answer::{Answer, AnswerKind};
pub use client::{Client, PerClient};
pub use fingerprint::{Fingerprint, Mac, Salt};
pub use policy::{BelongsTo, Failover, LookEvery, Policy, Settle, Staleness};
pub use schedule::{Schedule, ScheduleError};
pub use version::{AttemptId, Expected, Version};
