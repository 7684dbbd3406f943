//! What this host remembers of a credential between runs: courtesy and evidence, never needed to go on.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use twinkey_core::record::{Noted, Schema};
use twinkey_core::seen::Host;
use twinkey_core::{AnswerKind, AttemptId, Client, PerClient, Seen, budget};
use twinkey_kill::Point;

use crate::atomic;

/// One host's notes on one credential, in a small JSON file of the state directory.
#[derive(Debug)]
pub struct HostNotes {
    state_dir: PathBuf,
    name: String,
    path: PathBuf,
    notes: Notes,
    /// What stands on the disk.
    written: Option<Notes>,
    /// Where a damaged file was moved to.
    pub moved_aside: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Notes {
    #[serde(default = "ours")]
    schema: Schema,
    #[serde(default)]
    highest: Option<(AttemptId, u64)>,
    #[serde(default)]
    unreachable: Option<Timestamp>,
    #[serde(default)]
    accepted: PerClient<Option<Noted>>,
    #[serde(default)]
    refused: PerClient<Option<Noted>>,
}

fn ours() -> Schema {
    Schema::OURS
}

impl Notes {
    fn none() -> Self {
        let (accepted, refused) = (PerClient::default(), PerClient::default());
        Self { schema: Schema::OURS, highest: None, unreachable: None, accepted, refused }
    }

    fn read(path: &Path) -> io::Result<Self> {
        let notes: Self = serde_json::from_slice(&fs::read(path)?)?;
        if notes.schema.major != Schema::OURS.major {
            return Err(io::Error::other(format!("its schema is {}", notes.schema)));
        }
        Ok(Self { schema: Schema::OURS, ..notes })
    }
}

impl HostNotes {
    /// Reads the notes; none where there is no file yet. One that cannot be read is moved aside, said in the
    /// log, and never a reason not to run: it is only a memory.
    pub fn load(state_dir: &Path, name: &str) -> Self {
        let path = state_dir.join("notes").join(format!("{name}.json"));
        let (notes, moved_aside) = match Notes::read(&path) {
            Ok(notes) => (Some(notes), None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, None),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                tracing::warn!(notes = %path.display(), "this host's notes may not be read by this user");
                (None, None)
            }
            Err(error) => {
                tracing::warn!(notes = %path.display(), %error, "this host's notes are damaged: moved aside");
                let aside = path.with_extension("damaged");
                let moved = fs::rename(&path, &aside).is_ok();
                (None, moved.then_some(aside))
            }
        };
        let (state_dir, name) = (state_dir.to_owned(), name.to_owned());
        let (written, notes) = (notes.clone(), notes.unwrap_or_else(Notes::none));
        Self { state_dir, name, path, notes, written, moved_aside }
    }

