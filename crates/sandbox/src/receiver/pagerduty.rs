//! PagerDuty's Events API v2 (<https://developer.pagerduty.com/docs/send-alert-event>,
//! <https://developer.pagerduty.com/docs/send-change-event>).

use serde_json::Value;

use super::judge::{Judged, list, only, text, word};

pub(super) fn alert(event: &Value, key: &str) -> Judged {
    const KEYS: [&str; 8] =
        ["routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"];
    only(event, &KEYS)?;
    routing_key(event, key)?;
    if event.get("dedup_key").is_some() {
        text(event, "dedup_key", 255)?;
    }
    match text(event, "event_action", 20)? {
        "trigger" => {
            let payload = &event["payload"];
            only(
                payload,
                &[
                    "summary",
                    "source",
                    "severity",
                    "timestamp",
                    "component",
                    "group",
                    "class",
                    "custom_details",
                ],
            )?;
            text(payload, "severity", 10)?;
            word(payload, "severity", &["critical", "error", "warning", "info"])?;
            text(payload, "source", 1000)?;
            for name in ["component", "group", "class"] {
                if payload.get(name).is_some() {
                    text(payload, name, 1000)?;
                }
            }
            common(event)
        }
        "acknowledge" | "resolve" => text(event, "dedup_key", 255).map(|_| ()),
        other => Err(format!("event_action is {other}")),
    }
}

pub(super) fn change(event: &Value, key: &str) -> Judged {
    only(event, &["routing_key", "payload", "links"])?;
    routing_key(event, key)?;
    only(&event["payload"], &["summary", "source", "timestamp", "custom_details"])?;
    common(event)
}

fn routing_key(event: &Value, key: &str) -> Judged {
    match text(event, "routing_key", 32)? {
        given if given == key => Ok(()),
        given if given.len() != 32 => Err("routing_key has not 32 characters".to_owned()),
        _ => Err("Invalid routing key".to_owned()),
    }
}

fn common(event: &Value) -> Judged {
    let payload = &event["payload"];
    text(payload, "summary", 1024)?;
    if payload.get("timestamp").is_some() && !is_moment(text(payload, "timestamp", 40)?) {
        return Err("timestamp is none of ISO 8601".to_owned());
    }
    if payload.get("custom_details").is_some_and(|details| !details.is_object()) {
        return Err("custom_details is no object".to_owned());
    }
    if event.get("links").is_some() {
        for link in list(event, "links", 100)? {
            only(link, &["href", "text"])?;
            text(link, "href", 2000)?;
        }
    }
    Ok(())
}

/// `2026-11-24T12:10:00…`.
fn is_moment(text: &str) -> bool {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars().map(shape).collect::<String>().starts_with("0000-00-00T00:00:00")
}
