//! What a person sees while a run goes on: one line a step, and a line that moves while something takes time.

use std::io::{IsTerminal, Write};

use jiff::Timestamp;
use twinkey_core::decision::Wait;
use twinkey_core::{Outcome, Seen, Step};

use crate::run::Watcher;
use crate::text::{self, Names};

/// Prints the steps of a run to standard error.
pub(super) struct Progress<'a> {
    names: Names<'a>,
    /// Whether to print anything but what takes time.
    every_step: bool,
}

impl<'a> Progress<'a> {
    /// Prints every step.
    pub(super) fn loud(names: Names<'a>) -> Self {
        Self { names, every_step: true }
    }

    /// Prints only what takes time.
    pub(super) fn quiet(names: Names<'a>) -> Self {
        Self { names, every_step: false }
    }
}

impl Watcher for Progress<'_> {
    fn after(&mut self, step: &Step, outcome: &Outcome, _: &Seen) {
        if !self.every_step {
            return;
        }
        if let Some(line) = text::step_line(&self.names, step, outcome) {
            let _ = writeln!(anstream::stderr(), "  {line}");
        }
    }

    fn waiting(&mut self, wait: &Wait, now: Timestamp) {
        if std::io::stderr().is_terminal() || self.every_step {
            let _ = writeln!(anstream::stderr(), "  {}", text::waiting_line(wait, now));
        }
    }
}
