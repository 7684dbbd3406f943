//! One decision's view: policy, what was seen, the time, and a record that is there and understood.

use jiff::{SignedDuration, Timestamp};

use crate::decision::{Next, Wait, WaitFor};
use crate::record::{Intent, Why};
use crate::seen::{Freshness, Seen, Which};
use crate::step::{Probe, Purpose, Step, WriteRecord, is_rescue};
use crate::verdict::{Judged, Verdict, judge};
use crate::{AnswerKind, AttemptId, Client, Expected, Mac, Policy, Record, Staleness, Version, What, budget};

/// Clocks further apart than this bar what is no rescue: a switch or permit would be dated wrongly.
pub const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What every rule is given.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) seen: &'a Seen,
    pub(crate) now: Timestamp,
    pub(crate) record: &'a Record,
    pub(crate) version: &'a Version,
}

impl<'a> Case<'a> {
    /// A write of the record that begins something: barred while the audit log cannot be written.
    pub(crate) fn write(&self, what: What, change: impl FnOnce(&mut Record)) -> Next {
        self.write_record(what, false, change)
    }

    /// A write of the record that ends something or belongs to a rescue.
    pub(crate) fn write_always(&self, what: What, change: impl FnOnce(&mut Record)) -> Next {
        self.write_record(what, true, change)
    }

    fn write_record(&self, what: What, unbarred: bool, change: impl FnOnce(&mut Record)) -> Next {
        let mut record = self.record.clone();
        note_refusals(&mut record, self.seen, self.now);
        change(&mut record);
        if let Some(drain) = &mut record.drain {
            drain.staleness = drain.staleness.max(self.policy.staleness);
        }
        let record = Box::new(record.changed(self.now, &self.seen.by, what.clone()));
        Next::Do(Step::WriteRecord(WriteRecord {
            expected: Expected::Version(self.version.clone()),
            record,
            what,
            unbarred,
        }))
    }

    /// The record's intent to publish a client's secret, pinned to the live pair as just seen.
    pub(crate) fn intend(
        &self,
        to: Client,
        secret: Mac,
        why: Why,
        drain: Option<SignedDuration>,
        reason: Option<String>,
    ) -> Next {
        let reason = reason.map(|reason| in_short(&reason));
        let live = self.record.active.as_ref().filter(|live| (live.client, live.secret) == (to, secret));
        let slot = self.seen.slots[to].as_ref().map(|slot| slot.client_id.clone());
        let client_id = live.map(|live| live.client_id.clone()).or(slot);
        let from = self.seen.live_expected();
        let counter = self.record.counter.to_be_bytes();
        let attempt = AttemptId::derive(&[
            self.record.salt.as_bytes(),
            &counter,
            secret.as_bytes(),
            self.now.to_string().as_bytes(),
        ]);
        let what = What::Intended { to, secret, why, reason: reason.clone() };
        let intent = Intent {
            to,
            client_id: client_id.unwrap_or_default(),
            secret,
            from,
            attempt,
            why,
            drain,
            reason,
            by: self.seen.by.clone(),
            at: self.now,
        };
        self.write_record(what, is_rescue(why), |record| record.intent = Some(intent))
    }

    /// Asks for one token with a secret that stands in a slot.
    pub(crate) fn probe(&self, client: Client, secret: Mac, purpose: Purpose) -> Option<Next> {
        let slot = self.seen.slots[client].as_ref()?;
        let which = slot.holding(secret)?;
        Some(Next::Do(Step::Probe(Probe {
            client,
            which,
            client_id: slot.client_id.clone(),
            secret,
            purpose,
        })))
    }

    /// Asks for one token with the live pair.
    pub(crate) fn probe_live(&self, purpose: Purpose) -> Option<Next> {
        let active = self.record.active.as_ref()?;
        let client_id = active.client_id.clone();
        let (client, secret) = (active.client, active.secret);
        Some(Next::Do(Step::Probe(Probe { client, which: Which::Live, client_id, secret, purpose })))
    }

