//! Whose work is linked into the binary, with every text about it that comes with the work.
//!
//! That each licence is one which may be linked is for `cargo deny` to see; here nothing is judged, only handed on.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{Failed, cargo, output};

/// How the names of such files begin.
const NAMES: [&str; 5] = ["licen", "copying", "copyright", "notice", "unlicense"];

const ABOUT: &str = "\
Twinkey is linked with the packages below, with the standard library of Rust (MIT or Apache-2.0, The Rust Project
Contributors), and in builds for musl with musl (MIT, Rich Felker and contributors). What they say about their
licences follows. Where the author leaves the choice, Twinkey uses the Apache License 2.0.

";

/// The text of `THIRD-PARTY.txt`.
pub(super) fn text(target: &str) -> Result<String, Failed> {
    let sources = sources()?;
    let (mut list, mut texts) = (ABOUT.to_owned(), BTreeMap::<String, BTreeSet<String>>::new());
    for (name, version, licence, place) in linked(target)? {
        let folder = sources.iter().map(|all| all.join(format!("{name}-{version}"))).find(|one| one.is_dir());
        let folder =
            folder.ok_or_else(|| format!("{name} {version}: its source is not in the registry's folder"))?;
        let found = files(&folder)?;
        let none = if found.is_empty() { "; no text of its own" } else { "" };
        let _ = writeln!(list, "{name} {version}: {licence}; {place}{none}");
        for text in found {
            texts.entry(text).or_default().insert(format!("{name} {version}"));
        }
    }
    for (text, users) in &texts {
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        let _ = write!(list, "\n{}\n{}\n\n{text}\n", "-".repeat(80), users.join(", "));
    }
    Ok(list)
}

/// Name, version, licence and repository of each package that is linked, without the workspace's own.
fn linked(target: &str) -> Result<BTreeSet<(String, String, String, String)>, Failed> {
    let mut tree = cargo(&["tree", "--locked", "-p", "twinkey", "--no-default-features", "--target", target]);
    tree.args([
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}\t{l}\t{r}",
    ]);
    let lines = output(&mut tree)?;
    Ok(lines.lines().filter_map(package).collect())
}

/// One line, such as `age v0.12.1<TAB>MIT OR Apache-2.0<TAB>https://…`; the workspace's own have a path after the version.
fn package(line: &str) -> Option<(String, String, String, String)> {
    let mut fields = line.split('\t');
    let (named, licence, place) = (fields.next()?, fields.next()?, fields.next()?);
    let (name, version) = named.split_once(" v")?;
    (!version.contains(' ')).then(|| (name.into(), version.into(), licence.into(), place.into()))
}

/// The texts in a package's folder.
fn files(folder: &Path) -> Result<BTreeSet<String>, Failed> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut texts = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if NAMES.iter().any(|begin| name.starts_with(begin)) && entry.path().is_file() {
            let bytes = fs::read(entry.path()).map_err(told)?;
            texts.insert(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim().to_owned());
        }
    }
    Ok(texts)
}

/// Where cargo keeps the sources of registries.
fn sources() -> Result<Vec<PathBuf>, Failed> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default();
    let all = home.join("registry/src");
    let entries = fs::read_dir(&all).map_err(|error| format!("{}: {error}", all.display()))?;
    Ok(entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn what_is_linked_is_read_from_the_tree_and_the_workspaces_own_is_left_out() {
        let (name, version, licence, _) = package("age v0.12.1\tMIT OR Apache-2.0\thttps://example").unwrap();
        assert_eq!((&*name, &*version, &*licence), ("age", "0.12.1", "MIT OR Apache-2.0"));
        assert!(package("twinkey-core v0.1.0 (/somewhere/crates/core)\tMIT\t").is_none());
        assert!(package("").is_none());
    }
}
