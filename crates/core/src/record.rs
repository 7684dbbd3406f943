//! The record: the small document without secrets that says who is active and what is under way.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AttemptId, BelongsTo, Client, Drain, Expected, Mac, PerClient, Salt, Transition, Version};

/// The largest record that is written, in bytes of JSON.
pub const MAX_BYTES: usize = 16 * 1024;

/// How many replaced lines of records are remembered, for hosts that have slept meanwhile.
pub const MAX_LINEAGES: usize = 8;

/// How many audit chains the record knows the head of.
pub const MAX_CHAINS: usize = 24;

/// How many transitions the record keeps, so that `history` survives the host.
pub const MAX_TRANSITIONS: usize = 36;

/// The record of one credential. All that is needed to go on stands here and in the slots: a host may burn
/// down, and a new one with the same configuration carries on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The schema this record was written with.
    pub schema: Schema,
    /// Grows by one with every write. One that is lower than what a host saw last is a restored backup.
    pub counter: u64,
    /// Which line of records this is; changed only by `resolve` after a restored backup.
    pub lineage: Lineage,
    /// Which documents it speaks for.
    pub belongs_to: BelongsTo,
    /// The key of all fingerprints of this credential.
    pub salt: Salt,
    /// The pair that consumers read. `None` only while the first entry is under way.
    pub active: Option<Active>,
    /// A publication under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// The drain since the last switch. Kept after its end, until the retired client has a new secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<Drain>,
    /// The permission to regenerate one client's secret, while somebody holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<Permit>,
    /// What is known about each client.
    pub clients: PerClient<ClientNote>,
    /// The last transitions, oldest first.
    #[serde(default)]
    pub transitions: Vec<Transition>,
    /// The heads of the audit chains at their last write of this record, by the name of the chain.
    #[serde(default)]
    pub audit: BTreeMap<String, AuditHead>,
}

impl Record {
    /// Reads a record from its JSON.
    ///
    /// # Errors
    /// [`RecordError::Newer`] for an unknown schema (an older program met a newer one's record: update
    /// it; nothing is written until then), [`RecordError::Malformed`] for anything else (somebody edited it).
    pub fn from_json(json: &str) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Head {
            schema: Schema,
        }
        let head: Head = serde_json::from_str(json).map_err(|error| RecordError::malformed(&error))?;
        if head.schema.major != Schema::OURS.major {
            return Err(RecordError::Newer(head.schema));
        }
        serde_json::from_str(json).map_err(|error| match head.schema > Schema::OURS {
            // A newer minor schema may name things that this program does not know.
            true => RecordError::Newer(head.schema),
            false => RecordError::malformed(&error),
        })
    }

    /// Writes it as JSON.
    pub fn to_json(&self) -> String {
        #[expect(clippy::expect_used, reason = "a record has string keys and no failing Serialize")]
        serde_json::to_string(self).expect("a record is always JSON")
    }

    /// Whether this program may write it: never one of a newer schema, whose fields it would drop.
    pub fn is_writable(&self) -> bool {
        self.schema <= Schema::OURS
    }

    /// Whether this client is the one in the live pair.
    pub fn is_active(&self, client: Client) -> bool {
        self.active.as_ref().is_some_and(|active| active.client == client)
    }

    /// Whether somebody holds a permit on this client.
    pub fn has_permit_on(&self, client: Client) -> bool {
        self.permit.as_ref().is_some_and(|permit| permit.client == client)
    }

    /// Keeps the head of one audit chain. Of too many the shortest are forgotten: hosts that came for a few runs,
    /// such as containers under a new name each time, must not fill the record.
    pub fn keep_head(&mut self, chain: &str, head: AuditHead) {
        self.audit.insert(chain.to_owned(), head);
        while self.audit.len() > MAX_CHAINS {
            let others = self.audit.iter().filter(|(name, _)| *name != chain);
            let Some(shortest) = others.min_by_key(|(_, head)| head.line).map(|(name, _)| name.clone())
            else {
                return;
            };
            self.audit.remove(&shortest);
        }
    }

    /// The drain of this client, if its retired secret is the one that drains.
    pub fn drain_of(&self, client: Client) -> Option<&Drain> {
        self.drain.as_ref().filter(|drain| drain.retired == client)
    }
}

/// Why a record cannot be used.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq, Hash)]
pub enum RecordError {
    /// Written by a newer program.
    #[error("the record has schema {0}; this program knows {ours}", ours = Schema::OURS)]
    Newer(Schema),
    /// Not a record.
    #[error("the record is damaged at line {line}, column {column}")]
    Malformed {
        /// Line in the JSON, from 1.
        line: usize,
        /// Column in the JSON, from 1.
        column: usize,
    },
}

