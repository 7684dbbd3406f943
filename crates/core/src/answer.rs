//! What one probe was answered, before anybody is blamed for it.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The answer to one probe: one token request and, where configured, one API call with the fresh token.
/// Holds nothing secret: neither token nor body.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// What the provider said.
    pub kind: AnswerKind,
    /// One line for people: status, OAuth error code, a few escaped characters of a page. At most 200
    /// characters, printable ASCII, never a secret.
    pub detail: String,
    /// The life of the token that was issued (RFC 6749 section 5.1 `expires_in`). `None` if it was absent or
    /// made no sense; then the drain counts with the configured maximum.
    pub token_lifetime: Option<SignedDuration>,
    /// The provider's `Date` header minus our clock, where an answer carried one.
    pub clock_skew: Option<SignedDuration>,
    /// Oddities that did not decide the answer, one sentence each (an `Age` header, a missing `expires_in`).
    pub warnings: Vec<String>,
}

/// What the provider said, read in this order: the OAuth `error` member, the HTTP status, the transport
/// (RFC 6749 section 5.2 lets `invalid_client` come as 400 or 401).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// A token was issued, and the API call, where configured, was let through.
    Accepted,
    /// `invalid_client` by name: this id and secret are refused.
    Rejected,
    /// 400, 401 or 403 that does not name `invalid_client`. Whose fault it is only the other client can
    /// tell: it is asked in the same form as a control.
    Refused,
    /// A token was issued and the API call with it answered 401 or 403: the client lacks its role.
    Forbidden,
    /// The request itself cannot work (bad TLS certificate, redirect, refused proxy, unusable address):
    /// configuration, never the secret.
    Misconfigured,
    /// 429, or a provider that asks to come back later.
    Throttled {
        /// How long to wait (RFC 9110 section 10.2.3, both forms), clamped to 1 s to 1 h.
        retry_after: Option<SignedDuration>,
    },
    /// No usable answer: time-out, connection refused, DNS, 5xx, `server_error`, `temporarily_unavailable`.
    Unavailable,
    /// An answer that is no token response: HTML, malformed JSON, no `access_token`, over 64 KiB.
    Protocol,
}

impl Answer {
    /// An answer with nothing but its kind and the line for people.
    pub fn new(kind: AnswerKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), token_lifetime: None, clock_skew: None, warnings: Vec::new() }
    }
}
