//! The embedded store against real files, processes and refusals of the kernel.

mod check;
mod create;
mod damage;
mod emergency;
mod processes;
mod refused;
mod secrets;
mod write;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use twinkey_core::{AttemptId, Expected, Version};

use super::FileStore;
use crate::{Body, Freshness, Place, Store as _, StoreError, Versioned, Written};

/// A folder with a store and its key.
struct Home(TempDir);

impl Home {
    /// An empty folder.
    fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A store without documents.
    fn created() -> Self {
        let home = Self::empty();
        home.create().unwrap();
        home
    }

    /// A store whose document stands at `new`, and its previous generation at `old`.
    fn with_two_generations() -> Self {
        let home = Self::created();
        let store = home.open().unwrap();
        put(&store, "old");
        put(&store, "new");
        home
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn path(&self) -> PathBuf {
        self.folder().join("twinkey.age")
    }

    fn key(&self) -> PathBuf {
        self.folder().join("twinkey.key")
    }

    fn new_key(&self) -> PathBuf {
        self.folder().join("twinkey.key.new")
    }

    fn previous(&self) -> PathBuf {
        self.folder().join("twinkey.age.previous")
    }

    fn create(&self) -> Result<FileStore, StoreError> {
        FileStore::create(&self.path(), &self.key())
    }

    fn open(&self) -> Result<FileStore, StoreError> {
        FileStore::open(&self.path(), &self.key())
    }

    fn open_previous(&self) -> Result<FileStore, StoreError> {
        FileStore::open_previous(&self.path(), &self.key())
    }

    /// Every file in the folder with what it holds.
    fn files(&self) -> BTreeMap<OsString, Vec<u8>> {
        let entries = fs::read_dir(self.folder()).unwrap().map(Result::unwrap);
        entries.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap())).collect()
    }

    fn names(&self) -> Vec<String> {
        self.files().into_keys().map(|name| name.into_string().unwrap()).collect()
    }
}

fn place() -> Place {
    Place::parse("app/gbg").unwrap()
}

/// Two fields that belong together.
fn pair(value: &str) -> Body {
    let mut body = Body::new();
    body.set_text("client_id", value.into());
    body.set_text("client_secret", value.into());
    body
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn get(store: &FileStore) -> Option<Versioned> {
    run(store.read(&place(), Freshness::Latest)).unwrap()
}

/// The value of the [`pair`] that stands in the store.
fn value(store: &FileStore) -> String {
    use secrecy::ExposeSecret as _;
    let body = get(store).unwrap().body;
    let text = |name| body.text(name).unwrap().expose_secret().to_owned();
    assert_eq!(text("client_id"), text("client_secret"), "half a document");
    text("client_id")
}

fn expected(store: &FileStore) -> Expected {
    get(store).map_or(Expected::Absent, |found| Expected::Version(found.version))
}

fn try_put(store: &FileStore, value: &str) -> Result<Written, StoreError> {
    let expected = expected(store);
    let attempt = AttemptId::derive(&[value.as_bytes(), format!("{expected:?}").as_bytes()]);
    run(store.write(&place(), &expected, &pair(value), attempt))
}

fn put(store: &FileStore, value: &str) -> Version {
    match try_put(store, value).unwrap() {
        Written::Written(version) => version,
        other => panic!("{other:?}"),
    }
}

/// All that an error shows anywhere.
fn all_of(error: &StoreError) -> String {
    use std::error::Error as _;
    let mut shown = format!("{error} {error:?} {}", error.remedy());
    let mut source = error.source();
    while let Some(below) = source {
        shown += &format!(" {below} {below:?}");
        source = below.source();
    }
    shown
}
