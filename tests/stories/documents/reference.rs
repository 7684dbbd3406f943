//! Tables of the reference that repeat the code. With `TWINKEY_BLESS=1` they are written anew.

use std::fmt::Write as _;
use std::fs;

use clap::CommandFactory;
use twinkey::config::keys::{self, Key, Kind};

use super::root;

#[test]
fn the_options_in_the_reference_are_those_of_the_commands() {
    let mut table = "| command | option | meaning |\n|---|---|---|\n".to_owned();
    let mut cli = twinkey::cli::Cli::command();
    cli.build();
    row(&mut table, "every command", cli.get_arguments());
    for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = command.get_name();
        row(&mut table, &format!("`{name}`"), command.get_arguments());
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            row(&mut table, &format!("`{name} {}`", inner.get_name()), inner.get_arguments());
        }
    }
    agrees("options", &table);
}

fn row<'a>(table: &mut String, command: &str, arguments: impl Iterator<Item = &'a clap::Arg>) {
    let own = arguments.filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()));
    for argument in own.filter(|argument| command == "every command" || argument.get_id() != "config") {
        let value = argument.get_value_names().filter(|_| argument.get_action().takes_values());
        let value = value.map_or_else(String::new, |names| names[0].to_string());
        let named = match argument.get_long() {
            Some(long) if value.is_empty() => format!("--{long}"),
            Some(long) => format!("--{long} {value}"),
            None => value,
        };
        let meaning = argument.get_help().map(ToString::to_string).unwrap_or_default();
        writeln!(table, "| {command} | `{}` | {} |", cell(&named), cell(&meaning)).unwrap();
    }
}

#[test]
fn the_keys_in_the_reference_are_those_of_the_catalogue() {
    let mut table = String::new();
    section(&mut table, "The top level", keys::ROOT, "");
    section(&mut table, "`[store.NAME]`", keys::STORE, "");
    section(&mut table, "`[provider.NAME]`", keys::PROVIDER, "");
    section(&mut table, "`[credential.NAME]`", keys::CREDENTIAL, "");
    section(&mut table, "`[notify.NAME]`", keys::NOTIFY, "");
    section(&mut table, "A secret by reference: exactly one of", keys::SECRET, "");
    agrees("keys", table.trim_start());
}

fn section(table: &mut String, title: &str, keys: &[Key], prefix: &str) {
    write!(table, "\n### {title}\n\n| key | takes | default | meaning |\n|---|---|---|---|\n").unwrap();
    lines(table, keys, prefix);
}

/// The keys of inner tables follow theirs, with dots between, as they may be written.
fn lines(table: &mut String, keys: &[Key], prefix: &str) {
    for key in keys {
        let name = format!("{prefix}{}", key.name);
        let default = match (key.needed, key.default) {
            (true, _) => "needed".to_owned(),
            (_, Some(default)) => format!("`{default}`"),
            (_, None) => String::new(),
        };
        let meaning = cell(key.meaning);
        writeln!(table, "| `{name}` | {} | {default} | {meaning} |", takes(&key.kind)).unwrap();
        if let Kind::Table(inner) | Kind::WordOrTable(_, inner) = &key.kind {
            lines(table, inner, &format!("{name}."));
        }
    }
}

fn takes(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Path => "absolute path".to_owned(),
        Kind::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or "),
        Kind::Integer(from, to) => format!("{from} to {to}"),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Texts => "list of texts".to_owned(),
        Kind::Statuses => "list of HTTP statuses".to_owned(),
        Kind::Pairs => "table of texts".to_owned(),
        Kind::Table(_) => "table".to_owned(),
        Kind::Named(_) => "tables by name".to_owned(),
        Kind::Secret { .. } => "secret by reference".to_owned(),
        Kind::WordOrTable(word, _) => format!("`{word}` or table"),
        Kind::WordOrDuration(word) => format!("duration or `{word}`"),
    }
}

/// A bar ends a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// What stands between the marks of this name must be this.
fn agrees(name: &str, table: &str) {
    let path = root().join("docs/reference.md");
    let text = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name}: written by a test -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap();
    let (stands, after) = rest.split_once(&end).unwrap();
    let wanted = format!("\n{}\n\n", table.trim_end());
    if stands != wanted && std::env::var_os("TWINKEY_BLESS").is_some() {
        fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).unwrap();
    } else {
        assert!(stands == wanted, "docs/reference.md: run with TWINKEY_BLESS=1, then read the difference");
    }
}
