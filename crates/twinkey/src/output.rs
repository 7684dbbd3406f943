//! The output file: the live pair for consumers on the same host. It is Twinkey's alone and replaced as a
//! whole.
//!
//! Consumers read it by its owner, group and mode. So a new file keeps the owner and group of the old one, and
//! where that is not permitted the old one stays: its pair still works, and nobody drains meanwhile. Access
//! lists are not kept.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use twinkey_core::seen::TroubleClass;
use zeroize::Zeroizing;

use crate::atomic::Draft;
use crate::documents::SecretPair;

mod env;

/// A larger file is none of ours.
const LARGEST: u64 = 64 * 1024;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object with the two fields.
    Json,
    /// Two lines `NAME="value"`, for `sh` and systemd's `EnvironmentFile=`; not for `docker --env-file`, which
    /// takes quotes literally.
    Env,
}

/// The output file of one credential.
#[derive(Clone, Debug)]
pub struct OutputFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is written.
    pub format: Format,
    /// Its mode.
    pub mode: u32,
    /// The field with the client id.
    pub id_field: String,
    /// The field with the client secret.
    pub secret_field: String,
}

/// The output file cannot be used. The host's fault.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// It cannot be read or written.
    #[error("the output file {} cannot be {doing}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// It holds something that Twinkey did not write.
    #[error("{} is not a file that Twinkey wrote", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is a symbolic link: replacing it would leave its target with the old pair.
    #[error("{} is a symbolic link to {}", path.display(), target.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// What it points to.
        target: PathBuf,
    },
    /// Its owner or group would change, and who reads it today could not read it any more.
    #[error("{} belongs to user {uid} and group {gid}, and this user may not write a new file for them", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// The number of its owner.
        uid: u32,
        /// The number of its group.
        gid: u32,
    },
    /// The live pair holds a control character, which has no place in the env format.
    #[error("the live pair holds a control character, and {} is in the env format", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
    },
}

impl OutputError {
    /// Whether it is likely to pass.
    pub fn class(&self) -> TroubleClass {
        match self {
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    TroubleClass::Permission
                }
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => TroubleClass::Temporary,
                _ => TroubleClass::Permanent,
            },
            Self::Owner { .. } => TroubleClass::Permission,
            Self::Foreign { .. } | Self::Link { .. } | Self::Unfit { .. } => TroubleClass::Permanent,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on that disk",
                io::ErrorKind::NotFound => "make its folder, or change consumers.output.path",
                _ => "let this user write there, or change consumers.output.path",
            },
            Self::Foreign { .. } => "move it away, or change consumers.output.path",
            Self::Link { .. } => "give consumers.output.path the file it points to",
            Self::Owner { .. } => {
                "run as a user who may, or give the file to this user and a group of its own"
            }
            Self::Unfit { .. } => "set consumers.output.format to json",
        }
    }
}

impl OutputFile {
    /// The pair that the file holds; `None` if there is no file, or an empty one.
    ///
    /// # Errors
    /// It cannot be read, or it is not ours.
    pub fn read(&self) -> Result<Option<SecretPair>, OutputError> {
        match self.metadata()? {
            Some(metadata) => self.read_of(&metadata),
            None => Ok(None),
        }
    }

    /// Replaces the file by this pair, keeping its owner and group.
    ///
    /// # Errors
    /// It is not ours, or it cannot be written; then it stands as it was.
    pub fn write(&self, pair: &SecretPair) -> Result<(), OutputError> {
        let text = self.text(pair).ok_or_else(|| OutputError::Unfit { path: self.path.clone() })?;
        let before = self.metadata()?;
        if let Some(before) = &before {
            self.read_of(before)?;
        }
        let draft = Draft::beside(&self.path).map_err(|source| self.io("written", source))?;
        if let Some((uid, gid)) = before.map(|before| (before.uid(), before.gid())) {
            draft.give_to(uid, gid).map_err(|_| OutputError::Owner { path: self.path.clone(), uid, gid })?;
        }
        draft.publish(text.as_bytes(), self.mode).map_err(|source| self.io("written", source))
    }

    /// Where it is, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is there now, if anything is. Only a plain file can be ours.
    fn metadata(&self) -> Result<Option<Metadata>, OutputError> {
        let metadata = match fs::symlink_metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(self.io("read", source)),
        };
        if metadata.is_symlink() {
            let target = fs::read_link(&self.path).unwrap_or_default();
            return Err(OutputError::Link { path: self.path.clone(), target });
        }
        if metadata.is_file() { Ok(Some(metadata)) } else { Err(self.foreign()) }
    }

    fn read_of(&self, metadata: &Metadata) -> Result<Option<SecretPair>, OutputError> {
        if metadata.len() > LARGEST {
            return Err(self.foreign());
        }
        let mut text = Zeroizing::new(String::new());
        let read = File::open(&self.path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        match read {
            Ok(_) => self.pair(&text),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(self.foreign()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.io("read", source)),
        }
    }

    fn pair(&self, text: &str) -> Result<Option<SecretPair>, OutputError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let mut fields: BTreeMap<String, String> = match self.format {
            Format::Json => serde_json::from_str(text).map_err(|_| self.foreign())?,
            Format::Env => env::fields(text).ok_or_else(|| self.foreign())?,
        };
        match (fields.remove(&self.id_field), fields.remove(&self.secret_field), fields.is_empty()) {
            (Some(client_id), Some(secret), true) => Ok(Some(SecretPair {
                client_id,
                secret: SecretString::from(Zeroizing::new(secret).as_str()),
            })),
            _ => Err(self.foreign()),
        }
    }

    /// The file's content; `None` where the format cannot carry this pair.
    fn text(&self, pair: &SecretPair) -> Option<Zeroizing<String>> {
        let (id, secret) = (pair.client_id.as_str(), pair.secret.expose_secret());
        let text = match self.format {
            Format::Json => {
                let fields =
                    BTreeMap::from([(self.id_field.as_str(), id), (self.secret_field.as_str(), secret)]);
                serde_json::to_string_pretty(&fields).ok()? + "\n"
            }
            Format::Env => env::line(&self.id_field, id)? + &env::line(&self.secret_field, secret)?,
        };
        Some(Zeroizing::new(text))
    }

    fn foreign(&self) -> OutputError {
        OutputError::Foreign { path: self.path.clone() }
    }

    fn io(&self, doing: &'static str, source: io::Error) -> OutputError {
        OutputError::Io { path: self.path.clone(), doing, source }
    }
}

#[cfg(test)]
mod tests;
