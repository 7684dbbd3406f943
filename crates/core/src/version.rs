//! Versions of documents in a store, and what a compare-and-set expects.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One version of one document, as its store names it. Opaque: versions are compared for equality and never
/// ordered. A version, once past, never comes back; the compare-and-set rests on that.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(String);

impl Version {
    /// A version from the store's own name for it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The store's own name for it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.0)
    }
}

/// What a write expects to find: the condition of the compare-and-set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// The document must not exist.
    Absent,
    /// Exactly this version must be the current one.
    Version(Version),
}

/// The name of one attempt to write, chosen before the write. The same attempt written twice is one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(Uuid);

impl AttemptId {
    /// The attempt id that belongs to these parts: UUID version 8 (RFC 9562, section 5.8) over a SHA-256 of
    /// them. Derived instead of drawn, so that deciding stays a pure function and a repeated decision names
    /// the same attempt.
    pub fn derive(parts: &[&[u8]]) -> Self {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The UUID, for stores that take one as idempotency token.
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_stores_own_name_for_it() {
        let version = Version::new("3-00ff");
        assert_eq!(version.as_str(), "3-00ff");
        assert_eq!(format!("{version}|{version:>8}|{version:?}"), "3-00ff|  3-00ff|Version(3-00ff)");
        assert_eq!(serde_json::to_string(&version).unwrap(), "\"3-00ff\"");
    }

    #[test]
    fn an_attempt_is_named_by_all_of_its_parts_and_their_bounds() {
        let attempt = AttemptId::derive(&[b"ab", b"c"]);
        assert_eq!(attempt, AttemptId::derive(&[b"ab", b"c"]));
        for other in [&[b"a".as_slice(), b"bc"][..], &[b"abc"], &[b"ab", b"c", b""], &[b"c", b"ab"]] {
            assert_ne!(attempt, AttemptId::derive(other));
        }
        assert_eq!(attempt.to_string(), attempt.as_uuid().to_string());
        assert_eq!(attempt.as_uuid().get_version_num(), 8);
    }
}
