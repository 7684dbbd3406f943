//! The metrics as a text file for node_exporter: what a one-shot run leaves where nothing listens.

use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::metrics;
use crate::atomic;
use crate::board::Board;

/// Replaces the file as a whole; node_exporter must be able to read it.
///
/// # Errors
/// The folder cannot be written: the host's fault.
pub fn write(path: &Path, board: &Board, now: Timestamp) -> io::Result<()> {
    atomic::replace(path, metrics::classic(board, now).as_bytes(), 0o644)
}
