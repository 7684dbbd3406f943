//! Files that were torn, changed, or written by a newer program.

use std::fs;
use std::process::Command;

use super::{Home, all_of, get, put, run, try_put, value};
use crate::file::key::Key;
use crate::{Class, KeyFault, Severity, Store as _, StoreError};

/// Encrypts a content of somebody else's making.
fn seal(home: &Home, content: &str) {
    let key = Key::read(&home.key()).unwrap();
    let sealed = age::encrypt(&key.recipients()[0], content.as_bytes()).unwrap();
    fs::write(home.path(), sealed).unwrap();
}

/// The content, decrypted without our code for reading.
fn content(home: &Home) -> String {
    let key = fs::read_to_string(home.key()).unwrap();
    let identity: age::x25519::Identity = key.lines().last().unwrap().parse().unwrap();
    String::from_utf8(age::decrypt(&identity, &fs::read(home.path()).unwrap()).unwrap()).unwrap()
}

fn assert_says_the_previous_is_intact(home: &Home, error: &StoreError) {
    let StoreError::Corrupt { previous, .. } = error else { panic!("{error:?}") };
    assert_eq!(previous.as_ref(), Some(&home.previous()));
    assert!(error.to_string().contains("the previous generation is intact"), "{error}");
    assert_eq!(error.class(), Class::Permanent);
}

#[test]
fn a_file_torn_at_any_length_is_corrupt_and_its_previous_generation_opens() {
    let home = Home::with_two_generations();
    let whole = fs::read(home.path()).unwrap();
    for length in 0..whole.len() {
        fs::write(home.path(), &whole[..length]).unwrap();
        assert_says_the_previous_is_intact(&home, &home.open().unwrap_err());
    }
    assert_eq!(value(&home.open_previous().unwrap()), "old");
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let home = Home::with_two_generations();
    let whole = fs::read(home.path()).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(home.path(), &flipped).unwrap();
        assert_says_the_previous_is_intact(&home, &home.open().unwrap_err());
    }
}

#[test]
fn bytes_added_at_the_end_are_found() {
    let home = Home::with_two_generations();
    let mut longer = fs::read(home.path()).unwrap();
    longer.push(b'\n');
    fs::write(home.path(), longer).unwrap();
    assert_says_the_previous_is_intact(&home, &home.open().unwrap_err());
}

#[test]
fn damage_under_an_open_store_bars_writes_and_changes_nothing() {
    let home = Home::with_two_generations();
    let store = home.open().unwrap();
    let whole = fs::read(home.path()).unwrap();
    let current = super::expected(&store);
    fs::write(home.path(), &whole[..whole.len() / 2]).unwrap();
    let before = home.files();
    let attempt = crate::AttemptId::derive(&[b"x"]);
    let error = run(store.write(&super::place(), &current, &super::pair("x"), attempt)).unwrap_err();
    assert_says_the_previous_is_intact(&home, &error);
    assert!(before == home.files());
    assert!(matches!(run(store.check(&[])), Err(StoreError::Corrupt { .. })));
}

#[test]
fn without_a_previous_generation_nothing_is_promised() {
    let home = Home::created();
    let whole = fs::read(home.path()).unwrap();
    fs::write(home.path(), &whole[..whole.len() - 1]).unwrap();
    let error = home.open().unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { previous: None, .. }), "{error:?}");
    assert!(error.remedy().contains("backup"));

    // A damaged stanza looks like another key's; the text says both.
    let mut flipped = whole.clone();
    flipped[80] = if whole[80] == b'A' { b'B' } else { b'A' };
    fs::write(home.path(), flipped).unwrap();
    let error = home.open().unwrap_err();
    assert!(matches!(error, StoreError::Key { fault: KeyFault::Rejected, .. }), "{error:?}");
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[test]
fn a_previous_generation_that_is_damaged_too_is_not_promised() {
    let home = Home::with_two_generations();
    for path in [home.path(), home.previous()] {
        let whole = fs::read(&path).unwrap();
        fs::write(path, &whole[..whole.len() - 1]).unwrap();
    }
    for result in [home.open(), home.open_previous()] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { previous: None, .. }), "{error:?}");
    }
}

