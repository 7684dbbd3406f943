//! `[store.NAME]`.

use std::path::PathBuf;

use super::reader::Reader;
use super::secret_ref::{self, SecretRef};

mod aws;
mod vault;

pub use aws::AwsReference;
pub use vault::VaultReference;

/// A store as configured; its secrets are still references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreSettings {
    /// The embedded store: one encrypted file.
    File {
        /// The file.
        path: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// The KV engine of a Vault or OpenBao.
    Vault(Box<VaultReference>),
    /// AWS Secrets Manager.
    Aws(Box<AwsReference>),
}

impl StoreSettings {
    /// What tells this store from others: two credentials on the same one must not share a document.
    pub(super) fn identity(&self) -> PathBuf {
        match self {
            Self::File { path, .. } => path.clone(),
            Self::Vault(vault) => PathBuf::from(vault.identity()),
            Self::Aws(aws) => PathBuf::from(aws.identity()),
        }
    }
}

/// The folder in which systemd puts the credentials of Twinkey's own unit (systemd.exec(5)).
const UNIT_CREDENTIALS: &str = "/run/credentials/twinkey.service";

/// The keys that tell which kind of store it is.
const KINDS: [&str; 3] = ["file", "address", "region"];

/// What they tell, for people.
const EACH: &str =
    "file for the embedded store, address for a Vault or OpenBao, region for AWS Secrets Manager";

/// Reads one store.
pub(super) fn read(reader: &mut Reader<'_, '_>, _: &str) -> Option<StoreSettings> {
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| reader.has(kind)).collect();
    match kinds[..] {
        ["file"] => file(reader),
        ["address"] => vault::read(reader).map(|vault| StoreSettings::Vault(Box::new(vault))),
        ["region"] => aws::read(reader).map(|aws| StoreSettings::Aws(Box::new(aws))),
        [] => {
            let remedy = format!("give {EACH}");
            reader.problem(reader.span(), "", "does not say what kind of store it is", &remedy);
            None
        }
        _ => {
            let remedy = format!("one store, one kind: {EACH}");
            reader.problem(reader.span(), "", "is of two kinds at once", &remedy);
            None
        }
    }
}

/// Keys of another kind of store would be passed over in silence.
fn nothing_else(reader: &mut Reader<'_, '_>, own: &[&str], what: &str) {
    let others: Vec<&'static str> = super::keys::STORE.iter().map(|key| key.name).collect();
    for key in others.into_iter().filter(|key| !own.contains(key)) {
        if reader.has(key) {
            let span = reader.at(key);
            reader.problem(span, key, &format!("means nothing for {what}"), "leave it out");
        }
    }
}

fn file(reader: &mut Reader<'_, '_>) -> Option<StoreSettings> {
    nothing_else(reader, &["file", "key"], "the embedded store");
    if !reader.has("key") {
        reader.missing("key");
    }
    let path = reader.absolute_path("file");
    let key = match reader.secret("key")? {
        SecretRef::File(key) => key,
        // Outside of the service there is no such folder: the path is named, and opening it will say so.
        SecretRef::Credential(name) => {
            secret_ref::credential_path(&name).unwrap_or_else(|_| format!("{UNIT_CREDENTIALS}/{name}").into())
        }
        SecretRef::Command(_) => {
            let remedy = "give { file = \"/PATH\" } or { credential = \"NAME\" }";
            reader.problem(reader.at("key"), "key", "cannot come from a command", remedy);
            return None;
        }
    };
    let path = path?;
    if path == key {
        reader.problem(
            reader.at("key"),
            "key",
            "is the store's own file",
            "keep the key apart from what it opens",
        );
    }
    Some(StoreSettings::File { path, key })
}
