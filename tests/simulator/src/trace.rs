//! The story of a life, a line an event, and its hash. No secret shows in it: fingerprints and names only.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use twinkey_core::Step;

/// Where the story goes.
#[derive(Clone, Default)]
pub(crate) enum Trace {
    /// Nowhere: most lives are lived untold.
    #[default]
    Off,
    /// Into a text and a hash.
    On { text: String, hash: Sha256 },
}

impl Trace {
    pub(crate) fn on() -> Self {
        Self::On { text: String::new(), hash: Sha256::new() }
    }

    pub(crate) fn line(&mut self, at: Timestamp, who: &str, what: impl FnOnce() -> String) {
        if let Self::On { text, hash } = self {
            let at = at.strftime("%a %d %b %H:%M:%S%.3f");
            let line = format!("{at}  {who:16} {}\n", what());
            hash.update(line.as_bytes());
            text.push_str(&line);
        }
    }

    /// The text and the hash in hex; empty if nothing was told.
    pub(crate) fn told(self) -> (String, String) {
        match self {
            Self::Off => (String::new(), String::new()),
            Self::On { text, hash } => (text, hex::encode(hash.finalize())),
        }
    }
}

/// A step in one line, as the audit log tells it.
pub(crate) fn step(step: &Step) -> String {
    let entry = twinkey::evidence::before("", "", step, Timestamp::UNIX_EPOCH);
    match entry.detail {
        Value::Object(detail) if detail.is_empty() => entry.step,
        detail => format!("{} {detail}", entry.step),
    }
}
