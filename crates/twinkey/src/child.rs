//! Tests that need a second process: it is this test binary again, running one test as a child.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Resource, Rlimit, setrlimit};

const FOLDER: &str = "TWINKEY_TEST_FOLDER";

/// The folder that a parent gave to this process; `None` where this is no child, and its test has nothing
/// to do.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// The test of this full name in a process of its own, with what it writes to standard output at hand. It may
/// meet the limit of [`no_file_grows_beyond`] without being killed by the signal that comes with it.
pub(crate) fn running(test: &str, folder: &Path) -> Command {
    running_from(&std::env::current_exe().unwrap(), test, folder)
}

/// The same from a copy of the test binary.
pub(crate) fn running_from(binary: &Path, test: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(binary)
        .args(["--exact", test, "--nocapture", "--quiet"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped());
    command
}

/// From now on a write beyond this size takes what fits and then fails, as on a disk that has become full.
pub(crate) fn no_file_grows_beyond(bytes: Option<u64>) {
    setrlimit(Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}
