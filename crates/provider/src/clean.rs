//! Making a provider's text fit to be shown: no secret, no control character, not too long.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// The longest excerpt of a provider's text, in characters.
const EXCERPT: usize = 80;

/// The longest line of detail, in characters.
const LINE: usize = 200;

/// The shortest secret that is looked for, in bytes: a shorter one is in every text by chance.
const SHORTEST: usize = 4;

/// What stands where a secret stood.
const GONE: &str = "[secret]";

/// The beginning of a provider's text: escaped, and without the secrets that were sent, in any spelling in
/// which a server might echo them.
pub(crate) fn excerpt(text: &str, secrets: &[&SecretString]) -> String {
    let mut text = text.to_owned();
    let mut secrets: Vec<&str> = secrets.iter().map(|secret| secret.expose_secret()).collect();
    // The longest first: taking out one that is a part of another would leave the rest of that one.
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        if secret.len() >= SHORTEST {
            text = without_basic(without(&text, secret), secret);
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

/// Takes a secret out, however each of its characters is spelled.
fn without(text: &str, secret: &str) -> String {
    let secret: Vec<Vec<String>> = secret.chars().map(spellings).collect();
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(length) = spelled(rest, &secret) {
            kept.push_str(GONE);
            rest = &rest[length..];
        } else {
            kept.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    kept
}

/// How many bytes at the beginning of a text spell the secret. All readings are followed: `%25` can be a
/// percent sign, or three characters as they are.
fn spelled(text: &str, secret: &[Vec<String>]) -> Option<usize> {
    let mut ends = vec![0];
    for spellings in secret {
        let begins = |at: usize, spelling: &str| {
            text.get(at..at + spelling.len()).is_some_and(|part| part.eq_ignore_ascii_case(spelling))
        };
        let longer = |at| spellings.iter().filter(move |s| begins(at, s)).map(move |s| at + s.len());
        ends = ends.into_iter().flat_map(longer).collect();
        ends.sort_unstable();
        ends.dedup();
        if ends.is_empty() {
            return None;
        }
    }
    ends.last().copied()
}

/// A character as it is, and as forms, JSON and HTML spell it.
fn spellings(c: char) -> Vec<String> {
    let mut buffer = [0; 4];
    let percent = c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02x}")).collect();
    let json = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let number = u32::from(c);
    let mut all = vec![c.to_string(), percent, json, format!("&#{number};"), format!("&#x{number:x};")];
    match c {
        ' ' => all.push("+".to_owned()),
        '&' => all.push("&amp;".to_owned()),
        '<' => all.push("&lt;".to_owned()),
        '>' => all.push("&gt;".to_owned()),
        '\'' => all.push("&apos;".to_owned()),
        '"' => all.extend(["&quot;".to_owned(), "\\\"".to_owned()]),
        '/' | '\\' => all.push(format!("\\{c}")),
        _ => {}
    }
    all
}

/// Takes out every base64 text that holds the secret, such as an echo of Basic.
fn without_basic(mut text: String, secret: &str) -> String {
    let of_base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    for core in (0..3).map(|skip| base64_core(secret.as_bytes(), skip)).filter(|core| core.len() >= SHORTEST)
    {
        for core in [core.replace('+', "-").replace('/', "_"), core] {
            while let Some(at) = text.find(&core) {
                let begin = text[..at].trim_end_matches(of_base64).len();
                let rest = text[at..].trim_start_matches(of_base64).len();
                text.replace_range(begin..text.len() - rest, GONE);
            }
        }
    }
    text
}

/// The part of a base64 text that is sure to appear when the secret stands at an offset of `skip` in what
/// was encoded, such as after `id:` in Basic.
fn base64_core(bytes: &[u8], skip: usize) -> String {
    let bytes = bytes.get((3 - skip) % 3..).unwrap_or_default();
    STANDARD.encode(&bytes[..bytes.len() / 3 * 3])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::form_urlencoded;

    use super::*;

    #[test]
    fn an_echoed_secret_is_taken_out_in_every_spelling() {
        let secret = SecretString::from("S3cr+t &\"x/y");
        let texts = [
            "bad secret s3cr+t &\"x/y here",
            "bad s3cr%2Bt+%26%22x%2Fy",
            "bad s3cr%2bt%20%26%22x%2fy",
            "bad S3cr%2bt+%26%22x%2fy",
            "bad S3cr%2Bt &\"x/y",
            "bad s3cr+t &\\\"x/y",
            "bad s3cr+t &amp;&quot;x/y",
            "bad s3cr&#43;t &#38;&#x22;x&#x2f;y",
            "bad s3cr\\u002bt \\u0026\\\"x\\/y",
        ];
        for text in texts {
            let shown = excerpt(text, &[&secret]);
            assert!(!shown.to_ascii_lowercase().contains("s3cr"), "{shown}");
        }
    }

    #[test]
    fn a_secret_within_another_leaves_nothing_of_it() {
        let (part, whole) = (SecretString::from("hunter2"), SecretString::from("hunter2-and-more"));
        for secrets in [[&part, &whole], [&whole, &part]] {
            assert_eq!(excerpt("sent hunter2-and-more", &secrets), "sent [secret]");
        }
    }

    #[test]
    fn a_secret_that_looks_encoded_is_taken_out() {
        let secret = SecretString::from("a%25b+&amp;");
        for text in ["a%25b+&amp;", "a%2525b%2B%26amp%3B", "a&#37;25b+&amp;amp;"] {
            assert_eq!(excerpt(text, &[&secret]), GONE, "{text}");
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
    fn json(c: char) -> String {
        let quoted = serde_json::to_string(&c).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    }

    /// A character as it is, percent-encoded, as JSON and as HTML may write it; by other means than production's.
    fn spelled(c: char, way: u8) -> String {
        let mut utf8 = [0; 4];
        match way {
            0 => {
                c.encode_utf8(&mut utf8).bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02X}"))
            }
            1 => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .fold(String::new(), |all, unit| format!("{all}\\u{unit:04X}")),
            2 => format!("&#{};", c as u32),
            3 => format!("&#X{:X};", c as u32),
            4 => form_urlencoded::byte_serialize(c.encode_utf8(&mut utf8).as_bytes()).collect(),
            5 => json(c),
            _ => c.to_string(),
        }
    }

    proptest! {
        #[test]
        fn a_secret_spelled_in_any_mixture_is_taken_out_whole(
            secret in "[ -~\u{e9}\u{1f511}]{4,30}", ways in prop::collection::vec(0u8..8, 30),
        ) {
            let spelled: String = secret.chars().zip(ways).map(|(c, way)| spelled(c, way)).collect();
            let secret = SecretString::from(secret.as_str());
            prop_assert_eq!(without(&spelled, secret.expose_secret()), GONE);
            let shown = excerpt(&format!("<p>{spelled}</p>"), &[&secret]);
            prop_assert_eq!(shown, "<p>[secret]</p>");
        }

        #[test]
        fn a_secret_within_any_base64_is_taken_out(
            before in "[ -~]{0,9}", secret in "[ -~]{8,30}", after in "[ -~]{0,9}",
        ) {
            let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
            let secret = SecretString::from(secret);
            for text in [encoded.clone(), encoded.replace('+', "-").replace('/', "_")] {
                prop_assert_eq!(excerpt(&format!("Basic {text} !"), &[&secret]), "Basic [secret] !");
            }
        }

        #[test]
        fn what_is_shown_is_short_and_printable_and_ordinary_text_stays(text in "(?s).{0,300}", plain in "[!-~]{1,80}") {
            for (shown, most) in [(excerpt(&text, &[]), 80), (line(&text), 200)] {
                prop_assert!(shown.len() <= most && shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
            prop_assert_eq!((excerpt(&plain, &[]), line(&plain)), (plain.clone(), plain));
        }
    }
}
