//! The stores that the matrix is run on: what it must know of each.

use twinkey_core::Version;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The embedded store: its documents lie in the host's folder, and are copied with it.
    File,
}

impl Kind {
    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::File].into_iter().find(|kind| kind.name() == name)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
        }
    }

    /// How many versions a document has had when it stands at this one.
    pub fn versions(self, version: &Version) -> u64 {
        match self {
            Self::File => version.as_str().split_once('-').unwrap().0.parse().unwrap(),
        }
    }
}
