//! Setting a credential up: a first entry, or the adoption of a live pair that is already there.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::case::Case;
use crate::decision::{Because, Next, Refusal, refuse, rest};
use crate::record::{Active, ClientNote, Intent, Lineage, Noted, Schema, Why};
use crate::seen::{Done, Pair, Seen, Which};
use crate::slips::{self, Slip};
use crate::step::{Probe, Purpose, SlotChange, Step, WriteRecord, WriteSlot};
use crate::verdict::{Judged, Verdict, judge};
use crate::wish::{Deposit, Entry, Init};
use crate::{AttemptId, Client, Expected, Mac, PerClient, Policy, Record, Version, What, Wish};

/// No record yet: sets the credential up, if that is what is wanted.
pub(crate) fn first(policy: &Policy, seen: &Seen, now: Timestamp) -> Option<Next> {
    let Wish::Init(entered) = &seen.wish else { return None };
    Some(SetUp { policy, seen, now, entered, existing: None }.next())
}

/// A record without an active client: the first entry did not come to its end.
pub(crate) fn go_on(case: &Case<'_>) -> Option<Next> {
    if case.record.active.is_some() {
        return None;
    }
    Some(match &case.seen.wish {
        Wish::Init(entered) => again(case, entered),
        _ => rest(Because::Uninitialised),
    })
}

pub(crate) fn again(case: &Case<'_>, entered: &Init) -> Next {
    let existing = Some((case.record, case.version));
    SetUp { policy: case.policy, seen: case.seen, now: case.now, entered, existing }.next()
}

/// The second client, which may come days after the first.
pub(crate) fn second(case: &Case<'_>, entered: &Init) -> Next {
    let other = case.other_client();
    let in_slot = case.seen.slots[other].as_ref().and_then(|slot| slot.secret);
    let has_secret = in_slot.is_some();
    let proven = has_secret && case.record.clients[other].proven.is_some();
    let Some(entry) = &entered.entries[other] else {
        return match (proven, has_secret) {
            (true, _) => rest(Because::Done(Done::Initialised)),
            // Entered by a run that crashed before the record followed.
            (false, true) => super::prove::deposited(case, other),
            (false, false) => refuse(Refusal::NothingEntered(other)),
        };
    };
    if proven && in_slot.is_some_and(|secret| !super::prove::is_settled(case, other, secret.secret)) {
        // Set up long ago, and what lies there now was never proven: the rules of a deposit count.
        let Entry { client_id, secret } = entry.clone();
        let deposit = Deposit { client: other, client_id: Some(client_id), spoke_to: None, secret };
        return super::prove::deposit(case, &deposit);
    }
    if proven {
        return rest(Because::Done(Done::Initialised));
    }
    let (secret, slot) = (entry.secret.secret, case.seen.slots[other].as_ref());
    let entered_before =
        slot.is_some_and(|slot| slot.client_id == entry.client_id && slot.holding(secret).is_some());
    if !entered_before
        && let Err(slip) = slips::check(case.seen, other, Some(&entry.client_id), secret, entry.secret.oddity)
    {
        return refuse(Refusal::Slip(slip));
    }
    match case.verdict(other, secret) {
        None => probe_pasted(other, entry),
        Some(Err(control)) => control,
        Some(Ok(Verdict::Accepted)) if !entered_before => enter(case.seen, other, entry),
        Some(Ok(Verdict::Accepted)) => case.write(What::Proven { client: other, secret }, |record| {
            record.clients[other] = fresh_note(secret, case.now, true);
        }),
        Some(Ok(Verdict::Passing)) => refuse(Refusal::NotProvable(other)),
        Some(Ok(verdict)) => refuse(Refusal::Secret { client: other, verdict }),
    }
}

/// Everything is proven before anything is written; then slots, record, and for a first entry the live pair.
struct SetUp<'a> {
    policy: &'a Policy,
    seen: &'a Seen,
    now: Timestamp,
    entered: &'a Init,
    existing: Option<(&'a Record, &'a Version)>,
}

