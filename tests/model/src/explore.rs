//! Exploring one variant to its end, and what to say about it.

use std::fmt;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use crate::setting::Setting;

/// More states than any variant has: a graph that is cut off proves little, and is reported as such.
const MOST_STATES: usize = 60_000_000;

/// What came of one variant.
pub struct Report {
    name: &'static str,
    about: &'static str,
    /// Whether every state was visited.
    pub is_complete: bool,
    /// How many different states there are.
    pub states: usize,
    transitions: usize,
    took: Duration,
    properties: Vec<&'static str>,
    /// What does not hold, with the shortest way there.
    pub violated: Vec<(&'static str, Vec<String>)>,
    broken_on_purpose: bool,
}

/// Explores a variant until nothing new is found, or, where a rule is broken on purpose, until that shows.
pub fn explore(setting: &Setting) -> Report {
    let begun = now();
    let broken_on_purpose = setting.ablation.is_some();
    let checker = setting.clone().checker().target_state_count(MOST_STATES);
    // One thread goes through the states in the order of their distance, so that the trace is short.
    let checker = match broken_on_purpose {
        true => checker.threads(1).finish_when(HasDiscoveries::AnyFailures),
        false => checker.threads(2).finish_when(HasDiscoveries::AllFailures),
    };
    let done = checker.spawn_bfs().join();
    let violated: Vec<_> = done
        .discoveries()
        .into_iter()
        .map(|(name, path)| {
            let steps = path.into_vec().into_iter();
            (
                name,
                steps
                    .filter_map(|(state, action)| action.map(|action| setting.tell(&state, action)))
                    .collect(),
            )
        })
        .collect();
    Report {
        name: setting.name,
        about: setting.about,
        is_complete: violated.is_empty() && done.state_count() < MOST_STATES,
        states: done.unique_state_count(),
        transitions: done.state_count(),
        took: begun.elapsed(),
        properties: setting.properties().iter().map(|property| property.name).collect(),
        violated,
        broken_on_purpose,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        if self.broken_on_purpose {
            writeln!(f, "{}", self.about)?;
        } else {
            let extent = if self.is_complete { "complete" } else { "CUT" };
            writeln!(f, "{}: {}", self.name, self.about)?;
            writeln!(
                f,
                "  {extent}: {} states, {} transitions, {seconds:.1} s",
                self.states, self.transitions
            )?;
        }
        for property in &self.properties {
            match self.violated.iter().find(|(name, _)| name == property) {
                None if self.broken_on_purpose => {}
                None => writeln!(f, "  holds     {property}")?,
                Some((_, story)) => {
                    writeln!(f, "  VIOLATED  {property}, after {} steps", story.len())?;
                    for sentence in story {
                        writeln!(f, "              {sentence}")?;
                    }
                }
            }
        }
        if self.broken_on_purpose && self.violated.is_empty() {
            writeln!(f, "  NOTHING FOUND in {} states", self.states)?;
        }
        Ok(())
    }
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a report says how long it took")]
    Instant::now()
}