    /// The notes as they are on the disk now: another process of this host may have learned something.
    #[must_use]
    pub fn again(&self) -> Self {
        let now = Self::load(&self.state_dir, &self.name);
        Self { moved_aside: self.moved_aside.clone().or(now.moved_aside.clone()), ..now }
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

    /// When a run of the service, a timer or cron last did its work on this host.
    pub fn last_run(&self) -> Option<Timestamp> {
        last_run(&self.state_dir, &self.name)
    }

    /// Learns from a run. Refusals that a dry run met are kept here, because it may not write the record;
    /// a token for the same secret clears them. An outage other than `known`, with which the run began, was met by
    /// another process meanwhile.
    pub fn learn(&mut self, seen: &Seen, known: Option<Timestamp>, dry: bool) {
        if !dry {
            // A dry run imagines its writes, and with them a counter that no record has.
            self.notes.highest = seen.host.highest;
        }
        // And a drain that was restarted.
        let keeps = dry || self.notes.unreachable != known;
        let before = self.notes.unreachable.filter(|_| keeps);
        self.notes.unreachable = before.max(seen.host.unreachable);
        self.notes.accepted = seen.host.accepted.clone();
        for probed in &seen.probes {
            let refused = &mut self.notes.refused[probed.client];
            let same = refused.is_some_and(|noted| noted.secret == probed.secret);
            let is_refusal = budget::is_refusal(probed.answer.kind);
            if dry && is_refusal {
                *refused = Some(Noted { secret: probed.secret, at: probed.at });
            } else if same && (is_refusal || probed.answer.kind == AnswerKind::Accepted) {
                // Either the record counts it from now on, or a token has cleared it. A provider that does not
                // answer has done neither.
                *refused = None;
            }
        }
    }

    /// Notes that a run of the service, a timer or cron has done its work. It is the time of an empty file: what is
    /// said in every round of every credential must not cost a wait for the disk, and may be lost with the power.
    ///
    /// # Errors
    /// The state directory cannot be written. Nothing depends on it.
    pub fn note_round(&self, now: Timestamp) -> io::Result<()> {
        let stamp = self.stamp();
        let set = || {
            let file =
                OpenOptions::new().write(true).create(true).truncate(false).mode(0o640).open(&stamp)?;
            file.set_modified(now.into())
        };
        set().or_else(|_| {
            // Another user's, who ran it once: a file in a folder of ours is made anew, as the notes are.
            let _ = fs::remove_file(&stamp);
            self.make_folder()?;
            set()
        })
    }

    fn stamp(&self) -> PathBuf {
        stamp(&self.state_dir, &self.name)
    }

    /// Remembers that the store could not be opened at this moment.
    pub fn note_outage(&mut self, now: Timestamp) {
        self.notes.unreachable = Some(now);
    }

    /// The folder that all notes of this host share.
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// Writes the notes, where they have changed.
    ///
    /// # Errors
    /// The state directory cannot be written. Nothing depends on it.
    pub fn save(&mut self) -> io::Result<()> {
        if self.written.as_ref() == Some(&self.notes) {
            return Ok(());
        }
        self.make_folder()?;
        let json = serde_json::to_vec_pretty(&self.notes).map_err(io::Error::other)?;
        twinkey_kill::write(Point::Notes, || atomic::replace(&self.path, &json, 0o640))?;
        self.written = Some(self.notes.clone());
        Ok(())
    }

    fn make_folder(&self) -> io::Result<()> {
        self.path.parent().map_or(Ok(()), fs::create_dir_all)
    }

    /// When a client's current secret last got a token, as far as this host knows.
    pub fn accepted(&self, client: Client) -> Option<Noted> {
        self.notes.accepted[client]
    }
}

/// When a run of the service, a timer or cron last did its work on this host, for the credential of this name: for whoever
/// needs none of its notes.
pub fn last_run(state_dir: &Path, name: &str) -> Option<Timestamp> {
    fs::metadata(stamp(state_dir, name)).ok()?.modified().ok()?.try_into().ok()
}

fn stamp(state_dir: &Path, name: &str) -> PathBuf {
    state_dir.join("notes").join(format!("{name}.round"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use twinkey_core::seen::Probed;
    use twinkey_core::{Answer, Mac, Wish};

    use super::*;

    #[test]
    fn notes_come_back_as_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut notes = HostNotes::load(dir.path(), "go");
        let mut seen = Seen::nothing(Wish::Keep, "me", notes.host());
        let at: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        seen.host.accepted.a = Some(Noted { secret: Mac::from_bytes([7; 32]), at });
        seen.host.unreachable = Some(at);
        notes.learn(&seen, None, false);
        notes.note_round(at).unwrap();
        notes.save().unwrap();
        let again = HostNotes::load(dir.path(), "go");
        assert_eq!(again.host(), seen.host);
        assert_eq!(again.last_run(), Some(at));
    }

    #[test]
    fn a_stamp_that_cannot_be_opened_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let notes = HostNotes::load(dir.path(), "go");
        let at: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        fs::create_dir(dir.path().join("notes")).unwrap();
        std::os::unix::fs::symlink("/nowhere/else", dir.path().join("notes/go.round")).unwrap();
        notes.note_round(at).unwrap();
        assert_eq!(notes.last_run(), Some(at));
    }

    #[test]
    fn notes_that_have_not_changed_are_not_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut notes = HostNotes::load(dir.path(), "go");
        notes.save().unwrap();
        let number = |dir: &Path| fs::metadata(dir.join("notes/go.json")).unwrap().ino();
        let first = number(dir.path());
        let mut again = notes.again();
        again.save().unwrap();
        assert_eq!(number(dir.path()), first);
        again.note_outage("2026-11-24T12:00:00Z".parse().unwrap());
        again.save().unwrap();
        assert_ne!(number(dir.path()), first);
    }

