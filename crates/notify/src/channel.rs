//! The one trait, and what becomes of a delivery.

use std::fmt;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{Fault, Notice};

/// A way to people.
///
/// # Guarantees
/// One call makes one attempt and ends within the channel's time limit. `Ok` means that the receiver has said that
/// it took the notice; it may still fail to show it (Teams and PagerDuty answer before they deliver).
///
/// # Assumptions
/// A delivery may be tried again, and may have arrived although an error came back ([`Class::Later`] says if that is
/// possible). [`Notice::id`] goes along wherever the receiver has a place for it, so a repeat can be told.
///
/// # Errors
/// [`Undelivered`]: whether trying again can help, and who must do what if not. It never shows the address of a
/// webhook, a key or a password.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Delivers one notice. `now` dates the attempt, and a pause that a receiver asks for by date.
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<Delivered, Undelivered>;
}

/// A notice was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// What somebody should look at all the same, such as one of several recipients who was refused.
    pub remark: Option<String>,
}

/// A notice was not taken, or nobody knows. The text says what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// What to do about it.
    pub class: Class,
    text: String,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// It may pass by itself.
    Later {
        /// How long the receiver asks to wait, from 1 s to 1 h.
        after: Option<SignedDuration>,
        /// Whether the notice may have arrived: it was sent, and no answer came.
        unclear: bool,
    },
    /// It fails until somebody does something.
    Failed(Fault),
}

impl Undelivered {
    /// It may pass by itself, and nothing was taken.
    pub fn later(after: Option<SignedDuration>, text: impl Into<String>) -> Self {
        Self { class: Class::Later { after, unclear: false }, text: text.into() }
    }

    /// It was sent, and no answer came.
    pub fn unclear(text: impl Into<String>) -> Self {
        Self { class: Class::Later { after: None, unclear: true }, text: text.into() }
    }

    /// Somebody must do something.
    pub fn failed(fault: Fault, text: impl Into<String>) -> Self {
        Self { class: Class::Failed(fault), text: text.into() }
    }

    /// What to do, and who.
    pub fn remedy(&self) -> &'static str {
        match self.class {
            Class::Later { .. } => "nothing to do: it is tried again, and by the next channel",
            Class::Failed(fault) => fault.remedy(),
        }
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Undelivered {}
