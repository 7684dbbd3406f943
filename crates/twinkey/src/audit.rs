//! The audit log: JSON lines, append-only, each chained to the one before by its hash, each on the disk
//! before the run goes on. It is evidence, not state.
//!
//! A line is one JSON object. Its `hash` is the SHA-256, in hex, of the line's bytes as written, up to and
//! without the last member `,"hash":"…"}`; its `previous` is the hash of the line before (64 zeros for the
//! first). So each line can be checked with `sha256sum` alone.
//!
//! The chain shows that nobody changed a line, took one away or moved one. It cannot show by itself that its
//! end was cut or written anew: for that the record keeps the head.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use twinkey_core::record::AuditHead;
use twinkey_kill::Point;

mod line;
mod tail;
mod verify;

pub use verify::{Broken, Verified, verify};

/// The log's name in the state directory.
pub const FILE_NAME: &str = "audit.jsonl";

/// How long an append waits for another process's.
const PATIENCE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(5);

/// One line's content. Names, fingerprints and outcomes; never a secret.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Which credential.
    pub credential: String,
    /// Before or after the step.
    pub event: Event,
    /// The step.
    pub step: String,
    /// What more is to be said.
    pub detail: Value,
}

/// Which side of a step a line stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// The step is about to be done.
    Before,
    /// The step was done.
    After,
}

/// The log cannot be written or read. The host's fault.
#[derive(Debug, thiserror::Error)]
#[error("the audit log {} {doing}", path.display())]
pub struct AuditError {
    path: PathBuf,
    doing: &'static str,
    #[source]
    source: io::Error,
}

impl AuditError {
    /// The log could not be opened in the first place.
    pub(crate) fn not_open(path: &Path) -> Self {
        let source = io::Error::other("it could not be opened when the command began");
        Self { path: path.to_owned(), doing: "is not open", source }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on that disk".to_owned(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "let this user write there, or set state-dir to a folder where it may".to_owned()
            }
            io::ErrorKind::InvalidData => {
                format!(
                    "{}: move it away and keep it as evidence; the next command begins a new one",
                    self.source
                )
            }
            io::ErrorKind::TimedOut => format!("{}; try again when it has ended", self.source),
            _ => format!("{}; see to it that state-dir can be written", self.source),
        }
    }
}

/// An audit log, open for appending. Several processes may append to the same file.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    file: File,
    head: Option<AuditHead>,
    /// Bytes of a torn last line that were cut off when the log was opened.
    pub cut: u64,
}

impl AuditLog {
    /// Opens the log, making it and its folder where there is none. A torn last line, left by a crash, is cut
    /// off and kept beside the log.
    ///
    /// # Errors
    /// The folder cannot be used, or the log is damaged beyond its last line.
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let fail = |doing| move |source| AuditError { path: path.to_owned(), doing, source };
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o750)
                .create(folder)
                .map_err(fail("has no folder"))?;
        }
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o640)
            .open(path)
            .map_err(fail("cannot be opened"))?;
        let mut log = Self { path: path.to_owned(), file, head: None, cut: 0 };
        log.locked(|log| {
            if log.catch_up()? == 0 {
                // A new log must survive a power cut as a name, not only as content.
                sync_folder(path)?;
            }
            Ok(())
        })
        .map_err(fail("cannot be read"))?;
        Ok(log)
    }

    /// The last line, once there is one.
    pub fn head(&self) -> Option<AuditHead> {
        self.head.clone()
    }

    /// Writes one line and returns once it is on the disk.
    ///
    /// # Errors
    /// There is no space, no permission, or another process holds the log for more than 5 s: the host's fault.
    /// The chain is as whole as before.
    pub fn append(&mut self, entry: Entry) -> Result<AuditHead, AuditError> {
        let path = self.path.clone();
        self.locked(|log| log.append_locked(&entry)).map_err(|source| AuditError {
            path,
            doing: "cannot be written",
            source,
        })
    }

    fn append_locked(&mut self, entry: &Entry) -> io::Result<AuditHead> {
        let length = self.catch_up()?;
        let (text, head) = line::write(entry, self.head.as_ref());
        let mut file = &self.file;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| twinkey_kill::write(Point::SyncAudit, || file.sync_data()));
        if let Err(error) = written {
            // A part of a line would break the chain for whoever appends next. Should this fail as well, the
            // next append cuts it off.
            let _ = self.file.set_len(length);
            return Err(error);
        }
        self.head = Some(head.clone());
        Ok(head)
    }

    /// Finds the head anew, because other processes append too, and cuts off what a crash tore. Says how long
    /// the log is now.
    fn catch_up(&mut self) -> io::Result<u64> {
        let tail = tail::read(&self.file)?;
        if !tail.torn.is_empty() {
            self.cut_off(&tail)?;
        }
        self.head = tail.last.as_deref().map(head_of).transpose()?;
        Ok(tail.whole)
    }

    fn cut_off(&mut self, tail: &tail::Tail) -> io::Result<()> {
        let aside = self.path.with_extension("torn");
        let mut kept = OpenOptions::new().create(true).append(true).mode(0o640).open(&aside)?;
        kept.write_all(&[&tail.torn, b"\n".as_slice()].concat())?;
        twinkey_kill::write(Point::SyncAuditTorn, || kept.sync_data())?;
        self.file.set_len(tail.whole)?;
        twinkey_kill::write(Point::SyncAuditCut, || self.file.sync_data())?;
        self.cut += tail.torn.len() as u64;
        tracing::warn!(log = %self.path.display(), kept = %aside.display(), "a torn last line was cut off");
        Ok(())
    }

    fn locked<T>(&mut self, act: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        patiently(|| self.file.try_lock())?;
        let result = act(self);
        self.file.unlock()?;
        result
    }
}

/// Waits for a lock, but not for ever: a stopped process may hold it.
fn patiently(mut try_lock: impl FnMut() -> Result<(), TryLockError>) -> io::Result<()> {
    let mut waited = Duration::ZERO;
    loop {
        match try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if waited >= PATIENCE => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "another process holds it"));
            }
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(POLL);
                waited += POLL;
            }
        }
    }
}

fn head_of(last: &[u8]) -> io::Result<AuditHead> {
    let head = std::str::from_utf8(last).ok().and_then(line::head);
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "its last line is no line of an audit log");
    head.ok_or_else(broken)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")))?;
    twinkey_kill::write(Point::SyncAuditFolder, || folder.sync_all())
}

#[cfg(test)]
mod tests;
