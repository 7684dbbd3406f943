//! One run at a time for each credential on this host. A courtesy: it saves requests and keeps screens apart.
//! Correctness rests on compare-and-set alone, because a paused holder can wake up at any time.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

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
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "another twinkey (process {pid}) is at work on it"),
            None => f.write_str("another twinkey is at work on it"),
        }
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
                    return Err(Busy { pid: holder(&mut file) });
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

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_folder_that_cannot_be_written_does_not_stop_a_run() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lock = RunLock::take(file.path(), "go", Duration::ZERO).unwrap();
        assert!(!lock.is_held());
    }
}
