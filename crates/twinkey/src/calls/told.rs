//! What this host has told, and what it is about: a file in its folder. It is a memory: without it people are told
//! again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use twinkey_core::alerts::Streaks;
use twinkey_core::ledger::{Ledger, Route, Standing};
use twinkey_core::messages::{Kind, Message, Severity, messages};
use twinkey_core::record::Schema;
use twinkey_core::{Phase, phase};

use super::changes::Known;
use super::findings;
use crate::atomic;
use crate::board::{Entry, Stands};

/// The file, as it is read and written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Told {
    schema: Schema,
    /// What was delivered.
    pub(super) ledger: Ledger,
    /// What concerns the host, and since when.
    streaks: Streaks,
    /// What stood for each credential when it was last looked at, by the kind of message.
    credentials: BTreeMap<String, BTreeMap<String, Stood>>,
    /// What had changed of each credential when it was last told.
    #[serde(default)]
    pub(super) changes: BTreeMap<String, Known>,
    /// Up to which run of each credential findings were counted: a run counts once.
    counted: BTreeMap<String, Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stood {
    since: Timestamp,
    severity: Severity,
    rung: u32,
}

impl Told {
    /// Reads the file; nothing was told where there is none, or none that can be read.
    pub(super) fn load(state_dir: &Path) -> Self {
        let path = path(state_dir);
        let read = std::fs::read(&path).and_then(|bytes| Ok(serde_json::from_slice::<Self>(&bytes)?));
        match read {
            Ok(told) if told.schema.major == Schema::OURS.major => told,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::none(),
            Ok(_) => Self::none(),
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "what was told is damaged: people may be told again");
                Self::none()
            }
        }
    }

    pub(super) fn none() -> Self {
        Self {
            schema: Schema::OURS,
            ledger: Ledger::default(),
            streaks: Streaks::default(),
            credentials: BTreeMap::new(),
            changes: BTreeMap::new(),
            counted: BTreeMap::new(),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn save(&self, state_dir: &Path) -> io::Result<()> {
        std::fs::create_dir_all(state_dir)?;
        atomic::replace(&path(state_dir), &serde_json::to_vec_pretty(self)?, 0o640)
    }

    /// Takes over what the last rounds saw. A credential that could not be looked at stays as it was: that the store
    /// is away ends no incident.
    pub(super) fn learn(&mut self, entries: &[Arc<Entry>], now: Timestamp) {
        let known = |name: &str| entries.iter().any(|entry| entry.credential.name == name);
        self.credentials.retain(|name, _| known(name));
        self.counted.retain(|name, _| known(name));
        let mut found = Vec::new();
        for entry in entries {
            let name = &entry.credential.name;
            if let Some(standing) = standing(entry, now) {
                let before = self.credentials.remove(name).unwrap_or_default();
                let stood =
                    standing.iter().map(|message| (message.key().to_owned(), stood(message, &before, now)));
                self.credentials.insert(name.clone(), stood.collect());
            }
            if let Some(at) =
                entry.last_run.filter(|at| self.counted.get(name).is_none_or(|counted| counted < at))
            {
                self.counted.insert(name.clone(), at);
                found.extend(findings::of_round(entry, entries));
            }
        }
        self.streaks.forget(|key| findings::is_configured(key, entries));
        self.streaks.learn(&found, now);
    }

    /// Which channels fail. One that is no longer configured fails nobody.
    pub(super) fn learn_channels(&mut self, routes: &[Route], now: Timestamp) {
        self.streaks.forget(|key| findings::is_routed(key, routes));
        let found = findings::of_channels(&self.ledger.failing(routes), routes);
        self.streaks.learn(&found, now);
    }

    /// All that should stand.
    pub(super) fn standing(&self, now: Timestamp) -> Vec<Standing> {
        let of_credential = |(name, stood): (&String, &BTreeMap<String, Stood>)| {
            let name = name.clone();
            let standing = stood.iter().map(move |(kind, stood)| Standing {
                key: format!("{name}/{kind}"),
                since: stood.since,
                severity: stood.severity,
                rung: stood.rung,
            });
            standing.collect::<Vec<_>>()
        };
        let mut standing: Vec<Standing> = self.credentials.iter().flat_map(of_credential).collect();
        standing.extend(self.streaks.standing(now));
        standing
    }
}

/// The messages of a credential; `None` where nobody could look.
fn standing(entry: &Entry, now: Timestamp) -> Option<Vec<Message>> {
    let Stands::Seen(found) = &entry.stands else { return None };
    let policy = &entry.credential.policy;
    match phase(policy, &found.0, now) {
        Phase::Unknown(_) => None,
        _ => Some(messages(policy, &found.0, now)),
    }
}

fn stood(message: &Message, before: &BTreeMap<String, Stood>, now: Timestamp) -> Stood {
    let since = before.get(message.key()).map_or(now, |stood| stood.since);
    let rung = match message.kind {
        Kind::Regenerate { rung, .. } => u32::try_from(rung).unwrap_or(u32::MAX),
        _ => 0,
    };
    Stood { since, severity: message.severity, rung }
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("told.json")
}
