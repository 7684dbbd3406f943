//! Reading one table key by key, noting everything that is wrong instead of stopping at the first.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, Key, Kind};
use super::problem::Collector;
use super::suggest::{closest, shown};

mod secret;
mod values;

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
        let taken = BTreeSet::new();
        Self { table, span, path, keys, taken, problems, failed: false }
    }

    /// Notes a problem with one key, or with the table where the key is empty.
    pub(super) fn problem(&mut self, span: Range<usize>, key: &str, what: &str, remedy: &str) {
        self.failed = true;
        let path = self.key_path(key);
        self.problems.add(span, &path, what, remedy);
    }

    /// Notes that a key is missing.
    pub(super) fn missing(&mut self, key: &str) {
        self.missing_below("", self.keys, key);
    }

    /// Notes that a key of a table is missing, because the whole table is.
    pub(super) fn missing_below(&mut self, table: &str, keys: &'static [Key], key: &str) {
        let meaning = keys.iter().find(|known| known.name == key).map_or("", |known| known.meaning);
        let path = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
        self.problem(self.span(), &path, "is missing", &format!("it is needed: {meaning}"));
    }

    fn key_path(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (_, true) => self.path.clone(),
            _ => format!("{}.{key}", self.path),
        }
    }

    /// Where the table stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where a key's value stands; the table where there is none.
    pub(super) fn at(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or_else(|| self.span(), Spanned::span)
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        debug_assert!(self.keys.iter().any(|known| known.name == key), "{key} is missing in the catalogue");
        self.taken.insert(key);
        self.table.get(key)
    }

    fn kind(&self, key: &str) -> Option<&'static Kind> {
        self.keys.iter().find(|known| known.name == key).map(|known| &known.kind)
    }

    /// Whether the key is there, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Whether the key is there and holds a text.
    pub(super) fn is_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_str())
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
        keys: &'static [Key],
        mut read: impl FnMut(&mut Reader<'_, '_>, &str) -> Option<T>,
    ) -> Vec<Named<T>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type::<()>(key, value, &format!("a table: [{key}.NAME]"));
            return Vec::new();
        };
        let mut all = Vec::new();
        for (name, item) in table {
            let text = name.get_ref().as_ref();
            let Some(inner) = item.get_ref().as_table() else {
                let remedy = format!("write [{key}.NAME]");
                self.problem(name.span(), key, "holds something that is no table", &remedy);
                continue;
            };
            if !is_name(text) {
                let remedy = "1 to 64 lower-case letters, digits and dashes, no dash first";
                self.problem(name.span(), key, "has a name that does not do", remedy);
                continue;
            }
            let mut reader = Reader::new(inner, name.span(), format!("{key}.{text}"), keys, self.problems);
            let value = read(&mut reader, text);
            let failed = reader.finish();
            all.push(Named { name: text.to_owned(), value: value.filter(|_| !failed) });
        }
        all
    }

    fn wrong_type<T>(&mut self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> Option<T> {
        let what = format!("is of the wrong type ({})", value.get_ref().type_str());
        self.problem(value.span(), key, &what, &format!("write {expected}"));
        None
    }

    /// Notes keys that nobody knows; whether anything was wrong with this table.
    pub(super) fn finish(mut self) -> bool {
        for (name, _) in self.table {
            let text = name.get_ref().as_ref();
            if self.taken.contains(text) || self.keys.iter().any(|known| known.name == text) {
                continue;
            }
            let known = || self.keys.iter().map(|known| known.name);
            let remedy = match closest(text, known()) {
                Some(known) => format!("did you mean {known:?}?"),
                None => format!("known here: {}", known().collect::<Vec<_>>().join(", ")),
            };
            self.problem(name.span(), shown(text), "is not known", &remedy);
        }
        self.failed
    }
}

fn is_name(text: &str) -> bool {
    (1..=keys::NAME_BYTES).contains(&text.len())
        && !text.starts_with('-')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
