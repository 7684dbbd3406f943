//! The metrics: a picture of the board, made anew for each scrape. Every series is there from the start; a moment
//! that has not been yet is 0.

use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use twinkey_core::Client;

use crate::board::{Board, Entry, Stands};
use crate::text::{Names, json};

/// The content type of [`openmetrics`].
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The content type of [`classic`].
pub const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfCredential {
    credential: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfClient {
    credential: String,
    client: &'static str,
}

type Number = Gauge<f64, AtomicU64>;

/// The metrics in the OpenMetrics form.
pub fn openmetrics(board: &Board, now: Timestamp) -> String {
    let mut registry = Registry::with_prefix("twinkey");
    of_service(&mut registry, board);
    let entries = board.entries();
    let mut picture = Picture::new(&mut registry);
    for entry in &entries {
        picture.add(entry, now);
    }
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
    text
}

/// The metrics in the form before OpenMetrics, for text files and older scrapers.
pub fn classic(board: &Board, now: Timestamp) -> String {
    super::classic::from_openmetrics(&openmetrics(board, now))
}

fn of_service(registry: &mut Registry, board: &Board) {
    let build = Family::<[(&str, &str); 1], Gauge>::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
    registry.register("build_info", "The version that runs", build);
    let started = Number::default();
    started.set(seconds(Some(board.started())));
    let help = "When this process was started";
    registry.register_with_unit("process_start_timestamp", help, Unit::Seconds, started);
    let reload = board.last_reload();
    let (fine, at) = (Gauge::<i64>::default(), Number::default());
    fine.set(i64::from(reload.as_ref().is_none_or(|reload| reload.problems.is_none())));
    at.set(seconds(reload.map(|reload| reload.at)));
    registry.register(
        "config_last_reload_successful",
        "Whether the configuration in force is the file's",
        fine,
    );
    let help = "When the configuration was last read anew";
    registry.register_with_unit("config_last_reload_timestamp", help, Unit::Seconds, at);
}

/// A gauge for each credential.
type PerCredential = Family<OfCredential, Number>;
/// A gauge for each client of each credential.
type PerClient = Family<OfClient, Number>;

struct Picture {
    rounds: Family<OfCredential, Counter>,
    failed: Family<OfCredential, Counter>,
    last_run: PerCredential,
    last_success: PerCredential,
    next_run: PerCredential,
    live_since: PerCredential,
    due: PerCredential,
    safe: PerCredential,
    permit: PerCredential,
    person: PerCredential,
    pages: PerCredential,
    warnings: PerCredential,
    ready: PerCredential,
    active: PerClient,
    last_token: PerClient,
    since: PerClient,
    refusals: PerClient,
}

fn per_credential(registry: &mut Registry, name: &str, help: &str) -> PerCredential {
    let family = PerCredential::default();
    registry.register(name, help, family.clone());
    family
}

fn moment(registry: &mut Registry, name: &str, help: &str) -> PerCredential {
    let family = PerCredential::default();
    registry.register_with_unit(name, help, Unit::Seconds, family.clone());
    family
}

impl Picture {
    fn new(registry: &mut Registry) -> Self {
        let (rounds, failed) = (Family::default(), Family::default());
        registry.register("runs", "Runs that have ended", Clone::clone(&rounds));
        registry.register("runs_failed", "Runs in which a store did not answer", Clone::clone(&failed));
        let moment = |registry: &mut Registry, name, help| moment(registry, name, help);
        let last_run = moment(registry, "run_last_timestamp", "When the last run ended");
        let help = "When a run last did all its work: the dead-man's switch";
        let last_success = moment(registry, "run_last_success_timestamp", help);
        let next_run = moment(registry, "run_next_timestamp", "When the next run comes");
        let live_since =
            moment(registry, "live_pair_since_timestamp", "Since when the live pair has been live");
        let due = moment(registry, "switch_due_timestamp", "When the next scheduled switch is due; 0: never");
        let help = "From when the retired secret may be regenerated; 0: not known, or nothing is retired";
        let safe = moment(registry, "regeneration_safe_timestamp", help);
        let help = "Since when a permit to regenerate has been open; 0: none is";
        let permit = moment(registry, "permit_open_since_timestamp", help);
        let help = "Whether a person is needed now";
        let person = per_credential(registry, "person_needed", help);
        let pages = per_credential(registry, "pages_standing", "Messages that call a person at once");
        let warnings = per_credential(registry, "warnings_standing", "Messages for office hours");
        let ready = per_credential(registry, "ready", "Whether a proven standby waits for its switch");
        let (active, last_token) = (PerClient::default(), PerClient::default());
        let (since, refusals) = (PerClient::default(), PerClient::default());
        registry.register("client_active", "Whether this client is in the live pair", active.clone());
        let help = "When this host last got a token with this client's secret";
        registry.register_with_unit("client_last_token_timestamp", help, Unit::Seconds, last_token.clone());
        let help = "Since when this client has been live or proven, or until when it was live";
        registry.register_with_unit("client_since_timestamp", help, Unit::Seconds, since.clone());
        let help = "Refusals of this client's secret since its last token";
        registry.register("client_refusals", help, refusals.clone());
        Self {
            rounds,
            failed,
            last_run,
            last_success,
            next_run,
            live_since,
            due,
            safe,
            permit,
            person,
            pages,
            warnings,
            ready,
            active,
            last_token,
            since,
            refusals,
        }
    }

    fn add(&mut self, entry: &Entry, now: Timestamp) {
        let of = OfCredential { credential: entry.credential.name.clone() };
        let set = |family: &PerCredential, value: f64| {
            family.get_or_create(&of).set(value);
        };
        self.rounds.get_or_create(&of).inc_by(entry.rounds.fine + entry.rounds.failed);
        self.failed.get_or_create(&of).inc_by(entry.rounds.failed);
        set(&self.last_run, seconds(entry.last_run));
        set(&self.last_success, seconds(entry.last_success));
        set(&self.next_run, seconds(entry.next_run));
        let report = match &entry.stands {
            Stands::Seen(found) => {
                let policy = &entry.credential.policy;
                Some(json::report(&Names::of(&entry.credential), policy, &found.0, now))
            }
            Stands::Unseen | Stands::Stopped(_) => None,
        };
        let report = report.as_ref();
        let permit = report.and_then(|report| report.permit.as_ref());
        set(&self.live_since, seconds(report.and_then(|report| report.clients[report.active?].since)));
        set(&self.due, seconds(report.and_then(|report| report.due)));
        set(&self.safe, seconds(report.and_then(|report| report.safe_from)));
        set(&self.permit, seconds(permit.map(|permit| permit.since)));
        let standing = |severity: &str| {
            let messages = report.map(|report| report.messages.as_slice()).unwrap_or_default();
            messages.iter().filter(|message| message.severity == severity).count() as f64
        };
        let (pages, warnings) = (standing("page"), standing("warning"));
        set(&self.pages, pages);
        set(&self.warnings, warnings);
        set(&self.person, f64::from(pages + warnings > 0.0));
        set(&self.ready, f64::from(report.is_some_and(|report| report.phase == "ready")));
        for client in Client::BOTH {
            let of = OfClient { credential: entry.credential.name.clone(), client: client.as_str() };
            let set = |family: &PerClient, value: f64| {
                family.get_or_create(&of).set(value);
            };
            let view = report.map(|report| &report.clients[client]);
            set(&self.active, f64::from(report.is_some_and(|report| report.active == Some(client))));
            set(&self.last_token, seconds(view.and_then(|view| view.last_token)));
            set(&self.since, seconds(view.and_then(|view| view.since)));
            set(&self.refusals, f64::from(view.map_or(0, |view| view.refusals)));
        }
    }
}

fn seconds(at: Option<Timestamp>) -> f64 {
    at.map_or(0.0, |at| at.as_millisecond() as f64 / 1e3)
}
