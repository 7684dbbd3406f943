//! The embedded store: one encrypted file.
//!
//! The file is in the [age format](https://age-encryption.org/v1), so that it opens in an emergency without
//! Twinkey: `age -d -i KEYFILE twinkey.age`. The plain text is JSON: each document under its place, with its
//! version and fields.
//!
//! Beside `twinkey.age` lie `twinkey.age.lock`, held while it is replaced, and `twinkey.age.previous`, the
//! generation before. The key is a file of its own and is to be backed up with the store, not beside it.

mod check;
mod create;
mod format;
mod key;
mod lock;
mod paths;
mod replace;
#[cfg(test)]
mod tests;
mod trouble;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use twinkey_core::{AttemptId, Expected, Version};
use twinkey_kill::Point;

use crate::documents::Applied;
use crate::{Body, Finding, Freshness, Place, Store, StoreError, Versioned, Written};
use format::{Generation, Unreadable};
use key::Key;
use lock::Lock;
use paths::Paths;
use replace::Replaced;
use trouble::trouble;

/// The embedded store: one encrypted file, replaced as a whole. Clones share the key.
///
/// Reads take no lock: they see the file before a write or after it. Writes take the lock, read, compare,
/// and replace the file (temporary file, fsync, rename, fsync of the folder), so a crash leaves the old or
/// the new generation. A version is a counter and 64 random bits: a write after a restored backup never
/// names a version that was used before the restore.
#[derive(Clone, Debug)]
pub struct FileStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    paths: Paths,
    key: Key,
    /// An earlier generation, opened to be looked at.
    read_only: bool,
}

impl FileStore {
    /// Opens a store. Blocks for a moment; the key is read once and kept.
    ///
    /// # Errors
    /// [`StoreError::NotThere`], [`StoreError::Key`], [`StoreError::Corrupt`], [`StoreError::Newer`],
    /// [`StoreError::Denied`]: each is the set-up's fault, except for damage, and says what to do.
    pub fn open(path: &Path, key_path: &Path) -> Result<Self, StoreError> {
        Self::open_files(Paths::of(path, key_path)?, false)
    }

    /// Opens the generation before the current one, to be looked at. It may be read even when the current
    /// file is damaged; writes are answered [`StoreError::ReadOnly`].
    ///
    /// # Errors
    /// As [`FileStore::open`], about the previous generation.
    pub fn open_previous(path: &Path, key_path: &Path) -> Result<Self, StoreError> {
        Self::open_files(Paths::of(path, key_path)?.of_previous(), true)
    }

    fn open_files(paths: Paths, read_only: bool) -> Result<Self, StoreError> {
        if !paths.exists(&paths.store)? {
            return Err(paths.not_there());
        }
        let key = Key::read(&paths.key).map_err(|error| paths.interrupted(error))?;
        let store = Inner { paths, key, read_only };
        store.load()?;
        Ok(Self(Arc::new(store)))
    }

    /// Runs blocking work where it does not hold up others. Once begun it goes on even if the caller's
    /// future is dropped; what it does is whole either way.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(cancelled) => {
                    Err(StoreError::Other { doing: "shutting down".into(), source: cancelled.into() })
                }
            },
        }
    }
}

#[async_trait]
impl Store for FileStore {
    async fn read(&self, place: &Place, _: Freshness) -> Result<Option<Versioned>, StoreError> {
        let place = place.clone();
        self.blocking(move |store| Ok(store.load()?.documents.read(&place))).await
    }

    async fn write(
        &self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
    ) -> Result<Written, StoreError> {
        let (place, expected, body) = (place.clone(), expected.clone(), body.clone());
        self.blocking(move |store| store.write(&place, &expected, &body, attempt)).await
    }

    async fn check(&self, _places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        self.blocking(check::check).await
    }
}

impl Inner {
    fn write(
        &self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
    ) -> Result<Written, StoreError> {
        if self.read_only {
            return Err(StoreError::ReadOnly {
                what: format!("{} is an earlier generation", self.paths.store.display()),
            });
        }
        let _lock = Lock::take(&self.paths)?;
        let mut generation = self.load()?;
        generation.writable()?;
        let version = next_version(generation.documents.read(place).map(|current| current.version))?;
        match generation.documents.apply(place, expected, body, attempt, version) {
            Applied::Conflict => self.durable().map(|()| Written::Conflict),
            Applied::Repeated(version) => Ok(match self.durable() {
                Ok(()) => Written::Written(version),
                Err(error) => Written::Unclear(error.to_string()),
            }),
            Applied::Changed(version) => {
                let file = generation.seal(&self.key)?;
                Ok(match replace::replace(&self.paths, &file)? {
                    Replaced::Durable => Written::Written(version),
                    Replaced::Doubtful(why) => Written::Unclear(why),
                })
            }
        }
    }

    /// A conflict proves a version past, and a repetition proves a write done. Neither may be taken back by a
    /// power cut, even if the write that we saw ended in doubt.
    fn durable(&self) -> Result<(), StoreError> {
        let folder = self.paths.folder();
        replace::sync_folder(Point::SyncStoreFolder, folder)
            .map_err(|error| trouble(format!("syncing {}", folder.display()), error))
    }

    /// Reads and decrypts the file.
    fn load(&self) -> Result<Generation, StoreError> {
        let path = &self.paths.store;
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(self.paths.not_there()),
            Err(error) => return Err(trouble(format!("reading {}", path.display()), error)),
        };
        Generation::open(&bytes, &self.key).map_err(|unreadable| self.diagnose(unreadable))
    }

    /// Says what to make of a file that did not open: the previous generation is the witness.
    fn diagnose(&self, unreadable: Unreadable) -> StoreError {
        let previous = (!self.read_only)
            .then(|| self.paths.previous())
            .filter(|path| fs::read(path).is_ok_and(|bytes| Generation::open(&bytes, &self.key).is_ok()));
        match unreadable {
            Unreadable::Newer(found) => StoreError::Newer { found, readable: false },
            // A damaged header looks like another key's, unless the key proves itself on the previous file.
            Unreadable::OtherKey if previous.is_none() => {
                StoreError::Key { path: self.paths.key.clone(), fault: crate::KeyFault::Rejected }
            }
            Unreadable::OtherKey => self.corrupt("its first lines do not fit the key".into(), previous),
            Unreadable::Damaged(why) => self.corrupt(why, previous),
        }
    }

    fn corrupt(&self, why: String, previous: Option<std::path::PathBuf>) -> StoreError {
        StoreError::Corrupt { path: self.paths.store.clone(), why, previous, key: self.paths.key.clone() }
    }
}

/// A counter, for people, and 64 random bits, so that no version comes twice in any history of the file.
fn next_version(current: Option<Version>) -> Result<Version, StoreError> {
    let counter: u64 = current
        .and_then(|version| version.as_str().split_once('-').and_then(|(counter, _)| counter.parse().ok()))
        .unwrap_or(0);
    let random = getrandom::u64().map_err(|error| StoreError::Other {
        doing: "drawing a random number".into(),
        source: error.to_string().into(),
    })?;
    Ok(Version::new(format!("{}-{random:016x}", counter.saturating_add(1))))
}
