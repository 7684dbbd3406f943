//! A Slack incoming webhook. Its address is all that it takes to post, so it is a secret.
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks/>.

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use twinkey_http::Way;

use crate::clean::cut;
use crate::document::{command, paragraphs};
use crate::post::Post;
use crate::settings::secret_address;
use crate::{Channel, Delivered, Fault, Notice, SettingsError, Undelivered};

/// The longest header, and the longest text of a section, in characters.
const HEADER: usize = 150;
const SECTION: usize = 3000;

/// A Slack incoming webhook.
pub struct Slack {
    post: Post,
}

impl Slack {
    /// A webhook at this address, which is a secret.
    ///
    /// # Errors
    /// The configuration's fault.
    pub fn new(address: &SecretString, way: &Way) -> Result<Self, SettingsError> {
        let url = secret_address("the address of the Slack webhook", address)?;
        Ok(Self { post: Post::new(url, Fault::Address, way)? })
    }
}

#[async_trait]
impl Channel for Slack {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<Delivered, Undelivered> {
        match self.post.json(None, body(notice).to_string(), HeaderMap::new(), now).await {
            Ok(()) => Ok(Delivered::default()),
            Err(refusal) => Err(refusal.meaning),
        }
    }
}

/// `text` is what notifications show; the blocks are the message. Only the command is in Slack's own markup: what
/// others wrote is plain text, in which a `<!channel>` calls nobody.
fn body(notice: &Notice) -> Value {
    let mut blocks = vec![json!({ "type": "header", "text": plain(&notice.title(HEADER)) })];
    let text = paragraphs(notice, 1000).join("\n");
    if !text.is_empty() {
        blocks.push(json!({ "type": "section", "text": plain(&cut(&text, SECTION)) }));
    }
    if let Some(command) = command(notice) {
        let text = format!("```{}```", escaped(&command.replace("```", "'''")));
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }));
    }
    if let Some(link) = notice.link() {
        let text = format!("<{}|What this means, and what to do>", escaped(&link).replace('|', "%7C"));
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }));
    }
    let facts: Vec<String> = notice.facts().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    blocks.push(json!({ "type": "context", "elements": [plain(&cut(&facts.join("   "), SECTION))] }));
    json!({ "text": escaped(&notice.title(1000)), "blocks": blocks })
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

/// The three characters that mean something in Slack's markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::tests::notice;

    #[test]
    fn what_others_wrote_calls_nobody() {
        let odd = Notice {
            subject: "<!channel> & *x*".to_owned(),
            lines: vec!["<!here>".to_owned()],
            command: Some("twinkey regenerate '<!here>' ```x".to_owned()),
            ..notice()
        };
        let body = body(&odd);
        assert_eq!(body["text"], "&lt;!channel&gt; &amp; *x*");
        for block in body["blocks"].as_array().unwrap() {
            let text = &block["text"];
            if text["type"] == "mrkdwn" {
                assert!(!text["text"].as_str().unwrap().contains("<!"), "{text}");
            }
        }
        assert_eq!(body["blocks"][2]["text"]["text"], "```twinkey regenerate '&lt;!here&gt;' '''x```");
    }
}
