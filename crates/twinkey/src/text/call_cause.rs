//! Why a store or a provider could not be used, in the words of whoever met it: a message that only names it would send
//! people to look for what is known already.

use std::sync::Arc;

use twinkey_core::alerts::Alert;
use twinkey_core::decision::Because;
use twinkey_core::seen::With;

use super::clause::sentence;
use crate::board::{Entry, Stands};
use crate::calls::of_stop;

/// The cause and its remedy, as the last round met them that found this alert.
pub(super) fn cause(key: &str, entries: &[Arc<Entry>]) -> Vec<String> {
    entries.iter().find_map(|entry| of_round(key, entry)).unwrap_or_default()
}

fn of_round(key: &str, entry: &Entry) -> Option<Vec<String>> {
    match &entry.stands {
        Stands::Unseen => None,
        Stands::Stopped(stop) => {
            let found = of_stop(entry, stop)?.key();
            (found == key).then(|| stop.text.lines().map(sentence).collect())
        }
        Stands::Seen(found) => match &found.1.why {
            Because::Trouble(trouble) if trouble.with == With::Reading && unreachable(entry) == key => {
                Some(vec![sentence(&trouble.text)])
            }
            _ => None,
        },
    }
}

fn unreachable(entry: &Entry) -> String {
    Alert::StoreUnreachable { store: entry.credential.policy.place.store.clone() }.key()
}
