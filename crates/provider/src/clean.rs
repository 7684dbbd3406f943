//! Making a provider's text fit to be shown: no secret, no control character, not too long.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// The longest excerpt of a provider's text, in characters.
const EXCERPT: usize = 80;

/// The longest line of detail, in characters.
const LINE: usize = 200;

/// What stands where a secret stood.
const GONE: &str = "[secret]";

/// The beginning of a provider's text: escaped, and without the secrets that were sent, in any spelling in
/// which a server might echo them.
pub(crate) fn excerpt(text: &str, secrets: &[&SecretString]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        for spelling in spellings(secret.expose_secret()) {
            if spelling.len() >= 4 {
                text = text.replace(&spelling, GONE);
            }
        }
    }
    printable(&text, EXCERPT)
}

/// One line of our own words and a cause, printable and not too long.
pub(crate) fn line(text: &str) -> String {
    printable(text, LINE)
}

fn printable(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        for c in word.chars() {
            if c.is_ascii_graphic() { shown.push(c) } else { shown.push('?') }
        }
        if words.peek().is_some() {
            shown.push(' ');
        }
        if shown.len() > most {
            break;
        }
    }
    if shown.len() > most {
        shown.truncate(most - 3);
        shown.push_str("...");
    }
    shown
}

/// A secret as it is, and as forms, JSON, HTML and Basic spell it.
fn spellings(secret: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let lower = percent.to_ascii_lowercase();
    let json = serde_json::to_string(secret).unwrap_or_default().trim_matches('"').to_owned();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut all = vec![secret.to_owned(), form, percent, lower, json, html];
    all.extend((0..3).map(|skip| base64_core(secret.as_bytes(), skip)));
    all.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    all
}

/// The part of a base64 text that is sure to appear when the secret stands at an offset of `skip` in what
/// was encoded, such as after `id:` in Basic.
fn base64_core(bytes: &[u8], skip: usize) -> String {
    let bytes = bytes.get((3 - skip) % 3..).unwrap_or_default();
    STANDARD.encode(&bytes[..bytes.len() / 3 * 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echoed_secret_is_taken_out_in_every_spelling() {
        let secret = SecretString::from("s3cr+t &\"x/y");
        let texts = [
            "bad secret s3cr+t &\"x/y here",
            "bad s3cr%2Bt+%26%22x%2Fy",
            "bad s3cr%2bt%20%26%22x%2fy",
            "bad s3cr+t &\\\"x/y",
            "bad s3cr+t &amp;&quot;x/y",
        ];
        for text in texts {
            let shown = excerpt(text, &[&secret]);
            assert!(!shown.contains("s3cr"), "{shown}");
        }
    }

    #[test]
    fn a_secret_within_basic_is_found_at_every_offset() {
        let secret = "s3cret-value-0123456789";
        for id in ["a", "ab", "abc"] {
            let mut text = Vec::from(id.as_bytes());
            text.push(b':');
            text.extend(secret.bytes());
            let encoded = STANDARD.encode(&text);
            let found = (0..3).any(|skip| encoded.contains(&base64_core(secret.as_bytes(), skip)));
            assert!(found, "{id}");
        }
    }

    #[test]
    fn text_is_escaped_and_cut() {
        assert_eq!(excerpt("<h1>\u{1b}[31m\r\n Down \u{0}</h1>", &[]), "<h1>?[31m Down ?</h1>");
        assert_eq!(excerpt(&"x".repeat(500), &[]).len(), 80);
    }
}
