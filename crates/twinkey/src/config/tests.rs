use std::path::Path;

use proptest::prelude::*;

use super::*;

const EXAMPLE: &str = include_str!("../../../../config/twinkey.example.toml");
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
const CANARY: &str = "c4n4ry-S3cret-in-the-wrong-place";

fn parse(text: &str) -> Result<Config, Problems> {
    Config::parse(text, Path::new("t.toml"), "2026-11-24T12:00:00Z".parse().unwrap())
}

fn problems(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

/// The good configuration with one line after a table's heading.
fn with(heading: &str, line: &str) -> String {
    GOOD.replace(heading, &format!("{heading}\n{line}"))
}

#[test]
fn the_example_file_loads() {
    let config = parse(EXAMPLE).unwrap();
    assert_eq!(config.credentials[0].name, "go-production");
    assert_eq!(config.state_dir, Path::new(keys::STATE_DIR));
}

#[test]
fn each_line_that_the_example_comments_out_loads_too() {
    let mut tried = 0;
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(key) =
            line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
        else {
            continue;
        };
        let name = key.split([' ', '=', '.']).next().unwrap();
        let mut text: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        // A key that also stands there un-commented is replaced.
        text.iter_mut().filter(|line| line.starts_with(&format!("{name} "))).for_each(String::clear);
        text[at] = key.to_owned();
        let text = text.join("\n");
        let text = if name == "ca-only" { text.replace("#ca-file", "ca-file") } else { text };
        if let Err(problems) = parse(&text) {
            panic!("{key}\n{problems}");
        }
        tried += 1;
    }
    assert!(tried >= 20, "{tried}");
}

#[test]
fn every_key_of_the_catalogue_stands_in_the_example() {
    for key in keys::ROOT.iter().chain(keys::STORE).chain(keys::PROVIDER).chain(keys::CREDENTIAL) {
        if key.name == "username" || key.name == "password" {
            continue;
        }
        assert!(EXAMPLE.contains(key.name), "{}", key.name);
    }
}

#[test]
fn the_defaults_that_the_example_shows_are_the_ones_that_count() {
    for (key, default) in [
        ("state-dir", keys::STATE_DIR),
        ("min-interval", keys::MIN_INTERVAL),
        ("drain-margin", keys::DRAIN_MARGIN),
        ("token-lifetime", keys::TOKEN_LIFETIME),
        ("connect-timeout", keys::CONNECT_TIMEOUT),
        ("timeout", keys::TIMEOUT),
        ("settle", keys::SETTLE),
        ("standby-every", keys::STANDBY_EVERY),
        ("active-every", keys::ACTIVE_EVERY),
        ("mode", keys::MODE),
    ] {
        assert!(EXAMPLE.contains(&format!("{key} = \"{default}\"")), "{key}");
    }
}

