//! Values of one kind each.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use jiff::SignedDuration;

use super::{Found, Reader};
use crate::config::duration::parse_duration;
use crate::config::keys::Kind;

/// Words that a text can be, in quotes as the file has them.
fn choice<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
}

impl Reader<'_, '_> {
    /// A text.
    pub(in crate::config) fn text(&mut self, key: &'static str) -> Option<Found<String>> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Found { value: text.to_owned(), span: value.span() }),
            None => self.wrong_type(key, value, &self.quoted(key)),
        }
    }

    fn quoted(&self, key: &str) -> String {
        match self.kind(key) {
            Some(Kind::Duration | Kind::WordOrDuration(_)) => "a duration in quotes, like \"90s\"".to_owned(),
            Some(Kind::Word(words)) => choice(words.iter().copied()),
            _ => "a text in quotes".to_owned(),
        }
    }

    /// A text that must be there.
    pub(in crate::config) fn needed(&mut self, key: &'static str) -> Option<Found<String>> {
        if !self.has(key) {
            self.missing(key);
        }
        self.text(key)
    }

    /// One of some words.
    pub(in crate::config) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let found = self.text(key)?;
        let known = words.iter().find(|(word, _)| *word == found.value).map(|(_, value)| *value);
        if known.is_none() {
            let remedy = format!("write {}", choice(words.iter().map(|(word, _)| *word)));
            self.problem(found.span, key, "is none of the words it can be", &remedy);
        }
        known
    }

    /// A duration.
    pub(in crate::config) fn duration(&mut self, key: &'static str) -> Option<Found<SignedDuration>> {
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
    pub(in crate::config) fn duration_in(
        &mut self,
        key: &'static str,
        least: &str,
        most: &str,
    ) -> Option<SignedDuration> {
        self.duration_or(key, least, most, "")
    }

    /// A duration in these bounds, with something to add where it is out of them.
    pub(in crate::config) fn duration_or(
        &mut self,
        key: &'static str,
        least: &str,
        most: &str,
        hint: &str,
    ) -> Option<SignedDuration> {
        let found = self.duration(key)?;
        let bounds = (parse_duration(least), parse_duration(most));
        let (Ok(low), Ok(high)) = bounds else { return Some(found.value) };
        if found.value < low || found.value > high {
            self.problem(found.span, key, "is out of bounds", &format!("from {least} to {most}{hint}"));
            return None;
        }
        Some(found.value)
    }

    /// A whole number in these bounds.
    pub(in crate::config) fn integer(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = self.value(key)?;
        let Some(number) = value.get_ref().as_integer() else {
            return self.wrong_type(key, value, "a whole number");
        };
        let parsed = u32::from_str_radix(number.as_str(), number.radix()).ok();
        let parsed = parsed.filter(|number| bounds.contains(number));
        if parsed.is_none() {
            let remedy = format!("from {} to {}", bounds.start(), bounds.end());
            self.problem(value.span(), key, "is out of bounds", &remedy);
        }
        parsed
    }

    /// Yes or no.
    pub(in crate::config) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        value.get_ref().as_bool().or_else(|| self.wrong_type(key, value, "true or false"))
    }

    /// An absolute path: cron's working folder is not the one you are in.
    pub(in crate::config) fn absolute_path(&mut self, key: &'static str) -> Option<PathBuf> {
        let found = self.text(key)?;
        let path = PathBuf::from(&found.value);
        if !path.is_absolute() {
            let remedy = "write it from / on: cron and systemd run elsewhere";
            self.problem(found.span, key, "is a relative path", remedy);
            return None;
        }
        Some(path)
    }

    /// A list of texts.
    pub(in crate::config) fn texts(&mut self, key: &'static str) -> Option<Found<Vec<Found<String>>>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            return self.wrong_type(key, value, "a list in brackets");
        };
        let mut texts = Vec::new();
        for item in array {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Found { value: text.to_owned(), span: item.span() }),
                None => {
                    let remedy = "put each item in quotes";
                    self.problem(item.span(), key, "holds something that is no text", remedy);
                }
            }
        }
        Some(Found { value: texts, span: value.span() })
    }

    /// A list of HTTP statuses.
    pub(in crate::config) fn statuses(&mut self, key: &'static str) -> Option<Vec<u16>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            return self.wrong_type(key, value, "a list in brackets");
        };
        let statuses = array.iter().map(|item| {
            let status = item.get_ref().as_integer()?.as_str().parse().ok()?;
            (100..600).contains(&status).then_some(status)
        });
        let statuses: Option<Vec<u16>> = statuses.collect();
        if statuses.as_ref().is_none_or(Vec::is_empty) {
            self.problem(value.span(), key, "is no list of HTTP statuses", "write it like [200, 204]");
            return None;
        }
        statuses
    }

    /// A table of free names with texts. The span is the name's.
    pub(in crate::config) fn pairs(&mut self, key: &'static str) -> Vec<(Found<String>, String)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type::<()>(key, value, "a table in braces");
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for (name, item) in table {
            let found = Found { value: name.get_ref().to_string(), span: name.span() };
            match item.get_ref().as_str() {
                Some(text) => pairs.push((found, text.to_owned())),
                None => {
                    let remedy = "put each value in quotes";
                    self.problem(item.span(), key, "holds something that is no text", remedy);
                }
            }
        }
        pairs
    }
}
