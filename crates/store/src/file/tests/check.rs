//! The self-check finds what would bite later, and writes nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Home, run};
use crate::{Finding, Severity, Store as _};

fn check(home: &Home) -> Vec<Finding> {
    run(home.open().unwrap().check(&[])).unwrap()
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The only finding, of this severity, which names this.
fn assert_finds(findings: &[Finding], severity: Severity, text: &str) {
    assert!(matches!(findings, [one] if one.severity == severity && one.text.contains(text)), "{findings:?}");
    assert!(!findings[0].remedy.is_empty());
}

#[test]
fn a_healthy_store_has_no_findings() {
    assert_eq!(check(&Home::with_two_generations()), []);
}

#[test]
fn checking_writes_nothing() {
    let home = Home::with_two_generations();
    fs::remove_file(home.folder().join("twinkey.age.lock")).unwrap();
    let touched = || home.folder().metadata().unwrap().modified().unwrap();
    let before = (home.files(), touched());
    check(&home);
    assert!(before == (home.files(), touched()));
}

#[test]
fn open_modes_are_found() {
    let home = Home::with_two_generations();
    chmod(&home.path(), 0o644);
    assert_finds(&check(&home), Severity::Warning, "twinkey.age has mode 0644");
    chmod(&home.path(), 0o600);
    chmod(&home.key(), 0o640);
    assert_finds(&check(&home), Severity::Problem, "mode 0640");
}

#[test]
fn a_key_that_is_gone_is_found_before_the_next_start_needs_it() {
    let home = Home::with_two_generations();
    let store = home.open().unwrap();
    let key = fs::read(home.key()).unwrap();
    fs::remove_file(home.key()).unwrap();
    assert_finds(&run(store.check(&[])).unwrap(), Severity::Problem, "is not there");
    let other = Home::created();
    fs::copy(other.key(), home.key()).unwrap();
    assert_finds(&run(store.check(&[])).unwrap(), Severity::Problem, "does not open the store");
    fs::write(home.key(), key).unwrap();
    assert_eq!(run(store.check(&[])).unwrap(), []);
}

#[test]
fn the_state_of_the_previous_generation_is_told() {
    let home = Home::created();
    assert_finds(&check(&home), Severity::Note, "no previous generation");
    fs::write(home.previous(), "torn").unwrap();
    assert_finds(&check(&home), Severity::Warning, "does not open");
}
