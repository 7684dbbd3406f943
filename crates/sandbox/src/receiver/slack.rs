//! Slack's incoming webhooks, as far as Block Kit's reference says
//! (<https://docs.slack.dev/reference/block-kit/blocks/>): header, section, context, divider.

use serde_json::Value;

use super::judge::{Judged, list, only, text};

pub(super) fn message(body: &Value) -> Judged {
    only(body, &["text", "blocks"])?;
    text(body, "text", 40_000)?;
    if body.get("blocks").is_none() {
        return Ok(());
    }
    for block in list(body, "blocks", 50)? {
        match block["type"].as_str() {
            Some("header") => {
                only(block, &["type", "text"])?;
                object(&block["text"], &["plain_text"], 150)?;
            }
            Some("section") => {
                only(block, &["type", "text"])?;
                object(&block["text"], &["plain_text", "mrkdwn"], 3000)?;
            }
            Some("context") => {
                only(block, &["type", "elements"])?;
                for element in list(block, "elements", 10)? {
                    object(element, &["plain_text", "mrkdwn"], 3000)?;
                }
            }
            Some("divider") => only(block, &["type"])?,
            other => return Err(format!("{other:?} is no type of block")),
        }
    }
    Ok(())
}

/// A text object.
fn object(value: &Value, kinds: &[&str], most: usize) -> Judged {
    let kind = value["type"].as_str().unwrap_or_default();
    if !kinds.contains(&kind) {
        return Err(format!("{kind:?} is no type of text here"));
    }
    let keys: &[&str] =
        if kind == "plain_text" { &["type", "text", "emoji"] } else { &["type", "text", "verbatim"] };
    only(value, keys)?;
    text(value, "text", most)?;
    match value.get("emoji") {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(_) => Err("emoji is neither true nor false".to_owned()),
    }
}
