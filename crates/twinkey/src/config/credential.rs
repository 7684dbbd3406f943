//! `[credential.NAME]`.

use std::ops::Range;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use twinkey_core::policy::LookEvery;
use twinkey_core::{BelongsTo, Failover, PerClient, Policy, Unscheduled};

use super::provider::ProviderSettings;
use super::reader::{Found, Named, Reader};
use super::suggest::closest;
use super::{Credential, Fields, StoreSettings, keys, parse_duration, unusual};

mod calendar;
mod consumers;
mod names;
pub(super) mod places;
mod together;
mod verify;

pub(super) use together::check;

/// What a credential can refer to.
pub(super) struct Known<'a> {
    pub(super) stores: &'a [Named<StoreSettings>],
    pub(super) providers: &'a [Named<ProviderSettings>],
    /// The file that is read.
    pub(super) config_file: &'a Path,
    pub(super) now: Timestamp,
    pub(super) is_folder: fn(&Path) -> bool,
}

/// A credential, and where in the file it says what must be its own.
pub(super) struct Read {
    pub(super) credential: Credential,
    live_pair: Range<usize>,
    state_path: Option<Range<usize>>,
    output: Option<Range<usize>>,
}

/// Reads one credential. Everything is read before anything is given up: each problem is to be told.
pub(super) fn read(reader: &mut Reader<'_, '_>, name: &str, known: &Known<'_>) -> Option<Read> {
    let store_name = reader.needed("store");
    let store = store_name.as_ref().and_then(|found| refer(reader, "store", found, known.stores));
    let provider_name = reader.needed("provider");
    let provider = provider_name.as_ref().and_then(|found| refer(reader, "provider", found, known.providers));
    let live_pair = places::live_pair(reader);
    let state = places::state(reader, live_pair.as_ref());
    if matches!(store, Some(StoreSettings::Vault(_) | StoreSettings::Aws(_))) {
        places::check_on_a_server(reader);
    }
    let fields = reader.table("fields", keys::FIELDS, names::fields).unwrap_or_else(names::default_fields);
    let labels = reader.table("labels", keys::LABELS, names::labels).flatten();
    let calendar = calendar::read(reader, known.now);
    let consumers = consumers::read(reader, known.is_folder);
    let verify = reader.table("verify", keys::VERIFY, verify::read).unwrap_or_else(verify::default);
    let margin = or_default(reader.duration_in("drain-margin", "0s", "4w"), keys::DRAIN_MARGIN);
    let token_lifetime = or_default(reader.duration_in("token-lifetime", "1s", "30d"), keys::TOKEN_LIFETIME);
    let look_every = look_every(reader);
    let failover = reader.word("failover", &[("auto", Failover::Auto), ("alert", Failover::Alert)]);
    let reminders = reminders(reader);

    let (staleness, output) = consumers?;
    let output_at = output.as_ref().map(|found| found.span.clone());
    let output = output.map(|found| found.value);
    if let Some(output) = &output {
        names::check_variables(reader, &fields, output);
    }
    let (live_pair, provider) = (live_pair?, provider?);
    let policy = Policy {
        place: belongs_to(store_name?.value, &live_pair, &fields),
        schedule: calendar.schedule,
        unscheduled: Unscheduled::EachCall,
        min_interval: calendar.min_interval,
        max_age: calendar.max_age,
        jitter: calendar.jitter,
        hours: calendar.hours,
        staleness,
        look_every,
        margin,
        token_lifetime,
        settle: verify.settle,
        standby_every: verify.standby_every,
        active_every: verify.active_every,
        failover: failover.unwrap_or(Failover::Auto),
        reminders,
        output: output.is_some(),
    };
    let credential = Credential {
        name: name.to_owned(),
        config_file: unusual(known.config_file)
            .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
        policy,
        zone: calendar.zone?,
        live_pair,
        state: state?,
        fields,
        labels: labels.unwrap_or_else(|| PerClient::from_fn(|client| format!("client {client}"))),
        store: store?,
        portal: provider.portal.clone(),
        provider_name: provider_name?.value,
        provider,
        output,
    };
    Some(Read {
        credential,
        live_pair: reader.at("live-pair"),
        state_path: reader.has("state-path").then(|| reader.at("state-path")),
        output: output_at,
    })
}

fn belongs_to(store: String, live_pair: &twinkey_store::Place, fields: &Fields) -> BelongsTo {
    BelongsTo {
        store,
        live_pair: live_pair.to_string(),
        id_field: fields.id.clone(),
        secret_field: fields.secret.clone(),
    }
}

/// What a name refers to. One that is known and has problems of its own is not reported again.
fn refer<T: Clone>(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    found: &Found<String>,
    known: &[Named<T>],
) -> Option<T> {
    if let Some(named) = known.iter().find(|named| named.name == found.value) {
        return named.value.clone();
    }
    let names = known.iter().map(|named| named.name.as_str());
    let remedy = match (closest(&found.value, names.clone()), known.is_empty()) {
        (Some(name), _) => format!("did you mean {name:?}?"),
        (None, true) => format!("add a table [{key}.NAME]"),
        (None, false) => format!("there are: {}", names.collect::<Vec<_>>().join(", ")),
    };
    reader.problem(found.span.clone(), key, &format!("names no {key} of this configuration"), &remedy);
    None
}

fn look_every(reader: &mut Reader<'_, '_>) -> LookEvery {
    let default = LookEvery::Every(or_default(None, keys::LOOK_EVERY));
    match reader.text("look-every") {
        None => default,
        Some(found) if found.value == "cron" => LookEvery::Cron,
        Some(_) => {
            let every = reader.duration_or("look-every", "1s", "1d", ", or \"cron\"");
            every.map_or(default, LookEvery::Every)
        }
    }
}

fn reminders(reader: &mut Reader<'_, '_>) -> Vec<SignedDuration> {
    let default = || keys::REMINDERS.iter().map(|rung| or_default(None, rung)).collect();
    let Some(found) = reader.texts("reminders") else { return default() };
    let mut rungs = Vec::new();
    for item in &found.value {
        match parse_duration(&item.value) {
            Ok(rung) => rungs.push(rung),
            Err(how) => {
                let what = "holds something that is no duration";
                reader.problem(item.span.clone(), "reminders", what, how);
            }
        }
    }
    if found.value.is_empty() || !rungs.is_sorted_by(|one, next| one < next) {
        let remedy = "each later than the one before, like [\"0d\", \"2d\", \"5d\", \"7d\"]";
        reader.problem(found.span, "reminders", "is empty or not ascending", remedy);
    }
    rungs
}

fn or_default(value: Option<SignedDuration>, default: &str) -> SignedDuration {
    value.unwrap_or_else(|| parse_duration(default).unwrap_or(SignedDuration::ZERO))
}
