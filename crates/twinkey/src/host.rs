//! What this host remembers of a credential between runs: courtesy and evidence, never needed to go on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use twinkey_core::record::Noted;
use twinkey_core::seen::Host;
use twinkey_core::{AttemptId, Client, PerClient, Seen, budget};

use crate::atomic;

/// One host's notes on one credential, in a small JSON file of the state directory.
#[derive(Debug)]
pub struct HostNotes {
    state_dir: PathBuf,
    path: PathBuf,
    notes: Notes,
    /// A damaged file that was moved aside, for the log.
    pub moved_aside: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Notes {
    #[serde(default)]
    highest: Option<(AttemptId, u64)>,
    #[serde(default)]
    unreachable: Option<Timestamp>,
    #[serde(default)]
    accepted: PerClient<Option<Noted>>,
    #[serde(default)]
    refused: PerClient<Option<Noted>>,
    #[serde(default)]
    last_run: Option<Timestamp>,
}

impl HostNotes {
    /// Reads the notes; none where there is no file yet. A damaged one is moved aside: it is only a memory.
    pub fn load(state_dir: &Path, name: &str) -> Self {
        let path = state_dir.join("notes").join(format!("{name}.json"));
        let read = fs::read(&path).ok();
        let parsed = read.as_deref().map(serde_json::from_slice::<Notes>);
        let (notes, moved_aside) = match parsed {
            Some(Ok(notes)) => (notes, None),
            None => (Notes::default(), None),
            Some(Err(_)) => {
                let aside = path.with_extension("damaged");
                let moved = fs::rename(&path, &aside).is_ok();
                (Notes::default(), moved.then_some(aside))
            }
        };
        Self { state_dir: state_dir.to_owned(), path, notes, moved_aside }
    }

    /// The notes as the rules see them; the audit log's state is added by the caller.
    pub fn host(&self) -> Host {
        Host {
            highest: self.notes.highest,
            unreachable: self.notes.unreachable,
            watching: None,
            accepted: self.notes.accepted.clone(),
            refused: self.notes.refused.clone(),
            audit: twinkey_core::seen::Audit::default(),
        }
    }

    /// When this host last brought a run to its end.
    pub fn last_run(&self) -> Option<Timestamp> {
        self.notes.last_run
    }

    /// Learns from a run. Refusals that a dry run met are kept here, because it may not write the record;
    /// a token for the same secret clears them.
    pub fn learn(&mut self, seen: &Seen, dry: bool, now: Timestamp) {
        if !dry {
            // A dry run imagines its writes, and with them a counter that no record has.
            self.notes.highest = seen.host.highest;
        }
        self.notes.unreachable = seen.host.unreachable;
        self.notes.accepted = seen.host.accepted.clone();
        self.notes.last_run = Some(now);
        for probed in &seen.probes {
            let refused = &mut self.notes.refused[probed.client];
            let same = refused.is_some_and(|noted| noted.secret == probed.secret);
            if dry && budget::is_refusal(probed.answer.kind) {
                *refused = Some(Noted { secret: probed.secret, at: probed.at });
            } else if same {
                // Either a token has cleared it, or the record counts it from now on.
                *refused = None;
            }
        }
    }

    /// The folder that all notes of this host share.
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// Writes the notes.
    ///
    /// # Errors
    /// The state directory cannot be written. Nothing depends on it.
    pub fn save(&self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let json = serde_json::to_vec_pretty(&self.notes).map_err(io::Error::other)?;
        atomic::replace(&self.path, &json, 0o640)
    }

    /// When a client's current secret last got a token, as far as this host knows.
    pub fn accepted(&self, client: Client) -> Option<Noted> {
        self.notes.accepted[client]
    }
}

#[cfg(test)]
mod tests {
    use twinkey_core::{Mac, Wish};

    use super::*;

    #[test]
    fn notes_come_back_as_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut notes = HostNotes::load(dir.path(), "go");
        let mut seen = Seen::nothing(Wish::Keep, "me", notes.host());
        let at: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        seen.host.accepted.a = Some(Noted { secret: Mac::from_bytes([7; 32]), at });
        seen.host.unreachable = Some(at);
        notes.learn(&seen, false, at);
        notes.save().unwrap();
        let again = HostNotes::load(dir.path(), "go");
        assert_eq!(again.host(), seen.host);
        assert_eq!(again.last_run(), Some(at));
    }

    #[test]
    fn a_damaged_file_is_moved_aside_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("notes")).unwrap();
        fs::write(dir.path().join("notes/go.json"), "{ torn").unwrap();
        let notes = HostNotes::load(dir.path(), "go");
        assert_eq!(notes.host(), Host::default());
        assert!(notes.moved_aside.as_ref().is_some_and(|aside| aside.exists()));
    }
}
