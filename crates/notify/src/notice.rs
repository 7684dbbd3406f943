//! What a person is to read, as plain values: made from what core knows, without asking anybody.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use twinkey_core::Fingerprint;
use twinkey_core::messages::Severity;

use crate::clean::line;

/// The longest key, in characters: what PagerDuty takes as deduplication key.
const KEY: usize = 255;

/// One message to people. It holds no secret: core, which it is made from, never has one, and what is shown of one
/// has a type of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether something begins to stand, has ended, or is only to be known.
    pub event: Event,
    /// How urgent it is.
    pub severity: Severity,
    /// What it is about, the same as long as it stands and whenever it comes again: `go-production/regenerate`.
    pub key: String,
    /// When it began to stand. Together with the key it names the incident.
    pub since: Timestamp,
    /// How often people have been called about this incident before: the rung of a ladder, from 0.
    pub rung: u32,
    /// The credential; `None` for what concerns the host.
    pub credential: Option<String>,
    /// The client as people know it: its letter, and its label in the portal.
    pub client: Option<String>,
    /// The secret it is about.
    pub fingerprint: Option<Fingerprint>,
    /// The host that says so.
    pub host: String,
    /// What happened, in one line.
    pub subject: String,
    /// The rest, a paragraph an item.
    pub lines: Vec<String>,
    /// The one command to type.
    pub command: Option<String>,
    /// The page that says more.
    pub runbook: Option<String>,
    /// A trial: nothing happened.
    pub test: bool,
}

/// What a notice says about the incident that its key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// It stands.
    Trigger,
    /// It has ended.
    Resolve,
    /// Nothing stands: something was changed, as it should be.
    Change,
}

impl Event {
    /// Its word in documents for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Resolve => "resolve",
            Self::Change => "change",
        }
    }
}

impl Notice {
    /// The name of this very message: a repeat has the same one, so that receivers can tell it for what it is. What has
    /// become more urgent is another message.
    pub fn id(&self) -> String {
        self.digest(&format!("{}\n{}\n{}", self.event.name(), self.rung, self.severity.name()))
    }

    /// The name of the incident, the same in all its messages: they form a thread.
    pub fn incident(&self) -> String {
        self.digest("incident")
    }

    fn digest(&self, what: &str) -> String {
        let text = format!("{}\n{}\n{}\n{what}", self.key, self.since, self.test);
        hex::encode(&Sha256::digest(text.as_bytes())[..16])
    }

    /// The key in the length that receivers take. A trial has one of its own: it must not close what stands.
    pub(crate) fn short_key(&self) -> String {
        let key = line(&self.key, usize::MAX);
        let key = if self.test { format!("test/{key}") } else { key };
        if key.chars().count() <= KEY {
            return key;
        }
        let digest = hex::encode(&Sha256::digest(key.as_bytes())[..16]);
        let kept: String = key.chars().take(KEY - digest.len() - 1).collect();
        format!("{kept}-{digest}")
    }

    /// The subject, saying first if this is a trial or an end.
    pub(crate) fn title(&self, most: usize) -> String {
        let test = if self.test { "TEST: " } else { "" };
        let ended = if self.event == Event::Resolve { "Resolved: " } else { "" };
        line(&format!("{test}{ended}{}", self.subject), most)
    }

