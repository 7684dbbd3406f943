//! Where a credential stands: the one word that `status`, messages and metrics begin with.

use jiff::Timestamp;

use crate::case::Case;
use crate::record::{Permit, Why};
use crate::rules::{place, prove, rescue, switch};
use crate::seen::{RecordSeen, Seen, Trouble, With};
use crate::slips::{self, Slip};
use crate::{Client, Failover, Policy, Record, RecordError, Safe, budget};

/// Where a credential stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The store cannot be read. What was last seen still holds for consumers.
    Unknown(Trouble),
    /// Not set up, or set up with one client only.
    Uninitialised {
        /// The client that is missing; `None`: both.
        missing: Option<Client>,
    },
    /// Nothing is done until somebody removes what is in the way.
    Blocked(Blocker),
    /// The live pair is not ours.
    Diverged(Divergence),
    /// A publication is under way.
    Switching {
        /// The client to be published.
        to: Client,
        /// Why.
        why: Why,
        /// Since when.
        since: Timestamp,
    },
    /// The active client is refused: consumers fail as their tokens expire.
    ActiveRejected {
        /// Which client.
        client: Client,
        /// Whether Twinkey may publish the other client by itself, and its secret was not refused.
        way_out: bool,
    },
    /// Both clients are refused and the provider blames neither: the request is wrong, no secret is.
    Misconfigured,
    /// Somebody may regenerate a secret now.
    PermitOpen(Permit),
    /// A fresh secret is being proven.
    Settling {
        /// Whose.
        client: Client,
    },
    /// A consumer may still hold the retired pair.
    Draining {
        /// The retired client.
        client: Client,
        /// From when it is safe.
        safe: Safe,
    },
    /// It is safe, and time, to regenerate the retired client's secret.
    AwaitingRegeneration {
        /// The retired client.
        client: Client,
        /// Since when it has been safe.
        since: Timestamp,
    },
    /// The standby is refused: there is nothing to switch to.
    StandbyRejected {
        /// Which client.
        client: Client,
    },
    /// A proven standby waits for its switch.
    Ready {
        /// When the next one is due.
        due: Option<Timestamp>,
    },
}

/// What is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Blocker {
    /// The record cannot be read by this program.
    Record(RecordError),
    /// The record is of a newer schema.
    NewerRecord,
    /// The record speaks for another place.
    Elsewhere,
    /// The record is older than what this host has seen.
    Restored,
    /// What lies in a slot is a slip of the hand.
    Slip(Client, Slip),
    /// The store or the output file cannot be written.
    Trouble(Trouble),
    /// The audit log cannot be written and a switch is due.
    Audit,
    /// The clock is off and a switch is due.
    Clock,
}

/// How the live pair differs from the record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Divergence {
    /// It was deleted.
    Missing,
    /// A configured field is missing or is no text.
    Half,
    /// It has another client id.
    OtherId(String),
    /// It has another secret.
    OtherSecret,
}

/// Where the credential stands. Says the truth about what was seen, with the most urgent first.
pub fn phase(policy: &Policy, seen: &Seen, now: Timestamp) -> Phase {
    if let Some(trouble) = seen.trouble.as_ref().filter(|trouble| trouble.with == With::Reading) {
        return Phase::Unknown(trouble.clone());
    }
    let (record, version) = match &seen.record {
        RecordSeen::Absent => return Phase::Uninitialised { missing: None },
        RecordSeen::Unusable(error) => return Phase::Blocked(Blocker::Record(error.clone())),
        RecordSeen::Here { record, version } => (record.as_ref(), version),
    };
    let case = Case { policy, seen, now, record, version };
    blocked(&case)
        .or_else(|| under_way(&case))
        .or_else(|| refused(&case))
        .or_else(|| other_client(&case))
        .unwrap_or_else(|| ready(&case))
}

fn blocked(case: &Case<'_>) -> Option<Phase> {
    let blocker = if !case.record.is_writable() {
        Blocker::NewerRecord
    } else if case.record.belongs_to != case.policy.place {
        Blocker::Elsewhere
    } else if place::is_restored(case) {
        Blocker::Restored
    } else {
        Blocker::Trouble(case.seen.trouble.clone()?)
    };
    Some(Phase::Blocked(blocker))
}

fn under_way(case: &Case<'_>) -> Option<Phase> {
    if let Some(intent) = &case.record.intent {
        let divergence = divergence(case.seen, case.record);
        let others = divergence.is_some()
            && case.record.active.is_some()
            && !case.seen.live_is(&intent.client_id, intent.secret)
            && case.seen.live_expected() != intent.from;
        if let (true, Some(divergence)) = (others, divergence) {
            return Some(Phase::Diverged(divergence));
        }
        return Some(Phase::Switching { to: intent.to, why: intent.why, since: intent.at });
    }
    if case.record.active.is_none() {
        return Some(Phase::Uninitialised { missing: None });
    }
    divergence(case.seen, case.record).map(Phase::Diverged)
}

