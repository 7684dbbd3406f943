//! When a client's secret may be regenerated.

use jiff::Timestamp;

use crate::drain::Safe;
use crate::record::Permit;
use crate::{Client, Policy, Record};

/// Why a permit cannot be opened now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NotYet {
    /// A publication is under way; it will be ended first.
    Switching,
    /// The client is the one that consumers use.
    Active(Client),
    /// A consumer may still hold this client's pair.
    Draining(Safe),
    /// A replica of the live pair lags: its readers still get the pair from before.
    ReplicaBehind,
    /// Somebody outside may still use this client: it was taken over by `init`.
    MaybeInUse(Client),
    /// Somebody holds a permit already.
    Held(Permit),
    /// The live pair gets no token now: what consumers use must be whole before anything else is broken.
    LiveRefused,
}

/// Whether a permit for `client` may be opened for `holder`, as far as documents can tell. The holder may
/// resume; nobody else may join. Before SAFE is said, the live pair must also get a token.
///
/// # Errors
/// The reason to wait.
pub fn may_open(
    policy: &Policy,
    record: &Record,
    client: Client,
    holder: &str,
    now: Timestamp,
) -> Result<(), NotYet> {
    if record.intent.is_some() {
        return Err(NotYet::Switching);
    }
    if record.is_active(client) {
        return Err(NotYet::Active(client));
    }
    if let Some(permit) =
        record.permit.as_ref().filter(|permit| permit.client != client || permit.holder != holder)
    {
        return Err(NotYet::Held(permit.clone()));
    }
    if let Some(drain) = record.drain_of(client) {
        let safe = drain.safe(policy);
        if !safe.is_now(now) {
            return Err(NotYet::Draining(safe));
        }
    }
    if record.clients[client].maybe_in_use {
        return Err(NotYet::MaybeInUse(client));
    }
    Ok(())
}
