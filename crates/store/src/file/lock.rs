//! One writer at a time, across processes and within one.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::time::Duration;

use super::paths::Paths;
use super::replace::keep_owner;
use super::trouble::trouble;
use crate::StoreError;

/// The lock on a store; dropping it, or the end of the process, gives it back.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not used")] File);

/// 5 s in small steps: far longer than a write takes.
const TRIES: u32 = 250;
const STEP: Duration = Duration::from_millis(20);

impl Lock {
    /// Takes the lock, waiting up to 5 s.
    pub(super) fn take(paths: &Paths) -> Result<Self, StoreError> {
        let path = paths.lock();
        let doing = || format!("locking {}", path.display());
        for _ in 0..TRIES {
            let file = open(paths).map_err(|error| trouble(doing(), error))?;
            match file.try_lock() {
                // Somebody may have removed the file between opening and locking: then ours guards nothing.
                Ok(()) if is_still(&file, &path) => return Ok(Self(file)),
                Ok(()) | Err(TryLockError::WouldBlock) => std::thread::sleep(STEP),
                Err(TryLockError::Error(error)) => return Err(trouble(doing(), error)),
            }
        }
        Err(StoreError::Busy { lock: path })
    }
}

/// Reading is enough to lock, so a lock file that somebody else made in a shared folder does not bar us.
fn open(paths: &Paths) -> std::io::Result<File> {
    let path = paths.lock();
    if let Ok(file) = File::open(&path) {
        return Ok(file);
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
    keep_owner(&file, &paths.store)?;
    Ok(file)
}

fn is_still(file: &File, path: &std::path::Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        _ => false,
    }
}