    /// The verdict on the last probe of this secret in this run; where it needs one, the control is asked.
    pub(crate) fn verdict(&self, client: Client, secret: Mac) -> Option<Result<Verdict, Next>> {
        let probed = self.seen.lately(client, secret, self.now)?;
        let control = self.control(client.other());
        match judge(self.seen, probed, control.is_some()) {
            Judged::Verdict(verdict) => Some(Ok(verdict)),
            Judged::NeedsControl => control.map(Err),
        }
    }

    /// The probe that serves as control: the other client with the secret most likely to work.
    fn control(&self, other: Client) -> Option<Next> {
        if let Some(active) = self.record.active.as_ref().filter(|active| active.client == other) {
            // The live pair may be somebody else's meanwhile; then only the slot still holds what is ours.
            return match self.seen.live_is_active(self.record) {
                true => self.probe_live(Purpose::Control),
                false => self.probe(other, active.secret, Purpose::Control),
            };
        }
        let secret = self.seen.slots[other].as_ref()?.secret?;
        self.probe(other, secret.secret, Purpose::Control)
    }

    /// The standby's proven secret: in its slot, proven, and never live since.
    pub(crate) fn standby(&self, client: Client) -> Option<Mac> {
        let note = &self.record.clients[client];
        let secret = self.seen.slots[client].as_ref()?.secret?.secret;
        let proven = note.proven.is_some_and(|proven| proven.secret == secret);
        let retired = note.retired.is_some_and(|retired| retired.secret == secret);
        (proven && !retired && !self.record.is_active(client)).then_some(secret)
    }

    /// The retired client's secret, still in its slot.
    pub(crate) fn retired(&self, client: Client) -> Option<Mac> {
        let secret = self.seen.slots[client].as_ref()?.secret?.secret;
        let retired = self.record.clients[client].retired?;
        (retired.secret == secret && !self.record.is_active(client)).then_some(secret)
    }

    /// The client that is not active; `b` while none is.
    pub(crate) fn other_client(&self) -> Client {
        self.record.active.as_ref().map_or(Client::B, |active| active.client.other())
    }

    /// A clock that is off by more than [`MAX_SKEW`] against the provider's latest `Date`.
    pub(crate) fn clock_off(&self) -> Option<SignedDuration> {
        let skew = self.seen.probes.iter().rev().find_map(|probed| probed.answer.clock_skew)?;
        (skew.abs() > MAX_SKEW).then_some(skew)
    }

    /// Whether an answer of this run would have told that the clock is off: one with a date, or any answer at
    /// all of a provider that sends none.
    pub(crate) fn clock_is_known(&self) -> bool {
        self.seen.probes.iter().any(|probed| {
            let reached = !matches!(probed.answer.kind, AnswerKind::Unavailable | AnswerKind::Misconfigured);
            reached || probed.answer.clock_skew.is_some()
        })
    }

    /// Whether this run has asked, and no answer tells whether the clock is off.
    pub(crate) fn has_asked_in_vain_for_the_time(&self) -> bool {
        !self.seen.probes.is_empty() && !self.clock_is_known()
    }

    /// The question that tells whether the clock is off, where none was asked yet and one may be.
    pub(crate) fn ask_the_clock(&self) -> Option<Next> {
        let active = self.record.active.as_ref().filter(|_| self.seen.probes.is_empty())?;
        budget::may_ask(self.seen, active.client, active.secret, self.now).ok()?;
        self.probe_live(Purpose::Control)
    }

    /// Now, by the provider's date where this host's clock is off: what everybody's SAFE will rest on must not
    /// be dated by a clock that is known to be wrong.
    pub(crate) fn moment(&self) -> Timestamp {
        let off = self.clock_off().unwrap_or(SignedDuration::ZERO);
        crate::drain::later(self.now, off)
    }

