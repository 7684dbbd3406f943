//! The env format: lines of `NAME="value"` that `sh` and systemd read alike.
//!
//! Values always stand in double quotes, with a backslash before the four characters that mean something
//! inside them: `"`, `\`, `$` and `` ` ``. Single quotes would be simpler, but a value could then hold none,
//! because systemd knows no way to write one. Readers that take quotes literally, as `docker --env-file`, are
//! not served, not even where a value needs no quotes: what works today would break at the rotation that
//! brings a `$`. They have the JSON format.

use std::collections::BTreeMap;

/// One line, with its end; `None` for a value that does not fit on one.
pub(super) fn line(name: &str, value: &str) -> Option<String> {
    (!value.contains(char::is_control)).then(|| format!("{name}={}\n", quoted(value)))
}

/// The lines taken apart; `None` where one is not of this form.
pub(super) fn fields(text: &str) -> Option<BTreeMap<String, String>> {
    text.lines()
        .map(|line| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), unquoted(value)?))
        })
        .collect()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(2 * text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next()? } else { c });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// What a shell finds in a variable after it has sourced a file of these lines.
    fn sourced(shell: &str, lines: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("live.env");
        std::fs::write(&path, lines).unwrap();
        let script = "set -eu; . \"$0\"; printf %s \"$NAME\"";
        let out = Command::new(shell).args(["-c", script]).arg(&path).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// What systemd makes of a value in `EnvironmentFile=`, after its manual: within double quotes a
    /// backslash goes before `"`, `\`, `` ` `` and `$`, and stays before anything else.
    fn in_systemd(value: &str) -> String {
        let mut chars = value.strip_prefix('"').unwrap().chars();
        let mut read = String::new();
        loop {
            match chars.next().unwrap() {
                '"' => break,
                '\\' => match chars.next().unwrap() {
                    c @ ('"' | '\\' | '`' | '$') => read.push(c),
                    c => read.extend(['\\', c]),
                },
                c => read.push(c),
            }
        }
        assert_eq!(chars.next(), None);
        read
    }

    #[test]
    fn every_printable_character_comes_through_a_shell() {
        let all: String = (b' '..=b'~').map(char::from).collect();
        for value in [all.as_str(), "", "\\", "~/x", "a\\", "$(id)", "`id`", "${HOME}", "'", "# no"] {
            assert_eq!(sourced("sh", &line("NAME", value).unwrap()), value);
        }
    }

    #[test]
    fn a_value_of_two_lines_does_not_fit() {
        for value in ["a\nb", "a\r", "\0", "\t"] {
            assert_eq!(line("NAME", value), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_shell_reads_any_value_as_it_was(value in "[ -~]{0,40}") {
            prop_assert_eq!(sourced("sh", &line("NAME", &value).unwrap()), value);
        }

        #[test]
        fn systemd_reads_any_value_as_it_was(value in "[ -~]{0,40}") {
            let line = line("NAME", &value).unwrap();
            let written = line.strip_prefix("NAME=").unwrap().strip_suffix('\n').unwrap();
            prop_assert_eq!(in_systemd(written), value);
        }

        #[test]
        fn we_read_any_value_as_it_was(value in "[ -~]{0,40}", other in "[ -~]{0,40}") {
            let text = line("A", &value).unwrap() + &line("B", &other).unwrap();
            let expected = BTreeMap::from([("A".to_owned(), value), ("B".to_owned(), other)]);
            prop_assert_eq!(fields(&text), Some(expected));
        }

        #[test]
        fn any_text_is_looked_at_without_panic(text in "(?s).{0,80}") {
            fields(&text);
        }
    }
}
