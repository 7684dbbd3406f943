//! Switches that took place since the last call: to be known, and told once, without a second try.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use twinkey_core::messages::Severity;
use twinkey_core::record::Why;
use twinkey_core::{Client, Record, What};

use crate::daemon::{Entry, Stands};

/// A switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Switch {
    /// Which credential.
    pub(crate) credential: String,
    /// Who is live now.
    pub(crate) to: Client,
    /// Since when.
    pub(crate) since: Timestamp,
    /// Why.
    pub(crate) why: Why,
}

impl Switch {
    /// One by schedule is to be known. One that rescued consumers means that somebody clicked in the wrong row.
    pub(crate) fn severity(&self) -> Severity {
        match self.why {
            Why::FailOver | Why::Mend => Severity::Warning,
            _ => Severity::Notice,
        }
    }
}

/// What is new since `known`, which is brought up to date. The first look knows nothing of what came before.
pub(super) fn learn(known: &mut BTreeMap<String, Timestamp>, entries: &[Arc<Entry>]) -> Vec<Switch> {
    let mut switches = Vec::new();
    for entry in entries {
        let Stands::Seen(found) = &entry.stands else { continue };
        let Some(record) = found.0.record() else { continue };
        let Some(active) = record.active.as_ref().filter(|_| record.intent.is_none()) else { continue };
        let name = &entry.credential.name;
        let before = known.insert(name.clone(), active.since);
        if before.is_some_and(|before| before < active.since) {
            let (to, since, why) = (active.client, active.since, why(record));
            switches.push(Switch { credential: name.clone(), to, since, why });
        }
    }
    known.retain(|name, _| entries.iter().any(|entry| entry.credential.name == *name));
    switches
}

/// Why the pair that is live was published.
fn why(record: &Record) -> Why {
    let last = record.transitions.iter().rev().find_map(|transition| match transition.what {
        What::Intended { why, .. } => Some(why),
        _ => None,
    });
    last.unwrap_or(Why::First)
}
