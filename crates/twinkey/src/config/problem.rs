//! The problems of a configuration, collected and shown in the order of its lines.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Everything that is wrong with a configuration file. Shows no value of it: it could be a secret.
#[derive(Debug, PartialEq, Eq)]
pub struct Problems {
    path: PathBuf,
    lines: Vec<String>,
}

impl Problems {
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let (what, remedy) = match error.kind() {
            io::ErrorKind::NotFound => (
                "is not there",
                "write one (config/twinkey.example.toml shows how), or name another with --config",
            ),
            io::ErrorKind::PermissionDenied => {
                ("may not be read by this user", "run as the service's user, or give this user the right")
            }
            io::ErrorKind::InvalidData => ("is not UTF-8 text", "save it as UTF-8"),
            _ => ("cannot be read", "see that it is a file"),
        };
        Self { path: path.to_owned(), lines: vec![format!("{}: {what}; {remedy}", path.display())] }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none; never true of a value that was returned as an error.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        match self.lines.len() {
            1 => write!(f, "1 problem in the configuration; nothing was done"),
            many => write!(f, "{many} problems in the configuration; nothing was done"),
        }
    }
}

impl std::error::Error for Problems {}

/// Collects problems while a configuration is read.
#[derive(Debug, Default)]
pub(super) struct Collector {
    found: Vec<(Range<usize>, String)>,
}

impl Collector {
    pub(super) fn add(&mut self, span: Range<usize>, key: &str, what: &str, remedy: &str) {
        let key = if key.is_empty() { String::new() } else { format!("[{key}] ") };
        self.found.push((span, format!("{key}{what}; {remedy}")));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn finish(mut self, path: &Path, text: &str) -> Problems {
        self.found.sort_by_key(|(span, _)| span.start);
        let shown = path.display();
        let lines = self.found.iter().map(|(span, what)| {
            let (line, column) = position(text, span.start);
            format!("{shown}:{line}:{column}: {what}")
        });
        Problems { path: path.to_owned(), lines: lines.collect() }
    }
}

/// Line and column, both from 1, of a byte in a text.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (line, before[start..].chars().count() + 1)
}
