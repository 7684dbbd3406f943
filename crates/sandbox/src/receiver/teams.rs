//! Teams' workflows: a message with an Adaptive Card
//! (<https://adaptivecards.io/explorer/>, <https://learn.microsoft.com/connectors/teams/>).

use serde_json::Value;

use super::judge::{Judged, list, only, text, word};

/// The most that the connector posts, in bytes.
const MOST: usize = 28 * 1024;

const VERSIONS: &[&str] = &["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"];
const SIZES: &[&str] = &["Default", "Small", "Medium", "Large", "ExtraLarge"];
const WEIGHTS: &[&str] = &["Default", "Lighter", "Bolder"];
const COLOURS: &[&str] = &["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"];

pub(super) fn message(body: &Value, bytes: usize) -> Judged {
    if bytes > MOST {
        return Err(format!("{bytes} bytes, at most {MOST} are posted"));
    }
    only(body, &["type", "attachments"])?;
    if body["type"] != "message" {
        return Err("type is not message".to_owned());
    }
    for attachment in list(body, "attachments", 10)? {
        only(attachment, &["contentType", "contentUrl", "content"])?;
        if attachment["contentType"] != "application/vnd.microsoft.card.adaptive" {
            return Err("contentType is none of a card".to_owned());
        }
        if !attachment["contentUrl"].is_null() {
            return Err("contentUrl is not null".to_owned());
        }
        card(&attachment["content"])?;
    }
    Ok(())
}

fn card(card: &Value) -> Judged {
    only(card, &["$schema", "type", "version", "body", "actions", "msteams"])?;
    if card["type"] != "AdaptiveCard" || card["version"].is_null() {
        return Err("there is no AdaptiveCard with a version".to_owned());
    }
    word(card, "version", VERSIONS)?;
    for element in list(card, "body", 100)? {
        match element["type"].as_str() {
            Some("TextBlock") => {
                text(element, "text", MOST)?;
            }
            Some("RichTextBlock") => {
                only(element, &["type", "inlines", "horizontalAlignment", "separator", "spacing"])?;
                list(element, "inlines", 100)?.iter().try_for_each(run)?;
            }
            other => return Err(format!("{other:?} is no type of element here")),
        }
    }
    for action in card["actions"].as_array().into_iter().flatten() {
        only(action, &["type", "title", "url"])?;
        text(action, "title", 200)?;
        if action["type"] != "Action.OpenUrl" || !text(action, "url", 2000)?.starts_with("http") {
            return Err("an action opens no address".to_owned());
        }
    }
    Ok(())
}

fn run(run: &Value) -> Judged {
    only(run, &["type", "text", "size", "weight", "color", "fontType", "isSubtle"])?;
    if run["type"] != "TextRun" {
        return Err("an inline is no TextRun".to_owned());
    }
    text(run, "text", MOST)?;
    word(run, "size", SIZES)?;
    word(run, "weight", WEIGHTS)?;
    word(run, "color", COLOURS)?;
    word(run, "fontType", &["Default", "Monospace"])?;
    match run.get("isSubtle") {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(_) => Err("isSubtle is neither true nor false".to_owned()),
    }
}
