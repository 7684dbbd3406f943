//! The output file: the live pair for consumers on the same host. It is Twinkey's alone and replaced as a
//! whole.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use twinkey_core::seen::TroubleClass;
use zeroize::Zeroizing;

use crate::atomic;
use crate::documents::SecretPair;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object with the two fields.
    Json,
    /// Two lines `NAME='value'`, for `sh`, systemd's `EnvironmentFile=` and `docker --env-file`-like readers
    /// that take quotes.
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
    #[error("{} is a symbolic link", path.display())]
    Link {
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
            Self::Foreign { .. } | Self::Link { .. } => TroubleClass::Permanent,
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
        }
    }
}

impl OutputFile {
    /// The pair that the file holds; `None` if there is no file, or an empty one.
    ///
    /// # Errors
    /// It cannot be read, or it is not ours.
    pub fn read(&self) -> Result<Option<SecretPair>, OutputError> {
        if fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(OutputError::Link { path: self.path.clone() });
        }
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(self.foreign()),
            Err(source) => return Err(self.io("read", source)),
        };
        if text.trim().is_empty() {
            return Ok(None);
        }
        let mut fields = match self.format {
            Format::Json => serde_json::from_str(&text).map_err(|_| self.foreign())?,
            Format::Env => env_fields(&text).ok_or_else(|| self.foreign())?,
        };
        match (fields.remove(&self.id_field), fields.remove(&self.secret_field), fields.is_empty()) {
            (Some(client_id), Some(secret), true) => Ok(Some(SecretPair {
                client_id,
                secret: SecretString::from(Zeroizing::new(secret).as_str()),
            })),
            _ => Err(self.foreign()),
        }
    }

    /// Replaces the file by this pair.
    ///
    /// # Errors
    /// It is not ours, or it cannot be written; then it stands as it was.
    pub fn write(&self, pair: &SecretPair) -> Result<(), OutputError> {
        self.read()?;
        let text = self.text(pair);
        atomic::replace(&self.path, text.as_bytes(), self.mode).map_err(|source| self.io("written", source))
    }

    /// Where it is, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn text(&self, pair: &SecretPair) -> Zeroizing<String> {
        let (id, secret) = (pair.client_id.as_str(), pair.secret.expose_secret());
        Zeroizing::new(match self.format {
            Format::Json => {
                let fields =
                    BTreeMap::from([(self.id_field.as_str(), id), (self.secret_field.as_str(), secret)]);
                serde_json::to_string_pretty(&fields).unwrap_or_default() + "\n"
            }
            Format::Env => {
                format!("{}={}\n{}={}\n", self.id_field, quoted(id), self.secret_field, quoted(secret))
            }
        })
    }

    fn foreign(&self) -> OutputError {
        OutputError::Foreign { path: self.path.clone() }
    }

    fn io(&self, doing: &'static str, source: io::Error) -> OutputError {
        OutputError::Io { path: self.path.clone(), doing, source }
    }
}

/// Quoted so that `sh` and systemd read the same: double quotes, with a backslash before the four characters
/// that mean something inside them.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

fn env_fields(text: &str) -> Option<BTreeMap<String, String>> {
    text.lines()
        .map(|line| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), unquoted(value)?))
        })
        .collect()
}

fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next()? } else { c });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    fn file(dir: &Path, format: Format) -> OutputFile {
        OutputFile {
            path: dir.join("live"),
            format,
            mode: 0o640,
            id_field: "GBG_ID".into(),
            secret_field: "GBG_SECRET".into(),
        }
    }

    fn pair(secret: &str) -> SecretPair {
        SecretPair { client_id: "id-1".into(), secret: secret.into() }
    }

    const AWKWARD: &str = r#"a b"c\d$e`f'g#h=i&j%k!"#;

    #[test]
    fn what_was_written_is_read_back_with_its_mode() {
        for format in [Format::Json, Format::Env] {
            let dir = tempfile::tempdir().unwrap();
            let file = file(dir.path(), format);
            assert!(file.read().unwrap().is_none());
            file.write(&pair(AWKWARD)).unwrap();
            file.write(&pair(AWKWARD)).unwrap();
            let read = file.read().unwrap().unwrap();
            assert_eq!((read.client_id.as_str(), read.secret.expose_secret()), ("id-1", AWKWARD));
            assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o640);
        }
    }

    #[test]
    fn a_shell_reads_what_we_wrote() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path(), Format::Env);
        file.write(&pair(AWKWARD)).unwrap();
        let script = format!(". {}; printf %s \"$GBG_SECRET\"", file.path.display());
        let shell = Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert_eq!(String::from_utf8(shell.stdout).unwrap(), AWKWARD);
    }

    #[test]
    fn somebody_elses_file_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        for (format, foreign) in [
            (Format::Json, "{\"GBG_ID\":\"x\"}"),
            (Format::Json, "not json"),
            (Format::Json, "{\"GBG_ID\":\"x\",\"GBG_SECRET\":\"y\",\"more\":\"z\"}"),
            (Format::Env, "PATH=/bin"),
        ] {
            let file = file(dir.path(), format);
            fs::write(&file.path, foreign).unwrap();
            assert!(matches!(file.write(&pair("s")), Err(OutputError::Foreign { .. })), "{foreign}");
            assert_eq!(fs::read_to_string(&file.path).unwrap(), foreign);
        }
    }

    #[test]
    fn a_link_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path(), Format::Json);
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &file.path).unwrap();
        assert!(matches!(file.write(&pair("s")), Err(OutputError::Link { .. })));
    }

    #[test]
    fn a_missing_folder_is_named_with_its_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir.path().join("nowhere"), Format::Json);
        let error = file.write(&pair("canary-1")).unwrap_err();
        assert_eq!(error.remedy(), "make its folder, or change consumers.output.path");
        assert!(!format!("{error} {error:?}").contains("canary-1"));
    }
}
