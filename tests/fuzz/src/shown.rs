//! What may be shown of an answer.

use std::iter::once;

use twinkey_core::Answer;

/// A secret that was sent: it never shows.
pub(crate) const SECRET: &str = "S3cr3t+Canary/7f=&31";

/// Every line is printable ASCII, at most 200 characters, and shows none of these.
pub(crate) fn assert_fit_to_be_shown(answer: &Answer, secrets: &[&str]) {
    for line in once(&answer.detail).chain(&answer.warnings) {
        assert!(line.len() <= 200, "too long: {line}");
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "not printable: {line:?}");
        let line = line.to_ascii_lowercase();
        for secret in secrets {
            assert!(!line.contains(&secret.to_ascii_lowercase()), "a secret shows: {line}");
        }
    }
}
