//! A store in memory, for tests, models and dry experiments.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use twinkey_core::{AttemptId, Expected, Version};

use crate::documents::{Applied, Documents};
use crate::{Body, Finding, Freshness, Place, Store, StoreError, Versioned, Written};

/// A store in memory. Clones are handles on the same documents; the last one takes them along. Versions are
/// counted, so that a run repeats exactly.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    documents: Documents,
    /// Counts over all documents, so that no version comes twice.
    writes: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics half-way through a change, so a poisoned lock guards whole documents all the same.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self, place: &Place, _: Freshness) -> Result<Option<Versioned>, StoreError> {
        Ok(self.state().documents.read(place))
    }

    async fn write(
        &self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
    ) -> Result<Written, StoreError> {
        let mut state = self.state();
        state.writes += 1;
        let new = Version::new(state.writes.to_string());
        Ok(match state.documents.apply(place, expected, body, attempt, new) {
            Applied::Changed(version) | Applied::Repeated(version) => Written::Written(version),
            Applied::Conflict => Written::Conflict,
        })
    }

    async fn check(&self, _places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_memory_store_keeps_the_contract() {
        let store = MemoryStore::new();
        crate::contract::holds(async || store.clone()).await;
    }
}
