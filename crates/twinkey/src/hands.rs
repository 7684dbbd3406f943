//! The hands of a run: they hold the documents with their secrets and perform one step at a time.

use secrecy::SecretString;
use twinkey_core::seen::{Freshness, RecordSeen, Trouble, TroubleClass, Which, With};
use twinkey_core::step::{LiveContent, Probe, SlotChange, Step, WriteLive, WriteRecord, WriteSlot};
use twinkey_core::{AttemptId, Expected, Looked, Outcome, PerClient, Salt};
use twinkey_store::{Body, Class, Place, StoreError, Versioned, Written};

use crate::documents::{Documents, SecretPair, changed_slot, pair_seen, slot_secret, slot_seen};
use crate::secret::mac_of;
use crate::world::World;

/// The documents as last read or written, with their secrets, and what a person has pasted.
pub struct Hands<'w> {
    world: &'w World,
    salt: Option<Salt>,
    live: Option<Versioned>,
    slots: PerClient<Option<Versioned>>,
    pasted: PerClient<Option<SecretString>>,
}

impl<'w> Hands<'w> {
    /// Empty hands. `salt` is the one to begin with where no record exists yet; `pasted` is what a person
    /// has entered for this run.
    pub fn new(world: &'w World, salt: Option<Salt>, pasted: PerClient<Option<SecretString>>) -> Self {
        Self { world, salt, live: None, slots: PerClient::default(), pasted }
    }

    /// Performs one step. One step is one effect; nothing is retried.
    pub async fn perform(&mut self, step: &Step) -> Outcome {
        twinkey_kill::step(step, self.act(step)).await
    }