    /// How often in a row the active secret was refused by name or with a control, as far as is known.
    pub(crate) fn active_refusals(&self) -> u32 {
        let Some(active) = &self.record.active else { return 0 };
        budget::refusals(self.seen, active.client, active.secret).map_or(0, |refusals| refusals.count)
    }

    /// One stale look, or one that met another run at work, is no proof: the store's freshest read is asked
    /// before anybody is alarmed.
    pub(crate) fn look_twice(&self) -> Option<Next> {
        (self.seen.looks < 2).then_some(Next::Do(Step::Look(Freshness::Latest)))
    }

    /// Waits, in a person's command; the daemon goes on with others.
    pub(crate) fn wait(&self, until: Timestamp, why: WaitFor) -> Next {
        Next::Wait(Wait { until: until.max(self.now), why })
    }

    /// The life of a token of the live client as last seen, or as configured.
    pub(crate) fn token_lifetime(&self) -> SignedDuration {
        let seen = self.seen.probes.iter().filter_map(|probed| probed.answer.token_lifetime).max();
        let before = self.record.drain.as_ref().map(|drain| drain.token_lifetime);
        seen.or(before).unwrap_or(self.policy.token_lifetime)
    }

    /// Whether the configured staleness has grown beyond what the record's drain counts with.
    pub(crate) fn staleness_grew(&self, staleness: Staleness) -> bool {
        staleness.max(self.policy.staleness) != staleness
    }
}

/// A person's reason, short enough for the record; the audit log keeps it whole.
pub(crate) fn in_short(reason: &str) -> String {
    reason.chars().take(MAX_REASON).collect()
}

/// Characters of a person's reason that the record keeps.
const MAX_REASON: usize = 200;

/// Refused secrets that the record remembers for each client, besides those that still stand somewhere.
const MAX_REFUSED: usize = 8;

/// Carries this run's refusals and tokens over into a record about to be written.
pub(crate) fn note_refusals(record: &mut Record, seen: &Seen, now: Timestamp) {
    let ahead = crate::drain::later(now, MAX_SKEW);
    for probed in seen.probes.iter().filter(|probed| !probed.noted) {
        let permit = record.permit.as_ref().filter(|permit| permit.client == probed.client);
        let before = budget::noted(record, probed.client, probed.secret);
        // What was refused before a permit is known by that as long as the permit is open: its holder brings
        // another secret, and a token for this one must not end the permit under the holder's hand.
        if is_token(probed.answer.kind)
            && permit.is_some_and(|permit| permit.passes_over(probed.secret, before.as_ref()))
        {
            continue;
        }
        let refusals = &mut record.clients[probed.client].refusals;
        refusals.retain(|before| before.secret != probed.secret);
        refusals.extend(budget::count(before, probed, ahead));
        forget_refused(record, seen, probed.client);
    }
}

/// The latest stand last; what stands in no document is forgotten first.
fn forget_refused(record: &mut Record, seen: &Seen, client: Client) {
    let live = record.active.as_ref().map(|active| active.secret);
    let stands = |secret: Mac| {
        live == Some(secret) || seen.slots[client].as_ref().is_some_and(|slot| slot.holding(secret).is_some())
    };
    let refusals = &mut record.clients[client].refusals;
    let mut surplus = refusals.len().saturating_sub(MAX_REFUSED);
    refusals.retain(|refused| {
        let forget = surplus > 0 && !stands(refused.secret);
        surplus -= usize::from(forget);
        !forget
    });
}

/// Whether an answer changes what the record knows about refusals.
pub(crate) fn changes_refusals(record: &Record, seen: &Seen, now: Timestamp) -> bool {
    let mut after = record.clone();
    note_refusals(&mut after, seen, now);
    after.clients != record.clients
}

/// Whether a probe was answered by a token.
pub(crate) fn is_token(kind: AnswerKind) -> bool {
    kind == AnswerKind::Accepted
}
