//! PagerDuty, Events API v2: alerts are opened and closed under one key, a switch is a change event
//! (<https://developer.pagerduty.com/docs/send-alert-event>).

use std::fmt::Write as _;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use twinkey_core::messages::Severity;
use twinkey_http::{Way, check};
use url::Url;

use crate::clean::line;
use crate::document::{command, paragraphs};
use crate::post::{Post, Refusal};
use crate::{Channel, Delivered, Event, Fault, Notice, SettingsError, Undelivered};

/// The longest summary, in characters.
const SUMMARY: usize = 1024;

/// A PagerDuty service.
pub struct PagerDuty {
    post: Post,
    key: SecretString,
}

impl PagerDuty {
    /// The service with this integration key, at the region's address: `https://events.pagerduty.com`, or
    /// `https://events.eu.pagerduty.com`.
    ///
    /// # Errors
    /// The configuration's fault.
    pub fn new(region: Url, key: SecretString, way: &Way) -> Result<Self, SettingsError> {
        check("the address of PagerDuty", &region)?;
        let text = key.expose_secret();
        if text.is_empty() || !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(SettingsError::Key("the integration key"));
        }
        let post = Post::new(region, Fault::Login, way)?.hiding(key.expose_secret());
        Ok(Self { post, key })
    }
}

#[async_trait]
impl Channel for PagerDuty {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<Delivered, Undelivered> {
        let mut body = match notice.event {
            Event::Trigger => trigger(notice),
            Event::Resolve => json!({ "event_action": "resolve", "dedup_key": notice.short_key() }),
            Event::Change => change(notice),
        };
        body["routing_key"] = json!(self.key.expose_secret());
        let path = if notice.event == Event::Change { "/v2/change/enqueue" } else { "/v2/enqueue" };
        match self.post.json(Some(path), body.to_string(), HeaderMap::new(), now).await {
            Ok(()) => Ok(Delivered::default()),
            Err(refusal) => Err(meaning(refusal)),
        }
    }
}

/// A wrong key is answered like a wrong event, with 400.
fn meaning(refusal: Refusal) -> Undelivered {
    let said = refusal.said.to_lowercase();
    if refusal.status == 400 && (said.contains("routing") || said.contains("integration key")) {
        return Undelivered::failed(Fault::Login, refusal.meaning.to_string());
    }
    refusal.meaning
}

fn trigger(notice: &Notice) -> Value {
    let mut event = json!({
        "event_action": "trigger",
        "dedup_key": notice.short_key(),
        "client": "Twinkey",
        "payload": {
            "summary": notice.title(SUMMARY),
            "source": source(notice),
            "severity": severity(notice),
            "timestamp": notice.since.to_string(),
            "class": line(notice.key.rsplit('/').next().unwrap_or_default(), 200),
            "custom_details": details(notice),
        },
    });
    if let Some(credential) = &notice.credential {
        event["payload"]["component"] = json!(line(credential, 200));
    }
    links(&mut event, notice);
    event
}

fn change(notice: &Notice) -> Value {
    let mut event = json!({
        "payload": {
            "summary": notice.title(SUMMARY),
            "source": source(notice),
            "timestamp": notice.since.to_string(),
            "custom_details": details(notice),
        },
    });
    links(&mut event, notice);
    event
}

/// A trial wakes nobody who has set up his service to be woken by what is critical only.
fn severity(notice: &Notice) -> &'static str {
    match notice.severity {
        _ if notice.test => "info",
        Severity::Notice => "info",
        Severity::Warning => "warning",
        Severity::Page => "critical",
    }
}

/// A source must be there, and must not be empty.
fn source(notice: &Notice) -> String {
    let host = line(&notice.host, 200);
    if host.is_empty() { "twinkey".to_owned() } else { host }
}

fn details(notice: &Notice) -> Value {
    let mut details = json!({});
    let mut text = String::new();
    for paragraph in paragraphs(notice, 1000) {
        let _ = writeln!(text, "{paragraph}");
    }
    details["text"] = json!(text);
    if let Some(command) = command(notice) {
        details["command"] = json!(command);
    }
    for (name, value) in notice.facts() {
        details[name] = json!(value);
    }
    details
}

fn links(event: &mut Value, notice: &Notice) {
    if let Some(link) = notice.link() {
        event["links"] = json!([{ "href": link, "text": "What this means, and what to do" }]);
    }
}
