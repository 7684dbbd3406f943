//! A secret in the wrong place is never shown, and no text makes the reader panic.

use proptest::prelude::*;

use crate::config::keys::{Key, Kind};

use super::*;

const EXAMPLE: &str = include_str!("../../../../../config/twinkey.example.toml");
const CANARY: &str = "c4n4ry-S3cret";

/// Values that are wrong nearly everywhere, each with the secret in it.
const WRONG: &[&str] = &[
    "\"CANARY\"",
    "\"/CANARY//..\"",
    "\"http://user:CANARY@host/\"",
    "\"https://user:CANARY@host/\"",
    "[\"CANARY\"]",
    "[\"1d\", \"CANARY\"]",
    "{ CANARY = 1 }",
    "{ \"CANARY CANARY\" = 1 }",
    "{ file = \"CANARY\" }",
    "{ credential = \"/CANARY\" }",
    "{ command = [\"./CANARY\"] }",
    "{ value = \"CANARY\" }",
    "{ url = \"CANARY\", path = \"CANARY\", a = \"CANARY\", b = \"CANARY\" }",
    "CANARY",
    "\"CANARY",
    "'CANARY\"",
    "\"\"\"CANARY",
    "\"\\qCANARY\"",
    "\"\\u{CANARY}\"",
    "{ CANARY",
    "[ CANARY",
    "1_CANARY",
    "2026-11-24T99:99:99CANARY",
];

/// Every key of a table, the nested ones dotted.
fn paths(keys: &'static [Key], before: &str, found: &mut Vec<String>) {
    for key in keys {
        let path = format!("{before}{}", key.name);
        if let Kind::Table(inner) | Kind::Secret(inner) | Kind::WordOrTable(_, inner) = key.kind {
            paths(inner, &format!("{path}."), found);
        }
        found.push(path);
    }
}

fn lines() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for (heading, keys) in [(STORE, keys::STORE), (PROVIDER, keys::PROVIDER), (CREDENTIAL, keys::CREDENTIAL)]
    {
        let mut found = vec!["client_secret".to_owned(), "CANARY".to_owned(), "\"CANARY\"".to_owned()];
        paths(keys, "", &mut found);
        all.extend(found.into_iter().map(|path| (heading, path)));
    }
    all
}

fn assert_silent(text: &str) -> bool {
    let Err(problems) = parse(text) else { return false };
    for told in [problems.to_string(), format!("{problems:?}")] {
        assert!(!told.to_lowercase().contains(&CANARY.to_lowercase()), "{text}\n{told}");
    }
    true
}

#[test]
fn a_secret_in_the_wrong_place_is_never_echoed() {
    let mut refused = 0;
    for (heading, path) in lines() {
        for wrong in WRONG {
            let line = format!("{path} = {wrong}").replace("CANARY", CANARY);
            refused += usize::from(assert_silent(&with(heading, &line)));
        }
    }
    assert!(refused > 1000, "{refused}");
    for whole in [
        format!("{CANARY} = 1\n{GOOD}"),
        format!("state-dir = \"{CANARY}\"\n{GOOD}"),
        format!("store = \"{CANARY}\""),
        format!("[{CANARY}]\n{GOOD}"),
        GOOD.replace("credential.go", &format!("credential.{CANARY}")),
        GOOD.replace("store.local", &format!("store.\"{CANARY}\"")),
        format!("{GOOD}[credential]\nx = \"{CANARY}\"\n"),
        format!("{GOOD}\n{CANARY}\n{CANARY}"),
    ] {
        assert!(assert_silent(&whole), "{whole}");
    }
}

/// Channels of each kind, as good as they can be.
const CHANNELS: &[&str] = &[
    "mail = \"mail.example\"\nfrom = \"t@example.com\"\nto = [\"ops@example.com\"]\n",
    "webhook = { file = \"/u\" }\nsigning-key = { file = \"/k\" }\n",
    "slack = { file = \"/u\" }\n",
    "pagerduty = { file = \"/k\" }\n",
    "exec = [\"/bin/true\"]\n",
];

#[test]
fn a_secret_in_the_wrong_place_of_a_channel_is_never_echoed() {
    let mut found = vec!["CANARY".to_owned()];
    paths(keys::NOTIFY, "", &mut found);
    let mut refused = 0;
    for path in found {
        for (wrong, channel) in
            WRONG.iter().flat_map(|wrong| CHANNELS.iter().map(move |channel| (wrong, channel)))
        {
            let key = path.split('.').next().unwrap();
            let rest: String = channel
                .lines()
                .filter(|line| !line.starts_with(&format!("{key} ")))
                .map(|line| format!("{line}\n"))
                .collect();
            let line = format!("{path} = {wrong}").replace("CANARY", CANARY);
            refused += usize::from(assert_silent(&format!("{GOOD}[notify.n]\n{rest}{line}\n")));
        }
    }
    assert!(refused > 1000, "{refused}");
    let argument = format!("{GOOD}[notify.n]\nexec = [\"/bin/echo\", \"{CANARY}\"]\n");
    assert!(!format!("{:?}", parse(&argument).unwrap()).contains(CANARY));
}

#[test]
fn a_good_configuration_shows_no_secret_in_its_debug_text() {
    let lines = format!(
        "headers = {{ x-key = \"{CANARY}\" }}\ngrant = \"password\"\nusername = \"u\"\npassword = {{ command = [\"/bin/echo\", \"{CANARY}\"] }}"
    );
    let config = parse(&with(PROVIDER, &lines)).unwrap();
    let settings = config.credentials[0].provider.settings().unwrap();
    for shown in [format!("{config:?}"), format!("{settings:?}")] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "[\\[\\]{}=\"'a-z.\\n #0-9_-]{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_value_of_any_key_is_read_without_panic(at in 0usize..1000, value in "[ -~\u{e9}]{0,30}") {
        let lines = lines();
        let (heading, path) = &lines[at % lines.len()];
        let _ = parse(&with(heading, &format!("{path} = {value}")));
        let _ = parse(&with(heading, &format!("{path} = {value:?}")));
    }

    #[test]
    fn a_secret_dropped_anywhere_is_never_echoed(
        at in 0usize..10_000,
        before in "[\"'={}\\[\\]#\\n ,.]{0,2}",
        after in "[\"'={}\\[\\]#\\n ,.]{0,2}",
    ) {
        for text in [GOOD, EXAMPLE] {
            let at = (0..=at % (text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            assert_silent(&format!("{}{before}{CANARY}{after}{}", &text[..at], &text[at..]));
        }
    }
}
