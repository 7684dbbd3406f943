use std::path::Path;

use super::*;

mod canary;
mod example;
mod golden;
mod meaning;
mod mutated;

/// The least that loads.
const GOOD: &str = r#"
[store.local]
file = "/s/store.age"
key = { file = "/s/store.key" }
[provider.p]
token-url = "https://auth.example/token"
[credential.go]
store = "local"
provider = "p"
live-pair = "app/go"
consumers.max-staleness = "1h"
"#;
const STORE: &str = "[store.local]";
const PROVIDER: &str = "[provider.p]";
const CREDENTIAL: &str = "[credential.go]";

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn parse(text: &str) -> Result<Config, Problems> {
    Config::parse(text, Path::new("t.toml"), now())
}

/// The good configuration with lines after a table's heading, instead of those with the same keys.
fn with(heading: &str, lines: &str) -> String {
    let key = |line: &str| line.split([' ', '=', '.']).next().unwrap_or_default().to_owned();
    let given: Vec<String> = lines.lines().map(key).collect();
    let mut table = "";
    let mut text = Vec::new();
    for line in GOOD.lines().skip(1) {
        if line.starts_with('[') {
            table = line;
        }
        if table != heading || !given.contains(&key(line)) {
            text.push(line);
        }
        if line == heading {
            text.push(lines);
        }
    }
    text.join("\n") + "\n"
}
