//! Secrets by reference: a file, a systemd credential, a command. Never the secret itself.

use std::fmt;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use zeroize::Zeroizing;

mod command;

/// Where a secret is to be had.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// A file that only its owner, and at most a group, may read.
    File(PathBuf),
    /// A systemd credential of the service (`LoadCredential=`), by name.
    Credential(String),
    /// A command that prints it: program and arguments. No shell is involved.
    Command(Vec<String>),
}

/// A secret cannot be had. Shows where it was looked for, and nothing that was found.
#[derive(Debug, thiserror::Error)]
pub enum SecretRefError {
    /// The file cannot be read.
    #[error("the secret file {} cannot be read: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// Everybody may read it.
    #[error("the secret file {} can be read by everybody; run: chmod 600 {}", .0.display(), .0.display())]
    Exposed(PathBuf),
    /// Not started by systemd with that credential.
    #[error("the systemd credential {0:?} is not there: the unit needs LoadCredential={0}:PATH")]
    NoCredential(String),
    /// The command failed, printed too much, or took too long.
    #[error("the command {program:?} for a secret {what}")]
    Command {
        /// The program's name, without its arguments.
        program: String,
        /// What went wrong.
        what: String,
    },
    /// There is a place, and nothing in it.
    #[error("{0} gives an empty secret")]
    Empty(SecretRef),
    /// The file with certificate authorities cannot be read. No secret, and read at the same moment.
    #[error("the CA file {} cannot be read: {why}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

/// The most that is read, in bytes.
const MOST: u64 = 64 * 1024;
const TOO_LONG: &str = "is longer than 64 KiB, which no secret is";

impl SecretRef {
    /// Reads the secret, without its trailing line ends.
    ///
    /// # Errors
    /// Where it was looked for, and why it is not to be had.
    pub fn read(&self) -> Result<SecretString, SecretRefError> {
        let text = match self {
            Self::File(path) => file(path, true)?,
            Self::Credential(name) => file(&credential_path(name)?, false)?,
            Self::Command(argv) => command::output(argv)?,
        };
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(SecretRefError::Empty(self.clone())),
            secret => Ok(SecretString::from(secret)),
        }
    }
}

/// Where it is, for people. A command's arguments could hold a secret against all advice: they are left out.
impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Credential(name) => write!(f, "the systemd credential {name}"),
            Self::Command(argv) => write!(f, "the command {}", argv.first().map_or("", String::as_str)),
        }
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The path of a systemd credential (systemd.exec(5), `$CREDENTIALS_DIRECTORY`).
pub(super) fn credential_path(name: &str) -> Result<PathBuf, SecretRefError> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY")
        .ok_or_else(|| SecretRefError::NoCredential(name.to_owned()))?;
    Ok(Path::new(&folder).join(name))
}

fn file(path: &Path, private: bool) -> Result<Zeroizing<String>, SecretRefError> {
    let fail = |why| SecretRefError::File { path: path.to_owned(), why };
    let file = std::fs::File::open(path).map_err(fail)?;
    let mode = file.metadata().map_err(fail)?.mode();
    if private && mode & 0o007 != 0 {
        return Err(SecretRefError::Exposed(path.to_owned()));
    }
    let text = capped(file).map_err(fail)?;
    text.ok_or_else(|| fail(io::Error::other(format!("it {TOO_LONG}"))))
}

/// All that is to be read; `None` if it is more than any secret.
fn capped(from: impl Read) -> io::Result<Option<Zeroizing<String>>> {
    let mut text = Zeroizing::new(String::with_capacity(8 * 1024));
    from.take(MOST + 1).read_to_string(&mut text)?;
    Ok((text.len() as u64 <= MOST).then_some(text))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn written(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn read(file: &tempfile::NamedTempFile) -> Result<SecretString, SecretRefError> {
        SecretRef::File(file.path().into()).read()
    }

    #[test]
    fn a_file_gives_its_text_without_the_line_end() {
        assert_eq!(read(&written("s3cret\r\n\n")).unwrap().expose_secret(), "s3cret");
        assert_eq!(read(&written(" s3cret ")).unwrap().expose_secret(), " s3cret ");
    }

    #[test]
    fn a_file_that_everybody_may_read_is_refused() {
        let file = written("s3cret");
        for (mode, refused) in [(0o644, true), (0o604, true), (0o602, true), (0o640, false), (0o400, false)] {
            std::fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(matches!(read(&file), Err(SecretRefError::Exposed(_))), refused, "{mode:o}");
        }
    }

    #[test]
    fn an_empty_or_an_endless_file_is_no_secret() {
        assert!(read(&written("\n")).unwrap_err().to_string().ends_with("gives an empty secret"));
        assert!(read(&written(&"x".repeat(64 * 1024))).is_ok());
        let error = read(&written(&"x".repeat(64 * 1024 + 1))).unwrap_err().to_string();
        assert!(error.ends_with("cannot be read: it is longer than 64 KiB, which no secret is"), "{error}");
    }

    #[test]
    fn a_systemd_credential_that_is_not_there_names_the_line_of_the_unit() {
        // Tests are not started by systemd with a credential of this name.
        let error = SecretRef::Credential("no-such-credential".into()).read().unwrap_err().to_string();
        assert!(error.contains("no-such-credential"), "{error}");
    }

    #[test]
    fn a_reference_shows_no_argument_of_its_command() {
        let command = SecretRef::Command(vec!["/bin/tool".into(), "c4n4ry".into()]);
        assert_eq!(format!("{command:?}"), "the command /bin/tool");
    }
}