fn divergence(seen: &Seen, record: &Record) -> Option<Divergence> {
    let active = record.active.as_ref()?;
    let Some(live) = &seen.live else { return Some(Divergence::Missing) };
    let Some(pair) = &live.pair else { return Some(Divergence::Half) };
    if pair.client_id != active.client_id {
        return Some(Divergence::OtherId(pair.client_id.clone()));
    }
    (pair.secret != active.secret).then_some(Divergence::OtherSecret)
}

fn refused(case: &Case<'_>) -> Option<Phase> {
    let active = case.record.active.as_ref()?;
    let refusals = budget::refusals(case.seen, active.client, active.secret)?;
    if refusals.count < budget::BURST {
        return None;
    }
    let other = active.client.other();
    let theirs = case.seen.slots[other].as_ref().and_then(|slot| slot.secret);
    let others = theirs.and_then(|secret| budget::refusals(case.seen, other, secret.secret));
    let alike = others.is_some_and(|others| !others.named && !refusals.named);
    if alike {
        return Some(Phase::Misconfigured);
    }
    let way_out = case.policy.failover == Failover::Auto && rescue::has_way_out(case, other);
    Some(Phase::ActiveRejected { client: active.client, way_out })
}

fn other_client(case: &Case<'_>) -> Option<Phase> {
    let client = case.other_client();
    // Without a permit a slip is in nobody's way: what it should have been can still be deposited.
    if case.record.has_permit_on(client)
        && let Some(slip) = slip(case, client)
    {
        return Some(Phase::Blocked(Blocker::Slip(client, slip)));
    }
    // A candidate from before the permit is not what its holder will bring, and nobody proves it.
    let pending = prove::under_the_permit(case, client);
    if let Some(permit) = &case.record.permit
        && pending.is_none()
    {
        return Some(Phase::PermitOpen(permit.clone()));
    }
    if let Some(safe) = prove::draining(case, client) {
        return Some(Phase::Draining { client, safe });
    }
    if let Some(secret) = pending {
        let refusals = budget::refusals(case.seen, client, secret).map_or(0, |refusals| refusals.count);
        let given_up = refusals >= budget::SETTLE_ALLOWANCE;
        return Some(if given_up { Phase::StandbyRejected { client } } else { Phase::Settling { client } });
    }
    let note = &case.record.clients[client];
    if let Some(retired) = note.retired {
        let safe = case.record.drain_of(client).map(|drain| drain.safe(case.policy));
        let since = match safe {
            Some(Safe::From(at)) => at,
            _ => retired.at,
        };
        return Some(Phase::AwaitingRegeneration { client, since });
    }
    let Some(standby) = case.standby(client) else {
        return Some(Phase::Uninitialised { missing: Some(client) });
    };
    let refusals = budget::refusals(case.seen, client, standby).map_or(0, |refusals| refusals.count);
    (refusals >= budget::BURST).then_some(Phase::StandbyRejected { client })
}

/// A candidate that a person typed into the slot and that can never be one.
fn slip(case: &Case<'_>, client: Client) -> Option<Slip> {
    let candidate = case.seen.slots[client].as_ref()?.candidate?;
    slips::check(case.seen, client, None, candidate.secret, candidate.oddity).err()
}

fn ready(case: &Case<'_>) -> Phase {
    let due = switch::comes(case.policy, case.record, case.now);
    let is_due = due.is_some_and(|due| due <= case.now);
    if is_due && case.seen.host.audit.unwritable {
        return Phase::Blocked(Blocker::Audit);
    }
    if is_due && case.clock_off().is_some() {
        return Phase::Blocked(Blocker::Clock);
    }
    Phase::Ready { due }
}

impl Phase {
    /// The phase's name as `status`, `--json` and metrics show it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown",
            Self::Uninitialised { .. } => "uninitialised",
            Self::Blocked(_) => "blocked",
            Self::Diverged(_) => "diverged",
            Self::Switching { .. } => "switching",
            Self::ActiveRejected { .. } => "active rejected",
            Self::Misconfigured => "misconfigured",
            Self::PermitOpen(_) => "permit open",
            Self::Settling { .. } => "settling",
            Self::Draining { .. } => "draining",
            Self::AwaitingRegeneration { .. } => "awaiting regeneration",
            Self::StandbyRejected { .. } => "standby rejected",
            Self::Ready { .. } => "ready",
        }
    }
}
