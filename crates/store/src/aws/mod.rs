//! AWS Secrets Manager: a secret a document, a JSON object of its fields.
//!
//! `write` is the compare-and-set, `create` its first version, `labels` the staging labels that both move,
//! `read` the look. `trouble` sorts what the SDK reports into refused, never sent and in doubt, `kind`
//! sorts the refusals, `credentials` what kept us from getting any, and `fault` says it to people. `endpoint`
//! looks where requests would go. `check`, `who` and `policy` are for those who set it up.

mod check;
mod client;
mod create;
mod credentials;
mod endpoint;
mod fault;
mod kind;
mod labels;
mod policy;
mod read;
mod replicas;
mod settings;
mod step;
mod trouble;
mod who;
mod write;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;
use twinkey_core::{AttemptId, Expected};

use crate::{Body, Caller, Finding, Freshness, Place, Store, StoreError, Versioned, Written};
use client::Clients;
pub use policy::AwsPolicy;
pub use settings::{AssumeRole, AwsSettings};
use write::Write;

/// Documents in AWS Secrets Manager. Clones share connections and credentials.
///
/// A version is AWS's version id, which is the id of the attempt that wrote it. A read is one request, a
/// write two (put and move), the first write of a secret two (create and look).
///
/// AWS advises against more than one write in ten minutes over long times, because it keeps the newest 100
/// versions and all of the last 24 hours; a switch writes each secret a few times in weeks.
#[derive(Clone)]
pub struct AwsStore(Arc<Inner>);

struct Inner {
    settings: AwsSettings,
    /// Made at the first request: a store is opened where nothing can wait. Not kept if it fails.
    clients: OnceCell<Clients>,
}

impl AwsStore {
    /// A store with these settings. Reads and sends nothing yet: wrong settings show at the first request.
    pub fn new(settings: AwsSettings) -> Self {
        Self(Arc::new(Inner { settings, clients: OnceCell::new() }))
    }

    async fn clients(&self) -> Result<&Clients, StoreError> {
        self.0.clients.get_or_try_init(|| Clients::make(&self.0.settings)).await
    }
}

impl fmt::Debug for AwsStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AwsStore").field(&self.0.settings).finish()
    }
}

#[async_trait]
impl Store for AwsStore {
    async fn read(&self, place: &Place, _: Freshness) -> Result<Option<Versioned>, StoreError> {
        read::current(self.clients().await?, place).await
    }

    async fn write(
        &self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        attempt: AttemptId,
    ) -> Result<Written, StoreError> {
        let write = Write { clients: self.clients().await?, place, body, attempt };
        match expected {
            Expected::Version(version) => write.replace(version).await,
            Expected::Absent => write.first(&self.0.settings).await,
        }
    }

    async fn check(&self, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        check::check(self.clients().await?, places).await
    }

    async fn is_followed(&self, place: &Place) -> Result<bool, StoreError> {
        replicas::follow(self.clients().await?, place).await
    }

    async fn who(&self) -> Result<Option<Caller>, StoreError> {
        who::who(self.clients().await?).await
    }
}
