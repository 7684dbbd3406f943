//! The documents tell the truth: tests exist, links lead somewhere, commands parse, configurations load.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

fn documents() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(root(), ".md", &mut found);
    assert!(found.len() >= 8, "{found:?}");
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_test_that_the_failure_modes_name_exists() {
    let mut sources = Vec::new();
    files(root(), ".rs", &mut sources);
    let code: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let text = fs::read_to_string(root().join("docs/failure-modes.md")).unwrap();
    let rows: Vec<&str> =
        text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id")).collect();
    assert!(rows.len() > 50);
    for row in rows {
        let name = row.rsplit('`').nth(1).unwrap_or_else(|| panic!("no test: {row}"));
        assert!(code.contains(&format!("fn {name}(")), "{name} does not exist");
    }
}

#[test]
fn every_relative_link_leads_to_a_file() {
    for (path, text) in documents() {
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(path.parent().unwrap().join(target).exists(), "{}: {link}", path.display());
        }
    }
}

#[test]
fn every_command_in_the_documents_parses() {
    let mut tried = 0;
    for (path, text) in documents() {
        let mut in_shell = false;
        for line in text.lines() {
            if line.starts_with("```") {
                in_shell = line == "```sh";
                continue;
            }
            let Some(command) = line.trim().strip_prefix("twinkey ").filter(|_| in_shell) else { continue };
            let command = command.split(['#', '|', '>', '<']).next().unwrap();
            // What stands in quotes is one word.
            let quoted = command.split('"').enumerate();
            let command: String = quoted
                .map(|(at, part)| if at % 2 == 1 { part.replace(' ', "_") } else { part.into() })
                .collect();
            let words = std::iter::once("twinkey").chain(command.split_whitespace());
            if let Err(error) = twinkey::cli::Cli::try_parse_from(words) {
                panic!("{}: twinkey {command}\n{error}", path.display());
            }
            tried += 1;
        }
    }
    assert!(tried >= 15, "{tried}");
}

#[test]
fn every_configuration_in_the_documents_loads() {
    let mut tried = 0;
    for (path, text) in documents() {
        for block in text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            // A part of a configuration is completed with what it leaves out.
            let whole = complete(block);
            let now = "2026-11-24T12:00:00Z".parse().unwrap();
            if let Err(problems) = twinkey::config::Config::parse(&whole, &path, now) {
                panic!("{problems}\n{whole}");
            }
            tried += 1;
        }
    }
    assert!(tried >= 2, "{tried}");
}

fn complete(block: &str) -> String {
    const STORE: &str = "[store.local]\nfile = \"/s/store.age\"\nkey = { file = \"/s/store.key\" }\n";
    const PROVIDER: &str = "[provider.gbg]\npreset = \"gbg-go\"\n";
    const CREDENTIAL: &str = "[credential.go]\nstore = \"local\"\nprovider = \"gbg\"\nlive-pair = \"app/gbg\"\nconsumers.max-staleness = \"1h\"\n";
    let mut whole = String::new();
    if !block.contains('[') || block.trim_start().starts_with(|c: char| c.is_ascii_lowercase()) {
        // Lines of a credential's table.
        let given = |key: &str| block.lines().any(|line| line.starts_with(key));
        let credential: String = CREDENTIAL
            .lines()
            .filter(|line| !given(line.split(' ').next().unwrap()))
            .map(|line| format!("{line}\n"))
            .collect();
        return format!("{STORE}{PROVIDER}{credential}{block}");
    }
    for (heading, table) in [("[store.", STORE), ("[provider.", PROVIDER), ("[credential.", CREDENTIAL)] {
        if !block.contains(heading) {
            whole.push_str(table);
        }
    }
    whole + block
}
