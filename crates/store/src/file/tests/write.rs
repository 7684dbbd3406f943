//! Replacing the file.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use super::{Home, expected, get, pair, place, put, run, value};
use crate::file::FileStore;
use crate::{AttemptId, Body, Expected, Store as _, Written, contract};

#[tokio::test]
async fn the_file_store_keeps_the_contract() {
    let home = Home::created();
    contract::holds(async || home.open().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_file_store_keeps_the_contract_on_many_threads() {
    let home = Home::created();
    contract::holds(async || home.open().unwrap()).await;
}

#[test]
fn a_write_keeps_the_generation_before_and_leaves_nothing_else() {
    let home = Home::with_two_generations();
    assert_eq!(value(&home.open().unwrap()), "new");
    assert_eq!(value(&home.open_previous().unwrap()), "old");
    assert_eq!(home.names(), ["twinkey.age", "twinkey.age.lock", "twinkey.age.previous", "twinkey.key"]);
    for path in [home.path(), home.previous(), home.key()] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[test]
fn a_refused_write_does_not_touch_the_file() {
    let home = Home::with_two_generations();
    let before = (home.files(), home.path().metadata().unwrap().ino());
    let attempt = AttemptId::derive(&[b"refused"]);
    let answer = run(home.open().unwrap().write(&place(), &Expected::Absent, &pair("x"), attempt)).unwrap();
    assert_eq!(answer, Written::Conflict);
    assert!(before == (home.files(), home.path().metadata().unwrap().ino()));
}

#[test]
fn a_version_is_a_counter_and_64_random_bits() {
    let home = Home::created();
    let store = home.open().unwrap();
    for counter in 1..=3 {
        let version = put(&store, &counter.to_string());
        let (count, random) = version.as_str().split_once('-').unwrap();
        assert_eq!(count, counter.to_string());
        assert!(random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit()), "{version}");
    }
}

#[test]
fn after_a_restored_backup_no_version_is_used_again() {
    let home = Home::with_two_generations();
    let mut seen = BTreeSet::new();
    let backup = fs::read(home.path()).unwrap();
    for round in 0..20 {
        fs::write(home.path(), &backup).unwrap();
        let version = put(&home.open().unwrap(), &round.to_string());
        assert!(version.as_str().starts_with("3-"));
        assert!(seen.insert(version));
    }
}

/// A writer that was killed between its two renames leaves both names on one file, and rename(2) does
/// nothing between two names of one file.
#[test]
fn two_names_of_one_generation_leave_no_litter() {
    let home = Home::with_two_generations();
    fs::remove_file(home.previous()).unwrap();
    fs::hard_link(home.path(), home.previous()).unwrap();
    put(&home.open().unwrap(), "newer");
    assert_eq!(value(&home.open().unwrap()), "newer");
    assert_eq!(value(&home.open_previous().unwrap()), "new");
    assert_eq!(home.names(), ["twinkey.age", "twinkey.age.lock", "twinkey.age.previous", "twinkey.key"]);
}

#[test]
fn left_overs_of_killed_writers_are_swept_and_other_files_are_not() {
    let home = Home::with_two_generations();
    for name in [".twinkey.age.Ab12Cd.tmp", ".twinkey.age.notes", ".other.age.Ab12Cd.tmp", "twinkey.age.bak"]
    {
        fs::write(home.folder().join(name), "x").unwrap();
    }
    put(&home.open().unwrap(), "newer");
    let names = home.names();
    assert!(!names.contains(&".twinkey.age.Ab12Cd.tmp".into()));
    for name in [".twinkey.age.notes", ".other.age.Ab12Cd.tmp", "twinkey.age.bak"] {
        assert!(names.contains(&name.into()), "{name}");
    }
}

#[test]
fn a_store_behind_a_link_is_replaced_where_it_lies() {
    let home = Home::with_two_generations();
    let link = home.folder().join("link.age");
    symlink("twinkey.age", &link).unwrap();
    put(&FileStore::open(&link, &home.key()).unwrap(), "newer");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(value(&home.open().unwrap()), "newer");
    assert_eq!(value(&FileStore::open_previous(&link, &home.key()).unwrap()), "new");
}

/// Without this the daemon could not read what root wrote once by mistake.
#[test]
fn root_leaves_the_store_to_its_owner() {
    let home = Home::with_two_generations();
    let owner =
        if rustix::process::geteuid().is_root() { 65534 } else { rustix::process::geteuid().as_raw() };
    std::os::unix::fs::chown(home.path(), Some(owner), None).unwrap();
    fs::remove_file(home.folder().join("twinkey.age.lock")).unwrap();
    put(&home.open().unwrap(), "newer");
    for path in [home.path(), home.previous(), home.folder().join("twinkey.age.lock")] {
        assert_eq!(path.metadata().unwrap().uid(), owner, "{}", path.display());
    }
}

#[test]
fn foreign_fields_come_back_letter_for_letter() {
    let home = Home::created();
    let json = r#"{"big":123456789012345678901234567890.10,"deep":{"a": [1,  {"b":null}]},"on":true}"#;
    let store = home.open().unwrap();
    let body = Body::from_json(json).unwrap();
    run(store.write(&place(), &Expected::Absent, &body, AttemptId::derive(&[b"1"]))).unwrap();
    put_elsewhere(&store);
    assert_eq!(get(&home.open().unwrap()).unwrap().body.to_json().as_str(), json);
    assert_ne!(expected(&store), Expected::Absent);
}

/// Another document, so that the first is read and written again.
fn put_elsewhere(store: &FileStore) {
    let elsewhere = place().join("a").unwrap();
    run(store.write(&elsewhere, &Expected::Absent, &pair("x"), AttemptId::derive(&[b"2"]))).unwrap();
}
