//! Does the record speak for what the configuration means, and is it the newest that this host has seen?

use crate::case::Case;
use crate::decision::{Because, Next, rest};
use crate::record::{Lineage, MAX_LINEAGES};
use crate::step::Purpose;
use crate::verdict::Verdict;
use crate::{AttemptId, What, Wish};

/// Refuses a record of another place, and one that is older than what this host saw last.
pub(crate) fn speaks_for_us(case: &Case<'_>) -> Option<Next> {
    if case.record.belongs_to != case.policy.place {
        return Some(moved(case).unwrap_or_else(|| rest(Because::Elsewhere)));
    }
    if is_restored(case) {
        if let Some(look) = case.look_twice() {
            return Some(look);
        }
        return Some(restored(case).unwrap_or_else(|| rest(Because::Restored)));
    }
    None
}

/// `init` at a renamed place: proves that the live pair there is the record's, and takes the new name.
fn moved(case: &Case<'_>) -> Option<Next> {
    let Wish::Init(_) = case.seen.wish else { return None };
    let active = case.record.active.as_ref()?;
    if case.record.intent.is_some() || !case.seen.live_is_active(case.record) {
        return None;
    }
    match case.verdict(active.client, active.secret) {
        None => case.probe_live(Purpose::Publish),
        Some(Err(control)) => Some(control),
        Some(Ok(Verdict::Accepted)) => {
            let place = case.policy.place.clone();
            Some(case.write(What::Moved, |record| record.belongs_to = place))
        }
        Some(Ok(_)) => None,
    }
}

pub(crate) fn is_restored(case: &Case<'_>) -> bool {
    case.seen.host.highest.is_some_and(|(lineage, highest)| {
        let record = case.record;
        if lineage == record.lineage.id {
            record.counter < highest
        } else {
            !record.lineage.replaces.contains(&lineage)
        }
    })
}

/// `resolve`: a person takes the restored record for good. It goes on above the highest counter that this
/// host saw, as a lineage of its own, so that every other host accepts it.
fn restored(case: &Case<'_>) -> Option<Next> {
    let (Wish::TakeTheirs { .. } | Wish::PutOurs) = case.seen.wish else { return None };
    let (old, highest) = case.seen.host.highest?;
    let id = AttemptId::derive(&[
        case.record.salt.as_bytes(),
        &highest.to_be_bytes(),
        case.now.to_string().as_bytes(),
    ]);
    Some(case.write(What::Restored, |record| {
        record.counter = record.counter.max(highest);
        let mut replaces = vec![old];
        let before = std::iter::once(record.lineage.id).chain(record.lineage.replaces.iter().copied());
        replaces.extend(before.filter(|before| *before != old));
        replaces.truncate(MAX_LINEAGES);
        record.lineage = Lineage { id, replaces };
    }))
}
