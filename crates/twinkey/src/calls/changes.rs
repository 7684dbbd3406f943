//! What took place since the last call: switches, and secrets that were proven. It is to be known, and told once,
//! without a second try.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use twinkey_core::messages::Severity;
use twinkey_core::record::Why;
use twinkey_core::{Client, Record};

use crate::board::{Entry, Stands};

/// Something that took place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Which credential.
    pub(crate) credential: String,
    /// Which client.
    pub(crate) client: Client,
    /// Since when it is so.
    pub(crate) since: Timestamp,
    /// What.
    pub(crate) what: What,
}

/// What took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The client was published.
    Published(Why),
    /// The client's new secret is proven: whoever deposited it, perhaps without a shell, wants to know.
    Proven,
}

impl What {
    /// The part of the key that names it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Published(_) => "switched",
            Self::Proven => "proven",
        }
    }
}

impl Change {
    /// A change is to be known. A fail-over calls people by a message of its own, which stands until it is mended.
    pub(crate) fn severity(&self) -> Severity {
        match self.what {
            What::Published(Why::Mend) => Severity::Warning,
            _ => Severity::Notice,
        }
    }
}

/// What was known of a credential at the last call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// Since when its live pair has been live.
    live: Timestamp,
    /// When the secret of the client that stands by was proven.
    proven: Option<Timestamp>,
}

/// What is new since `known`, which is brought up to date. The first look knows nothing of what came before.
pub(super) fn learn(known: &mut BTreeMap<String, Known>, entries: &[Arc<Entry>]) -> Vec<Change> {
    let mut changes = Vec::new();
    for entry in entries {
        let Stands::Seen(found) = &entry.stands else { continue };
        let Some(record) = found.0.record() else { continue };
        let Some(active) = record.active.as_ref().filter(|_| record.intent.is_none()) else { continue };
        let other = active.client.other();
        // What was live before keeps its old proof until a new secret comes.
        let proven = record.clients[other].proven.filter(|_| record.clients[other].retired.is_none());
        let now = Known { live: active.since, proven: proven.map(|proven| proven.at) };
        let credential = &entry.credential.name;
        let Some(before) = known.insert(credential.clone(), now) else { continue };
        let change = |client, since, what| Change { credential: credential.clone(), client, since, what };
        if before.live < now.live {
            changes.push(change(active.client, now.live, What::Published(why(record))));
        }
        if let Some(proven) = now.proven.filter(|_| now.proven > before.proven) {
            changes.push(change(other, proven, What::Proven));
        }
    }
    known.retain(|name, _| entries.iter().any(|entry| entry.credential.name == *name));
    changes
}

/// Why the pair that is live was published.
fn why(record: &Record) -> Why {
    let last = record.transitions.iter().rev().find_map(|transition| match transition.what {
        twinkey_core::What::Intended { why, .. } => Some(why),
        _ => None,
    });
    last.unwrap_or(Why::First)
}
