//! The plan of a dry run: what was asked, what would be written, where that would lead.

use jiff::Timestamp;
use twinkey_core::Policy;
use twinkey_core::decision::Because;
use twinkey_core::phase::phase;

use super::Names;
use super::paint;
use super::rest::rest;
use super::status::headline;
use super::steps::{step_line, would};
use crate::run::Report;

/// What the next run would do, from what a dry run has seen and imagined.
pub fn dry_run(names: &Names<'_>, report: &Report, policy: &Policy, now: Timestamp) -> String {
    let Report { seen, rest: ended, steps } = report;
    let mut screen = format!("{}   dry run: nothing is written, nobody is told\n", names.credential);
    for (step, outcome) in steps {
        let line = if step.is_write() {
            Some(format!("would  {}", would(names, step)))
        } else {
            step_line(names, step, outcome).map(|line| format!("asked  {line}"))
        };
        screen.extend(line.map(|line| format!("  {line}\n")));
    }
    if !steps.iter().any(|(step, _)| step.is_write()) {
        screen.push_str(&format!("  {}\n", paint::quiet("would  write nothing")));
    }
    if !matches!(ended.why, Because::Nothing | Because::Done(_)) {
        screen.push_str(&rest(names, ended, policy, seen, now));
        screen.push('\n');
        return screen;
    }
    let (_, stands) = split(&headline(names, policy, &phase(policy, seen, now), now));
    screen.push_str(&format!("  then   {stands}\n"));
    screen
}

/// The headline without the credential's name, which stands above already.
fn split(headline: &str) -> (String, String) {
    headline.split_once("   ").map(|(name, rest)| (name.to_owned(), rest.to_owned())).unwrap_or_default()
}
