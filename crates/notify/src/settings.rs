//! What a channel is set up with, and why that may be wrong.

use secrecy::{ExposeSecret, SecretString};
use twinkey_http::{WayError, check};
use url::Url;

/// Settings that cannot work: the configuration's fault, or the host's where that is said. Shows no address and no
/// key.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// The way out, or an address.
    #[error(transparent)]
    Way(#[from] WayError),
    /// A signing key that is none.
    #[error("the signing key is none of Standard Webhooks: whsec_ and 24 to 64 bytes in base64")]
    SigningKey,
    /// A key that no header or document can hold.
    #[error("{0} holds characters that no key has")]
    Key(&'static str),
    /// A mail address that is none.
    #[error("{0:?} is no mail address: write it like ops@example.com, or Ops <ops@example.com>")]
    MailAddress(String),
    /// A message would travel in the clear.
    #[error("mail must go by TLS (without TLS is for loopback addresses only)")]
    MailInTheClear,
}

/// The address of a webhook, read from a secret.
pub(crate) fn secret_address(what: &'static str, text: &SecretString) -> Result<Url, SettingsError> {
    let url = Url::parse(text.expose_secret().trim()).map_err(|_| WayError::NoAddress(what))?;
    check(what, &url)?;
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_loopback_and_never_shown() {
        let read = |text: &str| secret_address("the address", &SecretString::from(text));
        for fine in ["https://hooks.example/T0/c4n4ry", "http://127.0.0.1:9/x", " https://h.example/x\n"] {
            assert!(read(fine).is_ok(), "{fine}");
        }
        let cases = [
            ("http://hooks.example/c4n4ry", WayError::Insecure("the address")),
            ("https://u:c4n4ry@hooks.example/", WayError::Userinfo("the address")),
            ("hooks.example/c4n4ry", WayError::NoAddress("the address")),
            ("ftp://hooks.example/c4n4ry", WayError::NoAddress("the address")),
            ("", WayError::NoAddress("the address")),
        ];
        for (text, expected) in cases {
            let error = read(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("c4n4ry"));
            assert_eq!(error, SettingsError::from(expected), "{text}");
        }
    }
}
