//! Replacing a file as a whole: whoever reads it sees the old or the new one, also after a power cut.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::{Builder, NamedTempFile};
use twinkey_kill::Point;

/// How the names of drafts end, after some random letters.
const SUFFIX: &str = ".twinkey";
const LETTERS: usize = 6;

/// How often a draft is begun while others sweep them away.
const ATTEMPTS: usize = 100;

/// Replaces `path` by `content` with this mode; for what holds no secret. On an error the old file stands as it was.
/// Drafts that killed processes left are removed when this process first writes in their folder: looking for them at
/// each of a thousand files would be a million looks.
///
/// # Errors
/// The folder cannot be written, or there is no space.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let folder = folder_of(path);
    let is_first = SWEPT.lock().is_ok_and(|mut swept| swept.insert(folder.to_owned()));
    if is_first {
        sweep(folder, |_| true);
    }
    Draft::new(path)?.publish(content, mode)
}

/// A new file beside the one that it will replace. Until then it is readable for its owner alone.
#[derive(Debug)]
pub struct Draft {
    file: NamedTempFile,
    folder: PathBuf,
    path: PathBuf,
}

impl Draft {
    /// Begins an empty one, and removes those that killed processes left: they may hold a secret.
    ///
    /// # Errors
    /// The folder is not there or cannot be written, or drafts vanish there as soon as they are begun.
    pub fn beside(path: &Path) -> io::Result<Self> {
        let name = name_of(path)?;
        sweep(folder_of(path), |of| of == name);
        Self::new(path)
    }

    fn new(path: &Path) -> io::Result<Self> {
        let (folder, prefix) = (folder_of(path), format!(".{}.", name_of(path)?));
        for _ in 0..ATTEMPTS {
            let file =
                Builder::new().prefix(&prefix).rand_bytes(LETTERS).suffix(SUFFIX).tempfile_in(folder)?;
            if is_held(file.as_file())? {
                return Ok(Self { file, folder: folder.to_owned(), path: path.to_owned() });
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    /// Gives it to this user and group, by number.
    ///
    /// # Errors
    /// This process may not: only root gives files away, and others only to a group of their own.
    pub fn give_to(&self, uid: u32, gid: u32) -> io::Result<()> {
        let file = self.file.as_file();
        let metadata = file.metadata()?;
        if (metadata.uid(), metadata.gid()) == (uid, gid) {
            return Ok(());
        }
        fchown(file, Some(uid), Some(gid))
    }

    /// Puts it in the old file's place, on the disk.
    ///
    /// # Errors
    /// There is no space. The old file stands as it was.
    pub fn publish(mut self, content: &[u8], mode: u32) -> io::Result<()> {
        self.file.write_all(content)?;
        self.file.as_file().set_permissions(Permissions::from_mode(mode))?;
        twinkey_kill::write(Point::SyncDraft, || self.file.as_file().sync_all())?;
        self.file.persist(&self.path).map_err(|error| error.error)?;
        twinkey_kill::write(Point::SyncDraftFolder, || File::open(&self.folder)?.sync_all())
    }
}

/// Takes the lock by which nobody sweeps a new draft away, until it is published. False if somebody swept it in the
/// moment before.
fn is_held(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(false),
        // A file system without locks has no sweeping either: there a lock is never free.
        Err(TryLockError::Error(_)) => Ok(true),
        Ok(()) => Ok(file.metadata()?.nlink() > 0),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn name_of(path: &Path) -> io::Result<Cow<'_, str>> {
    Ok(path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy())
}

/// Removes drafts of these files whose processes are dead: their lock is free.
fn sweep(folder: &Path, of: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_plain = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_plain || !drafted(&entry.file_name().to_string_lossy()).is_some_and(&of) {
            continue;
        }
        let Ok(draft) = File::open(entry.path()) else { continue };
        // Held until it is removed: whoever has just begun it sees that, or that it is gone.
        if draft.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The name of the file that a file of this name is a draft of.
fn drafted(name: &str) -> Option<&str> {
    let (of, letters) = name.strip_prefix('.')?.strip_suffix(SUFFIX)?.rsplit_once('.')?;
    let is_draft = letters.len() == LETTERS && letters.bytes().all(|letter| letter.is_ascii_alphanumeric());
    is_draft.then_some(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for left in [".live.Ab12Cd.twinkey", ".live.old.twinkey", ".other.Ab12Cd.twinkey", "live.bak"] {
            fs::write(dir.path().join(left), "an old secret").unwrap();
        }
        let path = dir.path().join("live");
        let (_, left) = Draft::beside(&path).unwrap().file.keep().unwrap();
        assert!(left.exists());
        Draft::beside(&path).unwrap().publish(b"new", 0o640).unwrap();
        assert_eq!(names(dir.path()), [".live.old.twinkey", ".other.Ab12Cd.twinkey", "live", "live.bak"]);
    }

    #[test]
    fn whoever_first_writes_in_a_folder_removes_what_was_left_there() {
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join(".other.Ab12Cd.twinkey");
        fs::write(&left, "half").unwrap();
        replace(&dir.path().join("notes"), b"new", 0o640).unwrap();
        assert_eq!(names(dir.path()), ["notes"]);
    }

    #[test]
    fn a_draft_in_use_is_left_to_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("live");
        let first = Draft::beside(&path).unwrap();
        replace(&path, b"second", 0o640).unwrap();
        first.publish(b"first", 0o640).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names(dir.path()), ["live"]);
    }

    #[test]
    fn many_replace_one_file_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("live");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..250 {
                        let draft = Draft::beside(path).unwrap();
                        draft.publish(format!("by {writer}").as_bytes(), 0o600).unwrap();
                    }
                });
            }
        });
        assert_eq!(names(dir.path()), ["live"]);
        assert!(fs::read_to_string(&path).unwrap().starts_with("by "));
    }

    #[test]
    fn a_draft_is_for_its_owner_alone_until_it_is_published() {
        let dir = tempfile::tempdir().unwrap();
        let draft = Draft::beside(&dir.path().join("live")).unwrap();
        assert_eq!(draft.file.as_file().metadata().unwrap().mode() & 0o077, 0);
    }

    #[test]
    fn a_disk_that_becomes_full_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        replace(&dir.path().join("live"), b"old", 0o640).unwrap();
        let out =
            child::running("atomic::tests::a_child_has_no_room_for_a_file", dir.path()).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
        assert_eq!(fs::read(dir.path().join("live")).unwrap(), b"old");
        assert_eq!(names(dir.path()), ["live", "tried"]);
    }

    #[test]
    fn a_child_has_no_room_for_a_file() {
        let Some(folder) = child::folder() else { return };
        fs::write(folder.join("tried"), "").unwrap();
        child::no_file_grows_beyond(Some(10));
        replace(&folder.join("live"), &[b'x'; 100], 0o640).unwrap_err();
    }
}
