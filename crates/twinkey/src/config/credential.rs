//! `[credential.NAME]`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use twinkey_core::policy::{LookEvery, Settle, Staleness};
use twinkey_core::{BelongsTo, Failover, PerClient, Policy, Schedule, ScheduleError};
use twinkey_store::Place;

use super::problem::Collector;
use super::provider::ProviderSettings;
use super::reader::{Found, Named, Reader, closest};
use super::{Credential, Fields, Output, State, StoreSettings, keys, parse_duration};

/// What a credential can refer to.
pub(super) struct Known<'a> {
    pub(super) stores: &'a [Named<StoreSettings>],
    pub(super) providers: &'a [Named<ProviderSettings>],
    pub(super) now: Timestamp,
}

/// Reads one credential.
pub(super) fn read(reader: &mut Reader<'_, '_>, name: &str, known: &Known<'_>) -> Option<Credential> {
    let store_name = reader.needed("store");
    let store = store_name.as_ref().and_then(|found| refer(reader, "store", found, known.stores));
    let provider_name = reader.needed("provider");
    let provider = provider_name.as_ref().and_then(|found| refer(reader, "provider", found, known.providers));
    let live_pair = reader.needed("live-pair").and_then(|found| place(reader, "live-pair", &found));
    let state = state(reader, live_pair.as_ref());
    let fields = reader.table("fields", keys::FIELDS, fields).unwrap_or_else(default_fields);
    let labels = reader.table("labels", keys::LABELS, labels).flatten();
    let (schedule, zone) = schedule(reader, known.now);
    let consumers = consumers(reader);
    let verify = reader.table("verify", keys::VERIFY, verify).unwrap_or_else(default_verify);
    let min_interval = or_default(reader.duration_in("min-interval", "0s", "520w"), keys::MIN_INTERVAL);
    let margin = or_default(reader.duration_in("drain-margin", "0s", "4w"), keys::DRAIN_MARGIN);
    let token_lifetime = or_default(reader.duration_in("token-lifetime", "1s", "30d"), keys::TOKEN_LIFETIME);
    let look_every = look_every(reader);
    let failover = reader.word("failover", &[("auto", Failover::Auto), ("alert", Failover::Alert)]);
    let reminders = reminders(reader);

    let (staleness, output) = consumers?;
    if output.is_some() {
        check_env_names(reader, &fields, output.as_ref());
    }
    let provider = provider?;
    let live_pair = live_pair?;
    let place = BelongsTo {
        store: store_name?.value,
        live_pair: live_pair.to_string(),
        id_field: fields.id.clone(),
        secret_field: fields.secret.clone(),
    };
    let policy = Policy {
        place,
        schedule,
        min_interval,
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
    Some(Credential {
        name: name.to_owned(),
        policy,
        zone: zone?,
        live_pair,
        state: state?,
        fields,
        labels: labels.unwrap_or_else(|| PerClient { a: "client a".into(), b: "client b".into() }),
        store: store?,
        portal: provider.portal.clone(),
        provider,
        output,
    })
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

fn place(reader: &mut Reader<'_, '_>, key: &'static str, found: &Found<String>) -> Option<Place> {
    match Place::parse(&found.value) {
        Ok(place) => Some(place),
        Err(error) => {
            reader.problem(found.span.clone(), key, "is no path in a store", &error.to_string());
            None
        }
    }
}

/// Slots and record: apart from anything that consumers' policies cover.
fn state(reader: &mut Reader<'_, '_>, live: Option<&Place>) -> Option<State> {
    let found = reader.text("state-path");
    let base = match &found {
        Some(found) => place(reader, "state-path", found)?,
        None => Place::parse(&format!("twinkey/{}", live?)).ok()?,
    };
    if let (Some(found), Some(live)) = (&found, live) {
        let inside = base == *live || base.as_str().starts_with(&format!("{live}/"));
        if inside {
            let what = "lies inside the live pair's path";
            reader.problem(found.span.clone(), "state-path", what, "choose one that consumers may not read");
            return None;
        }
    }
    let join = |name| base.join(name).ok();
    Some(State { a: join("a")?, b: join("b")?, record: join("record")? })
}

fn default_fields() -> Fields {
    Fields { id: keys::ID_FIELD.to_owned(), secret: keys::SECRET_FIELD.to_owned() }
}

fn fields(reader: &mut Reader<'_, '_>) -> Fields {
    let default = default_fields();
    let id = reader.text("id").map_or(default.id, |found| found.value);
    let secret = reader.text("secret").map_or(default.secret, |found| found.value);
    if id == secret {
        let span = reader.span();
        reader.problem(span, "", "gives id and secret the same name", "two fields need two names");
    }
    if id.is_empty() || secret.is_empty() {
        let span = reader.span();
        reader.problem(span, "", "holds an empty name", "name both fields");
    }
    Fields { id, secret }
}

/// In the env format a field's name is a variable's name.
fn check_env_names(reader: &mut Reader<'_, '_>, fields: &Fields, output: Option<&Output>) {
    if output.is_none_or(|output| output.format != crate::output::Format::Env) {
        return;
    }
    let is_variable = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !is_variable(&fields.id) || !is_variable(&fields.secret) {
        let span = reader.span();
        let what = "names a field that cannot be a variable, and the output is env";
        reader.problem(span, "fields", what, "use letters, digits and underscores, or format = \"json\"");
    }
}

fn labels(reader: &mut Reader<'_, '_>) -> Option<PerClient<String>> {
    let (a, b) = (reader.needed("a"), reader.needed("b"));
    let (a, b) = (a?, b?);
    for (key, found) in [("a", &a), ("b", &b)] {
        if found.value.is_empty() || found.value.len() > 80 || found.value.chars().any(char::is_control) {
            reader.problem(
                found.span.clone(),
                key,
                "is no label",
                "1 to 80 characters, as the portal shows it",
            );
        }
    }
    if a.value == b.value {
        reader.problem(
            b.span.clone(),
            "b",
            "is the same as a",
            "a person must be able to tell the two apart",
        );
    }
    Some(PerClient { a: a.value, b: b.value })
}

fn schedule(reader: &mut Reader<'_, '_>, now: Timestamp) -> (Option<Schedule>, Option<TimeZone>) {
    let zone = reader.text("zone");
    let name = zone.as_ref().map_or(keys::ZONE, |found| found.value.as_str()).to_owned();
    let tz = TimeZone::get(&name).ok();
    if let (None, Some(found)) = (&tz, &zone) {
        let what = "is no time zone that this host knows";
        reader.problem(
            found.span.clone(),
            "zone",
            what,
            "write it like Europe/London; Debian's package tzdata has them",
        );
    }
    let Some(found) = reader.text("schedule") else { return (None, tz) };
    let schedule = match Schedule::parse(&found.value, if tz.is_some() { &name } else { keys::ZONE }, now) {
        Ok(schedule) => Some(schedule),
        Err(error) => {
            let remedy = match error {
                ScheduleError::Never(_) => "the calendar has no such date",
                _ => "five fields: minute, hour, day of month, month, day of week; like 0 10 * * TUE#1",
            };
            let what =
                if matches!(error, ScheduleError::Never(_)) { "never comes" } else { "is no cron pattern" };
            reader.problem(found.span, "schedule", what, remedy);
            None
        }
    };
    (schedule, tz)
}

fn consumers(reader: &mut Reader<'_, '_>) -> Option<(Staleness, Option<Output>)> {
    if !reader.has("consumers") {
        reader.missing("consumers");
    }
    reader
        .table("consumers", keys::CONSUMERS, |reader| {
            let staleness = staleness(reader);
            let output = reader.table("output", keys::OUTPUT, output);
            let wanted = reader.has("output");
            let output = output.flatten();
            (output.is_some() || !wanted).then_some((staleness?, output))
        })
        .flatten()
}

fn staleness(reader: &mut Reader<'_, '_>) -> Option<Staleness> {
    let found = reader.needed("max-staleness")?;
    if found.value == "restart" {
        return Some(Staleness::Restart);
    }
    reader.duration_in("max-staleness", "1s", "520w").map(Staleness::For)
}

fn output(reader: &mut Reader<'_, '_>) -> Option<Output> {
    use crate::output::Format;
    if !reader.has("path") {
        reader.missing("path");
    }
    let path = reader.absolute_path("path");
    let format = reader.word("format", &[("json", Format::Json), ("env", Format::Env)]);
    let mode = match reader.text("mode") {
        None => u32::from_str_radix(keys::MODE, 8).ok(),
        Some(found) => {
            let mode = u32::from_str_radix(&found.value, 8)
                .ok()
                .filter(|mode| mode & !0o777 == 0 && mode & 0o600 == 0o600);
            if mode.is_none() {
                reader.problem(
                    found.span,
                    "mode",
                    "is no file mode",
                    "octal, readable and writable by its owner, like \"0640\"",
                );
            }
            mode.filter(|mode| {
                let open = mode & 0o007 != 0;
                if open {
                    let span = reader.span();
                    reader.problem(
                        span,
                        "mode",
                        "lets everybody use the secret",
                        "leave others out, like \"0640\"",
                    );
                }
                !open
            })
        }
    };
    Some(Output { path: path?, format: format.unwrap_or(Format::Json), mode: mode? })
}

struct Verify {
    settle: Settle,
    standby_every: SignedDuration,
    active_every: SignedDuration,
}

fn default_verify() -> Verify {
    Verify {
        settle: Settle { tokens: keys::TOKENS, over: or_default(None, keys::SETTLE) },
        standby_every: or_default(None, keys::STANDBY_EVERY),
        active_every: or_default(None, keys::ACTIVE_EVERY),
    }
}

fn verify(reader: &mut Reader<'_, '_>) -> Verify {
    let default = default_verify();
    Verify {
        settle: Settle {
            over: reader.duration_in("settle", "0s", "1h").unwrap_or(default.settle.over),
            tokens: reader.integer("tokens", 1..=20).unwrap_or(default.settle.tokens),
        },
        standby_every: reader.duration_in("standby-every", "1s", "4w").unwrap_or(default.standby_every),
        active_every: reader.duration_in("active-every", "1s", "1d").unwrap_or(default.active_every),
    }
}

fn look_every(reader: &mut Reader<'_, '_>) -> LookEvery {
    let default = LookEvery::Every(or_default(None, keys::LOOK_EVERY));
    match reader.text("look-every") {
        None => default,
        Some(found) if found.value == "cron" => LookEvery::Cron,
        Some(_) => reader.duration_in("look-every", "1s", "1d").map_or(default, LookEvery::Every),
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
                reader.problem(item.span.clone(), "reminders", "holds something that is no duration", how)
            }
        }
    }
    if found.value.is_empty() || !rungs.is_sorted() {
        reader.problem(
            found.span,
            "reminders",
            "is empty or not ascending",
            "like [\"0d\", \"2d\", \"5d\", \"7d\"]",
        );
    }
    rungs
}

fn or_default(value: Option<SignedDuration>, default: &str) -> SignedDuration {
    value.unwrap_or_else(|| parse_duration(default).unwrap_or(SignedDuration::ZERO))
}

/// Two credentials must not share documents or an output file.
pub(super) fn check_together(credentials: &[Named<Credential>], problems: &mut Collector) {
    let mut seen: BTreeMap<(String, String), &str> = BTreeMap::new();
    for named in credentials {
        let Some(credential) = &named.value else { continue };
        let store = format!("{:?}", credential.store);
        let mut places = vec![
            (store.clone(), credential.live_pair.to_string()),
            (store, credential.state.record.to_string()),
        ];
        if let Some(output) = &credential.output {
            places.push(("output".to_owned(), output.path.display().to_string()));
        }
        for place in places {
            if let Some(other) = seen.insert(place, &named.name) {
                let key = format!("credential.{}", named.name);
                let what = format!("uses the same live pair, state path or output file as {other:?}");
                problems.add(named.span.clone(), &key, &what, "each credential needs its own");
            }
        }
    }
}
