//! Is the log whole? Edited, removed, reordered lines and a cut tail are found.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use twinkey_core::record::AuditHead;

use super::line;

/// A log that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many lines it has.
    pub lines: u64,
}

/// A log that is not whole.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// A line is no line, or was changed after it was written.
    #[error("line {0} was changed after it was written")]
    Changed(u64),
    /// A line does not follow the one before: lines are missing, doubled or in another order.
    #[error("line {0} does not follow the one before it: lines were removed, added or moved")]
    OutOfOrder(u64),
    /// The record knows a line that the log does not have.
    #[error("the log ends at line {lines}, and the record knows line {known}: its end was cut off")]
    Cut {
        /// How many lines there are.
        lines: u64,
        /// The line that the record knows.
        known: u64,
    },
    /// The record knows another line at this place: the log was replaced.
    #[error("line {0} is not the one that the record knows: the log was replaced")]
    Replaced(u64),
}

/// Reads the whole log, line by line, and compares it with the head that the record knows.
///
/// # Errors
/// Where it is not whole, and how.
pub fn verify(path: &Path, known: Option<&AuditHead>) -> Result<Verified, Broken> {
    let mut lines = 0;
    let mut previous = line::nothing();
    for text in BufReader::new(File::open(path)?).lines() {
        let read = line::read(&text?).filter(|read| read.is_right).ok_or(Broken::Changed(lines + 1))?;
        if read.line != lines + 1 || read.previous != previous {
            return Err(Broken::OutOfOrder(lines + 1));
        }
        lines += 1;
        if known.is_some_and(|known| known.line == lines && known.hash != read.hash) {
            return Err(Broken::Replaced(lines));
        }
        previous = read.hash;
    }
    match known {
        Some(known) if known.line > lines => Err(Broken::Cut { lines, known: known.line }),
        _ => Ok(Verified { lines }),
    }
}
