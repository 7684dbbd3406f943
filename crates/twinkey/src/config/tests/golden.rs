//! The texts of bad configurations, letter by letter.

use super::*;

mod channels;
mod stores;

/// What is told: each problem with line and column, and how many there are.
fn assert_told(text: &str, expected: &[&str]) {
    let mut whole: String = expected.iter().map(|line| format!("t.toml:{line}\n")).collect();
    whole += match expected.len() {
        1 => "1 problem in the configuration; nothing was done",
        2 => "2 problems in the configuration; nothing was done",
        3 => "3 problems in the configuration; nothing was done",
        many => panic!("{many} problems in one case"),
    };
    assert_eq!(parse(text).map_err(|problems| problems.to_string()).err(), Some(whole), "{text}");
}

fn each(heading: &str, cases: &[(&str, &[&str])]) {
    for (lines, expected) in cases {
        assert_told(&with(heading, lines), expected);
    }
}

#[test]
fn a_bad_provider_is_told_what_is_wrong_and_what_to_do() {
    each(
        PROVIDER,
        &[
            (
                r#"preset = "gbg""#,
                &[r#"5:10: [provider.p.preset] is none of the words it can be; write "gbg-go""#],
            ),
            (
                r#"token-url = "http://auth.example/token""#,
                &[
                    "5:13: [provider.p.token-url] would send secrets in the clear; use https (http is for loopback addresses only)",
                ],
            ),
            (
                r#"token-url = "https://user:word@auth.example/token""#,
                &[
                    "5:13: [provider.p.token-url] holds a user name or password; take them out: addresses end up in logs",
                ],
            ),
            (
                r#"token-url = "auth.example""#,
                &[
                    "5:13: [provider.p.token-url] is no address; write it like https://auth.example/as/token.oauth2",
                ],
            ),
            (
                r#"grant = "password""#,
                &[
                    "4:11: [provider.p.username] is missing; it is needed: the user of the password grant",
                    "4:11: [provider.p.password] is missing; it is needed: the password of the password grant",
                ],
            ),
            (
                r#"grant = "password"
username = "u"
password = "hunter2""#,
                &[
                    r#"7:12: [provider.p.password] is no reference: secrets come by reference, never as text; write { file = "/PATH" }, { credential = "NAME" } or { command = ["PROGRAM", "ARG"] }"#,
                ],
            ),
            (
                r#"username = "u"
password = { file = "/p" }"#,
                &[
                    r#"5:12: [provider.p.username] is given, and the grant takes none; set grant = "password", or take it out"#,
                    r#"6:12: [provider.p.password] is given, and the grant takes none; set grant = "password", or take it out"#,
                ],
            ),
            (
                r#"password = { credential = "../p" }"#,
                &[
                    r#"5:12: [provider.p.password] is given, and the grant takes none; set grant = "password", or take it out"#,
                    "5:27: [provider.p.password.credential] is no name of a systemd credential; a name without slashes",
                ],
            ),
            (
                "password = { command = [] }",
                &[
                    r#"5:12: [provider.p.password] is given, and the grant takes none; set grant = "password", or take it out"#,
                    r#"5:24: [provider.p.password.command] names no program; write it like ["PROGRAM", "ARG"]"#,
                ],
            ),
            (
                r#"auth = "header""#,
                &[
                    r#"5:8: [provider.p.auth] is none of the words it can be; write "post" or "basic" or "basic-raw""#,
                ],
            ),
            (
                r#"parameters = { client_secret = "x", n = 1 }"#,
                &[
                    "5:16: [provider.p.parameters] holds client_secret, which Twinkey sends itself; take it out; scope, username and password are keys of the provider",
                    "5:41: [provider.p.parameters] holds something that is no text; put each value in quotes",
                ],
            ),
            (
                r#"headers = { Authorization = "x", "a b" = "y" }"#,
                &[
                    "5:13: [provider.p.headers] holds authorization, which Twinkey sends itself; take it out; auth says how a client proves itself",
                    "5:34: [provider.p.headers] holds what HTTP does not allow in a header; names of letters, digits and dashes; values of printable ASCII",
                ],
            ),
            (
                "ca-only = true",
                &[
                    "5:11: [provider.p.ca-only] is true, and there is no ca-file; name the file with the authorities to believe",
                ],
            ),
            (
                r#"ca-only = "yes""#,
                &["5:11: [provider.p.ca-only] is of the wrong type (string); write true or false"],
            ),
            (
                "timeout = 15",
                &[
                    r#"5:11: [provider.p.timeout] is of the wrong type (integer); write a duration in quotes, like "90s""#,
                ],
            ),
            (r#"timeout = "20m""#, &["5:11: [provider.p.timeout] is out of bounds; from 100ms to 10m"]),
            (r#"proxy = "yes""#, &[r#"5:9: [provider.p.proxy] is none of the words it can be; write "env""#]),
            (
                r#"proxy = { url = "http://u:p@proxy:1" }"#,
                &[
                    "5:17: [provider.p.proxy.url] holds a user name or password; give them as username and password",
                ],
            ),
            (
                r#"proxy = { url = "socks5://proxy:1", username = "u" }"#,
                &[
                    "5:9: [provider.p.proxy] has a name without password, or a password without name; give both or neither",
                    "5:17: [provider.p.proxy.url] is no address; write it like http://proxy.example:3128",
                ],
            ),
            (
                r#"region = "eu""#,
                &[
                    "5:10: [provider.p.region] is given, and there is no preset that has it; set preset, or write api-call.url in full",
                ],
            ),
            (
                r#"preset = "gbg-go"
region = "uk""#,
                &[r#"6:10: [provider.p.region] is none of the words it can be; write "eu" or "us" or "au""#],
            ),
            (
                r#"api-call = { method = "get", url = "ping" }"#,
                &[
                    "5:12: [provider.p.api-call.accept] is missing; it is needed: the statuses that show that the client has its role",
                    "5:23: [provider.p.api-call.method] is no HTTP method; write it like GET",
                    "5:36: [provider.p.api-call.url] is no address; write it like https://api.example/ping; a path alone needs a preset and its region",
                ],
            ),
            (
                r#"preset = "gbg-go"
region = "eu"
api-call = { url = "//other.example/x", accept = [20] }"#,
                &[
                    "7:20: [provider.p.api-call.url] is no address; write it like https://api.example/ping; a path alone needs a preset and its region",
                    "7:50: [provider.p.api-call.accept] is no list of HTTP statuses; write it like [200, 204]",
                ],
            ),
            (
                r#"portal = ["click"]"#,
                &["5:10: [provider.p.portal] is of the wrong type (array); write a table in braces"],
            ),
            (
                r#"portal.url = "http://portal.example"
portal.steps = [" "]"#,
                &[
                    "5:14: [provider.p.portal.url] would send secrets in the clear; use https (http is for loopback addresses only)",
                    "6:16: [provider.p.portal.steps] is empty or holds an empty step; write what to click, a step an item",
                ],
            ),
        ],
    );
}

#[test]
fn a_bad_credential_is_told_what_is_wrong_and_what_to_do() {
    each(
        CREDENTIAL,
        &[
            (
                r#"store = "locla"
provider = "gbg""#,
                &[
                    r#"7:9: [credential.go.store] names no store of this configuration; did you mean "local"?"#,
                    "8:12: [credential.go.provider] names no provider of this configuration; there are: p",
                ],
            ),
            (
                r#"live-pair = "app//go""#,
                &[
                    "7:13: [credential.go.live-pair] is no path in a store; no slash at the ends, and only one between two names",
                ],
            ),
            (
                r#"live-pair = "app/../go""#,
                &[
                    r#"7:13: [credential.go.live-pair] is no path in a store; write it out, without "." and "..""#,
                ],
            ),
            (
                r#"live-pair = "app/my go""#,
                &[
                    "7:13: [credential.go.live-pair] is no path in a store; only printable ASCII characters without space",
                ],
            ),
            (
                r#"state-path = "app/go/state""#,
                &[
                    "7:14: [credential.go.state-path] lies inside the live pair's path; choose one that consumers may not read",
                ],
            ),
            (
                r#"state-path = "app""#,
                &[
                    "7:14: [credential.go.state-path] has the live pair's path inside it; choose one apart from it: consumers may not read slots and record",
                ],
            ),
            (
                r#"fields = { id = "x", secret = "x" }"#,
                &[
                    "7:10: [credential.go.fields] gives id and secret the same name; two fields need two names",
                ],
            ),
            (
                r#"labels = { a = "x" }"#,
                &["7:10: [credential.go.labels.b] is missing; it is needed: client b's name in the portal"],
            ),
            (
                r#"labels = { a = "", b = "" }"#,
                &[
                    "7:16: [credential.go.labels.a] is no label; 1 to 80 characters, as the portal shows it",
                    "7:24: [credential.go.labels.b] is no label; 1 to 80 characters, as the portal shows it",
                    "7:24: [credential.go.labels.b] is the same as a; a person must be able to tell the two apart",
                ],
            ),
            (
                r#"schedule = "every day""#,
                &[
                    "7:12: [credential.go.schedule] is no cron pattern; five fields: minute, hour, day of month, month, day of week; like 0 10 * * TUE#1, the first Tuesday (#1 to #5)",
                ],
            ),
            (
                r#"schedule = "0 0 30 2 *"
zone = "Europe/Lodnon""#,
                &[
                    "7:12: [credential.go.schedule] never comes; the calendar has no such date",
                    "8:8: [credential.go.zone] is no time zone that this host knows; did you mean \"Europe/London\"?",
                ],
            ),
            (
                r#"min-interval = "soon""#,
                &[
                    "7:16: [credential.go.min-interval] is no duration; a duration is written like 90s, 10m, 1h 30m, 2d or 1w",
                ],
            ),
            (
                r#"consumers.output = { path = "/run/x" }"#,
                &[
                    r#"7:1: [credential.go.consumers.max-staleness] is missing; it is needed: how long a consumer may go on using the pair it has read, or "restart": until it is restarted (AWS agent 300s, AWS caching libraries 1h, Vault Agent templates 5m, External Secrets 1h)"#,
                ],
            ),
            (
                r#"consumers.max-staleness = "500ms""#,
                &[
                    r#"7:27: [credential.go.consumers.max-staleness] is out of bounds; from 1s to 520w, or "restart" (AWS agent 300s, AWS caching libraries 1h, Vault Agent templates 5m, External Secrets 1h)"#,
                ],
            ),
            (
                r#"consumers = "1h""#,
                &["7:13: [credential.go.consumers] is of the wrong type (string); write a table in braces"],
            ),
            (
                "consumers = {}",
                &[
                    r#"7:13: [credential.go.consumers.max-staleness] is missing; it is needed: how long a consumer may go on using the pair it has read, or "restart": until it is restarted (AWS agent 300s, AWS caching libraries 1h, Vault Agent templates 5m, External Secrets 1h)"#,
                ],
            ),
            (
                r#"consumers = { max-staleness = "1h", output = { path = "x.json", format = "yaml", mode = "rw" } }"#,
                &[
                    "7:55: [credential.go.consumers.output.path] is a relative path; write it from / on: cron and systemd run elsewhere",
                    r#"7:74: [credential.go.consumers.output.format] is none of the words it can be; write "json" or "env""#,
                    r#"7:89: [credential.go.consumers.output.mode] is no file mode; octal, readable and writable by its owner, like "0640""#,
                ],
            ),
            (
                r#"consumers = { max-staleness = "1h", output = { path = "/run/x", mode = "0644" } }"#,
                &[
                    r#"7:72: [credential.go.consumers.output.mode] lets everybody use the secret; leave others out, like "0640""#,
                ],
            ),
            (
                r#"fields.id = "my-id"
consumers = { max-staleness = "1h", output = { path = "/run/x", format = "env" } }"#,
                &[
                    r#"7:1: [credential.go.fields] names a field that cannot be a variable, and the output is env; use letters, digits and underscores, or format = "json""#,
                ],
            ),
            (
                r#"consumers = { max-staleness = "1h", output = { path = "/s/store.key" } }"#,
                &[
                    "7:55: [credential.go.consumers.output.path] is the store's own file or key; choose a file of its own",
                ],
            ),
            (
                r#"look-every = "often""#,
                &[
                    "7:14: [credential.go.look-every] is no duration; a duration is written like 90s, 10m, 1h 30m, 2d or 1w",
                ],
            ),
            (
                r#"look-every = "2d""#,
                &[r#"7:14: [credential.go.look-every] is out of bounds; from 1s to 1d, or "cron""#],
            ),
            (
                r#"verify = { settle = "2h", tokens = 0, standby-every = "0s" }"#,
                &[
                    "7:21: [credential.go.verify.settle] is out of bounds; from 0s to 1h",
                    "7:36: [credential.go.verify.tokens] is out of bounds; from 1 to 20",
                    "7:55: [credential.go.verify.standby-every] is out of bounds; from 1s to 4w",
                ],
            ),
            (
                r#"failover = "maybe""#,
                &[
                    r#"7:12: [credential.go.failover] is none of the words it can be; write "auto" or "alert""#,
                ],
            ),
            (
                r#"reminders = ["0d", "2d", "2d"]"#,
                &[
                    r#"7:13: [credential.go.reminders] is empty or not ascending; each later than the one before, like ["0d", "2d", "5d", "7d"]"#,
                ],
            ),
            (
                r#"reminders = ["later", 1]"#,
                &[
                    "7:14: [credential.go.reminders] holds something that is no duration; a duration is written like 90s, 10m, 1h 30m, 2d or 1w",
                    "7:23: [credential.go.reminders] holds something that is no text; put each item in quotes",
                ],
            ),
        ],
    );
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_their_lines() {
    let text = r#"state-dri = "/x"
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
"#;
    let expected = r#"t.toml:1:1: [state-dri] is not known; did you mean "state-dir"?
t.toml:3:8: [store.local.file] is a relative path; write it from / on: cron and systemd run elsewhere
t.toml:4:7: [store.local.key] is no reference: secrets come by reference, never as text; write { file = "/PATH" } or { credential = "NAME" }
t.toml:6:13: [provider.p.token-url] would send secrets in the clear; use https (http is for loopback addresses only)
t.toml:7:9: [provider.p.grant] is none of the words it can be; write "client-credentials" or "password"
t.toml:8:13: [credential.go.consumers.max-staleness] is missing; it is needed: how long a consumer may go on using the pair it has read, or "restart": until it is restarted (AWS agent 300s, AWS caching libraries 1h, Vault Agent templates 5m, External Secrets 1h)
t.toml:9:9: [credential.go.store] names no store of this configuration; did you mean "local"?
t.toml:11:13: [credential.go.live-pair] is no path in a store; no slash at the ends, and only one between two names
t.toml:12:12: [credential.go.schedule] never comes; the calendar has no such date
t.toml:13:8: [credential.go.zone] is no time zone that this host knows; did you mean "Europe/London"?
t.toml:14:16: [credential.go.min-interval] is no duration; a duration is written like 90s, 10m, 1h 30m, 2d or 1w
11 problems in the configuration; nothing was done"#;
    assert_eq!(parse(text).unwrap_err().to_string(), expected);
}

#[test]
fn a_text_that_is_no_toml_is_told_its_first_fault_only() {
    let told = |what: &str| format!("{what}; put this right first, then the rest is read");
    let cases = [
        (
            with(PROVIDER, "scope = hunter2"),
            "5:9: this is no TOML: string values must be quoted, expected literal string",
        ),
        (with(PROVIDER, "scope = \"hunter2"), "5:17: this is no TOML: invalid basic string, expected `\"`"),
        (with(CREDENTIAL, "zone = \"UTC\"\nzone = \"UTC\""), "8:1: this is no TOML: duplicate key"),
        (format!("{GOOD}[credential.go]\nx = 1\nzone = "), "12:13: this is no TOML: duplicate key"),
    ];
    for (text, expected) in cases {
        assert_told(&text, &[&told(expected)]);
    }
}

#[test]
fn two_credentials_do_not_share_documents_or_an_output_file() {
    let first =
        GOOD.replace("\nconsumers.max", "\nconsumers.output = { path = \"/run/live\" }\nconsumers.max");
    let second = |lines: &str| {
        format!(
            "{first}[credential.too]\nstore = \"local\"\nprovider = \"p\"\nconsumers.max-staleness = \"1h\"\n{lines}\n"
        )
    };
    let key = "[credential.too.";
    let cases: &[(&str, &[&str])] = &[
        ("live-pair = \"app/go\"", &["17:13: live-pair] is the live pair of \"go\" already"]),
        (
            "live-pair = \"twinkey/app/go/a\"",
            &["17:13: live-pair] is where \"go\" keeps slots and record already"],
        ),
        (
            "live-pair = \"app/too\"\nstate-path = \"twinkey/app/go\"",
            &["18:14: state-path] is where \"go\" keeps slots and record already"],
        ),
        (
            "live-pair = \"app/go\"\nstate-path = \"twinkey/app/go\"",
            &[
                "17:13: live-pair] is the live pair of \"go\" already",
                "18:14: state-path] is where \"go\" keeps slots and record already",
            ],
        ),
        (
            "live-pair = \"app/too\"\nconsumers.output = { path = \"/run/live\" }",
            &["18:29: consumers.output.path] is the output file of \"go\" already"],
        ),
    ];
    for (lines, expected) in cases {
        let expected = expected.iter().map(|line| {
            let (at, what) = line.split_once(": ").unwrap();
            format!("{at}: {key}{what}; each credential needs its own")
        });
        let expected: Vec<String> = expected.collect();
        assert_told(&second(lines), &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
    assert!(parse(&second("live-pair = \"app/too\"")).is_ok());
}

#[test]
fn two_tables_for_one_store_file_are_one_store() {
    let other = "[store.too]\nfile = \"/s/store.age\"\nkey = { credential = \"k\" }\n[credential.too]\nstore = \"too\"\nprovider = \"p\"\nlive-pair = \"app/go\"\nconsumers.max-staleness = \"1h\"\n";
    let expected =
        "18:13: [credential.too.live-pair] is the live pair of \"go\" already; each credential needs its own";
    assert_told(&format!("{GOOD}{other}"), &[expected]);
}

#[test]
fn a_name_that_does_not_do_is_refused() {
    let long = "x".repeat(65);
    for name in ["Go", "go_1", "-go", "\"\"", "\"a b\"", long.as_str()] {
        let text = GOOD.replace("credential.go", &format!("credential.{name}"));
        let told = "[credential] has a name that does not do; 1 to 64 lower-case letters, digits and dashes, no dash first";
        assert_told(&text, &[&format!("7:13: {told}")]);
    }
    for name in ["g", "2go", "go-2", &"x".repeat(64)] {
        assert!(parse(&GOOD.replace("credential.go", &format!("credential.{name}"))).is_ok(), "{name}");
    }
}

#[test]
fn an_empty_file_says_what_is_needed() {
    assert_told(
        "",
        &["1:1: no credential is configured; add a table [credential.NAME]; the example file shows one"],
    );
}

#[test]
fn a_table_of_the_wrong_type_is_told() {
    assert_told(
        "store = 1\n[credential]\ngo = 1\n",
        &[
            "1:9: [store] is of the wrong type (integer); write a table: [store.NAME]",
            "3:1: [credential] holds something that is no table; write [credential.NAME]",
        ],
    );
}

#[test]
fn columns_count_characters_and_lines_end_as_they_like() {
    assert_told(
        &with(PROVIDER, "parameters = { \"\u{e4}\" = \"\u{f6}\", b = 1 }"),
        &["5:31: [provider.p.parameters] holds something that is no text; put each value in quotes"],
    );
    let windows = with(PROVIDER, "timeout = \"x\"").replace('\n', "\r\n");
    let told = "[provider.p.timeout] is no duration; a duration is written like 90s, 10m, 1h 30m, 2d or 1w";
    assert_told(&windows, &[&format!("5:11: {told}")]);
    assert!(parse(&format!("\u{feff}{GOOD}")).is_ok());
}
