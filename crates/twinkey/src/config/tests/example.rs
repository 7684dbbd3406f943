//! The example file and the schema tell the truth.

use crate::config::keys::{Key, Kind};

use super::*;

const EXAMPLE: &str = include_str!("../../../../../config/twinkey.example.toml");

/// Keys of which one alone does not load: what belongs to them is un-commented too.
const TOGETHER: &[(&str, &[&str])] = &[
    ("ca-only = ", &["ca-file = "]),
    ("auth = { certificate", &["client-certificate = "]),
    ("grant = \"password\"", &["username = ", "password = { file"]),
    ("username = ", &["grant = \"password\"", "password = { file"]),
    ("password = { file", &["grant = \"password\"", "username = "]),
    ("password = { command", &["grant = \"password\"", "username = "]),
];

fn leaves(keys: &'static [Key], found: &mut Vec<&'static Key>) {
    for key in keys {
        match key.kind {
            Kind::Table(inner) | Kind::Named(inner) | Kind::Secret(inner) => leaves(inner, found),
            Kind::WordOrTable(_, inner) => {
                found.push(key);
                leaves(inner, found);
            }
            _ => found.push(key),
        }
    }
}

fn all_leaves() -> Vec<&'static Key> {
    let mut found = Vec::new();
    leaves(keys::ROOT, &mut found);
    assert!(found.len() > 40, "{}", found.len());
    found
}

#[test]
fn the_example_file_loads() {
    let config = parse(EXAMPLE).unwrap();
    assert_eq!(config.credentials[0].name, "go-production");
    assert_eq!(config.state_dir, Path::new(keys::STATE_DIR));
}

#[test]
fn each_line_that_the_example_comments_out_loads_too() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let commented = |line: &str| {
        let key = line.strip_prefix('#')?;
        key.starts_with(|c: char| c.is_ascii_lowercase()).then(|| key.to_owned())
    };
    let mut tried = 0;
    // A key of the same name in another table is another key.
    let mut table = 0;
    let tables: Vec<usize> = lines
        .iter()
        .map(|line| {
            table += usize::from(line.starts_with('['));
            table
        })
        .collect();
    for (at, key) in lines.iter().enumerate().filter_map(|(at, line)| Some((at, commented(line)?))) {
        let others =
            TOGETHER.iter().find(|(name, _)| key.starts_with(name)).map_or(&[][..], |(_, others)| others);
        let name = key.split([' ', '=', '.']).next().unwrap();
        let text = lines.iter().zip(&tables).map(|(line, table)| match commented(line) {
            _ if *table != tables[at] => (*line).to_owned(),
            Some(other) if other == key || others.iter().any(|name| other.starts_with(name)) => other,
            // A key that also stands there un-commented is replaced.
            None if line.starts_with(&format!("{name} ")) => String::new(),
            _ => (*line).to_owned(),
        });
        let text = text.collect::<Vec<_>>().join("\n");
        if let Err(problems) = parse(&text) {
            panic!("{key}\n{problems}");
        }
        tried += 1;
    }
    assert!(tried >= 28, "{tried}");
}

#[test]
fn every_key_stands_in_the_example() {
    for key in all_leaves() {
        assert!(EXAMPLE.contains(&format!("{} = ", key.name)), "{}", key.name);
    }
}

#[test]
fn the_defaults_that_the_example_shows_are_the_ones_that_count() {
    for key in all_leaves() {
        let Some(default) = key.default else { continue };
        let quoted = match key.kind {
            Kind::Integer(..) | Kind::Boolean | Kind::Texts => default.to_owned(),
            _ => format!("\"{default}\""),
        };
        // Three keys show an example, and their default beside it.
        let shown = if ["id", "secret", "zone"].contains(&key.name) {
            EXAMPLE.lines().any(|line| line.contains("default: ") && line.contains(default))
        } else {
            EXAMPLE.contains(&format!("{} = {quoted}", key.name))
        };
        assert!(shown, "{} = {quoted}", key.name);
    }
}

#[test]
fn the_checked_in_schema_is_the_one_that_is_printed() {
    let checked_in = include_str!("../../../../../config/twinkey.schema.json");
    assert!(checked_in == schema_text(), "run: twinkey schema > config/twinkey.schema.json");
}

#[test]
fn the_schema_describes_every_key() {
    fn walk(schema: &serde_json::Value, described: &mut usize) {
        for inner in schema["anyOf"].as_array().into_iter().flatten() {
            walk(inner, described);
        }
        walk_below(schema, described);
    }
    fn walk_below(schema: &serde_json::Value, described: &mut usize) {
        for (name, key) in schema["properties"].as_object().into_iter().flatten() {
            assert!(key["description"].as_str().is_some_and(|text| text.len() > 10), "{name}");
            *described += 1;
            walk(key, described);
            walk(&key["additionalProperties"], described);
        }
    }
    let mut described = 0;
    walk(&serde_json::from_str(&schema_text()).unwrap(), &mut described);
    assert!(described > all_leaves().len(), "{described}");
}
