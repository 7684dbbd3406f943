//! The one narrow trait behind which every store stands.

use std::time::Duration;

use async_trait::async_trait;
use twinkey_core::seen::Freshness;
use twinkey_core::{AttemptId, Expected, Version};

use crate::{Body, Finding, Place, StoreError};

/// A place for documents, with compare-and-set.
///
/// # Expected flow
/// Read a document and its version; decide; write with that version as [`Expected`] and an [`AttemptId`]
/// that names this one decision. [`Written::Conflict`]: somebody else was first; read again with
/// [`Freshness::Latest`] and decide anew. [`Written::Unclear`], or an answer that never came: read again with
/// [`Freshness::Latest`]; never write again to find out.
///
/// # Guarantees
/// - *Compare-and-set.* A write takes effect only if `expected` is what stands there at that moment. Of any
///   number of writers that expect the same version at most one is answered [`Written::Written`].
/// - *Whole documents.* A reader sees all the fields of one write or none of them, even when the writer was
///   killed or its future dropped at any await.
/// - *A version, once past, never comes back*, not even when the same fields are written again.
/// - *One attempt is one write.* The same attempt written again is answered with the same version while that
///   version is still the current one, and [`Written::Conflict`] once it is past.
/// - *Nobody's fields are lost.* Fields that are not text come back with the same meaning.
/// - *An `Err` from [`Store::write`] means that certainly nothing was written* and nothing will be. Any doubt
///   is [`Written::Unclear`].
/// - [`Store::check`] and [`Store::read`] write nothing.
/// - No secret shows in any error, finding, log line or `Debug` text.
///
/// # Assumptions
/// - An attempt id stands for one decision: one place, one expected version, one body. An attempt that is
///   repeated with another body is answered [`Written::Conflict`].
/// - All who write follow this contract, or go through the store's own interface, which moves the version.
/// - Documents are small (some kilobytes) and few.
///
/// # Caveats
/// - Any method may be cancelled by dropping its future. A write dropped half-way may have been sent and may
///   still land *later*; the compare-and-set is what makes that harmless.
/// - [`Freshness::Ordinary`] may be stale on stores with replicas. Only the refusal of a write proves that a
///   version is past.
/// - A store that is put back from a backup shows old versions again. The record's own counter finds that.
/// - Two documents are two writes: there is no transaction over both.
///
/// # Errors
/// A store never retries and never waits for long (a lock at most 5 s): retries have one owner, the wake-up,
/// which asks [`StoreError::class`]. What a person can do is in [`StoreError::remedy`].
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads one document; `None` if there is none.
    async fn read(&self, place: &Place, freshness: Freshness) -> Result<Option<Versioned>, StoreError>;

    /// Writes one document if `expected` is what stands there. All its fields are replaced by `body`.
    async fn write(
        &self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
    ) -> Result<Written, StoreError>;

    /// Looks for what is wrong now or will be: permissions to read and write these places, space, limits.
    /// Writes nothing.
    async fn check(&self, places: &[Place]) -> Result<Vec<Finding>, StoreError>;

    /// Whether every replica of a document has its newest version. Where there is none, or no document, nothing lags.
    ///
    /// # Errors
    /// The store does not say: its own words with their remedy.
    async fn is_followed(&self, _: &Place) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Who the store says we are; `None` where it attests nobody.
    async fn who(&self) -> Result<Option<Caller>, StoreError> {
        Ok(None)
    }

    /// How long our login still holds, where it ends soon and nothing renews it; `None` where nobody need care.
    async fn login_ends(&self) -> Result<Option<Duration>, StoreError> {
        Ok(None)
    }
}

/// Who a store says we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name, as the store's own log has it.
    pub name: String,
    /// Whether it is one person's, or one program's. A role that many take on is not, nor is a token that was made for a
    /// team: two people who count as one would both be told SAFE.
    pub personal: bool,
}

/// A document and the version in which it was read.
#[derive(Clone, Debug)]
pub struct Versioned {
    /// The version, for the next compare-and-set.
    pub version: Version,
    /// The fields.
    pub body: Body,
}

/// The answer to a write that was not refused with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The document now stands in this version.
    Written(Version),
    /// Something else stood there than was expected. Nothing was written.
    Conflict,
    /// It may have been written or not, and may yet land. Why, for people.
    Unclear(String),
}
