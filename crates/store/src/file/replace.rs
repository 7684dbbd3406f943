//! Replacing the file as a whole, and keeping the generation before.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{Gid, Uid};
use tempfile::NamedTempFile;
use twinkey_kill::Point;

use super::paths::Paths;
use super::trouble::trouble;
use crate::StoreError;

/// How the replacement ended.
#[derive(Debug)]
pub(super) enum Replaced {
    /// The new generation stands, and survives a power cut.
    Durable,
    /// It may stand or not, or not survive a power cut. Why, for people.
    Doubtful(String),
}

/// Puts a new generation in the place of the current one, under the lock. An error means that the current
/// one still stands and that no temporary file is left.
pub(super) fn replace(paths: &Paths, bytes: &[u8]) -> Result<Replaced, StoreError> {
    let store = &paths.store;
    let doing = || format!("writing {}", store.display());
    sweep(paths);
    let new = write_beside(paths, bytes).map_err(|error| trouble(doing(), error))?;
    if store.exists() {
        twinkey_kill::write(Point::LinkStorePrevious, || keep_previous(paths))
            .map_err(|error| trouble(format!("keeping {}", paths.previous().display()), error))?;
    }
    if let Err(error) = new.persist(store) {
        return match trouble(doing(), error.error) {
            // A file system over the network may have renamed before it lost its voice.
            StoreError::Unreachable { source, .. } | StoreError::Other { source, .. } => {
                Ok(Replaced::Doubtful(format!("renaming {} failed: {source}", store.display())))
            }
            certain => Err(certain),
        };
    }
    Ok(match sync_folder(Point::SyncStoreFolder, paths.folder()) {
        Ok(()) => Replaced::Durable,
        Err(error) => Replaced::Doubtful(format!(
            "{} was replaced, but may not survive a power cut: {error}",
            store.display()
        )),
    })
}

/// A temporary file, mode 0600, in the same folder, whole and on the disk. Dropped, it is removed.
fn write_beside(paths: &Paths, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(&paths.temporary_prefix())
        .suffix(Paths::TEMPORARY_SUFFIX)
        .tempfile_in(paths.folder())?;
    file.write_all(bytes)?;
    keep_owner(file.as_file(), &paths.store)?;
    twinkey_kill::write(Point::SyncStore, || file.as_file().sync_all())?;
    Ok(file)
}

/// Gives the current generation its second name. On a file system without hard links it is copied.
fn keep_previous(paths: &Paths) -> io::Result<()> {
    let made = tempfile::Builder::new()
        .prefix(&paths.temporary_prefix())
        .suffix(Paths::TEMPORARY_SUFFIX)
        .make_in(paths.folder(), |name| fs::hard_link(&paths.store, name));
    match made {
        // Two names of one file: then rename does nothing (POSIX), and dropping removes the temporary name.
        Ok(link) => fs::rename(link.path(), paths.previous()),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) =>
        {
            let copy = write_beside(paths, &fs::read(&paths.store)?)?;
            copy.persist(paths.previous()).map(drop).map_err(|error| error.error)
        }
        Err(error) => Err(error),
    }
}

/// Removes what killed writers left. Under the lock nobody else has a temporary file in use.
fn sweep(paths: &Paths) {
    let prefix = paths.temporary_prefix();
    let Ok(entries) = fs::read_dir(paths.folder()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(prefix.as_encoded_bytes()) && name.ends_with(Paths::TEMPORARY_SUFFIX.as_bytes()) {
            // Left-overs take room and nothing else: failing to remove one must not bar the write.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A file made by root for somebody else's store is given to its owner, who could not read it otherwise.
pub(super) fn keep_owner(file: &File, like: &Path) -> io::Result<()> {
    let Ok(old) = like.metadata() else { return Ok(()) };
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    let owner = (new.uid() != old.uid()).then(|| Uid::from_raw(old.uid()));
    let group = (new.gid() != old.gid()).then(|| Gid::from_raw(old.gid()));
    match rustix::fs::fchown(file, owner, group) {
        Ok(()) => Ok(()),
        // Another group on the same owner's file bars nobody: the file is 0600.
        Err(_) if owner.is_none() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes the names in a folder survive a power cut.
pub(super) fn sync_folder(at: Point, folder: &Path) -> io::Result<()> {
    twinkey_kill::write(at, || File::open(folder)?.sync_all())
}
