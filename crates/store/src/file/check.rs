//! The store's self-check. It writes nothing: what it cannot learn without writing, it asks the kernel.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, StatVfsMountFlags, accessat, statvfs};

use super::Inner;
use super::format::Generation;
use super::key::Key;
use crate::{Finding, KeyFault, Severity, StoreError};

/// A write needs room for one more generation, a few kilobytes; below this it is a matter of days.
const ROOM: u64 = 1 << 20;

pub(super) fn check(store: &Inner) -> Result<Vec<Finding>, StoreError> {
    let generation = store.load()?;
    let mut findings = Vec::new();
    if let Err(newer) = generation.writable() {
        findings.push(finding(Severity::Problem, newer.to_string(), newer.remedy()));
    }
    folder(store, &mut findings);
    modes(store, &mut findings);
    key(store, &mut findings);
    if !store.read_only {
        previous(store, &mut findings);
    }
    findings.sort_by_key(|finding| finding.severity);
    Ok(findings)
}

/// Replacing the file needs a folder that can be written, and read to sync it, and a lock file that can be
/// read. access(2) with the effective ids weighs modes, access lists and a read-only mount, and leaves
/// nothing behind; a trial file would. It does not see a full disk: statvfs does.
fn folder(store: &Inner, findings: &mut Vec<Finding>) {
    let (folder, lock) = (store.paths.folder(), store.paths.lock());
    let mut needs = |path: &Path, access, what| {
        if let Err(error) = accessat(CWD, path, access, AtFlags::EACCESS) {
            findings.push(finding(
                Severity::Problem,
                format!("{} cannot be {what}: {error}", path.display()),
                format!("run as the user to whom the store belongs, or give this user {}", path.display()),
            ));
        }
    };
    needs(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK, "written");
    if lock.exists() {
        needs(&lock, Access::READ_OK, "locked");
    }
    if let Ok(space) = statvfs(folder) {
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        // File systems without a fixed number of inodes report none at all.
        let no_inodes = space.f_files > 0 && space.f_favail == 0;
        if free < ROOM || no_inodes {
            let what = if no_inodes { "no inodes".into() } else { format!("{} KiB", free >> 10) };
            findings.push(finding(
                Severity::Problem,
                format!("the file system of {} has {what} left", folder.display()),
                "make room: without it no switch can be published".into(),
            ));
        }
    }
}

fn modes(store: &Inner, findings: &mut Vec<Finding>) {
    let path = &store.paths.store;
    if let Ok(mode) = mode(path)
        && mode & 0o077 != 0
    {
        findings.push(finding(
            Severity::Warning,
            format!(
                "the store {} has mode {mode:04o}; it is encrypted, but nobody else needs it",
                path.display()
            ),
            format!("run `chmod 600 {}`", path.display()),
        ));
    }
    let path = &store.paths.key;
    if let Ok(mode) = mode(path)
        && mode & 0o077 != 0
        && !on_read_only_mount(path)
    {
        let exposed = StoreError::Key { path: path.clone(), fault: KeyFault::Exposed(mode) };
        findings.push(finding(Severity::Problem, exposed.to_string(), exposed.remedy()));
    }
    let me = rustix::process::geteuid();
    for path in [&store.paths.store, &store.paths.key] {
        if let Ok(metadata) = path.metadata()
            && ![me.as_raw(), 0].contains(&metadata.uid())
            && !me.is_root()
        {
            findings.push(finding(
                Severity::Problem,
                format!("{} belongs to the user id {}, not to us", path.display(), metadata.uid()),
                "run as the user to whom the store belongs, or give this user the file".into(),
            ));
        }
    }
}

/// The key was read when the store was opened. The next start needs it again.
fn key(store: &Inner, findings: &mut Vec<Finding>) {
    let still_opens = Key::read(&store.paths.key).and_then(|key| {
        let bytes = fs::read(&store.paths.store)
            .map_err(|error| super::trouble(format!("reading {}", store.paths.store.display()), error))?;
        match Generation::open(&bytes, &key) {
            Ok(_) => Ok(()),
            Err(_) => Err(StoreError::Key { path: store.paths.key.clone(), fault: KeyFault::Rejected }),
        }
    });
    match still_opens {
        // The modes have said so already.
        Ok(()) | Err(StoreError::Key { fault: KeyFault::Exposed(_), .. }) => {}
        Err(error) => findings.push(finding(
            Severity::Problem,
            format!("this process can read the store, the next one cannot: {error}"),
            error.remedy(),
        )),
    }
}

fn previous(store: &Inner, findings: &mut Vec<Finding>) {
    let path = store.paths.previous();
    match fs::read(&path) {
        Ok(bytes) if Generation::open(&bytes, &store.key).is_ok() => {}
        Ok(_) => findings.push(finding(
            Severity::Warning,
            format!("the previous generation {} does not open with this key", path.display()),
            "nothing to do: the next write replaces it".into(),
        )),
        Err(_) => findings.push(finding(
            Severity::Note,
            format!("there is no previous generation {} yet", path.display()),
            "nothing to do: the next write keeps one".into(),
        )),
    }
}

fn mode(path: &Path) -> std::io::Result<u32> {
    path.metadata().map(|metadata| metadata.mode() & 0o777)
}

/// Where systemd puts credentials, group bits are the mask of an access list and open nothing.
fn on_read_only_mount(path: &Path) -> bool {
    statvfs(path).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY))
}

fn finding(severity: Severity, text: String, remedy: String) -> Finding {
    Finding { severity, text, remedy }
}
