//! What a typing error may have meant.

/// The name that a typing error may have meant: at most two letters off, or a third of a long one.
pub(super) fn closest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let text = text.replace('_', "-");
    let most = (text.len() / 3).clamp(1, 3);
    names
        .map(|name| (strsim::damerau_levenshtein(&text, name), name))
        .filter(|(off, _)| *off <= most)
        .min()
        .map(|(_, name)| name)
}

/// An unknown key as it may be shown: a long or strange one could be a secret in the wrong place.
pub(super) fn shown(key: &str) -> &str {
    let plain = key.len() <= 24 && key.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '_');
    if plain { key } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_strange_word_finds_none() {
        let names = ["timeout", "token-url", "scope"];
        let find = |text| closest(text, names.into_iter());
        assert_eq!(find("tmieout"), Some("timeout"));
        assert_eq!(find("token_url"), Some("token-url"));
        assert_eq!(find("scopes"), Some("scope"));
        assert_eq!(find("fail"), None);
    }

    #[test]
    fn a_key_that_could_be_a_secret_is_not_shown() {
        assert_eq!(shown("client_secret"), "client_secret");
        for strange in ["c4n4ry", "Canary", "a b", "abcdefghijklmnopqrstuvwxyz"] {
            assert_eq!(shown(strange), "");
        }
    }
}
