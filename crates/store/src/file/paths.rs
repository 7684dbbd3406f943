//! The files that belong to one store.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::trouble::trouble;
use crate::{KeyFault, StoreError};

/// The files that belong to one store.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// The encrypted file. Links are followed once, here: a rename onto a link would replace the link.
    pub(super) store: PathBuf,
    /// The age identity.
    pub(super) key: PathBuf,
}

impl Paths {
    pub(super) fn of(store: &Path, key: &Path) -> Result<Self, StoreError> {
        let resolved = match fs::canonicalize(store) {
            Ok(path) => path,
            // Not there yet: whoever asks next will say so, or create it.
            Err(error) if error.kind() == ErrorKind::NotFound => std::path::absolute(store)
                .map_err(|error| trouble(format!("resolving {}", store.display()), error))?,
            Err(error) => return Err(trouble(format!("resolving {}", store.display()), error)),
        };
        Ok(Self { store: resolved, key: key.to_owned() })
    }

    /// The same for the previous generation as a store of its own.
    pub(super) fn of_previous(&self) -> Self {
        Self { store: self.previous(), key: self.key.clone() }
    }

    pub(super) fn previous(&self) -> PathBuf {
        self.beside(".previous")
    }

    /// The key of a set-up under way.
    pub(super) fn new_key(&self) -> PathBuf {
        let mut name = self.key.clone().into_os_string();
        name.push(".new");
        name.into()
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.beside(".lock")
    }

    /// The folder in which the file is replaced.
    pub(super) fn folder(&self) -> &Path {
        self.store.parent().unwrap_or(Path::new("/"))
    }

    /// What the names of temporary files begin with.
    pub(super) fn temporary_prefix(&self) -> OsString {
        let mut prefix = OsString::from(".");
        prefix.push(self.store.file_name().unwrap_or_default());
        prefix.push(".");
        prefix
    }

    pub(super) const TEMPORARY_SUFFIX: &str = ".tmp";

    pub(super) fn exists(&self, path: &Path) -> Result<bool, StoreError> {
        path.try_exists().map_err(|error| trouble(format!("looking for {}", path.display()), error))
    }

    /// There is no store file; what else is there says whether there was one.
    pub(super) fn not_there(&self) -> StoreError {
        let remains = [self.key.clone(), self.previous()].into_iter().filter(|path| path.exists()).collect();
        StoreError::NotThere { path: self.store.clone(), remains }
    }

    /// Where there is no key yet, but the one of a set-up under way, that set-up was interrupted.
    pub(super) fn interrupted(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Key { path, fault: KeyFault::Missing } if self.new_key().exists() => {
                StoreError::Key { path, fault: KeyFault::Interrupted }
            }
            error => error,
        }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.store.clone().into_os_string();
        name.push(ending);
        name.into()
    }
}
