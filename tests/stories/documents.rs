//! The documents tell the truth: links lead somewhere, commands parse, configurations load; tests that are named
//! exist, and tables that repeat the code say what the code says.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;

mod failure_modes;
mod reference;
mod runbooks;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The files below a folder whose names end so; nothing of what is built, nothing hidden.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found
}

fn documents() -> Vec<(PathBuf, String)> {
    let found = files(root(), ".md");
    assert!(found.len() >= 8, "{found:?}");
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What stands in fenced blocks of this language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    for (path, text) in documents() {
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').map_or((link, None), |(file, at)| (file, Some(at)));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", path.display());
            if let Some(heading) = heading {
                let text = fs::read_to_string(&target).unwrap();
                let found =
                    text.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == heading);
                assert!(found, "{}: {link} leads to no heading", path.display());
            }
        }
    }
}

/// A heading as the name of its place, as code hosts make it.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_source_file_that_the_documents_name_exists() {
    let sources = files(root(), ".rs");
    let mut tried = 0;
    for (path, text) in documents() {
        let words = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        for word in words.filter(|word| word.ends_with(".rs") && !word.contains([' ', '*'])) {
            assert!(sources.iter().any(|source| source.ends_with(word)), "{}: {word}", path.display());
            tried += 1;
        }
    }
    assert!(tried >= 30, "{tried}");
}

#[test]
fn every_command_in_the_documents_parses() {
    let mut tried = 0;
    for (path, text) in documents() {
        for command in commands(&text) {
            let words = std::iter::once("twinkey".to_owned()).chain(words(&command));
            if let Err(error) = twinkey::cli::Cli::try_parse_from(words) {
                panic!("{}: twinkey {command}\n{error}", path.display());
            }
            tried += 1;
        }
    }
    assert!(tried >= 40, "{tried}");
}

/// Command lines: whole lines of blocks, crontabs and units, and what stands between backquotes, as far as it
/// names a credential or an option, not a pattern.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            let begins = ["twinkey ", "ExecStart=/usr/local/bin/twinkey "];
            let plain = begins.iter().find_map(|begin| line.trim().strip_prefix(begin));
            let in_cron = || line.contains("* * * *").then(|| line.split_once("bin/twinkey ")).flatten();
            found.extend(plain.or_else(|| in_cron().map(|(_, rest)| rest)).map(str::to_owned));
        } else {
            let quoted =
                line.split('`').skip(1).step_by(2).filter_map(|quoted| quoted.strip_prefix("twinkey "));
            found.extend(quoted.filter(|quoted| !quoted.contains('…')).map(str::to_owned));
        }
    }
    found
}

/// The words of a command line as a shell takes them apart, up to a comment, a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' | '\'' => quoted = !quoted,
            '#' | '|' | '>' | '<' | ')' if !quoted => break,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    // What is left of `2>&1` is no word of ours.
    words.into_iter().filter(|word| !word.is_empty() && word != "2").collect()
}

#[test]
fn every_configuration_in_the_documents_loads() {
    let mut tried = 0;
    for (path, text) in documents() {
        // The README writes its configuration by a here-document.
        let here = text.split("<<END\n").skip(1).map(|rest| rest.split("\nEND\n").next().unwrap());
        for block in blocks(&text, "toml").into_iter().chain(here) {
            let whole = complete(&block.replace("$HOME", "/home/me"));
            loads(&whole, &path);
            tried += 1;
        }
    }
    for path in files(&root().join("config"), ".toml") {
        loads(&fs::read_to_string(&path).unwrap(), &path);
        tried += 1;
    }
    assert!(tried >= 5, "{tried}");
}

fn loads(text: &str, path: &Path) {
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    if let Err(problems) = twinkey::config::Config::parse(text, path, now) {
        panic!("{problems}\n{text}");
    }
}

/// A part of a configuration with what it leaves out.
fn complete(block: &str) -> String {
    const STORE: &str = "[store.local]\nfile = \"/s/store.age\"\nkey = { file = \"/s/store.key\" }\n";
    const PROVIDER: &str = "[provider.gbg]\npreset = \"gbg-go\"\n";
    const CREDENTIAL: &str =
        "[credential.go]\nstore = \"local\"\nprovider = \"gbg\"\nlive-pair = \"app/gbg\"\n";
    const STALENESS: &str = "consumers.max-staleness = \"1h\"\n";
    let lacks = |heading: &str| !block.contains(heading);
    if !block.lines().any(|line| line.starts_with('[')) {
        let staleness = if lacks("max-staleness") { STALENESS } else { "" };
        return format!("{STORE}{PROVIDER}{CREDENTIAL}{staleness}{block}");
    }
    let mut whole = block.to_owned();
    for (heading, table) in [("[store.", STORE), ("[provider.", PROVIDER)] {
        if lacks(heading) {
            whole.push_str(table);
        }
    }
    if lacks("[credential.") {
        let store = block.split_once("[store.").map_or("local", |(_, rest)| rest.split(']').next().unwrap());
        whole.push_str(&CREDENTIAL.replace("\"local\"", &format!("{store:?}")));
        whole.push_str(STALENESS);
    }
    whole
}

/// A package with two programs runs neither, unless it says which.
#[test]
fn both_commands_of_the_readme_name_something_that_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(readme.contains("cargo run --release -- demo") && readme.contains("cargo xtask test"));
    assert!(ci.lines().any(|line| line == "cargo xtask test"), "{ci}");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let told = std::process::Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let default = packages.iter().find(|package| package["name"] == "twinkey").unwrap();
    assert_eq!(metadata["workspace_default_members"].as_array().unwrap().len(), 1);
    assert_eq!(default["default_run"], "twinkey");
}
