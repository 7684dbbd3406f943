//! Every committed input holds, and is found by its target.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use twinkey_fuzz::{TARGETS, Target};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn inputs(name: &str) -> Vec<PathBuf> {
    let folder = here().join("corpus").join(name);
    names_in(&folder).into_iter().map(|input| folder.join(input)).collect()
}

/// The inputs that do not hold; what broke stands above, where each of them panicked.
fn broken(name: &str, target: Target) -> Vec<PathBuf> {
    let mut inputs = inputs(name);
    assert!(inputs.len() >= 5, "{name} has {} inputs", inputs.len());
    inputs.retain(|input| {
        let data = fs::read(input).unwrap();
        std::panic::catch_unwind(|| target(&data)).is_err()
    });
    inputs
}

#[test]
fn each_target_has_a_corpus_and_a_program_and_nothing_else_has() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets, names_in(&here().join("corpus")));
    let programs = names_in(&here().join("targets/src"));
    assert_eq!(targets, programs.iter().map(|name| name.trim_end_matches(".rs").to_owned()).collect());
    let manifest = fs::read_to_string(here().join("targets/Cargo.toml")).unwrap();
    for target in &targets {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is not in targets/Cargo.toml");
    }
}

#[test]
fn every_committed_input_holds() {
    let broken: Vec<PathBuf> = TARGETS.iter().flat_map(|(name, target)| broken(name, *target)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}
