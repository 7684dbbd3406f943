//! Documents with versions that never come back.

use twinkey_core::seen::{LiveSeen, Pair, Pasted, RecordSeen, SlotSeen};
use twinkey_core::step::{LiveContent, SlotChange, Step};
use twinkey_core::{Client, Expected, Looked, PerClient, Record, Version};

use super::run::Run;

/// The record is kept as the JSON that production would write.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) record: Option<(Version, String)>,
    pub(crate) live: Option<LiveSeen>,
    pub(crate) slots: PerClient<Option<SlotSeen>>,
    pub(crate) output: Option<Pair>,
    /// Whether a replica of the live pair lags.
    pub(crate) behind: bool,
    versions: u64,
}

impl Store {
    pub(crate) fn version(&mut self) -> Version {
        self.versions += 1;
        Version::new(format!("v{}", self.versions))
    }

    pub(crate) fn record(&self) -> Option<Record> {
        self.record.as_ref().map(|(_, json)| Record::from_json(json).unwrap())
    }

    pub(crate) fn put_record(&mut self, record: &Record) {
        let version = self.version();
        self.record = Some((version, record.to_json()));
    }

    pub(crate) fn live_pair(&self) -> Option<Pair> {
        self.live.as_ref().and_then(|live| live.pair.clone())
    }

    pub(crate) fn live_version(&self) -> Expected {
        self.live.as_ref().map_or(Expected::Absent, |live| Expected::Version(live.version.clone()))
    }

    pub(crate) fn looked(&self) -> Looked {
        let record = match &self.record {
            None => RecordSeen::Absent,
            Some((version, json)) => match Record::from_json(json) {
                Ok(record) => RecordSeen::Here { version: version.clone(), record: Box::new(record) },
                Err(error) => RecordSeen::Unusable(error),
            },
        };
        Looked {
            record,
            live: self.live.clone(),
            slots: self.slots.clone(),
            output: self.output.clone(),
            behind: self.behind,
        }
    }

    /// A compare-and-set; `None` is the store's refusal.
    pub(crate) fn write(&mut self, write: &Prepared) -> Option<Version> {
        match write {
            Prepared::Record(expected, json) => {
                let current = self.record.as_ref().map(|(version, _)| version.clone());
                let version = self.compare(expected, current)?;
                self.record = Some((version.clone(), json.clone()));
                Some(version)
            }
            Prepared::Live(expected, pair) => {
                let current = self.live.as_ref().map(|live| live.version.clone());
                let version = self.compare(expected, current)?;
                self.live = Some(LiveSeen { version: version.clone(), pair: pair.clone() });
                Some(version)
            }
            Prepared::Slot(expected, client, slot) => {
                let current = self.slots[*client].as_ref().map(|slot| slot.version.clone());
                let version = self.compare(expected, current)?;
                self.slots[*client] = Some(SlotSeen { version: version.clone(), ..slot.clone() });
                Some(version)
            }
        }
    }

    fn compare(&mut self, expected: &Expected, current: Option<Version>) -> Option<Version> {
        let current = current.map_or(Expected::Absent, Expected::Version);
        (*expected == current).then(|| self.version())
    }

    /// Somebody writes the live pair without Twinkey.
    pub(crate) fn edit_live(&mut self, pair: Option<Pair>) {
        let version = self.version();
        self.live = Some(LiveSeen { version, pair });
    }

    /// Somebody types a candidate straight into a slot.
    pub(crate) fn type_candidate(&mut self, client: Client, candidate: Pasted) {
        let version = self.version();
        let slot = self.slots[client].as_mut().expect("a slot");
        slot.version = version;
        slot.candidate = Some(candidate);
    }
}

/// A write as it goes over the wire: complete, with the texts that the run had read.
#[derive(Clone, Debug)]
pub(crate) enum Prepared {
    Record(Expected, String),
    Live(Expected, Option<Pair>),
    Slot(Expected, Client, SlotSeen),
}

pub(crate) fn prepare(run: &Run, step: &Step) -> Prepared {
    match step {
        Step::WriteRecord(write) => Prepared::Record(write.expected.clone(), write.record.to_json()),
        Step::WriteLive(write) => {
            let pair = match &write.content {
                LiveContent::Publish { client_id, secret, client, which, .. } => {
                    let slot = run.seen.slots[*client].as_ref().expect("a slot to publish from");
                    assert_eq!(slot.holding(*secret), Some(*which), "published from where it stands");
                    Some(Pair { client_id: client_id.clone(), secret: *secret })
                }
                LiveContent::Unchanged => run.seen.live_pair().cloned(),
            };
            Prepared::Live(write.expected.clone(), pair)
        }
        Step::WriteSlot(write) => {
            let before = run.seen.slots[write.client].clone().unwrap_or_else(|| SlotSeen {
                version: Version::new(""),
                client_id: String::new(),
                secret: None,
                candidate: None,
                previous: None,
            });
            let previous = before.secret.map(|old| old.secret);
            let slot = match write.change.clone() {
                SlotChange::Enter { client_id, secret } => {
                    SlotSeen { client_id, secret: Some(secret), candidate: None, previous: None, ..before }
                }
                SlotChange::TakeLive { client_id, secret } => {
                    let secret = Some(Pasted { secret, oddity: None });
                    SlotSeen { client_id, secret, candidate: None, previous, ..before }
                }
                SlotChange::Deposit { client_id, candidate } => SlotSeen {
                    client_id: client_id.unwrap_or(before.client_id.clone()),
                    candidate: Some(candidate),
                    ..before
                },
                SlotChange::Promote { candidate } => {
                    assert_eq!(before.candidate.map(|pasted| pasted.secret), Some(candidate));
                    SlotSeen { secret: before.candidate, candidate: None, previous, ..before }
                }
            };
            Prepared::Slot(write.expected.clone(), write.client, slot)
        }
        Step::Look(_) | Step::Probe(_) | Step::WriteOutput => panic!("{step:?} is no write of the store"),
    }
}