#[test]
fn the_remedy_of_a_torn_file_works_as_printed() {
    let home = Home::with_two_generations();
    fs::write(home.path(), "torn").unwrap();
    let remedy = home.open().unwrap_err().remedy();
    let commands = remedy.split('`').skip(1).step_by(2).filter(|command| !command.starts_with("age "));
    for command in commands {
        assert!(Command::new("sh").args(["-c", command]).status().unwrap().success(), "{command}");
    }
    let store = home.open().unwrap();
    assert_eq!(value(&store), "old");
    put(&store, "on again");
    assert_eq!(value(&home.open().unwrap()), "on again");
}

#[test]
fn the_previous_generation_takes_no_writes() {
    let home = Home::with_two_generations();
    let before = home.files();
    let store = home.open_previous().unwrap();
    let error = try_put(&store, "x").unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert!(before == home.files());
    assert!(run(store.check(&[])).unwrap().is_empty());
}

#[test]
fn a_newer_minor_schema_is_read_and_never_rewritten() {
    let home = Home::with_two_generations();
    let newer = content(&home).replace("\"1.0\"", "\"1.7\"").replacen('{', "{\"hints\": [1],", 1);
    seal(&home, &newer);
    let before = home.files();
    let store = home.open().unwrap();
    assert_eq!(value(&store), "new");
    let error = try_put(&store, "x").unwrap_err();
    assert!(matches!(&error, StoreError::Newer { found, readable: true } if found == "1.7"), "{error:?}");
    assert!(before == home.files());
    assert_eq!(run(store.check(&[])).unwrap()[0].severity, Severity::Problem);
}

#[test]
fn a_newer_major_schema_is_not_read_whatever_it_holds() {
    let home = Home::with_two_generations();
    for content in [r#"{"schema":"2.0"}"#, r#"{"documents":7,"schema":"12.4"}"#] {
        seal(&home, content);
        let error = home.open().unwrap_err();
        assert!(matches!(error, StoreError::Newer { readable: false, .. }), "{error:?}");
        assert_eq!(error.class(), Class::Permanent);
    }
}

#[test]
fn content_that_is_no_store_is_said_without_showing_it() {
    let home = Home::with_two_generations();
    let document = |rest| format!(r#"{{"schema":"1.0","documents":{{"a":{{{rest}}}}}}}"#);
    let attempt = "\"attempt\":\"00000000-0000-8000-8000-000000000000\"";
    for content in [
        String::new(),
        "canary".into(),
        "\"canary\"".into(),
        r#"{"schema":"canary"}"#.into(),
        r#"{"schema":"0.9","documents":{}}"#.into(),
        r#"{"schema":"1.0","documents":"canary"}"#.into(),
        document(r#""version":"1-0","attempt":"canary","fields":{}"#),
        document(&format!(r#""version":"1-0",{attempt},"fields":"canary""#)),
        document(&format!(r#""version":"1-0",{attempt},"fields":{{"a":"canary"#)),
        r#"{"schema":"1.0","documents":{"a//b":{"version":"1-0","attempt":"00000000-0000-8000-8000-000000000000","fields":{}}}}"#.into(),
    ] {
        seal(&home, &content);
        let error = home.open().unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{content}: {error:?}");
        assert!(!all_of(&error).contains("canary"), "{}", all_of(&error));
    }
}

#[test]
fn the_lost_file_of_an_open_store_is_said() {
    let home = Home::with_two_generations();
    let store = home.open().unwrap();
    fs::remove_file(home.path()).unwrap();
    let error = run(store.read(&super::place(), crate::Freshness::Ordinary)).unwrap_err();
    assert!(matches!(&error, StoreError::NotThere { remains, .. } if remains.len() == 2), "{error:?}");
    fs::copy(home.previous(), home.path()).unwrap();
    assert!(get(&store).is_some());
}
