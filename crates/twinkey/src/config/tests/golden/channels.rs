//! The texts of bad channels, letter by letter.

use super::*;

/// A channel's lines begin in the 13th.
fn each_channel(cases: &[(&str, &[&str])]) {
    for (lines, expected) in cases {
        assert_told(&format!("{GOOD}[notify.n]\n{lines}"), expected);
    }
}

#[test]
fn a_bad_channel_is_told_what_is_wrong_and_what_to_do() {
    each_channel(&[
        (
            r#"least = "page""#,
            &[
                "12:9: [notify.n] does not say what kind of channel it is; give one of mail, webhook, slack, teams, pagerduty, exec",
            ],
        ),
        (
            r#"slack = { file = "/u" }
teams = { file = "/u" }"#,
            &[
                "12:9: [notify.n] is of two kinds at once; give one of mail, webhook, slack, teams, pagerduty, exec",
            ],
        ),
        (
            r#"slack = "https://hooks.example/T0/B0/x""#,
            &[
                r#"13:9: [notify.n.slack] is no reference: secrets come by reference, never as text; write { file = "/PATH" }, { credential = "NAME" } or { command = ["PROGRAM", "ARG"] }"#,
            ],
        ),
        (
            r#"slack = { file = "/u" }
least = "urgent"
to = ["ops@example.com"]"#,
            &[
                r#"14:9: [notify.n.least] is none of the words it can be; write "notice" or "warning" or "page""#,
                "15:6: [notify.n.to] means nothing for slack; leave it out",
            ],
        ),
        (
            r#"webhook = { file = "/u" }"#,
            &[
                "12:9: [notify.n.signing-key] is missing; it is needed: webhook: the key that the receiver verifies with, beginning with whsec_",
            ],
        ),
        (
            r#"pagerduty = { file = "/k" }
address = "http://events.example""#,
            &[
                "14:11: [notify.n.address] would send secrets in the clear; use https (http is for loopback addresses only)",
            ],
        ),
        (
            r#"exec = ["tell", "ops"]"#,
            &[
                r#"13:8: [notify.n.exec] does not begin with the path of a program; write the program from / on, then its arguments: ["/usr/local/bin/tell", "ops"]"#,
            ],
        ),
        (
            r#"exec = ["/bin/true"]
timeout = "1d""#,
            &["14:11: [notify.n.timeout] is out of bounds; from 100ms to 10m"],
        ),
    ]);
}

#[test]
fn bad_mail_is_told_what_is_wrong_and_what_to_do() {
    each_channel(&[
        (
            r#"mail = "smtp://u:p@mail.example/x"
from = "nobody""#,
            &[
                "12:9: [notify.n.to] is missing; it is needed: mail: the recipients",
                "13:8: [notify.n.mail] is no mail server; write it like mail.example or mail.example:587; username, password and tls are keys of their own",
                "14:8: [notify.n.from] holds what is no mail address; write it like ops@example.com, or Ops <ops@example.com>",
            ],
        ),
        (
            r#"mail = "mail.example"
from = "t@example.com"
to = []
username = "t""#,
            &[
                "12:9: [notify.n] has a name without password, or a password without name; give both or neither",
                r#"15:6: [notify.n.to] names nobody; write it like ["ops@example.com"]"#,
            ],
        ),
        (
            r#"mail = "mail.example"
from = "t@example.com"
to = ["ops@example.com", "ops"]
tls = "none""#,
            &[
                "15:26: [notify.n.to] holds what is no mail address; write it like ops@example.com, or Ops <ops@example.com>",
                "16:7: [notify.n.tls] would send messages in the clear; use starttls or implicit (none is for a server on this host only)",
            ],
        ),
    ]);
}
