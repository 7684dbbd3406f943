//! What one round found out about the host's surroundings.

use twinkey_core::AnswerKind;
use twinkey_core::alerts::{Alert, Finding};
use twinkey_core::decision::{Because, Rest};
use twinkey_core::ledger::Route;
use twinkey_core::seen::{Seen, Trouble, TroubleClass, With};

use crate::daemon::{Entry, Stands};

/// What the last round of a credential found. What it did not touch is not mentioned.
pub(super) fn of_round(entry: &Entry) -> Vec<Finding> {
    let store = entry.credential.policy.place.store.clone();
    let unreachable = |stands| Finding { about: Alert::StoreUnreachable { store: store.clone() }, stands };
    match &entry.stands {
        Stands::Unseen => Vec::new(),
        Stands::Stopped(_) => vec![unreachable(true)],
        Stands::Seen(found) => {
            let (seen, rest) = &**found;
            let trouble = trouble(rest);
            let reading = trouble.is_some_and(|trouble| trouble.with == With::Reading);
            let denied = trouble.is_some_and(|trouble| {
                trouble.with != With::Reading && trouble.class == TroubleClass::Permission
            });
            let mut found = vec![
                unreachable(reading),
                Finding { about: Alert::AuditUnwritable, stands: seen.host.audit.unwritable },
            ];
            if !reading {
                found.push(Finding { about: Alert::WriteDenied { store: store.clone() }, stands: denied });
            }
            let provider = entry.credential.provider_name.clone();
            found.extend(
                is_down(seen).map(|stands| Finding { about: Alert::ProviderDown { provider }, stands }),
            );
            found
        }
    }
}

fn trouble(rest: &Rest) -> Option<&Trouble> {
    match &rest.why {
        Because::Trouble(trouble) => Some(trouble),
        _ => None,
    }
}

/// Whether the provider gave nobody an answer that can be used. A refusal is one; `None`: nobody was asked.
fn is_down(seen: &Seen) -> Option<bool> {
    let weather = |kind: AnswerKind| {
        matches!(kind, AnswerKind::Unavailable | AnswerKind::Protocol | AnswerKind::Throttled { .. })
    };
    (!seen.probes.is_empty()).then(|| seen.probes.iter().all(|probed| weather(probed.answer.kind)))
}

/// Which channels fail.
pub(super) fn of_channels(failing: &[&str], routes: &[Route]) -> Vec<Finding> {
    let finding = |route: &Route| Finding {
        about: Alert::ChannelFailing { channel: route.name.clone() },
        stands: failing.contains(&route.name.as_str()),
    };
    routes.iter().map(finding).collect()
}

/// Whether what a key is about still stands in the configuration; what concerns no store and no provider always does.
pub(super) fn is_configured(key: &str, configured: &[&String]) -> bool {
    let named = ["store-unreachable/", "write-denied/", "login-expiring/", "provider-down/"];
    let name = named.iter().find_map(|kind| key.strip_prefix("host/")?.strip_prefix(kind));
    name.is_none_or(|name| configured.iter().any(|configured| *configured == name))
}
