//! The path of one document.

use std::fmt;
use std::str::FromStr;

/// The validated path of one document in a store, such as `app/gbg` or `twinkey/app/gbg/record`.
///
/// Segments of printable ASCII without space, joined by `/`; no segment is empty, `.` or `..`; at most
/// [`Place::MAX_BYTES`] bytes. These are the paths that every store can name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(String);

impl Place {
    /// The longest path, in bytes. Secrets Manager allows names of 512; the rest is room for prefixes.
    pub const MAX_BYTES: usize = 400;

    /// Reads a path.
    ///
    /// # Errors
    /// The configuration's fault: see [`PlaceError`].
    pub fn parse(path: &str) -> Result<Self, PlaceError> {
        if path.len() > Self::MAX_BYTES {
            return Err(PlaceError::TooLong(path.len()));
        }
        for segment in path.split('/') {
            match segment {
                "" => return Err(PlaceError::EmptySegment(path.to_owned())),
                "." | ".." => return Err(PlaceError::DotSegment(path.to_owned())),
                _ => {}
            }
        }
        match path.chars().find(|c| !c.is_ascii_graphic()) {
            Some(found) => Err(PlaceError::Character { path: path.to_owned(), found }),
            None => Ok(Self(path.to_owned())),
        }
    }

    /// The place below this one: `app/gbg` joined with `record` is `app/gbg/record`.
    ///
    /// # Errors
    /// As [`Place::parse`], for the joined path.
    pub fn join(&self, below: &str) -> Result<Self, PlaceError> {
        Self::parse(&format!("{self}/{below}"))
    }

    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(path: &str) -> Result<Self, PlaceError> {
        Self::parse(path)
    }
}

/// Why a path names no document. Always the configuration's fault; the text says what to change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PlaceError {
    /// An empty path, a leading, trailing or double slash.
    #[error("{0:?} has an empty segment: no slash at the ends, and only one between two names")]
    EmptySegment(String),
    /// `.` or `..`.
    #[error("{0:?} has a segment \".\" or \"..\": write the path out")]
    DotSegment(String),
    /// A space, a control character or a character outside ASCII.
    #[error("{path:?} holds {found:?}: only printable ASCII characters without space")]
    Character {
        /// The path as given.
        path: String,
        /// The first character that does not fit.
        found: char,
    },
    /// More than [`Place::MAX_BYTES`].
    #[error("a path of {0} bytes is too long: at most 400")]
    TooLong(usize),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_paths_are_kept_as_written() {
        for path in ["a", "app/gbg", "twinkey/app/gbg/record", "...", "a/.b/c..", &"x".repeat(400)] {
            assert_eq!(Place::parse(path).unwrap().to_string(), path);
        }
    }

    #[test]
    fn paths_that_a_store_could_read_differently_are_refused() {
        for path in ["", "/", "/a", "a/", "a//b"] {
            assert_eq!(Place::parse(path), Err(PlaceError::EmptySegment(path.into())));
        }
        for path in [".", "..", "a/../b", "a/."] {
            assert_eq!(Place::parse(path), Err(PlaceError::DotSegment(path.into())));
        }
        for (path, found) in [("a b", ' '), ("a\n", '\n'), ("é", 'é'), ("a\u{7f}", '\u{7f}')] {
            assert_eq!(Place::parse(path), Err(PlaceError::Character { path: path.into(), found }));
        }
        assert_eq!(Place::parse(&"x".repeat(401)), Err(PlaceError::TooLong(401)));
    }

    #[test]
    fn joining_checks_the_whole() {
        let place = Place::parse("app/gbg").unwrap();
        assert_eq!(place.join("a").unwrap().as_str(), "app/gbg/a");
        assert!(place.join("").is_err());
        assert!(place.join("..").is_err());
        assert_eq!(place.join(&"x".repeat(400)), Err(PlaceError::TooLong(408)));
    }
    proptest! {
        #[test]
        fn a_path_is_taken_as_it_stands_or_not_at_all(path in "[a-c./ \u{e9}\n]{0,12}") {
            let fine = path.split('/').all(|name| !["", ".", ".."].contains(&name))
                && path.bytes().all(|byte| (0x21..0x7f).contains(&byte));
            let read = Place::parse(&path);
            prop_assert_eq!(read.is_ok(), fine);
            prop_assert!(read.is_ok_and(|place| place.as_str() == path) || !fine);
        }
    }
}
