//! The audit log, read and gone on with.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use twinkey::audit::{AuditLog, Entry, Event, verify};

use crate::{now, scratch};

/// The input's first byte says what the rest is: `f` the whole log, `e` edits of a good one. `verify` believes
/// exactly the logs whose chain another reader finds whole, and names the line where it is not; opening cuts
/// off what a crash tore and nothing else, and what is appended then follows.
pub fn audit_log(data: &[u8]) {
    let good = good();
    let bytes = match data.split_first() {
        Some((b'f', log)) => log.to_vec(),
        Some((b'e', edits)) => scratch::edited(good, edits),
        _ => return,
    };
    let folder = scratch::folder();
    let path = folder.path().join("audit.jsonl");
    fs::write(&path, &bytes).expect("a log");

    let whole = chain(&bytes);
    let found = verify(&path, None);
    match (&found, whole) {
        (Ok(verified), Ok(lines)) => assert_eq!(verified.lines, lines),
        (Err(broken), Err(at)) => {
            assert!(broken.to_string().contains(&format!("line {at} ")), "{broken}, not {at}")
        }
        (found, whole) => panic!("verify says {found:?}, and the chain is {whole:?}"),
    }
    open(&path, &bytes);
}

/// A log that opens keeps its whole lines, cuts off the rest, and can be gone on with.
fn open(path: &Path, bytes: &[u8]) {
    let kept = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let Ok(mut log) = AuditLog::open(path) else {
        let now = fs::read(path).expect("a log");
        assert!(now == bytes || now == bytes[..kept], "a log that was refused was changed");
        return;
    };
    assert!(fs::read(path).expect("a log") == bytes[..kept], "more was cut off than a torn line");
    assert_eq!(log.cut, (bytes.len() - kept) as u64);
    let was_whole = chain(&bytes[..kept]);
    if log.append(entry()).is_ok() {
        let after = chain(&fs::read(path).expect("a log"));
        assert_eq!(after.ok(), was_whole.ok().map(|lines| lines + 1), "what was appended does not follow");
    }
}

/// The number of lines of a whole chain, or the line at which it is broken, by the words of the format: a
/// line's hash is over its bytes up to the last member, and each names the hash before it.
fn chain(bytes: &[u8]) -> Result<u64, u64> {
    let mut before = "0".repeat(64);
    let mut number = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        number += 1;
        let text = std::str::from_utf8(line).ok().and_then(|line| line.strip_suffix('\n')).ok_or(number)?;
        let value: Value = serde_json::from_str(text).map_err(|_| number)?;
        let hash = value["hash"].as_str().ok_or(number)?.to_owned();
        let body = text.strip_suffix(&format!(",\"hash\":\"{hash}\"}}")).ok_or(number)?;
        let follows = value["line"] == number && value["previous"] == before;
        if hex::encode(Sha256::digest(body)) != hash || !follows {
            return Err(number);
        }
        before = hash;
    }
    Ok(number)
}

/// A log of four lines.
fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = scratch::folder();
        let path = folder.path().join("audit.jsonl");
        let mut log = AuditLog::open(&path).expect("a log");
        for _ in 0..4 {
            log.append(entry()).expect("a line");
        }
        fs::read(path).expect("a log")
    })
}

fn entry() -> Entry {
    Entry {
        at: now(),
        by: "maria".to_owned(),
        credential: "go".to_owned(),
        event: Event::Before,
        step: "probe".to_owned(),
        detail: json!({ "text": "}\"", "nested": {} }),
    }
}
