//! Is the log whole? Edited, removed, reordered lines and a cut tail are found.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use twinkey_core::record::AuditHead;

use super::line;

/// A log that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many lines it has.
    pub lines: u64,
    /// The last of them.
    pub head: Option<AuditHead>,
}

/// A log that is not whole.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// A line is no line, or was changed after it was written.
    #[error("line {0} was changed after it was written")]
    Changed(u64),
    /// The last line has no line end. A crash leaves such a line, and the next command that writes cuts it off.
    #[error("line {0} is torn: a crash left it, or its end was cut off")]
    Torn(u64),
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

/// Reads the whole log, line by line, and compares it with the head that the record knows. Lines that others
/// append meanwhile are not looked at.
///
/// # Errors
/// Where it is not whole, and how.
pub fn verify(path: &Path, known: Option<&AuditHead>) -> Result<Verified, Broken> {
    let file = File::open(path)?;
    let length = length_between_appends(&file)?;
    let mut input = BufReader::new(file.take(length));
    let mut head: Option<AuditHead> = None;
    let mut bytes = Vec::new();
    while input.read_until(b'\n', &mut bytes)? > 0 {
        let at = head.as_ref().map_or(0, |head| head.line) + 1;
        let previous = head.map_or_else(line::nothing, |head| head.hash);
        let next = next_line(&bytes, at, previous)?;
        if known.is_some_and(|known| known.line == at && known.hash != next.hash) {
            return Err(Broken::Replaced(at));
        }
        head = Some(next);
        bytes.clear();
    }
    let lines = head.as_ref().map_or(0, |head| head.line);
    match known {
        Some(known) if known.line > lines => Err(Broken::Cut { lines, known: known.line }),
        _ => Ok(Verified { lines, head }),
    }
}

fn next_line(bytes: &[u8], at: u64, previous: String) -> Result<AuditHead, Broken> {
    let text = bytes.strip_suffix(b"\n").ok_or(Broken::Torn(at))?;
    let read = std::str::from_utf8(text).ok().and_then(line::read);
    let read = read.filter(|read| read.is_right).ok_or(Broken::Changed(at))?;
    if read.line != at || read.previous != previous {
        return Err(Broken::OutOfOrder(at));
    }
    Ok(AuditHead { line: at, hash: read.hash })
}

/// The length at a moment when nobody is in the middle of a line.
fn length_between_appends(file: &File) -> io::Result<u64> {
    super::patiently(|| file.try_lock_shared())?;
    let length = file.metadata()?.len();
    file.unlock()?;
    Ok(length)
}
