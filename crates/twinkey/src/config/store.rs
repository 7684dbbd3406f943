//! `[store.NAME]`.

use super::StoreSettings;
use super::keys;
use super::reader::Reader;
use super::secret_ref::{self, SecretRef};

/// The folder in which systemd puts the credentials of Twinkey's own unit (systemd.exec(5)).
const UNIT_CREDENTIALS: &str = "/run/credentials/twinkey.service";

/// Reads one store.
pub(super) fn read(reader: &mut Reader<'_, '_>, name: &str) -> Option<StoreSettings> {
    let elsewhere = ["vault", "aws"].contains(&name) || keys::OTHER_STORES.iter().any(|key| reader.has(key));
    if elsewhere && !reader.has("file") {
        reader.leave_unknown();
        let remedy = "give file = \"/PATH\" and key = { file = \"/PATH\" }";
        reader.problem(
            reader.span(),
            "",
            "is of another kind: this build knows the embedded store only",
            remedy,
        );
        return None;
    }
    if !reader.has("file") {
        reader.missing("file");
    }
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
