//! `[store.NAME]`.

use super::StoreSettings;
use super::reader::Reader;
use super::secret_ref::SecretRef;

/// Reads one store.
pub(super) fn read(reader: &mut Reader<'_, '_>, _: &str) -> Option<StoreSettings> {
    let file = reader.absolute_path("file");
    if file.is_none() && !reader.has("file") {
        reader.missing("file");
    }
    if !reader.has("key") {
        reader.missing("key");
    }
    let key = reader.secret("key")?;
    let span = reader.span();
    match key {
        SecretRef::File(key) => Some(StoreSettings::File { path: file?, key }),
        SecretRef::Credential(name) => match super::secret_ref::credential_path(&name) {
            Ok(key) => Some(StoreSettings::File { path: file?, key }),
            // Outside of the service there is no such folder: the path is named, and opening it will say so.
            Err(_) => Some(StoreSettings::File {
                path: file?,
                key: format!("/run/credentials/twinkey.service/{name}").into(),
            }),
        },
        SecretRef::Command(_) => {
            reader.problem(
                span,
                "key",
                "cannot come from a command",
                "give { file = \"/PATH\" } or { credential = \"NAME\" }",
            );
            None
        }
    }
}