#[test]
fn the_checked_in_schema_is_the_one_that_is_printed() {
    let checked_in = include_str!("../../../../config/twinkey.schema.json");
    assert!(checked_in == schema_text(), "run: twinkey schema > config/twinkey.schema.json");
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_their_lines() {
    let told = problems(
        r#"state-dri = "/x"
[store.local]
file = "store.age"
key = "AGE-SECRET-KEY-1"
[provider.p]
token-url = "http://auth.example/token"
grant = "pasword"
[credential.go]
store = "locla"
provider = "p"
live-pair = "app//go"
schedule = "0 0 30 2 *"
zone = "Europe/Lodnon"
min-interval = "soon"
"#,
    );
    let expected = r#"t.toml:1:1: [state-dri] is not known; did you mean "state-dir"?
t.toml:3:8: [store.local.file] is a relative path; write it from / on: cron and systemd run elsewhere
t.toml:4:7: [store.local.key] must be a reference, never the secret itself; write { file = "/PATH" }, { credential = "NAME" } or { command = ["PROGRAM", "ARG"] }
t.toml:6:13: [provider.p.token-url] would send secrets in the clear; use https (http is for loopback addresses only)
t.toml:7:9: [provider.p.grant] is none of the words it can be; write "client-credentials" or "password"
t.toml:8:13: [credential.go.consumers] is missing; it is needed: how consumers read the live pair
t.toml:9:9: [credential.go.store] names no store of this configuration; did you mean "local"?
t.toml:11:13: [credential.go.live-pair] is no path in a store; "app//go" has an empty segment: no slash at the ends, and only one between two names
t.toml:12:12: [credential.go.schedule] never comes; the calendar has no such date
t.toml:13:8: [credential.go.zone] is no time zone that this host knows; write it like Europe/London; Debian's package tzdata has them
t.toml:14:16: [credential.go.min-interval] is no duration; a duration is written like 90s, 10m, 1h 30m, 2d or 1w
11 problems in the configuration; nothing was done"#;
    assert_eq!(told, expected);
}

#[test]
fn each_bad_value_is_told_with_its_key_and_remedy() {
    let cases = [
        ("[provider.p]", "grant = \"password\"", "[provider.p.username] is missing"),
        ("[provider.p]", "username = \"u\"", "[provider.p.username] is given, and the grant takes none"),
        ("[provider.p]", "ca-only = true", "[provider.p.ca-only] is true, and there is no ca-file"),
        ("[provider.p]", "timeout = \"20m\"", "[provider.p.timeout] is out of bounds; from 100ms to 10m"),
        ("[provider.p]", "timeout = 15", "[provider.p.timeout] is of the wrong type (integer)"),
        ("[provider.p]", "proxy = \"yes\"", "[provider.p.proxy] is none of the words"),
        (
            "[provider.p]",
            "proxy = { url = \"http://u:p@proxy:1\" }",
            "[provider.p.proxy.url] holds a user name or password",
        ),
        ("[provider.p]", "api-call = { url = \"https://x/\" }", "[provider.p.api-call.accept] is missing"),
        ("[provider.p]", "api-call = { url = \"https://x/\", accept = [20] }", "is no list of HTTP statuses"),
        (
            "[credential.go]",
            "state-path = \"app/go/state\"",
            "[credential.go.state-path] lies inside the live pair's path",
        ),
        (
            "[credential.go]",
            "fields = { id = \"x\", secret = \"x\" }",
            "[credential.go.fields] gives id and secret the same name",
        ),
        ("[credential.go]", "labels = { a = \"x\" }", "[credential.go.labels.b] is missing"),
        ("[credential.go]", "labels = { a = \"x\", b = \"x\" }", "is the same as a"),
        ("[credential.go]", "schedule = \"every day\"", "[credential.go.schedule] is no cron pattern"),
        (
            "[credential.go]",
            "verify = { tokens = 0 }",
            "[credential.go.verify.tokens] is out of bounds; from 1 to 20",
        ),
        ("[credential.go]", "verify = { settle = \"2h\" }", "[credential.go.verify.settle] is out of bounds"),
        (
            "[credential.go]",
            "reminders = [\"2d\", \"1d\"]",
            "[credential.go.reminders] is empty or not ascending",
        ),
        ("[credential.go]", "failover = \"maybe\"", "write \"auto\" or \"alert\""),
        (
            "[credential.go]",
            "consumers.output = { path = \"/x\", mode = \"0644\" }",
            "lets everybody use the secret",
        ),
        ("[credential.go]", "consumers.output = { path = \"/x\", mode = \"rw\" }", "is no file mode"),
        (
            "[credential.go]",
            "consumers.output = { format = \"env\" }",
            "[credential.go.consumers.output.path] is missing",
        ),
        ("[store.local]", "address = \"https://vault\"", "[store.local.address] is not known"),
    ];
    for (heading, line, expected) in cases {
        let told = problems(&with(heading, line));
        assert!(told.contains(expected), "{line}\n{told}");
    }
}

#[test]
fn two_credentials_do_not_share_documents() {
    let second = GOOD.split("[credential.go]").nth(1).unwrap();
    let told = problems(&format!("{GOOD}[credential.too]{second}"));
    assert!(told.contains("uses the same live pair, state path or output file as \"go\""), "{told}");
}

#[test]
fn a_name_that_does_not_do_is_refused() {
    assert!(
        problems(&GOOD.replace("credential.go", "credential.Go_1")).contains("has a name that does not do")
    );
}

#[test]
fn an_empty_file_says_what_is_needed() {
    assert!(problems("").contains("no credential is configured"));
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let missing = Config::load(Path::new("/nowhere/twinkey.toml"), Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(missing.to_string().contains("is not there"), "{missing}");
}

#[test]
fn a_secret_in_the_wrong_place_is_never_echoed() {
    let lines = [
        ("[store.local]", format!("kye = \"{CANARY}\"")),
        ("[store.local]", format!("\"{CANARY}\" = 1")),
        ("[provider.p]", format!("password = \"{CANARY}\"")),
        ("[provider.p]", format!("password = {{ file = \"{CANARY}\" }}")),
        ("[provider.p]", format!("password = {{ value = \"{CANARY}\" }}")),
        ("[provider.p]", format!("proxy = {{ url = \"http://u:{CANARY}@proxy\" }}")),
        ("[provider.p]", format!("scope = {CANARY}")),
        ("[provider.p]", format!("scope = \"{CANARY}")),
        ("[provider.p]", format!("grant = \"{CANARY}\"")),
        ("[provider.p]", format!("timeout = \"{CANARY}\"")),
        ("[credential.go]", format!("schedule = \"{CANARY}\"")),
        ("[credential.go]", format!("zone = \"{CANARY}\"")),
        ("[credential.go]", format!("client_secret = \"{CANARY}\"")),
        ("[credential.go]", format!("labels = \"{CANARY}\"")),
    ];
    for (heading, line) in lines {
        let told = problems(&with(heading, &line));
        assert!(!told.contains(CANARY), "{line}\n{told}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "[\\[\\]{}=\"a-z.\\n #0-9-]{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_value_anywhere_is_read_without_panic(line in 0usize..10, value in "[ -~]{0,30}") {
        let mut lines: Vec<String> = GOOD.lines().map(str::to_owned).collect();
        let at = line % lines.len();
        if let Some((key, _)) = lines[at].clone().split_once('=') {
            lines[at] = format!("{key}= {value}");
        }
        let _ = parse(&lines.join("\n"));
    }
}
