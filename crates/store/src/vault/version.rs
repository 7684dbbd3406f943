//! A version's name: the engine's number and the moment at which it was made.

use twinkey_core::Version;

use super::endpoints::VersionMetadata;

/// The name of a version.
pub(super) fn of(metadata: &VersionMetadata) -> Version {
    Version::new(format!("{}@{}", metadata.version, metadata.created_time))
}

/// The engine's number in a name; `None` if it is no name of this store.
pub(super) fn number(version: &Version) -> Option<u64> {
    version.as_str().split_once('@')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_its_number() {
        let metadata = VersionMetadata {
            created_time: "2026-11-28T12:00:00.1Z".into(),
            deletion_time: String::new(),
            destroyed: false,
            version: 7,
        };
        let version = of(&metadata);
        assert_eq!(version.as_str(), "7@2026-11-28T12:00:00.1Z");
        assert_eq!(number(&version), Some(7));
        for other in ["", "7", "x@y", "3f-9"] {
            assert_eq!(number(&Version::new(other)), None, "{other}");
        }
    }
}