impl RecordError {
    fn malformed(error: &serde_json::Error) -> Self {
        Self::Malformed { line: error.line(), column: error.column() }
    }
}

/// The version of a document's schema, written `"1.0"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Schema {
    /// Another number: not to be understood.
    pub major: u32,
    /// A higher number: to be read, and not to be written.
    pub minor: u32,
}

impl Schema {
    /// What this program writes.
    pub const OURS: Self = Self { major: 1, minor: 0 };
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Schema {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts =
            text.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let (major, minor) = parts.ok_or("a schema is written like 1.0")?;
        Ok(Self { major, minor })
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One line of records that follow each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lineage {
    /// Its name.
    pub id: AttemptId,
    /// The lines that a person ended with `resolve`, newest first; hosts that knew one of them accept this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<AttemptId>,
}

/// The pair that consumers read, as the record knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Active {
    /// Which client.
    pub client: Client,
    /// Its client id.
    pub client_id: String,
    /// Its secret.
    pub secret: Mac,
    /// The version of the live pair that held it when the record was written.
    pub version: Version,
    /// Since when it is the live pair.
    pub since: Timestamp,
}

/// A publication that was decided on, written down before the live pair is touched. Whoever finds it, ends it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Intent {
    /// The client to publish.
    pub to: Client,
    /// Its client id.
    pub client_id: String,
    /// Which of its secrets.
    pub secret: Mac,
    /// The version of the live pair that it replaces: pinned here, never read again later.
    pub from: Expected,
    /// The name of the write, for stores that take one.
    pub attempt: AttemptId,
    /// Why.
    pub why: Why,
    /// A drain that a person set for this switch, against the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<SignedDuration>,
    /// A person's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Why something is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The first entry by `init`.
    First,
    /// The schedule.
    Scheduled,
    /// A person's `rotate --now`.
    Now,
    /// The active client was refused, another one works.
    FailOver,
    /// The active client's own new secret.
    Mend,
    /// A person's `rollback`.
    Rollback,
    /// A person's `resolve --put-ours`.
    PutOurs,
}

/// The permission, held by one named person, to regenerate one client's secret. It never expires: two people
/// who both believe that they may press the button are an outage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Permit {
    /// The client whose secret may be regenerated.
    pub client: Client,
    /// Who may press the button.
    pub holder: String,
    /// Who opened it (the same, or somebody with a shell).
    pub opened_by: String,
    /// Since when.
    pub since: Timestamp,
    /// The refused secret that waited in the slot when SAFE was said: it is not what the holder brings. By name,
    /// because the clocks of two hosts do not tell which of two moments of the same minutes came first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_over: Option<Mac>,
}

impl Permit {
    /// Whether this secret was refused before the permit was opened, as its refusals or the permit itself tell.
    pub(crate) fn passes_over(&self, secret: Mac, refusals: Option<&Refusals>) -> bool {
        self.passed_over == Some(secret) || refusals.is_some_and(|refusals| refusals.first <= self.since)
    }
}

/// What is known about one client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClientNote {
    /// The secret in its slot that is proven, and when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Noted>,
    /// The secret in its slot that was live once and is to be regenerated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Noted>,
    /// The secret that the last regeneration was to kill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Replaced>,
    /// Refusals, by secret: the budget that keeps a refused secret from being hammered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusals>,
    /// Whether somebody outside may still use it: true from `init` until `confirm-drained --init`.
    #[serde(default)]
    pub maybe_in_use: bool,
}

/// A secret and a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Noted {
    /// Which secret.
    pub secret: Mac,
    /// When.
    pub at: Timestamp,
}

/// The secret that a regeneration was to kill, and whether that was seen. Evidence, never a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Replaced {
    /// Which secret.
    pub secret: Mac,
    /// When its successor was proven.
    pub at: Timestamp,
    /// What was seen of its death.
    pub seen: Death,
}

/// What was seen of the death of a replaced secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Death {
    /// Not asked yet.
    Unasked,
    /// It still got a token, last at this moment: was Regenerate really pressed?
    StillAccepted(Timestamp),
    /// It was refused at this moment.
    Dead(Timestamp),
}

/// How often one secret was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refusals {
    /// Which secret.
    pub secret: Mac,
    /// How often, without a token in between.
    pub count: u32,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
    /// Whether the last one named `invalid_client`: then the secret is to blame without a control.
    #[serde(default)]
    pub named: bool,
}

/// The last line of an audit chain when the record was written: a log that ends before it was cut.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AuditHead {
    /// The number of the line, from 1.
    pub line: u64,
    /// Its hash, in hex.
    pub hash: String,
}
