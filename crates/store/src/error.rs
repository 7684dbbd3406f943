//! Why a store did not do what was asked, whose fault it is and what to do.

use std::path::PathBuf;

/// What lies below an error, for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a store did not do what was asked. From a write it means that certainly nothing was written; what
/// stood there still stands.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store did not answer. The network's or the store's fault; it may pass.
    #[error("the store does not answer: {doing}")]
    Unreachable {
        /// What was tried, as a gerund: `reading /mnt/x/twinkey.age`.
        doing: String,
        /// What the system said.
        #[source]
        source: Source,
    },
    /// The store answered that we may not. The set-up's fault: owner, mode or policy.
    #[error("no permission for {doing}")]
    Denied {
        /// What was tried, as a gerund.
        doing: String,
        /// What the system said.
        #[source]
        source: Source,
    },
    /// Another process holds the lock for longer than a write takes. Nobody's fault; it passes, unless that
    /// process hangs.
    #[error("another process has been writing to the store for 5 s: it holds {}", lock.display())]
    Busy {
        /// The lock file.
        lock: PathBuf,
    },
    /// What is stored cannot be read: torn, truncated, changed by hand. The disk's or a person's fault.
    #[error("{} is damaged: {why}{}", path.display(), previous_note(previous.as_ref()))]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// The previous generation, if it opens with the same key.
        previous: Option<PathBuf>,
        /// The key file that opens both.
        key: PathBuf,
    },
    /// A newer Twinkey wrote it. Nobody's fault: this program must not rewrite what it does not know.
    #[error("the store has schema {found}, and this program {}", newer_note(*readable))]
    Newer {
        /// The schema found.
        found: String,
        /// Whether reading still works.
        readable: bool,
    },
    /// The key file is missing, unusable, lies open, or is another store's.
    #[error("the key file {} {fault}", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        fault: KeyFault,
    },
    /// There is no store yet, or no longer, or the path is wrong.
    #[error("there is no store at {}{}", path.display(), remains_note(remains))]
    NotThere {
        /// Where it was looked for.
        path: PathBuf,
        /// Files that hint that one stood there: a key, a previous generation.
        remains: Vec<PathBuf>,
    },
    /// No space, quota used up, or the size limit of the process reached.
    #[error("no space for {doing}")]
    Full {
        /// What was tried, as a gerund.
        doing: String,
        /// What the system said.
        #[source]
        source: Source,
    },
    /// The store takes no writes: a read-only mount, or an earlier generation opened to be looked at.
    #[error("read-only: {what}")]
    ReadOnly {
        /// What is read-only.
        what: String,
    },
    /// A server answered, and not what was asked for. In the words of its kind: see the store's `fault`.
    #[error("{text}")]
    Server {
        /// What is so, and while doing what. Never a secret, never the server's own text unfiltered.
        text: String,
        /// What a person can do about it.
        remedy: String,
        /// What kind of trouble it is.
        class: Class,
    },
    /// What nobody foresaw; the source says more.
    #[error("the store failed while {doing}")]
    Other {
        /// What was tried, as a gerund.
        doing: String,
        /// What the system said.
        #[source]
        source: Source,
    },
}

/// What is wrong with a key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not there, though the store is.
    #[error("is not there")]
    Missing,
    /// Not there yet: the set-up that made the store was interrupted before its end.
    #[error("is not there yet: its set-up was interrupted")]
    Interrupted,
    /// No age identity in it.
    #[error("holds no age identity (a line AGE-SECRET-KEY-1...)")]
    Malformed,
    /// Others may read it, or the group may change it.
    #[error("lies open: mode {0:04o} lets others use it")]
    Exposed(u32),
    /// It does not open the store, and no previous generation either.
    #[error("does not open the store: another key, or the first lines of the store are damaged")]
    Rejected,
}

/// What kind of trouble an error is; it decides the exit code and whether trying again makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// It may pass on its own: worth another try later.
    Temporary,
    /// Somebody must allow it.
    Permission,
    /// Somebody must repair or configure something.
    Permanent,
}

impl StoreError {
    /// What kind of trouble it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } | Self::Busy { .. } | Self::Full { .. } => Class::Temporary,
            Self::Denied { .. } | Self::ReadOnly { .. } => Class::Permission,
            Self::Server { class, .. } => *class,
            Self::Corrupt { .. }
            | Self::Newer { .. }
            | Self::Key { .. }
            | Self::NotThere { .. }
            | Self::Other { .. } => Class::Permanent,
        }
    }

    /// What a person can do about it: one or two sentences.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreachable { .. } => {
                "it is tried again; if it stays, look at the store and the way to it".into()
            }
            Self::Denied { .. } => {
                "run as the user to whom the store belongs, or give this user the right".into()
            }
            Self::Busy { lock } => format!(
                "wait and try again; if it stays, `fuser -v {}` shows who holds it. Never remove that file",
                lock.display()
            ),
            Self::Corrupt { path, previous: Some(previous), key, .. } => format!(
                "look at the previous generation with `age -d -i {key} {previous}`; to go back to it, stop Twinkey, \
                 keep the damaged file (`mv {path} {path}.damaged`) and run `cp -p {previous} {path}`",
                key = key.display(),
                previous = previous.display(),
                path = path.display(),
            ),
            Self::Corrupt { path, .. } => {
                format!("stop Twinkey and put {} back from a backup; keep the damaged file", path.display())
            }
            Self::Newer { .. } => "install the newer Twinkey here too; nothing is lost".into(),
            Self::Key { path, fault } => fault.remedy(path),
            Self::NotThere { remains, .. } if remains.is_empty() => {
                "check the path; for a first set-up run `twinkey init`".into()
            }
            Self::NotThere { path, remains } => format!(
                "if a store stood here, put {} back from a backup or from the previous generation; if there never was \
                 one, move {} away and run `twinkey init`",
                path.display(),
                list(remains),
            ),
            Self::Full { .. } => "make room; the store is as it was, and it is tried again".into(),
            Self::ReadOnly { .. } => {
                "write where the store is writable: remount it, or open the current file".into()
            }
            Self::Server { remedy, .. } => remedy.clone(),
            Self::Other { .. } => "look at the cause; the store is as it was".into(),
        }
    }
}

impl KeyFault {
    fn remedy(self, path: &std::path::Path) -> String {
        let path = path.display();
        match self {
            Self::Missing => {
                format!(
                    "put {path} back from its backup: without it nothing opens the store. No new key will do"
                )
            }
            Self::Interrupted => "run `twinkey init` again: it goes on where it stopped".into(),
            Self::Malformed => {
                format!("check that {path} is the file that `twinkey init` or `age-keygen` wrote")
            }
            Self::Exposed(_) => format!("run `chmod 600 {path}`, and ask who may have read it"),
            Self::Rejected => {
                format!("check that {path} belongs to this store, or put the store back from a backup")
            }
        }
    }
}

fn previous_note(previous: Option<&PathBuf>) -> String {
    match previous {
        Some(path) => format!("; the previous generation is intact: {}", path.display()),
        None => "; there is no previous generation that opens".into(),
    }
}

fn newer_note(readable: bool) -> &'static str {
    if readable { "may read it and not write it" } else { "does not know it" }
}

fn remains_note(remains: &[PathBuf]) -> String {
    if remains.is_empty() { String::new() } else { format!(", but there is {}", list(remains)) }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}
