//! Further parameters and headers of the token request.

use secrecy::SecretString;

use crate::config::reader::Reader;

/// What the token request sends by itself (RFC 6749 sections 2.3.1, 3.3, 4.3, 4.4).
const OWN_PARAMETERS: &[&str] =
    &["grant_type", "client_id", "client_secret", "scope", "username", "password"];
/// What the token request or HTTP itself sends.
const OWN_HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
];

/// Further form parameters.
pub(super) fn parameters(reader: &mut Reader<'_, '_>) -> Vec<(String, String)> {
    let pairs = reader.pairs("parameters");
    for (name, _) in &pairs {
        if let Some(own) = OWN_PARAMETERS.iter().find(|own| **own == name.value) {
            let what = format!("holds {own}, which Twinkey sends itself");
            let remedy = "take it out; scope, username and password are keys of the provider";
            reader.problem(name.span.clone(), "parameters", &what, remedy);
        }
    }
    pairs.into_iter().map(|(name, value)| (name.value, value)).collect()
}

/// Further headers. Their values are treated as secrets from here on.
pub(super) fn headers(reader: &mut Reader<'_, '_>) -> Vec<(String, SecretString)> {
    let pairs = reader.pairs("headers");
    for (name, value) in &pairs {
        if let Some(own) = OWN_HEADERS.iter().find(|own| own.eq_ignore_ascii_case(&name.value)) {
            let what = format!("holds {own}, which Twinkey sends itself");
            reader.problem(
                name.span.clone(),
                "headers",
                &what,
                "take it out; auth says how a client proves itself",
            );
        } else if !is_token(&name.value) || !is_field_value(value) {
            let remedy = "names of letters, digits and dashes; values of printable ASCII";
            reader.problem(
                name.span.clone(),
                "headers",
                "holds what HTTP does not allow in a header",
                remedy,
            );
        }
    }
    pairs.into_iter().map(|(name, value)| (name.value, SecretString::from(value.as_str()))).collect()
}

/// RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// RFC 9110 section 5.5, without the obsolete bytes above ASCII.
fn is_field_value(value: &str) -> bool {
    value.chars().all(|c| c == '\t' || c == ' ' || c.is_ascii_graphic())
}
