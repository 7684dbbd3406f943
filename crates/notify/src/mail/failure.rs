//! What a failed dialogue with a mail server means.

use lettre::transport::smtp::Error;
use twinkey_http::{find, root_cause};

use crate::clean::excerpt;
use crate::post::of_certificate;
use crate::{Fault, Undelivered};

/// Reads the failure of one dialogue (RFC 5321 section 4.2, RFC 4954 section 6).
pub(super) fn meaning(error: &Error, secrets: &[String]) -> Undelivered {
    let said = excerpt(&root_cause(error), secrets);
    if let Some(code) = error.status() {
        let text = format!("the mail server answered {code} ({said})");
        let code: u16 = code.into();
        return match code {
            400..=499 => Undelivered::later(None, text),
            530 | 534 | 535 | 538 => Undelivered::failed(Fault::Login, text),
            550 | 551 | 553 | 555 | 556 => Undelivered::failed(Fault::Recipient, text),
            _ => Undelivered::failed(Fault::Message, text),
        };
    }
    if let Some(rustls::Error::InvalidCertificate(why)) = find::<rustls::Error>(error) {
        let text = format!("the mail server's certificate is not accepted: {}", of_certificate(why));
        return Undelivered::failed(Fault::Connection, text);
    }
    if error.is_client() && said.contains("STARTTLS") {
        return Undelivered::failed(Fault::Connection, "the mail server offers no STARTTLS");
    }
    if error.is_client() && said.contains("authentication") {
        let text = "the mail server takes no login by name and password on this connection";
        return Undelivered::failed(Fault::Login, text);
    }
    // The library keeps this kind to itself; a test pins its text.
    if error.to_string().starts_with("Connection error") {
        return Undelivered::later(None, format!("no connection to the mail server: {said}"));
    }
    Undelivered::unclear(format!("the dialogue with the mail server broke: {said}"))
}
