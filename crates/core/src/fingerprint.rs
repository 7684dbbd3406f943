//! The only forms in which a secret is known outside the edge: its HMAC, and the part of it that is shown.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// HMAC-SHA256 of a secret under the record's [`Salt`]. Comparisons use the whole value; people see the
/// [`Fingerprint`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mac(#[serde(with = "hex::serde")] [u8; 32]);

impl Mac {
    /// A value from its 32 bytes, for models and simulators that have no secrets.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first eight hex digits: the only form in which a secret is ever shown.
    pub fn fingerprint(self) -> Fingerprint {
        Fingerprint([self.0[0], self.0[1], self.0[2], self.0[3]])
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({})", self.fingerprint())
    }
}

/// Eight hex digits that stand for a secret on screens, in logs and in messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 4]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The random key of all fingerprints of one credential. It stands in the record and is no secret: it only
/// keeps fingerprints of different credentials from being compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Salt(#[serde(with = "hex::serde")] [u8; 16]);

impl Salt {
    /// A salt from 16 random bytes, drawn at the edge when a credential is first set up.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA256 (RFC 2104) of a secret under this salt. Called at the edge only: the bytes are looked at
    /// and not kept.
    pub fn mac(&self, secret: &[u8]) -> Mac {
        #[expect(clippy::expect_used, reason = "RFC 2104 takes keys of any length")]
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        hmac.update(secret);
        Mac(hmac.finalize().into_bytes().into())
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_first_eight_digits_of_the_hmac() {
        let salt = Salt::from_bytes([0x0b; 16]);
        let mac = salt.mac(b"Hi There");
        let whole = serde_json::to_string(&mac).unwrap();
        assert!(whole.trim_matches('"').starts_with(&mac.fingerprint().to_string()));
        assert_eq!(whole.len(), 2 + 64);
    }

    #[test]
    fn bytes_come_back_and_every_byte_counts() {
        let bytes = std::array::from_fn(|at| at as u8);
        assert_eq!(Mac::from_bytes(bytes).as_bytes(), &bytes);
        let salt = std::array::from_fn(|at| at as u8);
        assert_eq!(Salt::from_bytes(salt).as_bytes(), &salt);
        assert_ne!(Salt::from_bytes(salt).mac(b"secret"), Salt::from_bytes([0; 16]).mac(b"secret"));
        // RFC 4231 has no case with a key of 16 bytes; this one is OpenSSL's:
        // printf 'Hi There' | openssl mac -digest SHA256 -macopt hexkey:0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b HMAC
        assert_eq!(Salt::from_bytes([0x0b; 16]).mac(b"Hi There").fingerprint().to_string(), "492ce020");
    }

    #[test]
    fn debug_shows_the_fingerprint_only() {
        let mac = Salt::from_bytes([1; 16]).mac(b"secret");
        assert_eq!(format!("{mac:?}"), format!("Mac({})", mac.fingerprint()));
        assert_eq!(format!("{:?}", mac.fingerprint()), mac.fingerprint().to_string());
    }
}
