//! What one round found out about the host's surroundings.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use twinkey_core::alerts::{Alert, CLOCK_IS_OFF, Finding};
use twinkey_core::decision::{Because, Rest};
use twinkey_core::ledger::Route;
use twinkey_core::seen::{Seen, Trouble, TroubleClass, With};
use twinkey_core::{AnswerKind, Client, MAX_SKEW};

use crate::board::{Entry, Login, Stands};
use crate::open::{Cause, Stop};

/// A login that ends within this time ends before anybody has looked twice more.
const AT_ONCE: Duration = Duration::from_secs(600);

/// What the last round of a credential, one of all these, found. What it did not touch is not mentioned.
pub(super) fn of_round(entry: &Entry, all: &[Arc<Entry>]) -> Vec<Finding> {
    let store = entry.credential.policy.place.store.clone();
    let (seen, rest) = match &entry.stands {
        Stands::Unseen => return Vec::new(),
        Stands::Stopped(stop) => {
            return of_stop(entry, stop).into_iter().map(|about| Finding { about, stands: true }).collect();
        }
        Stands::Seen(seen) => &**seen,
    };
    let trouble = trouble(rest);
    let reading = trouble.is_some_and(|trouble| trouble.with == With::Reading);
    let denied = trouble
        .is_some_and(|trouble| trouble.with != With::Reading && trouble.class == TroubleClass::Permission);
    let provider = entry.credential.provider_name.clone();
    let mut found = vec![
        Finding { about: Alert::StoreUnreachable { store: store.clone() }, stands: reading },
        Finding { about: Alert::ProviderUnusable { provider: provider.clone() }, stands: false },
        Finding { about: Alert::AuditUnwritable, stands: seen.host.audit.unwritable },
    ];
    if !reading {
        found.push(Finding { about: Alert::WriteDenied { store: store.clone() }, stands: denied });
    }
    found.extend(of_the_login(entry.login, &store));
    found.extend(is_down(seen).map(|stands| Finding { about: Alert::ProviderDown { provider }, stands }));
    found.extend(Client::BOTH.into_iter().filter_map(|client| of_a_client(entry, seen, client, all)));
    found.extend(of_the_clock(seen));
    found
}

/// What stopped a round before it began. Another process at work is nothing of this host's surroundings.
pub(crate) fn of_stop(entry: &Entry, stop: &Stop) -> Option<Alert> {
    let credential = &entry.credential;
    match stop.cause {
        Cause::Store => Some(Alert::StoreUnreachable { store: credential.policy.place.store.clone() }),
        Cause::Provider => Some(Alert::ProviderUnusable { provider: credential.provider_name.clone() }),
        Cause::Other => None,
    }
}

fn of_the_login(login: Login, store: &str) -> Option<Finding> {
    let (stands, at_once) = match login {
        Login::Unknown => return None,
        Login::Holds => (false, false),
        Login::Ends(left) => (true, left < AT_ONCE),
    };
    Some(Finding { about: Alert::LoginExpiring { store: store.to_owned(), at_once }, stands })
}

/// Whether a client's last answer says nothing. A refusal does say something, and is told as one; and a provider that
/// gives nobody a usable answer is to blame itself.
fn of_a_client(entry: &Entry, seen: &Seen, client: Client, all: &[Arc<Entry>]) -> Option<Finding> {
    let last = seen.probes.iter().rev().find(|probed| probed.client == client)?;
    let active = seen.record().is_some_and(|record| record.is_active(client));
    let about = Alert::Unproven { credential: entry.credential.name.clone(), client, active };
    Some(Finding {
        about,
        stands: is_useless(last.answer.kind) && answers(&entry.credential.provider_name, all),
    })
}

/// Whether a provider gave anybody a usable answer in the last rounds of all its credentials.
fn answers(provider: &str, all: &[Arc<Entry>]) -> bool {
    let its = all.iter().filter(|entry| entry.credential.provider_name == provider);
    its.filter_map(|entry| match &entry.stands {
        Stands::Seen(found) => is_down(&found.0),
        _ => None,
    })
    .any(|down| !down)
}

/// The clock, compared with the provider's last answer that bore a date.
fn of_the_clock(seen: &Seen) -> Option<Finding> {
    let off = skew(seen)?.abs();
    Some(Finding { about: Alert::ClockOff { bars: off > MAX_SKEW }, stands: off > CLOCK_IS_OFF })
}

/// The provider's clock minus ours, where an answer of the round told.
pub(crate) fn skew(seen: &Seen) -> Option<SignedDuration> {
    seen.probes.iter().rev().find_map(|probed| probed.answer.clock_skew)
}

fn trouble(rest: &Rest) -> Option<&Trouble> {
    match &rest.why {
        Because::Trouble(trouble) => Some(trouble),
        _ => None,
    }
}

/// Whether the provider gave nobody an answer that can be used. A refusal is one; `None`: nobody was asked.
fn is_down(seen: &Seen) -> Option<bool> {
    (!seen.probes.is_empty()).then(|| seen.probes.iter().all(|probed| is_useless(probed.answer.kind)))
}

/// Whether an answer says nothing about the secret that was sent: no connection, a certificate that does not fit, a
/// redirect, an error of the server, a web page.
fn is_useless(kind: AnswerKind) -> bool {
    use AnswerKind::{Misconfigured, Protocol, Throttled, Unavailable};
    matches!(kind, Unavailable | Protocol | Throttled { .. } | Misconfigured)
}

/// Which channels fail.
pub(super) fn of_channels(failing: &[&str], routes: &[Route]) -> Vec<Finding> {
    let finding = |route: &Route| Finding {
        about: Alert::ChannelFailing { channel: route.name.clone() },
        stands: failing.contains(&route.name.as_str()),
    };
    routes.iter().map(finding).collect()
}

/// Whether a key about a channel is about one that is configured.
pub(super) fn is_routed(key: &str, routes: &[Route]) -> bool {
    let channel = key.strip_prefix("host/channel-failing/");
    channel.is_none_or(|channel| routes.iter().any(|route| route.name == channel))
}

/// Whether what a key is about still stands in the configuration: its store, provider or credential. What names none,
/// such as the clock, always does.
pub(super) fn is_configured(key: &str, entries: &[Arc<Entry>]) -> bool {
    let has = |name: &str, of: &dyn Fn(&Entry) -> &str| entries.iter().any(|entry| of(entry) == name);
    let parts: Vec<&str> = key.splitn(3, '/').collect();
    match parts.as_slice() {
        ["host", "store-unreachable" | "write-denied" | "login-expiring", store] => {
            has(store, &|entry| &entry.credential.policy.place.store)
        }
        ["host", "provider-down" | "provider-unusable", provider] => {
            has(provider, &|entry| &entry.credential.provider_name)
        }
        ["host", ..] => true,
        [credential, ..] => has(credential, &|entry| &entry.credential.name),
        [] => false,
    }
}
