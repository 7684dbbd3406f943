//! One generation of the file: JSON inside, the age format outside.

use std::collections::BTreeMap;
use std::io::Read as _;

use age::{DecryptError, Decryptor, Encryptor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use twinkey_core::{AttemptId, Version};
use zeroize::Zeroizing;

use super::key::Key;
use crate::body::AsJson;
use crate::documents::{Document, Documents};
use crate::{Body, Place, StoreError};

/// The schema that this program writes: major and minor.
pub(super) const SCHEMA: (u32, u32) = (1, 0);

/// One generation of the file, decrypted.
#[derive(Debug)]
pub(super) struct Generation {
    schema: (u32, u32),
    pub(super) documents: Documents,
}

/// Why a file is no generation that this program reads with this key.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// Encrypted to another key, or its header is damaged: age cannot tell one from the other.
    OtherKey,
    /// Damaged, and how.
    Damaged(String),
    /// Of a newer major schema.
    Newer(String),
}

/// The outermost member, read first: what else there is depends on it.
#[derive(Deserialize)]
struct SchemaOnly {
    schema: String,
}

#[derive(Deserialize)]
struct FileRead<'a> {
    #[serde(borrow)]
    documents: BTreeMap<String, DocumentRead<'a>>,
}

#[derive(Deserialize)]
struct DocumentRead<'a> {
    version: Version,
    attempt: AttemptId,
    #[serde(borrow)]
    fields: &'a RawValue,
}

#[derive(Serialize)]
struct FileWritten<'a> {
    schema: String,
    documents: BTreeMap<&'a str, DocumentWritten<'a>>,
}

#[derive(Serialize)]
struct DocumentWritten<'a> {
    version: &'a Version,
    attempt: AttemptId,
    #[serde(serialize_with = "as_json")]
    fields: &'a Body,
}

fn as_json<S: Serializer>(body: &&Body, serializer: S) -> Result<S::Ok, S::Error> {
    AsJson(body).serialize(serializer)
}

impl Generation {
    /// A store without documents.
    pub(super) fn empty() -> Self {
        Self { schema: SCHEMA, documents: Documents::default() }
    }

    /// Decrypts and reads a file.
    pub(super) fn open(file: &[u8], key: &Key) -> Result<Self, Unreadable> {
        let plain = decrypt(file, key)?;
        // Texts of serde's errors repeat what they read, so only the position goes on.
        let json = |error: serde_json::Error| {
            Unreadable::Damaged(format!(
                "its content is no store of schema {} (line {}, column {})",
                text(SCHEMA),
                error.line(),
                error.column()
            ))
        };
        let plain =
            std::str::from_utf8(&plain).map_err(|_| Unreadable::Damaged("its content is no text".into()))?;
        let SchemaOnly { schema } = serde_json::from_str(plain).map_err(json)?;
        let schema = read_schema(&schema)?;
        let file: FileRead<'_> = serde_json::from_str(plain).map_err(json)?;
        let documents = file.documents.into_iter().map(read_document).collect::<Result<_, _>>()?;
        Ok(Self { schema, documents: Documents(documents) })
    }

    /// Refuses to rewrite what a newer program wrote: its additions would be lost.
    pub(super) fn writable(&self) -> Result<(), StoreError> {
        if self.schema > SCHEMA {
            return Err(StoreError::Newer { found: text(self.schema), readable: true });
        }
        Ok(())
    }

    /// Encrypts to every identity of the key file.
    pub(super) fn seal(&self, key: &Key) -> Result<Vec<u8>, StoreError> {
        let other = |source| StoreError::Other { doing: "encrypting".into(), source };
        let documents = self.documents.0.iter().map(|(place, document)| {
            let Document { version, attempt, body } = document;
            (place.as_str(), DocumentWritten { version, attempt: *attempt, fields: body })
        });
        let file = FileWritten { schema: text(self.schema), documents: documents.collect() };

        let recipients = key.recipients();
        let encryptor = Encryptor::with_recipients(recipients.iter().map(|recipient| recipient as _))
            .map_err(|error| other(error.into()))?;
        let mut sealed = Vec::new();
        // The JSON goes straight into the cipher: no buffer of ours ever holds it whole.
        let mut cipher = encryptor.wrap_output(&mut sealed).map_err(|error| other(error.into()))?;
        serde_json::to_writer_pretty(&mut cipher, &file).map_err(|error| other(error.into()))?;
        cipher.finish().map_err(|error| other(error.into()))?;
        Ok(sealed)
    }
}

fn decrypt(file: &[u8], key: &Key) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    if file.is_empty() {
        return Err(Unreadable::Damaged("it is empty".into()));
    }
    let unreadable = |error| match error {
        DecryptError::NoMatchingKeys => Unreadable::OtherKey,
        DecryptError::UnknownFormat => Unreadable::Damaged("it is in no known age format".into()),
        _ => Unreadable::Damaged("its header is broken".into()),
    };
    let mut reader = Decryptor::new_buffered(file)
        .and_then(|decryptor| decryptor.decrypt(key.identities()))
        .map_err(unreadable)?;
    // The plain text is shorter than the file, so this room never grows and leaves no copy behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(file.len()));
    reader
        .read_to_end(&mut plain)
        .map_err(|_| Unreadable::Damaged("its content was cut off or changed".into()))?;
    Ok(plain)
}

fn read_document((place, document): (String, DocumentRead<'_>)) -> Result<(Place, Document), Unreadable> {
    let DocumentRead { version, attempt, fields } = document;
    let place = Place::parse(&place).map_err(|error| Unreadable::Damaged(error.to_string()))?;
    let body = Body::from_json(fields.get())
        .map_err(|_| Unreadable::Damaged(format!("the fields of {place} are no JSON object")))?;
    Ok((place, Document { version, attempt, body }))
}

/// `1.0` is major 1, minor 0. A newer minor is readable, any other major is not.
fn read_schema(schema: &str) -> Result<(u32, u32), Unreadable> {
    let parsed =
        schema.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    match parsed {
        Some((major, minor)) if major == SCHEMA.0 => Ok((major, minor)),
        Some(newer) if newer > SCHEMA => Err(Unreadable::Newer(text(newer))),
        _ => Err(Unreadable::Damaged("it names no schema".into())),
    }
}

fn text((major, minor): (u32, u32)) -> String {
    format!("{major}.{minor}")
}