    async fn act(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Look(freshness) => {
                self.look(*freshness).await.unwrap_or_else(|error| failed(With::Reading, &error))
            }
            Step::Probe(probe) => self.probe(probe).await,
            Step::WriteRecord(write) => self.write_record(write).await,
            Step::WriteLive(write) => self.write_live(write).await,
            Step::WriteSlot(write) => self.write_slot(write).await,
            Step::WriteOutput => self.write_output(),
        }
    }

    /// The key of this credential's fingerprints, once the record was read.
    pub fn salt(&self) -> Option<&Salt> {
        self.salt.as_ref()
    }

    /// Reads everything in one round trip, in parallel. After a conflict the record is read first: a live
    /// pair read before its record could look like a foreign edit.
    async fn look(&mut self, freshness: Freshness) -> Result<Outcome, StoreError> {
        let documents = &self.world.documents;
        let read = |place| self.world.store.read(place, freshness);
        let record = match freshness {
            Freshness::Latest => Some(read(&documents.record).await?),
            Freshness::Ordinary => None,
        };
        let (late, live, a, b, behind) = tokio::try_join!(
            async { if record.is_none() { read(&documents.record).await } else { Ok(None) } },
            read(&documents.live),
            read(&documents.slots.a),
            read(&documents.slots.b),
            async { Ok(self.is_behind().await) },
        )?;
        let output = match self.world.output.as_ref().map(crate::output::OutputFile::read) {
            Some(Ok(pair)) => pair,
            Some(Err(_)) | None => None,
        };
        let record = Documents::record_seen(record.unwrap_or(late).as_ref());
        if let RecordSeen::Here { record, .. } = &record {
            self.salt = Some(record.salt);
        }
        (self.live, self.slots.a, self.slots.b) = (live, a, b);
        let salt = self.salt;
        let slot = |read: &Option<Versioned>| {
            read.as_ref().zip(salt.as_ref()).map(|(read, salt)| slot_seen(read, salt))
        };
        Ok(Outcome::Looked(Box::new(Looked {
            record,
            live: self.live.as_ref().map(|read| documents.live_seen(read, salt.as_ref())),
            slots: PerClient::from_fn(|client| slot(&self.slots[client])),
            output: output.zip(salt).map(|(pair, salt)| pair_seen(&pair, &salt)),
            behind,
        })))
    }

    /// Whether a replica of the live pair lags, or may. Where we have no right to know there is taken to be none: `check`
    /// says so.
    async fn is_behind(&self) -> bool {
        match self.world.store.is_followed(&self.world.documents.live).await {
            Ok(followed) => !followed,
            Err(error) => error.class() != Class::Permission,
        }
    }

    async fn probe(&self, probe: &Probe) -> Outcome {
        let Some(secret) = self.secret(probe) else { return Outcome::Conflict };
        let now = self.world.clock.now();
        Outcome::Answered(self.world.provider.probe(&probe.client_id, &secret, now).await)
    }

    /// The text behind a fingerprint, from where the rules saw it.
    fn secret(&self, probe: &Probe) -> Option<SecretString> {
        let salt = self.salt.as_ref()?;
        let text = match probe.which {
            Which::Live => self.world.documents.live_pair(&self.live.as_ref()?.body)?.secret,
            Which::Pasted => self.pasted[probe.client].clone()?,
            Which::Secret | Which::Candidate | Which::Previous => {
                slot_secret(&self.slots[probe.client].as_ref()?.body, probe.secret, salt)?
            }
        };
        (mac_of(salt, &text) == probe.secret).then_some(text)
    }

    async fn write_record(&self, write: &WriteRecord) -> Outcome {
        let body = Documents::record_body(&write.record);
        let place = &self.world.documents.record;
        self.write(place, &write.expected, &body, &write.record.counter.to_string()).await
    }

    async fn write_live(&mut self, write: &WriteLive) -> Outcome {
        let Some(body) = self.live_body(&write.content) else { return Outcome::Conflict };
        let place = &self.world.documents.live;
        let written = self.world.store.write(place, &write.expected, &body, write.attempt).await;
        if let Ok(Written::Written(version)) = &written {
            self.live = Some(Versioned { version: version.clone(), body });
        }
        outcome(written)
    }

    fn live_body(&self, content: &LiveContent) -> Option<Body> {
        let before = self.live.as_ref().map(|live| &live.body);
        match content {
            LiveContent::Unchanged => before.cloned(),
            LiveContent::Publish { client, client_id, secret, .. } => {
                let slot = &self.slots[*client].as_ref()?.body;
                let secret = slot_secret(slot, *secret, self.salt.as_ref()?)?;
                let pair = SecretPair { client_id: client_id.clone(), secret };
                Some(self.world.documents.with_pair(before, &pair))
            }
        }
    }

    async fn write_slot(&mut self, write: &WriteSlot) -> Outcome {
        let fresh = match &write.change {
            SlotChange::TakeLive { .. } => {
                let live = self.live.as_ref().and_then(|live| self.world.documents.live_pair(&live.body));
                live.map(|pair| pair.secret)
            }
            SlotChange::Enter { .. } | SlotChange::Deposit { .. } => self.pasted[write.client].clone(),
            SlotChange::Promote { .. } => None,
        };
        let before = self.slots[write.client].as_ref().map(|slot| &slot.body);
        let Some(body) = changed_slot(before, &write.change, fresh) else { return Outcome::Conflict };
        let place = &self.world.documents.slots[write.client];
        let outcome = self.write(place, &write.expected, &body, what_changes(&write.change)).await;
        if let Outcome::Written(version) = &outcome {
            self.slots[write.client] = Some(Versioned { version: version.clone(), body });
        }
        outcome
    }

    /// A write whose attempt is named by what it writes and over what: written again, it is the same one.
    async fn write(&self, place: &Place, expected: &Expected, body: &Body, what: &str) -> Outcome {
        let over = match expected {
            Expected::Absent => "",
            Expected::Version(version) => version.as_str(),
        };
        let content = self.salt.map(|salt| salt.mac(body.to_json().as_bytes()));
        let content = content.map_or([0; 32], |mac| *mac.as_bytes());
        let attempt =
            AttemptId::derive(&[place.as_str().as_bytes(), over.as_bytes(), what.as_bytes(), &content]);
        outcome(self.world.store.write(place, expected, body, attempt).await)
    }

    fn write_output(&self) -> Outcome {
        let pair = self.live.as_ref().and_then(|live| self.world.documents.live_pair(&live.body));
        let (Some(file), Some(pair)) = (&self.world.output, pair) else { return Outcome::Conflict };
        match file.write(&pair) {
            Ok(()) => Outcome::OutputWritten,
            Err(error) => Outcome::Failed(Trouble {
                with: With::Output,
                class: error.class(),
                text: format!("{error}; {}", error.remedy()),
            }),
        }
    }
}

fn what_changes(change: &SlotChange) -> &'static str {
    match change {
        SlotChange::Enter { .. } => "enter",
        SlotChange::TakeLive { .. } => "take-live",
        SlotChange::Deposit { .. } => "deposit",
        SlotChange::Promote { .. } => "promote",
    }
}

fn outcome(written: Result<Written, StoreError>) -> Outcome {
    match written {
        Ok(Written::Written(version)) => Outcome::Written(version),
        Ok(Written::Conflict) => Outcome::Conflict,
        Ok(Written::Unclear(why)) => Outcome::Unclear(why),
        Err(error) => failed(With::Writing, &error),
    }
}

fn failed(with: With, error: &StoreError) -> Outcome {
    Outcome::Failed(trouble(with, error))
}

/// A store error as what the rules know of it.
pub(crate) fn trouble(with: With, error: &StoreError) -> Trouble {
    let class = match error.class() {
        Class::Temporary => TroubleClass::Temporary,
        Class::Permission => TroubleClass::Permission,
        Class::Permanent => TroubleClass::Permanent,
    };
    Trouble { with, class, text: format!("{error}; {}", error.remedy()) }
}
