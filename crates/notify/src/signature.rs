//! Signatures of the Standard Webhooks scheme (<https://www.standardwebhooks.com>): HMAC-SHA256 over
//! `ID.TIMESTAMP.BODY`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;

use crate::SettingsError;

/// The key that receiver and sender share.
pub struct SigningKey(SecretBox<Vec<u8>>);

impl SigningKey {
    /// Reads a key: `whsec_` and 24 to 64 bytes in base64, as the scheme has it.
    ///
    /// # Errors
    /// It is none. Nothing of it is shown.
    pub fn parse(text: &SecretString) -> Result<Self, SettingsError> {
        let text = text.expose_secret();
        let bytes = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text));
        let bytes = bytes.map_err(|_| SettingsError::SigningKey)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(SettingsError::SigningKey);
        }
        Ok(Self(SecretBox::new(Box::new(bytes))))
    }

    fn sign(&self, signed: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret());
        // A key of any length is one for HMAC; there is nothing to say where there is none.
        mac.map(|mac| STANDARD.encode(mac.chain_update(signed).finalize().into_bytes())).unwrap_or_default()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

/// The header `webhook-signature`: one signature for each key, so that keys can be rotated.
pub(crate) fn signatures(keys: &[SigningKey], id: &str, at: Timestamp, body: &str) -> String {
    let signed = format!("{id}.{}.{body}", at.as_second());
    let all: Vec<String> = keys.iter().map(|key| format!("v1,{}", key.sign(&signed))).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<SigningKey, SettingsError> {
        SigningKey::parse(&SecretString::from(text))
    }

    #[test]
    fn the_example_of_the_scheme_is_signed_as_it_says() {
        // The example of the scheme's own documentation.
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let signature = signatures(&[key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for odd in ["", "whsec_", "whsec_c4n4ry", "whsec_MfKQ", "not base64 c4n4ry!"] {
            let error = key(odd).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("c4n4ry"), "{odd}");
        }
        let fine = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(format!("{fine:?}"), "SigningKey { .. }");
    }
}
