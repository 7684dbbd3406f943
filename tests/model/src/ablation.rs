//! Rules broken on purpose, one at a time: what is left must find an outage, or the rule was not needed.

use jiff::Timestamp;
use twinkey_core::decision::{Because, Next, Rest};
use twinkey_core::record::Why;
use twinkey_core::seen::{Done, RecordSeen};
use twinkey_core::step::{LiveContent, Purpose, WriteLive, WriteRecord};
use twinkey_core::{
    Answer, AnswerKind, Expected, Outcome, Policy, Record, Seen, Step, What, next as production,
};

use crate::setting::{Errand, Kind, Setting};
use crate::world::Run;

/// One rule left out or weakened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ablation {
    /// The store ignores the condition on the live pair.
    NoCompareAndSet,
    /// A version may come back.
    ReturningVersions,
    /// The version that a publication replaces is read when it is written, instead of pinned in the intent.
    LateVersion,
    /// SAFE is said, and no permit is written.
    NoPermit,
    /// A publication is given up by clearing the intent.
    NoFence,
    /// A read that shows another version of the live pair clears the intent.
    BelievedRead,
    /// Anybody who names a reason may end a permit.
    ReasonOnly,
    /// SAFE is said without a token for the live pair.
    SafeWithoutToken,
    /// One refusal of the retired secret ends its drain.
    NoDrainAfterOneRefusal,
    /// An outage is added to the drain instead of restarting it.
    OutageAdded,
    /// A drain that restarts does so in one process's memory.
    RestartInMemory,
    /// Whoever finds an intent publishes it without asking for a token again.
    NoNewProbe,
    /// Fail-over takes a client with an open permit.
    FailOverDespitePermit,
}

impl Ablation {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::NoCompareAndSet,
        Self::ReturningVersions,
        Self::LateVersion,
        Self::NoPermit,
        Self::NoFence,
        Self::BelievedRead,
        Self::ReasonOnly,
        Self::SafeWithoutToken,
        Self::NoDrainAfterOneRefusal,
        Self::OutageAdded,
        Self::RestartInMemory,
        Self::NoNewProbe,
        Self::FailOverDespitePermit,
    ];

    /// What is broken, in words.
    pub fn about(self) -> &'static str {
        match self {
            Self::NoCompareAndSet => "no compare-and-set on the live pair",
            Self::ReturningVersions => "versions that can come back",
            Self::LateVersion => "the version read at roll-forward instead of pinned",
            Self::NoPermit => "no permit",
            Self::NoFence => "an intent cleared without the fence",
            Self::BelievedRead => "an intent cleared because a read says that the live version moved",
            Self::ReasonOnly => "take-over or cancel by anyone with a reason only",
            Self::SafeWithoutToken => "SAFE without a token for the live pair",
            Self::NoDrainAfterOneRefusal => "no drain after a single refusal of the retired secret",
            Self::OutageAdded => "a store outage added to the drain instead of restarting it",
            Self::RestartInMemory => "a drain restarted in memory only",
            Self::NoNewProbe => "no new probe at roll-forward",
            Self::FailOverDespitePermit => "fail-over to a client with an open permit",
        }
    }

    /// The smallest surroundings in which the rule is needed.
    pub fn variant(self) -> Setting {
        use Errand::{Cancel, Deposit, Permit, Rollback, TakeOver};
        let quiet =
            |machines: &[Kind]| Setting { at_once: true, ..Setting::quiet("", self.about(), machines) };
        let store = || Setting {
            errands: vec![Permit, Deposit, Rollback],
            crashes: true,
            late_writes: 1,
            ..quiet(&[Kind::Timer, Kind::Desk(0)])
        };
        let plain = match self {
            Self::NoCompareAndSet | Self::ReturningVersions | Self::NoFence => {
                Setting { lost_answers: true, doubts: self == Self::NoFence, ..store() }
            }
            Self::BelievedRead => {
                Setting { errands: vec![Permit], stale_reads: true, doubts: true, ..store() }
            }
            Self::LateVersion => {
                Setting { errands: vec![Permit, Rollback], stale_reads: true, at_once: false, ..store() }
            }
            Self::NoPermit => {
                Setting { errands: vec![Permit, Deposit], ..quiet(&[Kind::Timer, Kind::Desk(0)]) }
            }
            Self::ReasonOnly => Setting {
                errands: vec![Permit, Deposit, Cancel, TakeOver],
                ..quiet(&[Kind::Desk(0), Kind::Desk(1)])
            },
            Self::SafeWithoutToken => Setting {
                errands: vec![Permit, Deposit],
                wrong_presses: 1,
                ..quiet(&[Kind::Timer, Kind::Desk(0)])
            },
            Self::NoDrainAfterOneRefusal => Setting {
                errands: vec![Permit],
                consumers: 1,
                doubts: true,
                ..quiet(&[Kind::Timer, Kind::Desk(0)])
            },
            Self::OutageAdded | Self::RestartInMemory => Setting {
                errands: vec![Permit],
                consumers: 1,
                outages: if self == Self::RestartInMemory { 2 } else { 1 },
                ..quiet(&[Kind::Daemon, Kind::Desk(0)])
            },
            Self::NoNewProbe => Setting {
                errands: vec![Permit],
                crashes: true,
                locks: true,
                ..quiet(&[Kind::Timer, Kind::Desk(0)])
            },
            Self::FailOverDespitePermit => Setting {
                errands: vec![Permit, Deposit],
                doubts: true,
                ..quiet(&[Kind::Timer, Kind::Desk(0)])
            },
        };
        Setting { ablation: Some(self), ..plain }
    }
}

