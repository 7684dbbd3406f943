//! A notice as a JSON document, for receivers without a form of their own. Keys are only ever added.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Notice;
use crate::clean::{cut, line};

/// The longest text of a paragraph, in characters, and the longest of all together, in bytes: a document stays below
/// 20 KiB, which is what the Standard Webhooks scheme asks for.
const PARAGRAPH: usize = 1000;
const ALL: usize = 8 * 1024;

/// The longest name of a credential, a client or a host, in characters.
const NAME: usize = 200;

/// The document, in the outer form of Standard Webhooks: type, timestamp, data.
pub(crate) fn document(notice: &Notice, now: Timestamp) -> Value {
    json!({
        "type": format!("twinkey.{}", notice.event.name()),
        "timestamp": now.to_string(),
        "data": {
            "id": notice.id(),
            "incident": notice.incident(),
            "key": notice.short_key(),
            "severity": notice.severity.name(),
            "since": notice.since.to_string(),
            "rung": notice.rung,
            "credential": notice.credential.as_deref().map(|name| line(name, NAME)),
            "client": notice.client.as_deref().map(|name| line(name, NAME)),
            "fingerprint": notice.fingerprint.map(|print| print.to_string()),
            "host": line(&notice.host, NAME),
            "subject": notice.title(PARAGRAPH),
            "lines": paragraphs(notice, PARAGRAPH),
            "command": command(notice),
            "runbook": notice.page(),
            "test": notice.test,
        },
    })
}

/// The text, each paragraph one line, and all together not too long.
pub(crate) fn paragraphs(notice: &Notice, most: usize) -> Vec<String> {
    let mut room = ALL;
    let lines = notice.lines.iter().map(|text| line(text, most)).filter(|text| !text.is_empty());
    let fits = |text: &String| {
        room = room.saturating_sub(text.len());
        room > 0
    };
    lines.take_while(fits).collect()
}

/// The command as it is to be typed, on one line.
pub(crate) fn command(notice: &Notice) -> Option<String> {
    let command = notice.command.as_deref()?.trim();
    let plain: String = command.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (!plain.is_empty()).then(|| cut(&plain, PARAGRAPH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::tests::notice;

    #[test]
    fn a_document_stays_small_whatever_it_says() {
        let long = Notice {
            lines: vec!["\u{1f511} ".repeat(9000); 90],
            subject: "\u{1f511}".repeat(9000),
            ..notice()
        };
        let text = document(&long, "2026-11-24T12:10:00Z".parse().unwrap()).to_string();
        assert!(text.len() < 20 * 1024, "{}", text.len());
    }

    #[test]
    fn keys_of_the_document_are_the_promised_ones() {
        let document = document(&notice(), "2026-11-24T12:11:00Z".parse().unwrap());
        assert_eq!(document["type"], "twinkey.trigger");
        let keys: Vec<&String> = document["data"].as_object().unwrap().keys().collect();
        let promised = [
            "client",
            "command",
            "credential",
            "fingerprint",
            "host",
            "id",
            "incident",
            "key",
            "lines",
            "runbook",
            "rung",
            "severity",
            "since",
            "subject",
            "test",
        ];
        assert_eq!(keys, promised);
    }
}
