//! The documents of one credential: where they are, and what their fields mean. Here secrets become
//! fingerprints.

use secrecy::{ExposeSecret, SecretString};
use twinkey_core::seen::{LiveSeen, Pair, Pasted, RecordSeen, SlotSeen};
use twinkey_core::step::SlotChange;
use twinkey_core::{Mac, PerClient, Record, Salt};
use twinkey_store::{Body, Place, Versioned};

use crate::secret::{mac_of, paste};

/// Fields of a slot.
const CLIENT_ID: &str = "client_id";
const SECRET: &str = "client_secret";
/// A slot's field for a new secret; people without a shell write it in the store's own interface.
pub const CANDIDATE: &str = "candidate";
const PREVIOUS: &str = "previous";
/// The one field of a record: its JSON.
const RECORD: &str = "record";

/// Where a credential's documents are, and how consumers name the two fields.
#[derive(Clone, Debug)]
pub struct Documents {
    /// What consumers read.
    pub live: Place,
    /// The slots.
    pub slots: PerClient<Place>,
    /// The record.
    pub record: Place,
    /// The live pair's field with the client id.
    pub id_field: String,
    /// The live pair's field with the client secret.
    pub secret_field: String,
}

/// A client id and its secret, on their way to or from a file or a prompt.
#[derive(Clone, Debug)]
pub struct SecretPair {
    /// The client id.
    pub client_id: String,
    /// The secret.
    pub secret: SecretString,
}

impl Documents {
    /// The record that a body holds.
    pub fn record_seen(read: Option<&Versioned>) -> RecordSeen {
        let Some(versioned) = read else { return RecordSeen::Absent };
        let json = versioned.body.text(RECORD).map_or("", |text| text.expose_secret());
        match Record::from_json(json) {
            Ok(record) => RecordSeen::Here { version: versioned.version.clone(), record: Box::new(record) },
            Err(error) => RecordSeen::Unusable(error),
        }
    }

    /// A record as a body.
    pub fn record_body(record: &Record) -> Body {
        let mut body = Body::new();
        body.set_text(RECORD, SecretString::from(record.to_json()));
        body
    }

    /// The live pair's secrets, if both fields hold text.
    pub fn live_pair(&self, body: &Body) -> Option<SecretPair> {
        let client_id = body.text(&self.id_field)?.expose_secret().to_owned();
        Some(SecretPair { client_id, secret: body.text(&self.secret_field)?.clone() })
    }

    /// The live pair as the rules see it.
    pub fn live_seen(&self, read: &Versioned, salt: Option<&Salt>) -> LiveSeen {
        let pair = self.live_pair(&read.body).zip(salt).map(|(pair, salt)| pair_seen(&pair, salt));
        LiveSeen { version: read.version.clone(), pair }
    }

    /// A live pair's body with both of our fields set and everybody else's kept.
    pub fn with_pair(&self, before: Option<&Body>, pair: &SecretPair) -> Body {
        let mut body = before.cloned().unwrap_or_default();
        body.set_text(self.id_field.clone(), SecretString::from(pair.client_id.as_str()));
        body.set_text(self.secret_field.clone(), pair.secret.clone());
        body
    }
}

/// A pair as the rules see it.
pub fn pair_seen(pair: &SecretPair, salt: &Salt) -> Pair {
    Pair { client_id: pair.client_id.clone(), secret: mac_of(salt, &pair.secret) }
}

/// A slot as the rules see it. Trailing line ends that came with a paste do not count.
pub fn slot_seen(read: &Versioned, salt: &Salt) -> SlotSeen {
    let body = &read.body;
    SlotSeen {
        version: read.version.clone(),
        client_id: body.text(CLIENT_ID).map_or_else(String::new, |id| id.expose_secret().trim().to_owned()),
        secret: slot_text(body, SECRET).map(|text| pasted_seen(&text, salt)),
        candidate: slot_text(body, CANDIDATE).map(|text| pasted_seen(&text, salt)),
        previous: slot_text(body, PREVIOUS).map(|text| mac_of(salt, &text)),
    }
}

/// A pasted text as the rules see it.
pub fn pasted_seen(text: &SecretString, salt: &Salt) -> Pasted {
    let (trimmed, findings) = paste(text);
    Pasted { secret: mac_of(salt, &trimmed), oddity: findings.oddity }
}

/// A slot's field, without trailing line ends; an empty one counts as absent.
fn slot_text(body: &Body, field: &str) -> Option<SecretString> {
    let (trimmed, _) = paste(body.text(field)?);
    (!trimmed.expose_secret().is_empty()).then_some(trimmed)
}

/// The text in a slot that has this fingerprint.
pub fn slot_secret(body: &Body, secret: Mac, salt: &Salt) -> Option<SecretString> {
    [SECRET, CANDIDATE, PREVIOUS]
        .into_iter()
        .filter_map(|field| slot_text(body, field))
        .find(|text| mac_of(salt, text) == secret)
}

/// A slot's body after a change. `fresh` is the secret that comes from outside: pasted, or the live one.
pub fn changed_slot(before: Option<&Body>, change: &SlotChange, fresh: Option<SecretString>) -> Option<Body> {
    let mut body = before.cloned().unwrap_or_default();
    match change {
        SlotChange::Enter { client_id, .. } => {
            body = Body::new();
            body.set_text(CLIENT_ID, SecretString::from(client_id.as_str()));
            body.set_text(SECRET, fresh?);
        }
        SlotChange::TakeLive { client_id, .. } => {
            keep_previous(&mut body);
            body.set_text(CLIENT_ID, SecretString::from(client_id.as_str()));
            body.set_text(SECRET, fresh?);
            body.remove(CANDIDATE);
        }
        SlotChange::Deposit { client_id, .. } => {
            if let Some(client_id) = client_id {
                body.set_text(CLIENT_ID, SecretString::from(client_id.as_str()));
            }
            body.set_text(CANDIDATE, fresh?);
        }
        SlotChange::Promote { .. } => {
            let candidate = slot_text(&body, CANDIDATE)?;
            keep_previous(&mut body);
            body.set_text(SECRET, candidate);
            body.remove(CANDIDATE);
        }
    }
    Some(body)
}

fn keep_previous(body: &mut Body) {
    match slot_text(body, SECRET) {
        Some(old) => body.set_text(PREVIOUS, old),
        None => {
            body.remove(PREVIOUS);
        }
    }
}

#[cfg(test)]
mod tests;
