//! Documents in memory with the compare-and-set that both stores of this crate share.

use std::collections::BTreeMap;

use twinkey_core::{AttemptId, Expected, Version};

use crate::{Body, Place, Versioned};

/// All documents of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Documents(pub(crate) BTreeMap<Place, Document>);

/// One document as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) version: Version,
    /// The attempt that wrote it.
    pub(crate) attempt: AttemptId,
    pub(crate) body: Body,
}

/// What a compare-and-set came to.
#[derive(Debug)]
pub(crate) enum Applied {
    /// The document was changed and now has this version.
    Changed(Version),
    /// This very attempt had been written before and is still the current version.
    Repeated(Version),
    /// Something else stands there. Nothing was changed.
    Conflict,
}

impl Documents {
    pub(crate) fn read(&self, place: &Place) -> Option<Versioned> {
        let document = self.0.get(place)?;
        Some(Versioned { version: document.version.clone(), body: document.body.clone() })
    }

    /// Changes one document if `expected` is what stands there, under the version `new`, which must never
    /// have been used before.
    pub(crate) fn apply(
        &mut self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
        new: Version,
    ) -> Applied {
        let current = self.0.get(place);
        // The attempt is asked first: its repetition still expects the version before its own.
        if let Some(document) = current.filter(|document| document.attempt == attempt) {
            return if document.body.same_meaning(body) {
                Applied::Repeated(document.version.clone())
            } else {
                Applied::Conflict
            };
        }
        let as_expected = match (expected, current) {
            (Expected::Absent, None) => true,
            (Expected::Version(version), Some(document)) => document.version == *version,
            _ => false,
        };
        if !as_expected {
            return Applied::Conflict;
        }
        self.0.insert(place.clone(), Document { version: new.clone(), attempt, body: body.clone() });
        Applied::Changed(new)
    }
}
