//! What a run knows after a step: the other half of the story that [`next`](crate::next()) begins.

use jiff::Timestamp;

use crate::record::{Noted, Why};
use crate::seen::{
    Done, First, Freshness, LiveSeen, Look, Pair, Probed, RecordSeen, Seen, SlotSeen, Trouble, TroubleClass,
    Which, With,
};
use crate::step::{LiveContent, SlotChange, Step, WriteLive, WriteRecord, WriteSlot};
use crate::{Answer, AnswerKind, DrainEnd, PerClient, Version, What, Wish};

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The documents, as looked at.
    Looked(Box<Looked>),
    /// The provider's answer.
    Answered(Answer),
    /// The write is done; the document now has this version.
    Written(Version),
    /// The output file is written.
    OutputWritten,
    /// The store refused the write: the document is not as expected.
    Conflict,
    /// The store may have written or not: it must be looked at, and never be written again blindly. Why, for people.
    Unclear(String),
    /// The step failed, and certainly nothing was written.
    Failed(Trouble),
    /// The audit line that must stand before the step could not be written; the step was not done.
    NotAudited,
}

/// The documents, as looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Looked {
    /// The record.
    pub record: RecordSeen,
    /// The live pair.
    pub live: Option<LiveSeen>,
    /// The slots.
    pub slots: PerClient<Option<SlotSeen>>,
    /// What the output file holds.
    pub output: Option<Pair>,
    /// Whether a replica of the live pair lags.
    pub behind: bool,
}

impl Seen {
    /// What is known after `step` came to `outcome` at the moment `now`. A compare-and-set that succeeded
    /// counts as a read; after any conflict or unclear answer the next step is to look again.
    #[must_use]
    pub fn after(mut self, step: &Step, outcome: Outcome, now: Timestamp) -> Self {
        match (step, outcome) {
            (Step::Look(_), Outcome::Looked(looked)) => self.looked(*looked, now),
            (Step::Probe(probe), Outcome::Answered(answer)) => {
                if answer.kind == AnswerKind::Accepted && probe.which != Which::Previous {
                    self.host.accepted[probe.client] = Some(Noted { secret: probe.secret, at: now });
                }
                self.probes.push(Probed {
                    client: probe.client,
                    client_id: probe.client_id.clone(),
                    secret: probe.secret,
                    at: now,
                    answer,
                    noted: false,
                    current: true,
                });
            }
            (Step::WriteRecord(write), Outcome::Written(version)) => self.wrote_record(write, version),
            (Step::WriteLive(write), Outcome::Written(version)) => self.wrote_live(write, version),
            (Step::WriteSlot(write), Outcome::Written(version)) => self.wrote_slot(write, version),
            (Step::WriteOutput, Outcome::OutputWritten) => self.output = self.live_pair().cloned(),
            (Step::WriteLive(write), Outcome::Conflict) => {
                self.past.push(write.expected.clone());
                self.look = Look::Due(Freshness::Latest);
            }
            (_, Outcome::Conflict | Outcome::Unclear(_)) => self.look = Look::Due(Freshness::Latest),
            (_, Outcome::NotAudited) => self.host.audit.unwritable = true,
            (_, Outcome::Failed(trouble)) => {
                // What we cannot read, whatever the reason, consumers may not be able to read either: deleted,
                // locked, its key gone. Then they keep what they have.
                let outage = match trouble.with {
                    With::Reading => true,
                    With::Writing | With::Unclear => trouble.class == TroubleClass::Temporary,
                    With::Output => false,
                };
                if outage {
                    self.host.unreachable = Some(now);
                }
                self.trouble = Some(trouble);
            }
            (_, outcome) => {
                debug_assert!(false, "{step:?} cannot come to {outcome:?}");
                self.look = Look::Due(Freshness::Latest);
            }
        }
        self
    }

    fn looked(&mut self, looked: Looked, now: Timestamp) {
        self.look = Look::Fresh;
        self.looks += 1;
        self.probes.iter_mut().for_each(|probed| probed.current = false);
        self.record = looked.record;
        self.live = looked.live;
        self.slots = looked.slots;
        self.output = looked.output;
        self.behind = looked.behind;
        if looked.behind {
            self.host.unreachable = Some(now);
        }
        self.note_counter();
        if self.first.is_none()
            && let Some(record) = self.record()
        {
            let retired = |client| record.clients[client].retired.map(|noted: Noted| noted.secret);
            let proven = |client| record.clients[client].proven.map(|noted: Noted| noted.secret);
            self.first = Some(First {
                retired: PerClient::from_fn(retired),
                proven: PerClient::from_fn(proven),
                permit: record.permit.clone(),
            });
        }
    }

    /// A look may be given a record of a lineage that replaces the one this host knew; that is accepted.
    fn note_counter(&mut self) {
        let Some(record) = self.record() else { return };
        let (id, counter) = (record.lineage.id, record.counter);
        let known = self.host.highest;
        let follows = match known {
            None => true,
            Some((lineage, highest)) if lineage == id => counter >= highest,
            Some((lineage, _)) => record.lineage.replaces.contains(&lineage),
        };
        if follows {
            self.host.highest = Some((id, counter));
        }
    }

