//! The steps of a write: each leads on or ends it.

use super::fault::Doing;
use super::trouble::Trouble;
use crate::{StoreError, Written};

/// A step that leads on, or the answer already.
pub(super) type Step<T> = Result<T, Ended>;

/// How a write ends before its last step.
#[derive(Debug)]
pub(super) enum Ended {
    /// With an answer.
    Answer(Written),
    /// With an error: certainly nothing was written.
    Error(StoreError),
}

/// What the caller is told.
pub(super) fn answer(step: Step<Written>) -> Result<Written, StoreError> {
    match step {
        Ok(written) | Err(Ended::Answer(written)) => Ok(written),
        Err(Ended::Error(error)) => Err(error),
    }
}

/// Something else stands there.
pub(super) fn conflict() -> Ended {
    Ended::Answer(Written::Conflict)
}

/// It may have been written or not.
pub(super) fn unclear(doing: &Doing<'_>, why: &str) -> Ended {
    Ended::Answer(Written::Unclear(format!("{}: {why}", doing.text())))
}

/// Trouble while writing: in doubt what may have arrived, an error what certainly did not.
pub(super) fn ended(doing: &Doing<'_>, trouble: Trouble) -> Ended {
    if !trouble.in_doubt() {
        return Ended::Error(doing.failed(trouble));
    }
    match trouble {
        Trouble::Lost(why) => unclear(doing, &format!("no answer came ({why})")),
        other => {
            let error = doing.failed(other);
            Ended::Answer(Written::Unclear(error.to_string()))
        }
    }
}
