//! Secrets by reference: a file, a systemd credential, a command. Never the secret itself.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use secrecy::SecretString;
use zeroize::Zeroizing;

/// Where a secret is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// A file that only its owner, and at most a group, may read.
    File(PathBuf),
    /// A systemd credential of the service (`LoadCredential=`), by name.
    Credential(String),
    /// A command that prints it. No shell is involved.
    Command(Vec<String>),
}

/// A secret cannot be had. Shows where it was looked for, and nothing that was found.
#[derive(Debug, thiserror::Error)]
pub enum SecretRefError {
    /// The file cannot be read.
    #[error("the secret file {} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Everybody may read it.
    #[error("the secret file {} can be read by everybody; run: chmod 600 {}", .0.display(), .0.display())]
    Exposed(PathBuf),
    /// Not started by systemd with that credential.
    #[error("the systemd credential {0:?} is not there: the unit needs LoadCredential={0}:PATH")]
    NoCredential(String),
    /// The command failed, printed too much, or took too long.
    #[error("the command {command:?} for a secret {what}")]
    Command {
        /// The program's name.
        command: String,
        /// What went wrong.
        what: String,
    },
}

/// The most that is read, in bytes, and how long a command may take.
const MOST: u64 = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

impl SecretRef {
    /// Reads the secret, without its trailing line end.
    ///
    /// # Errors
    /// Where it was looked for, and why it is not to be had.
    pub fn read(&self) -> Result<SecretString, SecretRefError> {
        let text = match self {
            Self::File(path) => file(path, true)?,
            Self::Credential(name) => file(&credential_path(name)?, false)?,
            Self::Command(argv) => command(argv)?,
        };
        Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
    }

    /// The path of the file or systemd credential; `None` for a command.
    ///
    /// # Errors
    /// Not started by systemd with that credential.
    pub fn path(&self) -> Result<Option<PathBuf>, SecretRefError> {
        match self {
            Self::File(path) => Ok(Some(path.clone())),
            Self::Credential(name) => credential_path(name).map(Some),
            Self::Command(_) => Ok(None),
        }
    }
}

/// The path of a systemd credential (systemd.exec(5), `$CREDENTIALS_DIRECTORY`).
pub(super) fn credential_path(name: &str) -> Result<PathBuf, SecretRefError> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY")
        .ok_or_else(|| SecretRefError::NoCredential(name.to_owned()))?;
    Ok(Path::new(&folder).join(name))
}

fn file(path: &Path, private: bool) -> Result<Zeroizing<String>, SecretRefError> {
    let fail = |source| SecretRefError::File { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(fail)?;
    let mode = file.metadata().map_err(fail)?.mode();
    if private && mode & 0o007 != 0 {
        return Err(SecretRefError::Exposed(path.to_owned()));
    }
    let mut text = Zeroizing::new(String::with_capacity(8 * 1024));
    file.take(MOST).read_to_string(&mut text).map_err(fail)?;
    Ok(text)
}

fn command(argv: &[String]) -> Result<Zeroizing<String>, SecretRefError> {
    let program = argv.first().cloned().unwrap_or_default();
    let fail = |what: String| SecretRefError::Command { command: program.clone(), what };
    let mut child = Command::new(&program)
        .args(argv.get(1..).unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fail(format!("cannot be started: {error}")))?;
    let out = child.stdout.take().ok_or_else(|| fail("has no output".into()))?;
    let reader = std::thread::spawn(move || {
        let mut text = Zeroizing::new(String::with_capacity(8 * 1024));
        out.take(MOST).read_to_string(&mut text).map(|_| text)
    });
    let mut waited = Duration::ZERO;
    let status = loop {
        match child.try_wait().map_err(|error| fail(error.to_string()))? {
            Some(status) => break status,
            None if waited >= PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(fail("took longer than 10 s".into()));
            }
            None => {
                std::thread::sleep(Duration::from_millis(20));
                waited += Duration::from_millis(20);
            }
        }
    };
    if !status.success() {
        return Err(fail(format!("failed ({status}); run it by hand to see why")));
    }
    let text = reader.join().map_err(|_| fail("could not be read".into()))?;
    text.map_err(|_| fail("printed something that is no text".into()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_file_gives_its_text_without_the_line_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        assert_eq!(SecretRef::File(file.path().into()).read().unwrap().expose_secret(), "s3cret");
    }

    #[test]
    fn a_file_that_everybody_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(SecretRef::File(file.path().into()).read(), Err(SecretRefError::Exposed(_))));
    }

    #[test]
    fn a_command_gives_what_it_prints_and_says_how_it_failed() {
        let command =
            |argv: &[&str]| SecretRef::Command(argv.iter().map(|arg| (*arg).to_owned()).collect()).read();
        assert_eq!(command(&["printf", "s3cret\\n"]).unwrap().expose_secret(), "s3cret");
        let error = command(&["sh", "-c", "echo canary-1; echo canary-1 >&2; exit 3"]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary-1 "), "{error}");
        assert!(command(&["/nowhere/at/all"]).is_err());
    }
}
