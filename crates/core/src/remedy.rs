//! The command that `status` names: followed again and again, it leads from every state to "ready".

use jiff::Timestamp;

use crate::phase::{Blocker, Divergence, Phase, phase};
use crate::record::Permit;
use crate::{AttemptId, Client, Policy, Safe, Seen};

/// What a person should do next, if anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// `twinkey init`.
    Init,
    /// `twinkey rotate`: ends what is under way, proves what was deposited.
    Rotate,
    /// Nothing to do before this moment.
    WaitUntil(Timestamp),
    /// `twinkey confirm-drained`, once every consumer was restarted after this switch.
    ConfirmDrained(AttemptId),
    /// `twinkey confirm-drained --init`, once nobody outside uses this client.
    ConfirmNotInUse(Client),
    /// `twinkey regenerate`.
    Regenerate(Client),
    /// `twinkey regenerate` by the permit's holder, or `twinkey deposit` on their behalf.
    FinishPermit(Permit),
    /// `twinkey deposit` of this client's current secret.
    Deposit(Client),
    /// `twinkey resolve`: to keep what stands there, or to publish ours again.
    Resolve,
    /// `twinkey resolve --put-ours`: what stands there is no whole pair that could be kept.
    PutOurs,
    /// `twinkey check`: the configuration of the provider, or of this host.
    Check,
    /// Install the newer program.
    Update,
}

/// What a person should do next; `None` where Twinkey needs nobody.
pub fn remedy(policy: &Policy, seen: &Seen, now: Timestamp) -> Option<Remedy> {
    let remedy = match phase(policy, seen, now) {
        Phase::Unknown(_) | Phase::Misconfigured => Remedy::Check,
        Phase::Uninitialised { .. } => Remedy::Init,
        Phase::Blocked(blocker) => blocked(seen, blocker),
        Phase::Diverged(Divergence::Missing | Divergence::Half) => Remedy::PutOurs,
        Phase::Diverged(Divergence::OtherId(_) | Divergence::OtherSecret) => Remedy::Resolve,
        Phase::Switching { .. } | Phase::Settling { .. } => Remedy::Rotate,
        Phase::ActiveRejected { way_out: true, .. } => Remedy::Rotate,
        Phase::ActiveRejected { client, way_out: false } => Remedy::Deposit(client),
        Phase::PermitOpen(permit) => Remedy::FinishPermit(permit),
        Phase::Draining { .. } if seen.behind => Remedy::Check,
        Phase::Draining { safe: Safe::From(at), .. } => Remedy::WaitUntil(at),
        Phase::Draining { safe: Safe::OnConfirmation, .. } => {
            Remedy::ConfirmDrained(seen.record()?.drain.as_ref()?.switch)
        }
        Phase::AwaitingRegeneration { client, .. } | Phase::StandbyRejected { client } => {
            regenerate(seen, client)
        }
        Phase::Ready { due } => return due.filter(|due| *due <= now).map(|_| Remedy::Rotate),
    };
    Some(remedy)
}

fn regenerate(seen: &Seen, client: Client) -> Remedy {
    if let Some(permit) = seen.record().and_then(|record| record.permit.as_ref()) {
        return Remedy::FinishPermit(permit.clone());
    }
    let maybe_in_use = seen.record().is_some_and(|record| record.clients[client].maybe_in_use);
    if maybe_in_use { Remedy::ConfirmNotInUse(client) } else { Remedy::Regenerate(client) }
}

fn blocked(seen: &Seen, blocker: Blocker) -> Remedy {
    match blocker {
        Blocker::Record(crate::RecordError::Newer(_)) | Blocker::NewerRecord => Remedy::Update,
        Blocker::Elsewhere => Remedy::Init,
        Blocker::Restored => Remedy::Resolve,
        Blocker::Slip(client, _) => regenerate(seen, client),
        Blocker::Record(_) | Blocker::Trouble(_) | Blocker::Audit | Blocker::Clock => Remedy::Check,
    }
}
