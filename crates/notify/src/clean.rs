//! Making text fit to be sent or shown: one line, no tricks, not too long.

/// Running text as one line of at most so many characters, without what could play tricks with a mail header, a
/// terminal or a reader.
pub(crate) fn line(text: &str, most: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = words.chars().map(|c| if c.is_control() || is_trick(c) { '?' } else { c }).collect();
    cut(&shown, most)
}

/// A text cut to at most so many characters, saying that it was.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

/// Marks that reorder or hide what stands around them.
fn is_trick(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The beginning of what a receiver said: printable ASCII, and without anything secret that it might echo.
pub(crate) fn excerpt(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        text = text.replace(secret.as_str(), "[secret]");
    }
    let ascii: String = line(&text, usize::MAX).chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
    match ascii.char_indices().nth(EXCERPT) {
        Some((at, _)) => format!("{}...", &ascii[..at]),
        None => ascii,
    }
}

/// The longest excerpt, in characters.
const EXCERPT: usize = 120;

/// The shortest secret that is looked for, in bytes: a shorter one is in every text by chance.
const SHORTEST: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_receiver_says_is_shown_without_what_is_secret() {
        let secrets = ["T00/B00/hunter2x".to_owned(), "abc".to_owned()];
        assert_eq!(excerpt("no T00/B00/hunter2x\u{1b}[2J abc\u{e9}", &secrets), "no [secret]?[2J abc?");
        assert_eq!(excerpt(&"x".repeat(200), &[]).len(), 123);
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_line_of_its_length(text in "(?s).{0,80}", most in 1usize..60) {
            let shown = line(&text, most);
            prop_assert!(shown.chars().count() <= most);
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_trick(c)));
        }
    }
}