    #[test]
    fn a_damaged_file_is_moved_aside_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("notes")).unwrap();
        let newer = r#"{"schema":"2.0","highest":null}"#;
        for damaged in ["{ torn", "", "7", "\0\0\0\0", newer] {
            fs::write(dir.path().join("notes/go.json"), damaged).unwrap();
            let mut notes = HostNotes::load(dir.path(), "go");
            assert_eq!(notes.host(), Host::default());
            let aside = notes.moved_aside.as_ref().unwrap();
            assert_eq!(fs::read_to_string(aside).unwrap(), damaged);
            notes.save().unwrap();
            assert_eq!(HostNotes::load(dir.path(), "go").moved_aside, None);
        }
    }

    #[test]
    fn what_another_process_has_learned_meanwhile_is_not_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let at: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let mut person = HostNotes::load(dir.path(), "go");
        let mut cron = HostNotes::load(dir.path(), "go");
        cron.note_outage(at);
        cron.save().unwrap();
        assert_eq!(person.again().host().unreachable, Some(at));
        let seen = Seen::nothing(Wish::Keep, "me", person.host());
        person = person.again();
        person.learn(&seen, None, false);
        assert_eq!(person.host().unreachable, Some(at), "met while the person's run was at work");
        person.learn(&seen, Some(at), false);
        assert_eq!(person.host().unreachable, None, "the run knew of it, and the record does now");
        cron.learn(&seen, Some(at), true);
        assert_eq!(cron.host().unreachable, Some(at), "a dry run has restarted nothing");
    }

    #[test]
    fn notes_that_cannot_be_written_are_an_error_and_no_panic() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut notes = HostNotes::load(file.path(), "go");
        assert_eq!(notes.moved_aside, None);
        assert!(notes.save().is_err());
        assert!(notes.note_round(Timestamp::UNIX_EPOCH).is_err());
    }

    #[test]
    fn a_refusal_of_a_dry_run_stays_until_a_token_or_the_record_ends_it() {
        use AnswerKind::{Accepted, Rejected, Unavailable};
        let dir = tempfile::tempdir().unwrap();
        let at: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        // What the notes hold of the first secret after a dry run's refusal and then this.
        let after = |secret: u8, kind: AnswerKind, dry: bool| {
            let mut notes = HostNotes::load(dir.path(), "go");
            for (secret, kind, dry) in [(1, Rejected, true), (secret, kind, dry)] {
                let mut seen = Seen::nothing(Wish::Keep, "me", notes.host());
                seen.probes.push(Probed {
                    client: Client::B,
                    client_id: "id".into(),
                    secret: Mac::from_bytes([secret; 32]),
                    at,
                    answer: Answer::new(kind, ""),
                    noted: false,
                    current: true,
                });
                notes.learn(&seen, None, dry);
            }
            notes.host().refused.b == Some(Noted { secret: Mac::from_bytes([1; 32]), at })
        };
        assert!(after(1, Unavailable, false), "no answer is no token");
        assert!(after(2, Accepted, false), "another secret's token");
        assert!(after(1, Rejected, true));
        assert!(!after(1, Accepted, false));
        assert!(!after(1, Rejected, false), "the record counts it now");
    }

    #[test]
    fn a_dry_run_does_not_remember_a_counter_that_no_record_has() {
        let dir = tempfile::tempdir().unwrap();
        let mut notes = HostNotes::load(dir.path(), "go");
        let mut seen = Seen::nothing(Wish::Keep, "me", notes.host());
        seen.host.highest = Some((AttemptId::derive(&[b"line"]), 7));
        notes.learn(&seen, None, true);
        assert_eq!(notes.host().highest, None);
        notes.learn(&seen, None, false);
        assert_eq!(notes.host().highest, seen.host.highest);
    }
}
