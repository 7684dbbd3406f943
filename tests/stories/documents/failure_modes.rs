//! Each failure mode names the tests that pin it, and none is dropped on the way.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{files, root};

/// How many rows each chapter of the catalogue has; its own letters. `E` is the embedded store.
const CATALOGUE: &[(char, u32)] =
    &[('P', 17), ('S', 17), ('T', 25), ('H', 14), ('D', 6), ('L', 17), ('A', 6), ('E', 6)];

fn text() -> String {
    fs::read_to_string(root().join("docs/failure-modes.md")).unwrap()
}

/// The rows of the tables: the id, and the last cell.
fn rows(text: &str) -> Vec<(&str, &str)> {
    let cells =
        text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let rows = cells.filter(|(id, _)| is_id(id));
    rows.map(|(id, rest)| (id, rest.rsplit(" | ").next().unwrap())).collect()
}

fn is_id(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| CATALOGUE.iter().any(|(letter, _)| *letter == c))
        && !chars.as_str().is_empty()
        && chars.all(|c| c.is_ascii_digit())
}

#[test]
fn every_test_that_a_failure_mode_names_exists() {
    let text = text();
    let mut missing = Vec::new();
    for (id, cell) in rows(&text) {
        let tests: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "{id} names no test");
        let absent = tests.into_iter().filter(|test| !exists(test));
        missing.extend(absent.map(|test| format!("{id}: {test}, perhaps in {:?}", homes(test))));
    }
    assert!(missing.is_empty(), "there are no such tests:\n{}", missing.join("\n"));
}

#[test]
fn every_row_of_the_catalogue_is_pinned_or_listed_as_open() {
    let text = text();
    let (tables, open) = text.split_once("\n## Not covered yet\n").unwrap();
    let mut told: BTreeMap<&str, u32> = BTreeMap::new();
    for (id, _) in rows(tables) {
        *told.entry(id).or_default() += 1;
    }
    for id in open.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_id(word)) {
        *told.entry(id).or_default() += 1;
    }
    for (letter, last) in CATALOGUE {
        for id in (1..=*last).map(|number| format!("{letter}{number}")) {
            assert_eq!(told.remove(id.as_str()), Some(1), "{id} must stand in exactly one place");
        }
    }
    assert!(told.is_empty(), "not in the catalogue: {told:?}");
}

/// Whether a test `CRATE::PATH::name` exists: in a file of that crate whose module path ends so, with a test's
/// attribute before it.
fn exists(test: &str) -> bool {
    let Some((home, path)) = test.split_once("::") else { return false };
    let folder = if home == "stories" { root().join("tests") } else { root().join("crates").join(home) };
    let mut modules: Vec<&str> = path.split("::").collect();
    let name = modules.pop().unwrap_or_default();
    folder.is_dir() && files(&folder, ".rs").iter().any(|file| holds(&folder, file, &modules, name))
}

fn holds(folder: &Path, file: &Path, modules: &[&str], name: &str) -> bool {
    let code = fs::read_to_string(file).unwrap();
    let place = file.strip_prefix(folder).unwrap().with_extension("");
    let mut path: Vec<String> = place.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    path.retain(|part| !["src", "mod", "lib", "main"].contains(&part.as_str()));
    if code.contains("\nmod tests {") {
        path.push("tests".to_owned());
    }
    let ends_so = modules.len() <= path.len() && path[path.len() - modules.len()..] == *modules;
    let Some(at) = code.find(&format!("fn {name}(")).filter(|_| ends_so) else { return false };
    // The attribute stands on one of the lines before, with no other function between.
    let before = code[..at].rsplit("\n}").next().unwrap();
    before.contains("#[test]") || before.contains("::test") || before.contains("proptest!")
}

/// The files where a function of that name stands now, for whoever has moved it.
fn homes(test: &str) -> Vec<PathBuf> {
    let name = format!("fn {}(", test.rsplit("::").next().unwrap());
    let sources = files(root(), ".rs").into_iter();
    sources.filter(|file| fs::read_to_string(file).unwrap().contains(&name)).collect()
}

#[test]
fn a_test_that_is_not_there_is_found_missing() {
    assert!(exists("twinkey::host::tests::a_damaged_file_is_moved_aside_and_forgotten"));
    assert!(exists("stories::documents::failure_modes::a_test_that_is_not_there_is_found_missing"));
    assert!(!exists("stories::documents::a_test_that_is_not_there_is_found_missing_in_another_file"));
    assert!(!exists("twinkey::exit::tests::a_damaged_file_is_moved_aside_and_forgotten"));
    assert!(!exists("core::stories::intents::nobody_wrote_this"));
    assert!(!exists("stories::documents::failure_modes::exists"));
}
