//! Microsoft Teams by a workflow ("When a Teams webhook request is received"), which takes an Adaptive Card. Its
//! address holds a signature, so it is a secret. An answer of 202 says that the flow was started, no more.

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use twinkey_core::messages::Severity;
use twinkey_http::Way;

use crate::document::{command, paragraphs};
use crate::post::Post;
use crate::settings::secret_address;
use crate::{Channel, Delivered, Event, Fault, Notice, SettingsError, Undelivered};

/// The version of the cards: what every client of Teams shows.
const VERSION: &str = "1.4";

/// A Teams workflow.
pub struct Teams {
    post: Post,
}

impl Teams {
    /// A workflow at this address, which is a secret.
    ///
    /// # Errors
    /// The configuration's fault.
    pub fn new(address: &SecretString, way: &Way) -> Result<Self, SettingsError> {
        let url = secret_address("the address of the Teams workflow", address)?;
        Ok(Self { post: Post::new(url, Fault::Address, way)? })
    }
}

#[async_trait]
impl Channel for Teams {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<Delivered, Undelivered> {
        match self.post.json(None, body(notice).to_string(), HeaderMap::new(), now).await {
            Ok(()) => Ok(Delivered::default()),
            Err(refusal) => Err(refusal.meaning),
        }
    }
}

fn body(notice: &Notice) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card(notice),
        }],
    })
}

/// Runs of text are no Markdown, other than text blocks: what others wrote is shown as it is.
fn card(notice: &Notice) -> Value {
    let colour = match (notice.event, notice.severity) {
        (Event::Resolve | Event::Change, _) => "Good",
        (_, Severity::Page) => "Attention",
        (_, Severity::Warning) => "Warning",
        (_, Severity::Notice) => "Default",
    };
    let title = json!({
        "type": "TextRun", "text": notice.title(300), "size": "Large", "weight": "Bolder", "color": colour,
    });
    let mut parts = vec![rich(vec![title])];
    for text in paragraphs(notice, 1000) {
        parts.push(rich(vec![json!({ "type": "TextRun", "text": text })]));
    }
    if let Some(command) = command(notice) {
        parts.push(rich(vec![json!({ "type": "TextRun", "text": command, "fontType": "Monospace" })]));
    }
    let facts: Vec<String> = notice.facts().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let facts = facts.join("   ");
    parts.push(rich(vec![json!({ "type": "TextRun", "text": facts, "isSubtle": true, "size": "Small" })]));
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "body": parts,
        "msteams": { "width": "Full" },
    });
    if let Some(url) = notice.link() {
        card["actions"] = json!([{ "type": "Action.OpenUrl", "title": "What to do", "url": url }]);
    }
    card
}

fn rich(runs: Vec<Value>) -> Value {
    json!({ "type": "RichTextBlock", "inlines": runs })
}
