//! What the tests stand on.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use twinkey_core::messages::Severity;
use twinkey_notify::{Event, Notice, Way};

/// What must never show: it stands in every address and key.
pub(crate) const CANARY: &str = "c4n4ry-S3cret";

/// A key of Standard Webhooks.
pub(crate) const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

/// A way whose limits a test can wait for.
pub(crate) fn way() -> Way {
    Way { connect_timeout: Duration::from_millis(500), timeout: Duration::from_millis(700), ..Way::default() }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn notice() -> Notice {
    Notice {
        event: Event::Trigger,
        severity: Severity::Warning,
        key: "go-production/regenerate".to_owned(),
        since: "2026-11-24T12:10:00Z".parse().unwrap(),
        rung: 0,
        credential: Some("go-production".to_owned()),
        client: Some("A (\"GO API Client A\")".to_owned()),
        fingerprint: Some(twinkey_core::Mac::from_bytes([0xc0; 32]).fingerprint()),
        host: "rotator-1".to_owned(),
        subject: "go-production: the secret of A can be regenerated, safe since Tue 12:10".to_owned(),
        lines: vec![
            "Do not press anything in the portal yet.".to_owned(),
            "The command asks once more whether it is safe.".to_owned(),
        ],
        command: Some("twinkey regenerate go-production".to_owned()),
        runbook: Some("https://docs.example/runbook#regenerate".to_owned()),
        test: false,
    }
}

/// Notices at the edges: every event and severity, nothing but a subject, far too much, and odd characters.
pub(crate) fn all_sorts() -> Vec<Notice> {
    let mut all = Vec::new();
    for event in [Event::Trigger, Event::Resolve, Event::Change] {
        for severity in [Severity::Notice, Severity::Warning, Severity::Page] {
            all.push(Notice { event, severity, ..notice() });
        }
        let bare = Notice {
            credential: None,
            client: None,
            fingerprint: None,
            lines: Vec::new(),
            command: None,
            runbook: None,
            test: true,
            ..notice()
        };
        all.push(Notice { event, ..bare });
        let long = "long text \u{1f511} ".repeat(2000);
        let endless = Notice {
            key: "k".repeat(3000),
            subject: long.clone(),
            lines: vec![long.clone(); 100],
            command: Some(long.clone()),
            host: long.clone(),
            client: Some(long.clone()),
            credential: Some(long),
            ..notice()
        };
        all.push(Notice { event, ..endless });
        let odd = "x\r\n\u{0}\u{1b}[2J <!channel> & *b* ```\u{202e}\"'".to_owned();
        let tricky = Notice {
            subject: odd.clone(),
            lines: vec![odd.clone(), String::new(), "  ".to_owned()],
            command: Some(odd.clone()),
            client: Some(odd.clone()),
            host: String::new(),
            runbook: Some("javascript:alert(1)".to_owned()),
            ..notice()
        };
        all.push(Notice { event, ..tricky });
    }
    all
}
