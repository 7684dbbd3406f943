//! Reading one table key by key, noting everything that is wrong instead of stopping at the first.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use jiff::SignedDuration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::duration::parse_duration;
use super::keys::Key;
use super::problem::Collector;
use super::secret_ref::SecretRef;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// A named table that was read; without a value where it has problems.
#[derive(Clone, Debug)]
pub(super) struct Named<T> {
    pub(super) name: String,
    pub(super) span: Range<usize>,
    pub(super) value: Option<T>,
}

/// One table while it is read.
pub(super) struct Reader<'a, 'c> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    path: String,
    keys: &'static [Key],
    taken: BTreeSet<&'static str>,
    problems: &'c mut Collector,
    failed: bool,
}

impl<'a, 'c> Reader<'a, 'c> {
    pub(super) fn new(
        table: &'a DeTable<'a>,
        span: Range<usize>,
        path: String,
        keys: &'static [Key],
        problems: &'c mut Collector,
    ) -> Self {
        Self { table, span, path, keys, taken: BTreeSet::new(), problems, failed: false }
    }

    /// Notes a problem with one key, or with the table where the key is empty.
    pub(super) fn problem(&mut self, span: Range<usize>, key: &str, what: &str, remedy: &str) {
        self.failed = true;
        let path = self.key_path(key);
        self.problems.add(span, &path, what, remedy);
    }