impl SetUp<'_> {
    fn next(&self) -> Next {
        let live = self.entered.live;
        let (pair, which) = match (&self.seen.live, &self.entered.entries[live]) {
            (Some(seen), _) => match &seen.pair {
                Some(pair) => (pair.clone(), Which::Live),
                None => return refuse(Refusal::UnknownId),
            },
            (None, Some(entry)) => (pair_of(entry), Which::Pasted),
            (None, None) => return refuse(Refusal::NothingEntered(live)),
        };
        if let Some(slip) = self.slip(&pair) {
            return refuse(Refusal::Slip(slip));
        }
        self.prove(live, &pair, which)
            .or_else(|| self.prove_other(live.other()))
            .or_else(|| self.fill_slot(live, &pair, which))
            .or_else(|| self.fill_other(live.other()))
            .unwrap_or_else(|| self.write(live, &pair))
    }

    fn slip(&self, pair: &Pair) -> Option<Slip> {
        let entries = &self.entered.entries;
        let odd = entries.iter().find_map(|(_, entry)| entry.as_ref().and_then(|entry| entry.secret.oddity));
        if let Some(oddity) = odd {
            return Some(Slip::Odd(oddity));
        }
        let other = self.entered.live.other();
        let entry = entries[other].as_ref()?;
        if entry.client_id == pair.client_id {
            return Some(Slip::SameId);
        }
        (entry.secret.secret == pair.secret).then_some(Slip::OtherClients(other.other()))
    }

    fn prove(&self, client: Client, pair: &Pair, which: Which) -> Option<Next> {
        let Pair { client_id, secret } = pair.clone();
        let Some(probed) = self.seen.lately(client, secret, self.now) else {
            return Some(Next::Do(Step::Probe(Probe {
                client,
                which,
                client_id,
                secret,
                purpose: Purpose::Publish,
            })));
        };
        match judge(self.seen, probed, self.entered.entries[client.other()].is_some()) {
            Judged::Verdict(Verdict::Accepted) => None,
            Judged::Verdict(Verdict::Passing) => Some(refuse(Refusal::NotProvable(client))),
            Judged::Verdict(verdict) => Some(refuse(Refusal::Secret { client, verdict })),
            Judged::NeedsControl => {
                self.entered.entries[client.other()].as_ref().map(|entry| probe_pasted(client.other(), entry))
            }
        }
    }

    fn prove_other(&self, other: Client) -> Option<Next> {
        let entry = self.entered.entries[other].as_ref()?;
        self.prove(other, &pair_of(entry), Which::Pasted)
    }

    fn fill_slot(&self, client: Client, pair: &Pair, which: Which) -> Option<Next> {
        if self.filled(client, pair) {
            return None;
        }
        if let (Which::Pasted, Some(entry)) = (which, &self.entered.entries[client]) {
            return Some(enter(self.seen, client, entry));
        }
        let expected = slot_expected(self.seen, client);
        let change = SlotChange::TakeLive { client_id: pair.client_id.clone(), secret: pair.secret };
        Some(Next::Do(Step::WriteSlot(WriteSlot { client, expected, change })))
    }

    fn fill_other(&self, other: Client) -> Option<Next> {
        let entry = self.entered.entries[other].as_ref()?;
        (!self.filled(other, &pair_of(entry))).then(|| enter(self.seen, other, entry))
    }

    fn filled(&self, client: Client, pair: &Pair) -> bool {
        self.seen.slots[client].as_ref().is_some_and(|slot| {
            slot.client_id == pair.client_id && slot.secret.is_some_and(|secret| secret.secret == pair.secret)
        })
    }

    /// The record. A live pair that is there is adopted as it is; otherwise the record begins with the intent
    /// to write the first one, and goes on like any switch.
    fn write(&self, live: Client, pair: &Pair) -> Next {
        let mut record = self.base();
        record.clients[live] = fresh_note(pair.secret, self.now, false);
        if let Some(entry) = &self.entered.entries[live.other()] {
            record.clients[live.other()] = fresh_note(entry.secret.secret, self.now, true);
        }
        let secret = pair.secret;
        let what = match &self.seen.live {
            Some(seen) => {
                record.intent = None;
                record.active = Some(Active {
                    client: live,
                    client_id: pair.client_id.clone(),
                    secret,
                    version: seen.version.clone(),
                    since: self.now,
                });
                What::Initialised { client: live, secret }
            }
            None => {
                record.intent = Some(self.intent(&record, live, pair));
                What::Intended { to: live, secret, why: Why::First, reason: None }
            }
        };
        let record = Box::new(record.changed(self.now, &self.seen.by, what.clone()));
        let expected = match self.existing {
            Some((_, version)) => Expected::Version(version.clone()),
            None => Expected::Absent,
        };
        Next::Do(Step::WriteRecord(WriteRecord { expected, record, what, unbarred: false }))
    }

    fn intent(&self, record: &Record, to: Client, pair: &Pair) -> Intent {
        let counter = record.counter.to_be_bytes();
        Intent {
            to,
            client_id: pair.client_id.clone(),
            secret: pair.secret,
            from: Expected::Absent,
            attempt: AttemptId::derive(&[record.salt.as_bytes(), &counter, pair.secret.as_bytes()]),
            why: Why::First,
            drain: None,
            reason: None,
            by: self.seen.by.clone(),
            at: self.now,
        }
    }

    fn base(&self) -> Record {
        if let Some((record, _)) = self.existing {
            return record.clone();
        }
        let salt = self.entered.salt;
        Record {
            schema: Schema::OURS,
            counter: 0,
            lineage: Lineage { id: AttemptId::derive(&[b"lineage", salt.as_bytes()]), replaces: Vec::new() },
            belongs_to: self.policy.place.clone(),
            salt,
            active: None,
            intent: None,
            drain: None,
            permit: None,
            clients: PerClient::default(),
            transitions: Vec::new(),
            audit: BTreeMap::new(),
        }
    }
}

fn fresh_note(secret: Mac, at: Timestamp, maybe_in_use: bool) -> ClientNote {
    ClientNote { proven: Some(Noted { secret, at }), maybe_in_use, ..ClientNote::default() }
}

fn pair_of(entry: &Entry) -> Pair {
    Pair { client_id: entry.client_id.clone(), secret: entry.secret.secret }
}

fn probe_pasted(client: Client, entry: &Entry) -> Next {
    let Pair { client_id, secret } = pair_of(entry);
    Next::Do(Step::Probe(Probe {
        client,
        which: Which::Pasted,
        client_id,
        secret,
        purpose: Purpose::Publish,
    }))
}

fn enter(seen: &Seen, client: Client, entry: &Entry) -> Next {
    let change = SlotChange::Enter { client_id: entry.client_id.clone(), secret: entry.secret };
    Next::Do(Step::WriteSlot(WriteSlot { client, expected: slot_expected(seen, client), change }))
}

fn slot_expected(seen: &Seen, client: Client) -> Expected {
    seen.slots[client].as_ref().map_or(Expected::Absent, |slot| Expected::Version(slot.version.clone()))
}