    /// What stands below the text: name and value.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        let facts = [
            ("urgency", Some(self.severity.name().to_owned())),
            ("credential", self.credential.clone()),
            ("client", self.client.clone()),
            ("fingerprint", self.fingerprint.map(|print| print.to_string())),
            ("host", Some(self.host.clone())),
            ("runbook", self.page().filter(|_| self.link().is_none())),
        ];
        let known = facts.into_iter().filter_map(|(name, value)| Some((name, line(&value?, 200))));
        known.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The runbook as it may be shown: an address, or a path on the host.
    pub(crate) fn page(&self) -> Option<String> {
        let path = self.runbook.as_deref().filter(|path| path.starts_with('/'));
        self.link().or_else(|| path.map(|path| line(path, 200)))
    }

    /// The runbook, where it is an address that may stand in a link.
    pub(crate) fn link(&self) -> Option<String> {
        let url = url::Url::parse(self.runbook.as_deref()?).ok()?;
        (["http", "https"].contains(&url.scheme()) && url.as_str().len() <= 1000).then(|| url.to_string())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn notice() -> Notice {
        Notice {
            event: Event::Trigger,
            severity: Severity::Warning,
            key: "go-production/regenerate".to_owned(),
            since: "2026-11-24T12:10:00Z".parse().unwrap(),
            rung: 0,
            credential: Some("go-production".to_owned()),
            client: Some("A (\"GO API Client A\")".to_owned()),
            fingerprint: None,
            host: "rotator-1".to_owned(),
            subject: "go-production: the secret of A can be regenerated".to_owned(),
            lines: vec!["Do not press anything in the portal yet.".to_owned()],
            command: Some("twinkey regenerate go-production".to_owned()),
            runbook: Some("https://docs.example/runbook#regenerate".to_owned()),
            test: false,
        }
    }

    #[test]
    fn a_repeat_has_the_same_name_and_every_other_message_another() {
        let first = notice();
        assert_eq!(first.id(), notice().id());
        let others = [
            Notice { rung: 1, ..notice() },
            Notice { severity: Severity::Page, ..notice() },
            Notice { event: Event::Resolve, ..notice() },
            Notice { test: true, ..notice() },
            Notice { key: "go-production/overdue".to_owned(), ..notice() },
            Notice { since: "2026-12-01T12:10:00Z".parse().unwrap(), ..notice() },
        ];
        let mut ids: Vec<String> = others.iter().map(Notice::id).collect();
        ids.push(first.id());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 7);
        // What is only worded differently is the same message.
        assert_eq!(Notice { subject: "x".to_owned(), ..notice() }.id(), first.id());
    }

    #[test]
    fn all_messages_of_an_incident_name_it_alike() {
        let incident = notice().incident();
        assert_eq!(Notice { rung: 3, event: Event::Resolve, ..notice() }.incident(), incident);
        let next = "2026-12-01T12:10:00Z".parse().unwrap();
        assert_ne!(Notice { since: next, ..notice() }.incident(), incident);
    }

    #[test]
    fn a_long_key_is_cut_and_still_its_own() {
        let long = |end: &str| Notice { key: format!("{}{end}", "k".repeat(300)), ..notice() }.short_key();
        assert_eq!(long("a").chars().count(), 255);
        assert_ne!(long("a"), long("b"));
        assert_eq!(notice().short_key(), "go-production/regenerate");
        assert_eq!(Notice { test: true, ..notice() }.short_key(), "test/go-production/regenerate");
    }

    #[test]
    fn a_title_is_one_line_and_says_first_what_it_is() {
        let odd = Notice { subject: "two\r\nBcc: x@y\u{202e}".to_owned(), ..notice() };
        assert_eq!(odd.title(100), "two Bcc: x@y?");
        let ended = Notice { event: Event::Resolve, test: true, subject: "s".to_owned(), ..notice() };
        assert_eq!(ended.title(100), "TEST: Resolved: s");
        assert_eq!(Notice { subject: "x".repeat(200), ..notice() }.title(50).chars().count(), 50);
    }

    #[test]
    fn only_an_address_of_the_web_becomes_a_link() {
        let link = |text: &str| Notice { runbook: Some(text.to_owned()), ..notice() }.link();
        assert!(link("https://docs.example/x").is_some());
        let path =
            Notice { runbook: Some("/usr/share/doc/twinkey/runbooks.md#diverged".to_owned()), ..notice() };
        assert_eq!(path.link(), None);
        let shown = ("runbook", "/usr/share/doc/twinkey/runbooks.md#diverged".to_owned());
        assert!(path.facts().contains(&shown), "{:?}", path.facts());
        assert!(notice().facts().iter().all(|(name, _)| *name != "runbook"), "it is a link already");
        for odd in ["javascript:alert(1)", "docs/x.md", "file:///etc/passwd", ""] {
            assert_eq!(link(odd), None, "{odd}");
        }
    }
}
