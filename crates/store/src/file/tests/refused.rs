//! The kernel says no. The old file stays, nothing is left behind, and the text says whose turn it is.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;

use super::{Home, all_of, get, put, run, try_put, value};
use crate::file::FileStore;
use crate::file::trouble::trouble;
use crate::{Class, Severity, Store as _, StoreError};

/// Runs work on a thread without the rights of root: permissions do not bind root. The threads that the work
/// starts inherit that.
fn as_nobody<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let (uid, gid) = (rustix::fs::Uid::from_raw(65534), rustix::fs::Gid::from_raw(65534));
                rustix::thread::set_thread_groups(&[]).unwrap();
                rustix::thread::set_thread_res_gid(gid, gid, gid).unwrap();
                rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
            }
            work()
        });
        thread.join().unwrap()
    })
}

/// A home in which [`as_nobody`] is at home.
fn nobodys_home() -> Home {
    let home = Home::empty();
    if rustix::process::geteuid().is_root() {
        chown(home.folder(), Some(65534), Some(65534)).unwrap();
    }
    as_nobody(|| {
        let store = home.create().unwrap();
        put(&store, "old");
        put(&store, "new");
    });
    home
}

#[test]
fn a_folder_without_write_permission_is_denied_and_found_in_advance() {
    let home = nobodys_home();
    fs::set_permissions(home.folder(), Permissions::from_mode(0o555)).unwrap();
    let before = home.files();
    as_nobody(|| {
        let store = home.open().unwrap();
        let error = try_put(&store, "x").unwrap_err();
        assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Permission);
        assert_eq!(value(&store), "new");
        let findings = run(store.check(&[])).unwrap();
        assert!(matches!(&findings[..], [one] if one.severity == Severity::Problem), "{findings:?}");
        assert!(findings[0].text.contains("cannot be written"), "{findings:?}");
    });
    assert!(before == home.files());
    fs::set_permissions(home.folder(), Permissions::from_mode(0o755)).unwrap();
    as_nobody(|| put(&home.open().unwrap(), "newer"));
}

#[test]
fn a_lock_file_of_somebody_else_is_denied_and_found_in_advance() {
    let home = nobodys_home();
    fs::set_permissions(home.folder().join("twinkey.age.lock"), Permissions::from_mode(0o000)).unwrap();
    as_nobody(|| {
        let store = home.open().unwrap();
        let error = try_put(&store, "x").unwrap_err();
        assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
        let findings = run(store.check(&[])).unwrap();
        assert!(matches!(&findings[..], [one] if one.severity == Severity::Problem), "{findings:?}");
        assert!(findings[0].text.contains("twinkey.age.lock cannot be locked"), "{findings:?}");
    });
}

#[test]
fn files_that_may_not_be_read_are_denied() {
    let home = nobodys_home();
    for path in [home.key(), home.path()] {
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        let error = as_nobody(|| home.open().unwrap_err());
        assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
}

/// The child of the next test; does nothing on its own.
#[test]
fn child_with_a_size_limit() {
    let Some(folder) = std::env::var_os("TWINKEY_STORE_LIMITED") else { return };
    let folder = std::path::PathBuf::from(folder);
    let store = FileStore::open(&folder.join("twinkey.age"), &folder.join("twinkey.key")).unwrap();
    let error = try_put(&store, &"x".repeat(10_000)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Temporary);
    assert_eq!(value(&store), "new");
    writeln!(io::stdout(), "{}", all_of(&error)).unwrap();
}

/// A limit on the size of files stops the write in its middle, as a full disk does, wherever the tests run.
#[test]
fn a_write_that_finds_no_space_leaves_the_old_file_and_no_litter() {
    let home = Home::with_two_generations();
    let before = home.files();
    // Blocks of 512 bytes; the old file fits into 4 KiB, the new one does not. The signal is ignored, so
    // that the write is answered with an error instead.
    let output = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 8; exec "$@""#, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "file::tests::refused::child_with_a_size_limit", "--nocapture"])
        .env("TWINKEY_STORE_LIMITED", home.folder())
        .output()
        .unwrap();
    let shown =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && shown.contains("no space for writing"), "{shown}");
    assert!(before == home.files(), "{:?}", home.names());
    put(&home.open().unwrap(), "newer");
}

#[test]
fn the_kernels_words_for_no_space_and_read_only_are_understood() {
    let full = File::options().write(true).open("/dev/full").unwrap().write_all(b"x").unwrap_err();
    let quota = io::Error::from_raw_os_error(rustix::io::Errno::DQUOT.raw_os_error());
    for error in [full, quota] {
        let error = trouble("writing x".into(), error);
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Temporary);
    }
    let read_only = io::Error::from_raw_os_error(rustix::io::Errno::ROFS.raw_os_error());
    let error = trouble("writing x".into(), read_only);
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Permission);
    let gone = io::Error::from_raw_os_error(rustix::io::Errno::STALE.raw_os_error());
    assert_eq!(trouble("writing x".into(), gone).class(), Class::Temporary);
}

#[test]
fn a_path_below_a_file_is_said() {
    let home = Home::with_two_generations();
    let below = home.path().join("twinkey.age");
    for result in [FileStore::open(&below, &home.key()), FileStore::create(&below, &home.key())] {
        let error = result.unwrap_err();
        assert!(error.to_string().contains("twinkey.age"), "{error}");
    }
    assert!(get(&home.open().unwrap()).is_some());
}
