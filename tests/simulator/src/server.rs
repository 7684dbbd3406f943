//! The store's own side: documents with compare-and-set, and what a lagging replica still shows of them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use twinkey_core::{AttemptId, Expected, Version};
use twinkey_store::{Body, Finding, Freshness, Place, Store, StoreError, Versioned, Written};

/// How many past states of a document a replica may still show.
const KEPT: usize = 6;

/// All documents.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    documents: BTreeMap<Place, Document>,
    writes: u64,
}

#[derive(Clone, Debug, Default)]
struct Document {
    now: Option<(Versioned, Option<AttemptId>)>,
    /// What stood there, and until when; oldest first.
    past: Vec<(Timestamp, Option<Versioned>)>,
}

impl Server {
    /// What stands there.
    pub(crate) fn read(&self, place: &Place) -> Option<&Versioned> {
        self.documents.get(place)?.now.as_ref().map(|(versioned, _)| versioned)
    }

    /// What a replica shows that is this far behind.
    pub(crate) fn behind(&self, place: &Place, now: Timestamp, lag: SignedDuration) -> Option<&Versioned> {
        let document = self.documents.get(place)?;
        let at = now - lag;
        match document.past.iter().find(|(until, _)| *until > at) {
            Some((_, past)) => past.as_ref(),
            None => self.read(place),
        }
    }

    /// A compare-and-set.
    pub(crate) fn write(
        &mut self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Written {
        if let Some((current, by)) = self.documents.get(place).and_then(|document| document.now.as_ref())
            && *by == Some(attempt)
        {
            return match current.body.same_meaning(body) {
                true => Written::Written(current.version.clone()),
                false => Written::Conflict,
            };
        }
        let holds = match (expected, self.read(place)) {
            (Expected::Absent, None) => true,
            (Expected::Version(version), Some(current)) => current.version == *version,
            _ => false,
        };
        if !holds {
            return Written::Conflict;
        }
        Written::Written(self.put(place, Some(body.clone()), Some(attempt), now))
    }

    /// Somebody writes or deletes a document in the store's own interface.
    pub(crate) fn edit(&mut self, place: &Place, body: Option<Body>, now: Timestamp) -> Version {
        self.put(place, body, None, now)
    }

    fn put(
        &mut self,
        place: &Place,
        body: Option<Body>,
        attempt: Option<AttemptId>,
        now: Timestamp,
    ) -> Version {
        self.writes += 1;
        let version = Version::new(format!("v{}", self.writes));
        let document = self.documents.entry(place.clone()).or_default();
        let before = document.now.take().map(|(versioned, _)| versioned);
        document.past.push((now, before));
        if document.past.len() > KEPT {
            document.past.remove(0);
        }
        document.now = body.map(|body| (Versioned { version: version.clone(), body }, attempt));
        version
    }

    /// All bodies, for a backup.
    pub(crate) fn backup(&self) -> Vec<(Place, Option<Body>)> {
        let body = |place: &Place| self.read(place).map(|versioned| versioned.body.clone());
        self.documents.keys().map(|place| (place.clone(), body(place))).collect()
    }
}

/// The server as a store without faults: for the contract, and for looks that cost no time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Direct(pub(crate) std::sync::Arc<std::sync::Mutex<Server>>);

impl Direct {
    fn server(&self) -> std::sync::MutexGuard<'_, Server> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for Direct {
    async fn read(&self, place: &Place, _: Freshness) -> Result<Option<Versioned>, StoreError> {
        Ok(self.server().read(place).cloned())
    }

    async fn write(
        &self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
    ) -> Result<Written, StoreError> {
        Ok(self.server().write(place, expected, body, attempt, Timestamp::UNIX_EPOCH))
    }

    async fn check(&self, _places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        Ok(Vec::new())
    }
}
