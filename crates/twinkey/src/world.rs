//! The seams between the rules and everything outside: store, provider, audit log, clock, output file.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use twinkey_core::record::AuditHead;
use twinkey_core::{Answer, Policy};
use twinkey_store::Store;

use crate::audit::{AuditError, Entry};
use crate::clock::Clock;
use crate::documents::Documents;
use crate::output::OutputFile;
use crate::who::Identity;

/// Everything that one credential's runs touch.
pub struct World {
    /// The credential's name in the configuration.
    pub name: String,
    /// The rules' settings.
    pub policy: Policy,
    /// Where its documents are, and how consumers name the fields.
    pub documents: Documents,
    /// Where they are kept.
    pub store: Arc<dyn Store>,
    /// Who issues tokens.
    pub provider: Arc<dyn Provider>,
    /// The evidence. Shared by all credentials of this process.
    pub audit: Arc<Mutex<dyn Audit>>,
    /// The name of the audit chain that is written to.
    pub chain: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The file for consumers on this host, where one is configured.
    pub output: Option<OutputFile>,
    /// The identity under which this process speaks to the store. A run asks for it beside its first look.
    pub who: Arc<Identity>,
}

/// Who issues tokens. A seam around one token request.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Asks for one token, on a fresh connection, without a retry. Whatever happens is an [`Answer`].
    async fn probe(&self, client_id: &str, client_secret: &SecretString, now: Timestamp) -> Answer;
}

#[async_trait]
impl Provider for twinkey_provider::TokenEndpoint {
    async fn probe(&self, client_id: &str, client_secret: &SecretString, now: Timestamp) -> Answer {
        self.probe(client_id, client_secret, now).await
    }
}

/// The evidence: a line before and a line after each effect.
pub trait Audit: Send {
    /// Writes one line and returns once it is on the disk.
    ///
    /// # Errors
    /// The log cannot be written: the host's fault, see [`AuditError`].
    fn append(&mut self, entry: Entry) -> Result<AuditHead, AuditError>;
}

impl Audit for crate::audit::AuditLog {
    fn append(&mut self, entry: Entry) -> Result<AuditHead, AuditError> {
        self.append(entry)
    }
}

/// Stands in where the log cannot be opened: every line fails, so whatever needs evidence is barred.
pub struct NoAudit(pub std::path::PathBuf);

impl Audit for NoAudit {
    fn append(&mut self, _: Entry) -> Result<AuditHead, AuditError> {
        Err(AuditError::not_open(&self.0))
    }
}
