//! Setting up, and opening with the right key.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use secrecy::ExposeSecret as _;

use super::{Home, put, value};
use crate::file::FileStore;
use crate::{KeyFault, StoreError};

fn key_fault(result: Result<FileStore, StoreError>) -> KeyFault {
    match result.unwrap_err() {
        StoreError::Key { fault, .. } => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn creating_twice_opens_what_is_there() {
    let home = Home::created();
    put(&home.open().unwrap(), "kept");
    let before = home.files();
    assert_eq!(value(&home.create().unwrap()), "kept");
    assert_eq!(value(&FileStore::create_with_key(&home.path(), &home.key()).unwrap()), "kept");
    assert!(before == home.files());
}

#[test]
fn folders_are_made_for_their_owner_only() {
    let home = Home::empty();
    let (store, key) = (home.folder().join("state/x/twinkey.age"), home.folder().join("keys/twinkey.key"));
    FileStore::create(&store, &key).unwrap();
    for folder in ["state", "state/x", "keys"] {
        let mode = home.folder().join(folder).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn opening_makes_nothing() {
    let home = Home::empty();
    let error = home.open().unwrap_err();
    assert!(matches!(&error, StoreError::NotThere { remains, .. } if remains.is_empty()), "{error:?}");
    assert!(error.remedy().contains("twinkey init"));
    assert!(home.names().is_empty());
}

#[test]
fn a_key_without_store_is_said_and_kept() {
    let home = Home::created();
    fs::remove_file(home.path()).unwrap();
    let before = home.files();
    for error in [home.open().unwrap_err(), home.create().unwrap_err()] {
        let StoreError::NotThere { remains, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*remains, [home.key()]);
        assert!(error.to_string().contains("twinkey.key"), "{error}");
    }
    assert!(before == home.files());
}

#[test]
fn a_key_made_beforehand_gets_its_store_when_asked() {
    let home = Home::empty();
    let identity = age::x25519::Identity::generate();
    let text = format!("# created: by age-keygen\r\n\n{}\r\n", identity.to_string().expose_secret());
    fs::write(home.key(), text).unwrap();
    fs::set_permissions(home.key(), Permissions::from_mode(0o400)).unwrap();
    put(&FileStore::create_with_key(&home.path(), &home.key()).unwrap(), "1");
    assert_eq!(value(&home.open().unwrap()), "1");
    assert!(age::decrypt(&identity, &fs::read(home.path()).unwrap()).is_ok());
}

#[test]
fn a_lost_store_is_not_replaced_by_an_empty_one() {
    let home = Home::with_two_generations();
    fs::remove_file(home.path()).unwrap();
    let before = home.files();
    for result in [home.create(), FileStore::create_with_key(&home.path(), &home.key())] {
        let error = result.unwrap_err();
        let StoreError::NotThere { remains, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*remains, [home.key(), home.previous()]);
    }
    assert!(before == home.files());
    assert_eq!(value(&home.open_previous().unwrap()), "old");
}

#[test]
fn a_store_without_key_is_said_and_no_key_is_made() {
    let home = Home::created();
    fs::remove_file(home.key()).unwrap();
    for result in [home.open(), home.create(), FileStore::create_with_key(&home.path(), &home.key())] {
        assert_eq!(key_fault(result), KeyFault::Missing);
    }
    assert!(!home.key().exists());
}

#[test]
fn a_set_up_that_died_at_any_moment_is_brought_to_its_end_by_the_next() {
    // Before the store stood.
    let home = Home::empty();
    fs::write(home.new_key(), "half a k").unwrap();
    put(&home.create().unwrap(), "1");
    assert!(!home.new_key().exists());
    // After.
    fs::rename(home.key(), home.new_key()).unwrap();
    assert_eq!(key_fault(home.open()), KeyFault::Interrupted);
    assert!(home.open().unwrap_err().remedy().contains("twinkey init"));
    assert_eq!(value(&home.create().unwrap()), "1");
    assert!(home.key().exists() && !home.new_key().exists());
}

#[test]
fn a_key_under_way_is_not_taken_for_another_store() {
    let (home, other) = (Home::created(), Home::created());
    fs::remove_file(home.key()).unwrap();
    fs::copy(other.key(), home.new_key()).unwrap();
    home.create().unwrap_err();
    assert!(!home.key().exists() && home.new_key().exists());
}

#[test]
fn another_stores_key_does_not_open() {
    let (home, other) = (Home::with_two_generations(), Home::created());
    fs::copy(other.key(), home.key()).unwrap();
    assert_eq!(key_fault(home.open()), KeyFault::Rejected);
}

#[test]
fn a_key_file_may_hold_several_keys_and_each_opens() {
    let home = Home::created();
    let mut both = fs::read_to_string(home.key()).unwrap();
    let second = age::x25519::Identity::generate();
    both += second.to_string().expose_secret();
    fs::write(home.key(), both).unwrap();
    put(&home.open().unwrap(), "for both");
    fs::write(home.key(), second.to_string().expose_secret()).unwrap();
    assert_eq!(value(&home.open().unwrap()), "for both");
}

#[test]
fn a_key_that_others_could_use_is_refused() {
    let home = Home::created();
    for mode in [0o604, 0o644, 0o602, 0o601, 0o620, 0o660] {
        fs::set_permissions(home.key(), Permissions::from_mode(mode)).unwrap();
        assert_eq!(key_fault(home.open()), KeyFault::Exposed(mode));
    }
    for mode in [0o400, 0o440, 0o600, 0o640] {
        fs::set_permissions(home.key(), Permissions::from_mode(mode)).unwrap();
        assert!(home.open().is_ok(), "{mode:o}");
    }
}

#[test]
fn what_is_no_key_is_said_without_showing_it() {
    let home = Home::created();
    let key = fs::read_to_string(home.key()).unwrap();
    let secret = key.lines().last().unwrap();
    for text in ["", "# only a comment\n", "canary\n", &secret[..70], &format!("{secret}\ncanary")] {
        fs::write(home.key(), text).unwrap();
        let error = home.open().unwrap_err();
        assert!(
            !super::all_of(&error).contains("canary") && !super::all_of(&error).contains(&secret[20..40])
        );
        assert_eq!(key_fault(Err(error)), KeyFault::Malformed, "{text:?}");
    }
    fs::write(home.key(), b"\xff\xfe").unwrap();
    assert_eq!(key_fault(home.open()), KeyFault::Malformed);
}
