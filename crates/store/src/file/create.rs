//! Setting up a store.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::FileStore;
use super::format::Generation;
use super::key::Key;
use super::lock::Lock;
use super::paths::Paths;
use super::replace::{Replaced, replace};
use super::trouble::trouble;
use crate::StoreError;

impl FileStore {
    /// Makes a key and an empty store, both mode 0600, with their folders if need be; an existing pair is
    /// opened. Neither file is ever overwritten. Blocks for a moment.
    ///
    /// # Errors
    /// One of the two without the other is not made up for, because a new half would hide a loss:
    /// [`StoreError::Key`] for a store without key, [`StoreError::NotThere`] for a key without store (a key
    /// that was made beforehand is what [`FileStore::create_with_key`] takes). Otherwise as
    /// [`FileStore::open`], and [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Busy`].
    pub fn create(path: &Path, key_path: &Path) -> Result<Self, StoreError> {
        make_folder(path)?;
        make_folder(key_path)?;
        let paths = Paths::of(path, key_path)?;
        let _lock = Lock::take(&paths)?;
        if paths.exists(&paths.store)? {
            go_on(&paths)?;
            return Self::open(path, key_path);
        }
        if paths.exists(&paths.key)? || paths.exists(&paths.previous())? {
            return Err(paths.not_there());
        }
        // The key has another name until its store stands. So a crash in between leaves no key without store,
        // which would look like a loss, and what is under that name has encrypted nothing that was used.
        let key = Key::begin(&paths)?;
        write_empty(&paths, &key).inspect_err(|_| {
            let _ = fs::remove_file(paths.new_key());
        })?;
        Key::finish(&paths)?;
        Self::open(path, key_path)
    }

    /// Makes an empty store for a key that is already there: one from `age-keygen`, or a systemd credential.
    /// An existing store is opened. Blocks for a moment.
    ///
    /// # Errors
    /// As [`FileStore::create`]; [`StoreError::NotThere`] if a previous generation shows that the store was
    /// lost.
    pub fn create_with_key(path: &Path, key_path: &Path) -> Result<Self, StoreError> {
        make_folder(path)?;
        let paths = Paths::of(path, key_path)?;
        let _lock = Lock::take(&paths)?;
        if paths.exists(&paths.store)? {
            return Self::open(path, key_path);
        }
        if paths.exists(&paths.previous())? {
            return Err(paths.not_there());
        }
        write_empty(&paths, &Key::read(&paths.key)?)?;
        Self::open(path, key_path)
    }
}

/// A set-up that crashed after its store stood: the key gets its name, if it is the one.
fn go_on(paths: &Paths) -> Result<(), StoreError> {
    let is_ours = || FileStore::open(&paths.store, &paths.new_key()).is_ok();
    if !paths.exists(&paths.key)? && paths.exists(&paths.new_key())? && is_ours() {
        Key::finish(paths)?;
    }
    Ok(())
}

fn write_empty(paths: &Paths, key: &Key) -> Result<(), StoreError> {
    match replace(paths, &Generation::empty().seal(key)?)? {
        Replaced::Durable => Ok(()),
        Replaced::Doubtful(why) => {
            Err(StoreError::Other { doing: "creating the store".into(), source: why.into() })
        }
    }
}

/// Makes the folder of a file, for its owner only.
fn make_folder(file: &Path) -> Result<(), StoreError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| trouble(format!("creating the folder {}", folder.display()), error)),
        _ => Ok(()),
    }
}