    fn key_path(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (_, true) => self.path.clone(),
            _ => format!("{}.{key}", self.path),
        }
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        debug_assert!(self.keys.iter().any(|known| known.name == key), "{key} is missing in the catalogue");
        self.taken.insert(key);
        self.table.get(key)
    }

    /// Whether the key is there, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Whether the key is there and holds a text.
    pub(super) fn is_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_str())
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Found<String>> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Found { value: text.to_owned(), span: value.span() }),
            None => self.wrong_type(key, value, "a text in quotes"),
        }
    }

    /// A text that must be there.
    pub(super) fn needed(&mut self, key: &'static str) -> Option<Found<String>> {
        if self.table.get(key).is_none() {
            self.missing(key);
        }
        self.text(key)
    }

    /// Notes that a key is missing.
    pub(super) fn missing(&mut self, key: &'static str) {
        let hint = self.keys.iter().find(|known| known.name == key).map_or("", |known| known.meaning);
        let span = self.span();
        self.problem(span, key, "is missing", &format!("it is needed: {hint}"));
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let found = self.text(key)?;
        let known = words.iter().find(|(word, _)| *word == found.value).map(|(_, value)| *value);
        if known.is_none() {
            let list: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.problem(
                found.span,
                key,
                "is none of the words it can be",
                &format!("write {}", list.join(" or ")),
            );
        }
        known
    }

    /// A duration.
    pub(super) fn duration(&mut self, key: &'static str) -> Option<Found<SignedDuration>> {
        let found = self.text(key)?;
        match parse_duration(&found.value) {
            Ok(value) => Some(Found { value, span: found.span }),
            Err(how) => {
                self.problem(found.span, key, "is no duration", how);
                None
            }
        }
    }

    /// A duration in these bounds.
    pub(super) fn duration_in(
        &mut self,
        key: &'static str,
        least: &str,
        most: &str,
    ) -> Option<SignedDuration> {
        let found = self.duration(key)?;
        let bounds = (parse_duration(least), parse_duration(most));
        let (Ok(low), Ok(high)) = bounds else { return Some(found.value) };
        if found.value < low || found.value > high {
            self.problem(found.span, key, "is out of bounds", &format!("from {least} to {most}"));
            return None;
        }
        Some(found.value)
    }

    /// A whole number in these bounds.
    pub(super) fn integer(
        &mut self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = self.value(key)?;
        let Some(number) = value.get_ref().as_integer() else {
            return self.wrong_type(key, value, "a whole number");
        };
        let parsed = u32::from_str_radix(number.as_str(), number.radix())
            .ok()
            .filter(|number| bounds.contains(number));
        if parsed.is_none() {
            self.problem(
                value.span(),
                key,
                "is out of bounds",
                &format!("from {} to {}", bounds.start(), bounds.end()),
            );
        }
        parsed
    }

    /// Yes or no.
    pub(super) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        value.get_ref().as_bool().or_else(|| self.wrong_type(key, value, "true or false"))
    }

    /// An absolute path: cron's working folder is not the one you are in.
    pub(super) fn absolute_path(&mut self, key: &'static str) -> Option<PathBuf> {
        let found = self.text(key)?;
        let path = PathBuf::from(&found.value);
        if !path.is_absolute() {
            self.problem(
                found.span,
                key,
                "is a relative path",
                "write it from / on: cron and systemd run elsewhere",
            );
            return None;
        }
        Some(path)
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Found<Vec<Found<String>>>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            return self.wrong_type(key, value, "a list in brackets");
        };
        let mut texts = Vec::new();
        for item in array {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Found { value: text.to_owned(), span: item.span() }),
                None => self.problem(
                    item.span(),
                    key,
                    "holds something that is no text",
                    "put each item in quotes",
                ),
            }
        }
        Some(Found { value: texts, span: value.span() })
    }

    /// A list of HTTP statuses.
    pub(super) fn statuses(&mut self, key: &'static str) -> Option<Vec<u16>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            return self.wrong_type(key, value, "a list in brackets");
        };
        let statuses: Option<Vec<u16>> = array
            .iter()
            .map(|item| {
                item.get_ref()
                    .as_integer()?
                    .as_str()
                    .parse()
                    .ok()
                    .filter(|status| (100..600).contains(status))
            })
            .collect();
        if statuses.as_ref().is_none_or(Vec::is_empty) {
            self.problem(value.span(), key, "is no list of HTTP statuses", "write it like [200, 204]");
            return None;
        }
        statuses
    }

    /// A table of free names with texts.
    pub(super) fn pairs(&mut self, key: &'static str) -> Vec<(String, String)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type::<()>(key, value, "a table in braces");
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for (name, item) in table {
            match item.get_ref().as_str() {
                Some(text) => pairs.push((name.get_ref().to_string(), text.to_owned())),
                None => self.problem(
                    item.span(),
                    key,
                    "holds something that is no text",
                    "put each value in quotes",
                ),
            }
        }
        pairs
    }

    /// A table with keys of its own.
    pub(super) fn table<T>(
        &mut self,
        key: &'static str,
        keys: &'static [Key],
        read: impl FnOnce(&mut Reader<'_, '_>) -> T,
    ) -> Option<T> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong_type(key, value, "a table in braces");
        };
        let path = self.key_path(key);
        let mut inner = Reader::new(table, value.span(), path, keys, self.problems);
        let read = read(&mut inner);
        let failed = inner.finish();
        self.failed |= failed;
        (!failed).then_some(read)
    }

    /// Named tables, such as `[store.NAME]`.
    pub(super) fn tables<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Reader<'_, '_>, &str) -> Option<T>,
    ) -> Vec<Named<T>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type::<()>(key, value, &format!("a table: [{key}.NAME]"));
            return Vec::new();
        };
        let keys = super::keys::of(key);
        let mut all = Vec::new();
        for (name, item) in table {
            let text = name.get_ref().as_ref();
            let Some(inner) = item.get_ref().as_table() else {
                self.problem(
                    name.span(),
                    key,
                    "holds something that is no table",
                    &format!("write [{key}.NAME]"),
                );
                continue;
            };
            if !is_name(text) {
                let what = "has a name that does not do";
                self.problem(
                    name.span(),
                    key,
                    what,
                    "1 to 64 lower-case letters, digits and dashes, a letter first",
                );
                continue;
            }
            let mut reader = Reader::new(inner, name.span(), format!("{key}.{text}"), keys, self.problems);
            let value = read(&mut reader, text);
            let failed = reader.finish();
            all.push(Named { name: text.to_owned(), span: name.span(), value: value.filter(|_| !failed) });
        }
        all
    }

    /// A secret by reference. A text is refused without being shown: it is probably the secret.
    pub(super) fn secret(&mut self, key: &'static str) -> Option<SecretRef> {
        let value = self.value(key)?;
        if value.get_ref().as_table().is_none() {
            let remedy = "write { file = \"/PATH\" }, { credential = \"NAME\" } or { command = [\"PROGRAM\", \"ARG\"] }";
            self.problem(value.span(), key, "must be a reference, never the secret itself", remedy);
            return None;
        }
        let span = value.span();
        let read = self.table(key, super::keys::SECRET, |reader| {
            let file = reader.absolute_path("file").map(SecretRef::File);
            let credential = reader.text("credential").and_then(|found| credential_name(reader, found));
            let command =
                reader.texts("command").map(|list| list.value.into_iter().map(|item| item.value).collect());
            let command = command.filter(|argv: &Vec<String>| !argv.is_empty()).map(SecretRef::Command);
            [file, credential, command].into_iter().flatten().collect::<Vec<_>>()
        })?;
        match <[SecretRef; 1]>::try_from(read) {
            Ok([one]) => Some(one),
            Err(_) => {
                self.problem(
                    span,
                    key,
                    "names no place, or more than one",
                    "give exactly one of file, credential, command",
                );
                None
            }
        }
    }

    fn wrong_type<T>(&mut self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> Option<T> {
        let found = value.get_ref().type_str();
        self.problem(
            value.span(),
            key,
            &format!("is of the wrong type ({found})"),
            &format!("write {expected}"),
        );
        None
    }

    /// Notes keys that nobody knows; whether anything was wrong with this table.
    pub(super) fn finish(mut self) -> bool {
        for (name, _) in self.table {
            let text = name.get_ref().as_ref();
            if !self.taken.contains(text) && !self.keys.iter().any(|known| known.name == text) {
                let remedy = match nearest(text, self.keys) {
                    Some(known) => format!("did you mean {known:?}?"),
                    None => {
                        let known: Vec<&str> = self.keys.iter().map(|known| known.name).collect();
                        format!("known here: {}", known.join(", "))
                    }
                };
                self.problem(name.span(), &shown(text), "is not known", &remedy);
            }
        }
        self.failed
    }
}

fn credential_name(reader: &mut Reader<'_, '_>, found: Found<String>) -> Option<SecretRef> {
    let fits = !found.value.is_empty() && !found.value.contains('/') && found.value != "..";
    if !fits {
        reader.problem(
            found.span,
            "credential",
            "is no name of a systemd credential",
            "a name without slashes",
        );
        return None;
    }
    Some(SecretRef::Credential(found.value))
}

/// An unknown key as it may be shown: a long or strange one could be a secret in the wrong place.
fn shown(key: &str) -> String {
    if key.len() <= 24 && key.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '_') {
        key.to_owned()
    } else {
        String::new()
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The known key that a typing error may have meant.
fn nearest(text: &str, keys: &'static [Key]) -> Option<&'static str> {
    closest(text, keys.iter().map(|key| key.name))
}

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