    fn wrote_record(&mut self, write: &WriteRecord, version: Version) {
        self.record = RecordSeen::Here { version, record: write.record.clone() };
        self.note_counter();
        self.done = fulfilled(&self.wish, &write.what).or(self.done);
        if let (What::DrainRestarted { .. }, Some(drain)) = (&write.what, &write.record.drain) {
            // What made it count anew stands in the record now. Kept here, dated by a clock that was ahead, it
            // would make it count anew without end.
            self.host.unreachable = None;
            self.host.watching = self.host.watching.map(|since| since.min(drain.started));
        }
        for probed in &mut self.probes {
            probed.noted = true;
        }
        if matches!(write.what, What::PermitOpened { .. }) {
            self.opened = true;
            // A secret that somebody deposits at this moment would end the permit: seen before SAFE is said.
            self.look = Look::Due(Freshness::Latest);
        }
    }

    fn wrote_live(&mut self, write: &WriteLive, version: Version) {
        let pair = match &write.content {
            LiveContent::Publish { client_id, secret, .. } => {
                Some(Pair { client_id: client_id.clone(), secret: *secret })
            }
            LiveContent::Unchanged => self.live_pair().cloned(),
        };
        self.live = Some(LiveSeen { version, pair });
        self.past.push(write.expected.clone());
    }

    fn wrote_slot(&mut self, write: &WriteSlot, version: Version) {
        let slot = self.slots[write.client].take();
        self.slots[write.client] = Some(write.change.applied(slot, version));
        if let (SlotChange::Deposit { .. }, Wish::Deposit(_)) = (&write.change, &self.wish) {
            self.wish = Wish::Prove { client: write.client };
        }
    }
}

/// What a write of the record has brought about for this wish. A run also ends what it finds under way; that
/// fulfils nothing that a person asked for, and must not stand in for it.
fn fulfilled(wish: &Wish, what: &What) -> Option<Done> {
    let done = brought_about(what)?;
    let asked_for = match (wish, what) {
        (Wish::Keep, _) => true,
        // Somebody else's switch away from a leaked secret is as good, unless the drain is to be shortened.
        (Wish::SwitchNow { drain, .. }, What::Published { why, .. }) => {
            *why == Why::Now || (drain.is_none() && matches!(why, Why::Scheduled | Why::FailOver))
        }
        (Wish::SwitchNow { .. }, _) => done == Done::Shortened,
        (Wish::Rollback { .. }, What::Published { why, .. }) => *why == Why::Rollback,
        (Wish::Rollback { .. }, _) => false,
        (Wish::Init(_), _) => matches!(done, Done::Initialised | Done::Proven | Done::Resolved),
        // The secret that lay in the slot was brought by somebody who pressed already, perhaps by the very person
        // who asks: SAFE would ask for one press too many.
        (Wish::Permit { client, .. }, What::Proven { client: of, .. }) => {
            client.is_none_or(|client| client == *of)
        }
        (Wish::Permit { .. }, _) => false,
        // What waited in the slot was proven, and that has ended the permit.
        (Wish::Cancel { .. }, _) => matches!(what, What::PermitClosed { .. } | What::Proven { .. }),
        (Wish::Deposit(deposit), What::Proven { client, secret }) => {
            (*client, *secret) == (deposit.client, deposit.secret.secret)
        }
        (Wish::Deposit(deposit), What::Published { client, secret, why: Why::Mend }) => {
            (*client, *secret) == (deposit.client, deposit.secret.secret)
        }
        (Wish::Deposit(_), _) => false,
        (Wish::Prove { client }, What::Proven { client: of, .. }) => client == of,
        (Wish::Prove { client }, What::Published { client: of, why: Why::Mend, .. }) => client == of,
        (Wish::Prove { .. }, _) => false,
        (Wish::ConfirmDrained { .. } | Wish::ConfirmNotInUse, _) => done == Done::Confirmed,
        (Wish::TakeTheirs { .. } | Wish::PutOurs, _) => done == Done::Resolved,
    };
    asked_for.then_some(done)
}

fn brought_about(what: &What) -> Option<Done> {
    match what {
        What::Initialised { .. } => Some(Done::Initialised),
        What::Published { why: Why::PutOurs, .. }
        | What::TookTheirs { .. }
        | What::Moved
        | What::Restored => Some(Done::Resolved),
        What::Published { why: Why::Mend, .. } | What::Proven { .. } => Some(Done::Proven),
        What::Published { .. } => Some(Done::Switched),
        What::PermitClosed { .. } => Some(Done::PermitClosed),
        What::DrainShortened { .. } => Some(Done::Shortened),
        What::DrainEnded { how: DrainEnd::Confirmed, .. } | What::NotInUse { .. } => Some(Done::Confirmed),
        _ => None,
    }
}

impl SlotChange {
    /// The slot after this change.
    fn applied(&self, slot: Option<SlotSeen>, version: Version) -> SlotSeen {
        use crate::seen::Pasted;
        let empty = SlotSeen {
            version: version.clone(),
            client_id: String::new(),
            secret: None,
            candidate: None,
            previous: None,
        };
        let old = slot.unwrap_or(empty);
        match self {
            Self::Enter { client_id, secret } => SlotSeen {
                version,
                client_id: client_id.clone(),
                secret: Some(*secret),
                candidate: None,
                previous: None,
            },
            Self::TakeLive { client_id, secret } => SlotSeen {
                version,
                client_id: client_id.clone(),
                secret: Some(Pasted { secret: *secret, oddity: None }),
                candidate: None,
                previous: old.secret.map(|old| old.secret),
            },
            Self::Deposit { client_id, candidate } => SlotSeen {
                version,
                client_id: client_id.clone().unwrap_or(old.client_id),
                candidate: Some(*candidate),
                ..old
            },
            Self::Promote { .. } => SlotSeen {
                version,
                client_id: old.client_id,
                secret: old.candidate,
                candidate: None,
                previous: old.secret.map(|old| old.secret),
            },
        }
    }
}