/// What production would do next, but for what is broken.
pub fn next(ablation: Option<Ablation>, policy: &Policy, run: &Run, now: Timestamp) -> Next {
    let seen = &run.seen;
    let Some(ablation) = ablation else { return production(policy, seen, now) };
    match ablation {
        Ablation::BelievedRead => believed(seen, now).unwrap_or_else(|| production(policy, seen, now)),
        Ablation::RestartInMemory => in_memory(policy, seen, now),
        Ablation::SafeWithoutToken => unasked(policy, seen, now, Purpose::Permit),
        Ablation::NoNewProbe if seen.record().is_some_and(|record| record.intent.is_some()) => {
            unasked(policy, seen, now, Purpose::Publish)
        }
        Ablation::FailOverDespitePermit => despite_permit(policy, seen, now),
        _ => weaken(ablation, seen, production(policy, seen, now)),
    }
}

fn weaken(ablation: Ablation, seen: &Seen, next: Next) -> Next {
    let Next::Do(step) = next else { return next };
    Next::Do(match (ablation, step) {
        (Ablation::LateVersion, Step::WriteLive(write)) => {
            Step::WriteLive(WriteLive { expected: seen.live_expected(), ..write })
        }
        (Ablation::NoFence, Step::WriteLive(WriteLive { content: LiveContent::Unchanged, .. })) => {
            return abandon(seen).unwrap_or(Next::Do(Step::Look(twinkey_core::seen::Freshness::Latest)));
        }
        (Ablation::NoPermit, Step::WriteRecord(write)) if matches!(write.what, What::PermitOpened { .. }) => {
            return Next::Rest(Rest { why: Because::Done(Done::Safe), wake: None });
        }
        (Ablation::OutageAdded, Step::WriteRecord(mut write)) => {
            // The outage that was met lasted no longer than until it was met.
            if let (What::DrainRestarted { .. }, Some(drain), Some(met)) =
                (&write.what, &mut write.record.drain, seen.host.unreachable)
            {
                drain.started = drain.started.min(met);
            }
            Step::WriteRecord(write)
        }
        (_, step) => step,
    })
}

/// Clears the intent as it stands.
fn abandon(seen: &Seen) -> Option<Next> {
    let RecordSeen::Here { record, version } = &seen.record else { return None };
    let intent = record.intent.as_ref()?;
    let what = What::Abandoned { to: intent.to, secret: intent.secret };
    let mut after: Record = record.as_ref().clone();
    after.intent = None;
    after.counter += 1;
    let expected = Expected::Version(version.clone());
    Some(Next::Do(Step::WriteRecord(WriteRecord { expected, record: Box::new(after), what, unbarred: true })))
}

fn believed(seen: &Seen, _now: Timestamp) -> Option<Next> {
    let record = seen.record()?;
    let intent = record.intent.as_ref()?;
    let moved = seen.look == twinkey_core::seen::Look::Fresh
        && seen.live_expected() != intent.from
        && !seen.live_is(&intent.client_id, intent.secret);
    if moved { abandon(seen) } else { None }
}

/// Every probe for this purpose is taken as accepted without asking.
fn unasked(policy: &Policy, seen: &Seen, now: Timestamp, purpose: Purpose) -> Next {
    let mut seen = seen.clone();
    loop {
        match production(policy, &seen, now) {
            Next::Do(step @ Step::Probe(_)) if matches!(&step, Step::Probe(probe) if probe.purpose == purpose) =>
            {
                let answer = Outcome::Answered(Answer::new(AnswerKind::Accepted, ""));
                seen = seen.after(&step, answer, now);
            }
            other => return other,
        }
    }
}

/// A restart of the drain counts for this run, and nobody else learns of it.
fn in_memory(policy: &Policy, seen: &Seen, now: Timestamp) -> Next {
    let next = production(policy, seen, now);
    match (&next, &seen.record) {
        (Next::Do(step @ Step::WriteRecord(write)), RecordSeen::Here { version, .. })
            if matches!(write.what, What::DrainRestarted { .. }) =>
        {
            let believed = seen.clone().after(step, Outcome::Written(version.clone()), now);
            match production(policy, &believed, now) {
                // A later write of the record would carry the restart along.
                Next::Do(Step::WriteRecord(_)) => rest(),
                other => other,
            }
        }
        _ => next,
    }
}

fn rest() -> Next {
    Next::Rest(Rest { why: Because::Nothing, wake: None })
}

/// Decides as if no permit were open; what is written keeps it.
fn despite_permit(policy: &Policy, seen: &Seen, now: Timestamp) -> Next {
    let honest = production(policy, seen, now);
    let Some(permit) = seen.record().and_then(|record| record.permit.clone()) else { return honest };
    let mut blind = seen.clone();
    if let RecordSeen::Here { record, .. } = &mut blind.record {
        record.permit = None;
    }
    match production(policy, &blind, now) {
        Next::Do(Step::WriteRecord(mut write)) => match &write.what {
            What::Intended { why: Why::FailOver, .. } | What::Published { why: Why::FailOver, .. } => {
                write.record.permit = Some(permit);
                Next::Do(Step::WriteRecord(write))
            }
            _ => honest,
        },
        Next::Do(step @ (Step::Probe(_) | Step::WriteLive(_))) => Next::Do(step),
        _ => honest,
    }
}
