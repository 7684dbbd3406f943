//! Where Twinkey keeps the live pair, the slots and the record.
//!
//! [`Store`] is the one narrow trait; its doc comment is the contract, and `contract` is that contract as a
//! suite which every store must pass. These stores live here:
//!
//! - [`MemoryStore`]: for tests, models and dry experiments;
//! - [`FileStore`]: one encrypted file in the age format, which the ordinary `age` tool opens in an emergency;
//! - [`VaultStore`]: the KV engine of a HashiCorp Vault or an OpenBao.
//! - [`AwsStore`]: AWS Secrets Manager.

mod aws;
mod body;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod documents;
mod error;
mod file;
mod finding;
mod memory;
mod place;
mod policy;
mod store;
mod vault;

pub use aws::{AssumeRole, AwsPolicy, AwsSettings, AwsStore};
pub use body::{Body, BodyError, Field, RawJson};
pub use error::{Class, KeyFault, Source, StoreError};
pub use file::FileStore;
pub use finding::{Finding, Severity};
pub use memory::MemoryStore;
pub use place::{Place, PlaceError};
pub use policy::{Places, Role};
pub use store::{Caller, Store, Versioned, Written};
pub use vault::{Authorities, VaultLogin, VaultSettings, VaultStore, vault_policy};

// The types of the signatures above that come from the rules.
pub use twinkey_core::seen::Freshness;
pub use twinkey_core::{AttemptId, Expected, Version};
