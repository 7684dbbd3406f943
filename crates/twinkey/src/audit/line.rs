//! One line of the chain.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use twinkey_core::record::AuditHead;

use super::{Entry, Event};

/// What stands before the hash of a line, and after.
const SEAM: &str = ",\"hash\":\"";
const END: &str = "\"}";

/// The hash before the first line.
pub(super) fn nothing() -> String {
    "0".repeat(64)
}

#[derive(Serialize)]
struct Written<'a> {
    line: u64,
    at: jiff::Timestamp,
    by: &'a str,
    credential: &'a str,
    event: Event,
    step: &'a str,
    detail: &'a Value,
    previous: &'a str,
}

/// The text of the next line, with its line end, and its head.
pub(super) fn write(entry: &Entry, before: Option<&AuditHead>) -> (String, AuditHead) {
    let previous = before.map_or_else(nothing, |head| head.hash.clone());
    let number = before.map_or(0, |head| head.line) + 1;
    let written = Written {
        line: number,
        at: entry.at,
        by: &entry.by,
        credential: &entry.credential,
        event: entry.event,
        step: &entry.step,
        detail: &entry.detail,
        previous: &previous,
    };
    #[expect(clippy::expect_used, reason = "a line has string keys and no failing Serialize")]
    let json = serde_json::to_string(&written).expect("a line is always JSON");
    let body = json.strip_suffix('}').unwrap_or(&json);
    let hash = hex::encode(Sha256::digest(body.as_bytes()));
    (format!("{body}{SEAM}{hash}{END}\n"), AuditHead { line: number, hash })
}

/// A line's own number and hash; `None` if it is no line. The hash is not checked here. A line that none could
/// follow is none: this program never writes one.
pub(super) fn head(text: &str) -> Option<AuditHead> {
    #[derive(Deserialize)]
    struct Head {
        line: u64,
        hash: String,
    }
    let Head { line, hash } = serde_json::from_str(text).ok()?;
    (line < u64::MAX).then_some(AuditHead { line, hash })
}

/// A line taken apart: its number, the hash before it, its own hash, and whether that is right.
pub(super) struct Read {
    pub(super) line: u64,
    pub(super) previous: String,
    pub(super) hash: String,
    pub(super) is_right: bool,
}

pub(super) fn read(text: &str) -> Option<Read> {
    #[derive(Deserialize)]
    struct Parts {
        line: u64,
        previous: String,
        hash: String,
    }
    let Parts { line, previous, hash } = serde_json::from_str(text).ok()?;
    let body = text.strip_suffix(&format!("{SEAM}{hash}{END}"))?;
    let is_right = hex::encode(Sha256::digest(body.as_bytes())) == hash;
    Some(Read { line, previous, hash, is_right })
}
