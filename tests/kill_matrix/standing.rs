//! Where a credential stands, in words that do not depend on when and how it got there.

use std::collections::BTreeMap;
use std::fmt::Write;

use secrecy::{ExposeSecret, SecretString};
use twinkey::documents::{Documents, slot_seen};
use twinkey_core::seen::RecordSeen;
use twinkey_core::{Client, PerClient, Record, Salt, Version, What};
use twinkey_store::{Freshness, Versioned};

use super::stage::Stage;

/// The documents of a credential, by the names that the audit log's steps give them.
pub const DOCUMENTS: [&str; 4] = ["record", "live", "a", "b"];

/// Where a credential stands.
pub struct Standing {
    /// The version of each document that is there.
    pub versions: BTreeMap<&'static str, Version>,
    /// The how-many-th version that is.
    counts: BTreeMap<&'static str, u64>,
    /// The record, if there is one.
    pub record: Option<Record>,
    /// Whether the live pair is one that gets a token; `None` if there is none.
    pub works: Option<bool>,
    words: String,
}

impl Standing {
    /// Looks at everything, without the program.
    pub async fn of(stage: &Stage) -> Self {
        let mut nothing = Self {
            versions: BTreeMap::new(),
            counts: BTreeMap::new(),
            record: None,
            works: None,
            words: "nothing\n".to_owned(),
        };
        let Some(store) = stage.store() else { return nothing };
        let credential = stage.credential();
        let documents = Documents {
            live: credential.live_pair.clone(),
            slots: PerClient { a: credential.state.a.clone(), b: credential.state.b.clone() },
            record: credential.state.record.clone(),
            id_field: credential.fields.id.clone(),
            secret_field: credential.fields.secret.clone(),
        };
        let places = [&documents.record, &documents.live, &documents.slots.a, &documents.slots.b];
        let mut read: BTreeMap<&str, Versioned> = BTreeMap::new();
        for (name, place) in DOCUMENTS.into_iter().zip(places) {
            if let Some(versioned) = store.read(place, Freshness::Latest).await.unwrap() {
                nothing.versions.insert(name, versioned.version.clone());
                nothing.counts.insert(name, stage.count(place, &versioned.version).await);
                read.insert(name, versioned);
            }
        }
        if let RecordSeen::Here { record, .. } = Documents::record_seen(read.get("record")) {
            nothing.record = Some(*record);
        }
        let pair = read.get("live").and_then(|live| documents.live_pair(&live.body));
        nothing.works = pair.as_ref().map(|pair| gets_token(stage, &pair.client_id, &pair.secret));

        let mut words = String::new();
        let live = pair.as_ref().map(|pair| whose(stage, &pair.client_id));
        let _ = writeln!(words, "live {live:?} works {:?}", nothing.works);
        if let (Some(pair), Some(output)) = (&pair, &credential.output) {
            let file = std::fs::read_to_string(&output.path).unwrap_or_default();
            let same = file.contains(&pair.client_id) && file.contains(pair.secret.expose_secret());
            let _ = writeln!(words, "output file the same: {same}");
        }
        if let Some(record) = &nothing.record {
            words += &of_record(record);
            for client in Client::BOTH {
                let slot = read.get(if client == Client::A { "a" } else { "b" });
                words += &of_slot(record, client, slot, &record.salt);
            }
        }
        Self { words, ..nothing }
    }

    /// In words, with what happened since `before`; equal words mean that the work has come to the same end.
    pub fn words(&self, before: &Self) -> String {
        let told = |standing: &Self| standing.record.as_ref().map_or(0, |record| record.transitions.len());
        let since = self.record.as_ref().map(|record| &record.transitions[told(before)..]);
        let mut words = self.words.clone();
        for transition in since.unwrap_or_default() {
            // How often somebody was asked does not matter.
            if !matches!(transition.what, What::Refused { .. } | What::Recovered { .. }) {
                let what = serde_json::to_value(&transition.what).unwrap();
                let _ = writeln!(words, "happened: {}", what["what"]);
            }
        }
        let _ = writeln!(words, "new versions of the live pair: {}", self.written(before, "live"));
        words
    }

    /// How many versions of a document were written since `before`.
    pub fn written(&self, before: &Self, document: &str) -> u64 {
        let count = |standing: &Self| standing.counts.get(document).copied().unwrap_or_default();
        count(self).checked_sub(count(before)).expect("versions only grow")
    }
}

fn of_record(record: &Record) -> String {
    let active = record.active.as_ref().map(|active| active.client);
    let permit = record.permit.as_ref().map(|permit| (permit.client, permit.holder.as_str()));
    let drain = record.drain.as_ref().map(|drain| {
        let ended = drain.ended.map(|ended| ended.how);
        (drain.retired, drain.restarts, drain.staleness, drain.shortened, ended)
    });
    format!(
        "active {active:?} intent {:?}\npermit {permit:?}\ndrain {drain:?}\nplace {}\n",
        record.intent.as_ref().map(|intent| intent.why),
        record.belongs_to.live_pair,
    )
}

fn of_slot(record: &Record, client: Client, read: Option<&Versioned>, salt: &Salt) -> String {
    let note = &record.clients[client];
    let slot = read.map(|read| slot_seen(read, salt));
    let secret = slot.as_ref().and_then(|slot| slot.secret).map(|secret| secret.secret);
    let is = |noted: Option<twinkey_core::record::Noted>| noted.map(|noted| Some(noted.secret) == secret);
    let refused = note.refusals.iter().any(|refusals| Some(refusals.secret) == secret);
    let death = note.replaced.map(|replaced| match replaced.seen {
        twinkey_core::record::Death::Unasked => "unasked",
        twinkey_core::record::Death::StillAccepted(_) => "still accepted",
        twinkey_core::record::Death::Dead(_) => "dead",
    });
    format!(
        "{client:?}: secret {} candidate {} previous {} proven {:?} retired {:?} refused {refused} \
         maybe in use {} old secret {death:?}\n",
        secret.is_some(),
        slot.as_ref().is_some_and(|slot| slot.candidate.is_some()),
        slot.as_ref().is_some_and(|slot| slot.previous.is_some()),
        is(note.proven),
        is(note.retired),
        note.maybe_in_use,
    )
}

fn whose(stage: &Stage, id: &str) -> Option<Client> {
    Client::BOTH.into_iter().find(|client| stage.id(*client) == id)
}

/// Asked of the sandbox itself, so that nobody is counted as having asked.
fn gets_token(stage: &Stage, id: &str, secret: &SecretString) -> bool {
    let sandbox = stage.host.provider.as_sandbox();
    let enabled = sandbox.clients().iter().any(|client| client.id == id && !client.disabled);
    enabled && sandbox.secret_of(id).is_some_and(|current| current == secret.expose_secret())
}
