//! One run at a time for each credential on this host. A courtesy: it saves requests and keeps screens apart.
//! Correctness rests on compare-and-set alone, because a paused holder can wake up at any time.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

/// How often a waiting command looks again.
const POLL: Duration = Duration::from_millis(50);

/// Held while a run lasts; given back when dropped, and by the kernel when the process dies.
#[derive(Debug)]
pub struct RunLock(Option<File>);

/// Another process is at work on the same credential.
#[derive(Debug, PartialEq, Eq)]
pub struct Busy {
    /// Its process id, where it left one.
    pub pid: Option<u32>,
    /// Since when, by the time of the lock's file.
    pub since: Option<Timestamp>,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another twinkey ")?;
        match (self.pid, self.since) {
            (Some(pid), Some(since)) => write!(f, "(process {pid}, since {since:.0}) ")?,
            (Some(pid), None) => write!(f, "(process {pid}) ")?,
            (None, _) => {}
        }
        f.write_str("is at work on it")
    }
}

impl RunLock {
    /// Takes the lock, waiting up to `patience` for another holder. A folder that cannot be written is no
    /// reason not to run: then there is no lock.
    ///
    /// # Errors
    /// Somebody else holds it for longer than that.
    pub fn take(state_dir: &Path, name: &str, patience: Duration) -> Result<Self, Busy> {
        let Ok(mut file) = open(state_dir, name) else { return Ok(Self(None)) };
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(_)) => return Ok(Self(None)),
                Err(TryLockError::WouldBlock) if waited >= patience => {
                    return Err(holder(&mut file));
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(POLL);
                    waited += POLL;
                }
            }
        }
        let _ = sign(&mut file);
        Ok(Self(Some(file)))
    }

    /// Whether the lock is really held; `false` where this host's folder cannot be written.
    pub fn is_held(&self) -> bool {
        self.0.is_some()
    }
}

fn open(state_dir: &Path, name: &str) -> io::Result<File> {
    let folder = state_dir.join("locks");
    fs::create_dir_all(&folder)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(format!("{name}.lock")))
}

/// Writes over whoever signed before, in as many characters: a file that is emptied first waits for the disk.
fn sign(file: &mut File) -> io::Result<()> {
    file.rewind()?;
    file.write_all(format!("{:<10}", std::process::id()).as_bytes())
}

/// Who signed last. A lock that was taken a moment ago may not be signed yet.
fn holder(file: &mut File) -> Busy {
    let signed = file.metadata().and_then(|metadata| metadata.modified());
    let since = signed.ok().and_then(|time| Timestamp::try_from(time).ok());
    Busy { pid: signature(file), since }
}

fn signature(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;
    use crate::child;

    #[test]
    fn a_second_holder_is_told_who_is_at_work() {
        let dir = tempfile::tempdir().unwrap();
        let first = RunLock::take(dir.path(), "go", Duration::ZERO).unwrap();
        assert!(first.is_held());
        let busy = RunLock::take(dir.path(), "go", Duration::ZERO).unwrap_err();
        assert_eq!(busy.pid, Some(std::process::id()));
        assert!(RunLock::take(dir.path(), "other", Duration::ZERO).unwrap().is_held());
        drop(first);
        assert!(RunLock::take(dir.path(), "go", Duration::ZERO).unwrap().is_held());
    }

    #[test]
    fn a_longer_number_before_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        drop(RunLock::take(dir.path(), "go", Duration::ZERO).unwrap());
        fs::write(dir.path().join("locks/go.lock"), "4194303999").unwrap();
        let _held = RunLock::take(dir.path(), "go", Duration::ZERO).unwrap();
        let busy = RunLock::take(dir.path(), "go", Duration::ZERO).unwrap_err();
        assert_eq!(busy.pid, Some(std::process::id()));
    }

    #[test]
    fn a_folder_that_cannot_be_written_does_not_stop_a_run() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lock = RunLock::take(file.path(), "go", Duration::ZERO).unwrap();
        assert!(!lock.is_held());
    }

    #[test]
    fn the_message_names_the_process_and_since_when() {
        let since = "2026-11-24T12:00:00.25Z".parse().ok();
        let told = |pid, since| Busy { pid, since }.to_string();
        assert_eq!(
            told(Some(4711), since),
            "another twinkey (process 4711, since 2026-11-24T12:00:00Z) is at work on it"
        );
        assert_eq!(told(None, since), "another twinkey is at work on it");
    }

    #[test]
    fn a_lock_that_is_given_back_meanwhile_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let first = RunLock::take(dir.path(), "go", Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| RunLock::take(dir.path(), "go", Duration::from_secs(20)));
            drop(first);
            assert!(second.join().unwrap().unwrap().is_held());
        });
    }

    #[test]
    fn the_lock_of_a_killed_process_is_free() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = child::running("lock::tests::a_child_holds_the_lock_until_it_is_killed", dir.path())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        let held = told.map(Result::unwrap).find(|line| line.starts_with("held"));
        assert!(held.is_some());
        let busy = RunLock::take(dir.path(), "go", Duration::ZERO).unwrap_err();
        assert_eq!(busy.pid, Some(child.id()));
        assert!(busy.since.is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(RunLock::take(dir.path(), "go", Duration::ZERO).unwrap().is_held());
    }

    #[test]
    fn a_child_holds_the_lock_until_it_is_killed() {
        let Some(folder) = child::folder() else { return };
        let lock = RunLock::take(&folder, "go", Duration::ZERO).unwrap();
        println!("\nheld {}", lock.is_held());
        // Long enough to be killed, and not for ever should the parent have failed.
        std::thread::sleep(Duration::from_secs(60));
    }
}
