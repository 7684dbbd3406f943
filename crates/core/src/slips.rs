//! Slips of the hand that are caught before a secret is ever sent anywhere.

use crate::record::Active;
use crate::seen::{Oddity, Seen, SlotSeen};
use crate::{Client, Mac, budget};

/// Why a pasted secret or client id is refused without asking the provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Slip {
    /// The text is no client secret.
    Odd(Oddity),
    /// It is the secret that this client has already: regenerate first.
    SameAgain,
    /// It is the secret that this client had before the last regeneration.
    OldAgain,
    /// It is the other client's secret: the wrong row was copied.
    OtherClients(Client),
    /// Both clients would have the same client id.
    SameId,
    /// The client is live, and its client id cannot change while its secret works.
    ActiveId,
    /// No client id is known for this client yet.
    NoId,
}

/// Checks a secret pasted for `client`, with its new client id if there is one.
///
/// # Errors
/// The slip; nothing is stored, and the person is told what it is.
pub fn check(
    seen: &Seen,
    client: Client,
    client_id: Option<&str>,
    secret: Mac,
    oddity: Option<Oddity>,
) -> Result<(), Slip> {
    if let Some(oddity) = oddity {
        return Err(Slip::Odd(oddity));
    }
    let own = seen.slots[client].as_ref();
    let other = seen.slots[client.other()].as_ref();
    let active = seen.record().and_then(|record| record.active.as_ref());

    let known_id = own.map(|slot| slot.client_id.as_str()).filter(|id| !id.is_empty());
    let id = client_id.or(known_id).ok_or(Slip::NoId)?;
    if other.is_some_and(|other| other.client_id == id) {
        return Err(Slip::SameId);
    }
    // Once the live secret is known to be refused, a client that was made anew is the way out.
    let works = |active: &&Active| {
        budget::refusals(seen, active.client, active.secret)
            .is_none_or(|refusals| refusals.count < budget::BURST)
    };
    if active.filter(works).is_some_and(|active| active.client == client && active.client_id != id) {
        return Err(Slip::ActiveId);
    }
    let live = active.map(|active| (active.client, active.secret));
    // Not the other one's candidate: a secret that was deposited for the wrong client first is still this one's.
    let others = |other: &SlotSeen| {
        other.secret.is_some_and(|theirs| theirs.secret == secret) || other.previous == Some(secret)
    };
    if other.is_some_and(others) || live == Some((client.other(), secret)) {
        return Err(Slip::OtherClients(client.other()));
    }
    if own.is_some_and(|own| own.previous == Some(secret)) {
        return Err(Slip::OldAgain);
    }
    let same = own.and_then(|own| own.secret).is_some_and(|own| own.secret == secret)
        || live == Some((client, secret));
    // The same secret under a new client id is no repetition: the provider may issue it.
    if same && client_id.is_none_or(|new| Some(new) == known_id) {
        return Err(Slip::SameAgain);
    }
    Ok(())
}
