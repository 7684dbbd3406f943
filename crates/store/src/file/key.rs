//! The key file: an age identity, as `age-keygen` writes it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use age::x25519::{Identity, Recipient};
use secrecy::ExposeSecret as _;
use twinkey_kill::Point;
use zeroize::Zeroizing;

use super::paths::Paths;
use super::replace::sync_folder;
use super::trouble::trouble;
use crate::{KeyFault, StoreError};

/// The identities of a key file. Usually one; with several, each of them opens the store.
pub(super) struct Key(Vec<Identity>);

/// Others may do nothing, the group may read at most: 0640. A systemd credential is 0400 or 0440.
const EXPOSED: u32 = 0o027;

impl Key {
    /// Reads a key file.
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let fault = |fault| StoreError::Key { path: path.to_owned(), fault };
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => fault(KeyFault::Missing),
            ErrorKind::InvalidData => fault(KeyFault::Malformed),
            _ => trouble(format!("reading the key file {}", path.display()), error),
        };
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let mode = metadata.mode() & 0o777;
        if mode & EXPOSED != 0 {
            return Err(fault(KeyFault::Exposed(mode)));
        }
        // Room beyond the size, so that reading to the end never moves the text and leaves a copy behind.
        let room = usize::try_from(metadata.len()).unwrap_or(0).saturating_add(64);
        let mut text = Zeroizing::new(String::with_capacity(room));
        file.read_to_string(&mut text).map_err(failed)?;
        Self::parse(&text).ok_or_else(|| fault(KeyFault::Malformed))
    }

    /// One identity a line; empty lines and comments count for nothing.
    fn parse(text: &str) -> Option<Self> {
        let identities = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.parse().ok())
            .collect::<Option<Vec<Identity>>>()?;
        (!identities.is_empty()).then_some(Self(identities))
    }

    /// Makes a key file, mode 0600, under the name that it has until its store stands. One that a crashed set-up
    /// left there is replaced.
    pub(super) fn begin(paths: &Paths) -> Result<Self, StoreError> {
        let path = paths.new_key();
        let failed = |error| trouble(format!("creating the key file {}", path.display()), error);
        if paths.exists(&path)? {
            fs::remove_file(&path).map_err(failed)?;
        }
        let identity = Identity::generate();
        let secret = identity.to_string();
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        writeln!(
            file,
            "# the key of a twinkey store; keep a copy of it apart from the store\n# public key: {}\n{}",
            identity.to_public(),
            secret.expose_secret()
        )
        .and_then(|()| twinkey_kill::write(Point::SyncStoreKey, || file.sync_all()))
        .and_then(|()| sync_folder(Point::SyncStoreKeyFolder, folder_of(&path)))
        .map_err(failed)?;
        Ok(Self(vec![identity]))
    }

    /// Gives the key its name.
    pub(super) fn finish(paths: &Paths) -> Result<(), StoreError> {
        fs::rename(paths.new_key(), &paths.key)
            .and_then(|()| sync_folder(Point::SyncStoreKeyFolder, folder_of(&paths.key)))
            .map_err(|error| trouble(format!("naming the key file {}", paths.key.display()), error))
    }

    pub(super) fn identities(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|identity| identity as _)
    }

    pub(super) fn recipients(&self) -> Vec<Recipient> {
        self.0.iter().map(Identity::to_public).collect()
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}
