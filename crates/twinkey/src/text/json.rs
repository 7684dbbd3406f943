//! `status --json`: the same facts for machines. Times are RFC 3339 in UTC. Holds nothing secret; client ids
//! are cut to their last four characters.

use jiff::Timestamp;
use serde::Serialize;
use twinkey_core::messages::{Message, Severity, messages};
use twinkey_core::phase::phase;
use twinkey_core::{Client, PerClient, Phase, Policy, Safe, Seen, due};

use super::clause::{clause, details};
use super::message::message_line;
use super::next_step::{next_step, short};
use super::status::ClientView;
use super::{Names, last4};
use crate::board::{Board, Entry, Stands};

/// The schema of every `--json` document. From the first release on a new field raises the minor number, a changed one
/// the major.
pub const SCHEMA: &str = "1.0";

/// The whole document of `status --json`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    credentials: Vec<ShownReport>,
}

/// One credential, and whether anything still runs for it on the host that shows it.
#[derive(Debug, Serialize)]
pub struct ShownReport {
    /// Where it stands.
    #[serde(flatten)]
    pub status: StatusReport,
    /// When a run of the service, a timer or cron last did its work on this host; absent where none ever has.
    pub last_run: Option<Timestamp>,
    /// Whether that is longer ago than it may be: then the exit code is 4, or one that counts before it.
    pub late: bool,
}

/// Where one credential stands.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    /// Its name in the configuration.
    pub name: String,
    /// The phase, as the status screen names it, in lower case.
    pub phase: &'static str,
    /// One clause about the phase, in English; for people, not to be parsed.
    pub summary: String,
    /// The cause and what still works, one sentence each, in English; for people, not to be parsed.
    pub details: Vec<String>,
    /// Since when it has stood there, where that is known.
    pub since: Option<Timestamp>,
    /// The client in the live pair.
    pub active: Option<Client>,
    /// Both clients.
    pub clients: PerClient<ClientReport>,
    /// When the next switch is due.
    pub due: Option<Timestamp>,
    /// From when the retired client's secret may be regenerated; absent where a person must confirm first.
    pub safe_from: Option<Timestamp>,
    /// The open permit.
    pub permit: Option<PermitReport>,
    /// The drain since the last switch.
    pub drain: Option<DrainReport>,
    /// The command that a person should type next.
    pub next_command: Option<String>,
    /// What people should be told now.
    pub messages: Vec<MessageReport>,
}

/// One client.
#[derive(Debug, Default, Serialize)]
pub struct ClientReport {
    /// `active`, `standby`, `retired`, `unproven` or `missing`.
    pub role: &'static str,
    /// The last four characters of its client id.
    pub client_id: Option<String>,
    /// Its label in the portal.
    pub label: String,
    /// Eight hex digits that stand for its secret.
    pub fingerprint: Option<String>,
    /// Since when it has been live or proven; for a retired client, until when it was live.
    pub since: Option<Timestamp>,
    /// When this host last got a token with that secret.
    pub last_token: Option<Timestamp>,
    /// How often that secret was refused since its last token.
    pub refusals: u32,
}

/// An open permit.
#[derive(Debug, Serialize)]
pub struct PermitReport {
    /// Whose secret may be regenerated.
    pub client: Client,
    /// Who may press the button.
    pub holder: String,
    /// Since when.
    pub since: Timestamp,
}

/// A drain.
#[derive(Debug, Serialize)]
pub struct DrainReport {
    /// The retired client.
    pub client: Client,
    /// The switch that began it, as `confirm-drained` takes it.
    pub switch: String,
    /// From when it counts.
    pub started: Timestamp,
    /// How often an outage of the store made it count from the start again.
    pub restarts: u32,
    /// Whether a person shortened it.
    pub shortened: bool,
    /// When it ended, where that stands in the record.
    pub ended: Option<Timestamp>,
}

/// What people should be told.
#[derive(Debug, Serialize)]
pub struct MessageReport {
    /// The kind, stable.
    pub kind: &'static str,
    /// `notice`, `warning` or `page`.
    pub severity: &'static str,
    /// One line, in English; for people, not to be parsed.
    pub text: String,
}

/// Where one credential stands, for machines.
pub fn report(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> StatusReport {
    let stands = phase(policy, seen, now);
    let record = seen.record();
    let drain = record.and_then(|record| record.drain.as_ref());
    let safe = drain.map(|drain| drain.safe(policy));
    StatusReport {
        name: names.credential.to_owned(),
        phase: stands.name(),
        summary: clause(names, policy, &stands, now),
        details: details(names, policy, &stands),
        since: since(&stands, seen),
        active: record.and_then(|record| record.active.as_ref()).map(|active| active.client),
        clients: PerClient::from_fn(|client| client_report(names, seen, client)),
        due: record.and_then(|record| due(policy, record)),
        safe_from: safe.and_then(|safe| match safe {
            Safe::From(at) => Some(at),
            Safe::OnConfirmation => None,
        }),
        permit: record.and_then(|record| record.permit.as_ref()).map(|permit| PermitReport {
            client: permit.client,
            holder: permit.holder.clone(),
            since: permit.since,
        }),
        drain: drain.map(|drain| DrainReport {
            client: drain.retired,
            switch: short(drain.switch),
            started: drain.started,
            restarts: drain.restarts,
            shortened: drain.shortened.is_some(),
            ended: drain.ended.map(|ended| ended.at),
        }),
        next_command: next_step(names, policy, seen, now).command,
        messages: messages(policy, seen, now).iter().map(|message| said(names, message, now)).collect(),
    }
}

/// The document of `/api/status`: what `status --json` says, as the service saw it last, and how its rounds went.
#[derive(Debug, Serialize)]
struct BoardDocument {
    schema: &'static str,
    started: Timestamp,
    credentials: Vec<EntryReport>,
}

/// One credential as the service saw it last.
#[derive(Debug, Serialize)]
struct EntryReport {
    name: String,
    /// When the last round ended.
    last_run: Option<Timestamp>,
    /// When a round last did all its work.
    last_success: Option<Timestamp>,
    /// When the next one comes.
    next_run: Option<Timestamp>,
    /// What kept the last round from beginning, in English; for people, not to be parsed.
    trouble: Option<String>,
    /// Where it stands; absent until it was looked at.
    status: Option<StatusReport>,
}

/// What the service saw last, without a line end.
pub fn board(board: &Board, now: Timestamp) -> String {
    let entry = |entry: &Entry| {
        let credential = &entry.credential;
        let (trouble, status) = match &entry.stands {
            Stands::Unseen => (None, None),
            Stands::Stopped(stop) => (Some(stop.text.clone()), None),
            Stands::Seen(found) => {
                (None, Some(report(&Names::of(credential), &credential.policy, &found.0, now)))
            }
        };
        let (name, last_run, last_success) = (credential.name.clone(), entry.last_run, entry.last_success);
        EntryReport { name, last_run, last_success, next_run: entry.next_run, trouble, status }
    };
    let credentials = board.entries().iter().map(|found| entry(found)).collect();
    pretty(&BoardDocument { schema: SCHEMA, started: board.started(), credentials })
}

/// The reports as one document, without a line end.
pub fn document(reports: Vec<ShownReport>) -> String {
    pretty(&Document { schema: SCHEMA, credentials: reports })
}

fn pretty(document: &impl Serialize) -> String {
    #[expect(clippy::expect_used, reason = "strings, numbers and times always serialise")]
    serde_json::to_string_pretty(document).expect("a report is always JSON")
}

fn since(stands: &Phase, seen: &Seen) -> Option<Timestamp> {
    let record = seen.record()?;
    match stands {
        Phase::Switching { since, .. } | Phase::AwaitingRegeneration { since, .. } => Some(*since),
        Phase::PermitOpen(permit) => Some(permit.since),
        Phase::Draining { .. } => record.drain.as_ref().map(|drain| drain.started),
        Phase::Ready { .. } => {
            let active = record.active.as_ref()?;
            let proven = record.clients[active.client.other()].proven.map(|proven| proven.at);
            Some(proven.map_or(active.since, |proven| proven.max(active.since)))
        }
        Phase::StandbyRejected { client } | Phase::ActiveRejected { client, .. } => {
            let secret = ClientView::of(record, seen, *client);
            secret.refusals.map(|refusals| refusals.first)
        }
        _ => None,
    }
}

fn client_report(names: &Names<'_>, seen: &Seen, client: Client) -> ClientReport {
    let label = names.labels[client].clone();
    let slot_id = seen.slots[client].as_ref().map(|slot| slot.client_id.as_str()).filter(|id| !id.is_empty());
    let client_id = slot_id.map(|id| last4(id).to_owned());
    let Some(record) = seen.record() else {
        return ClientReport { role: "missing", client_id, label, ..ClientReport::default() };
    };
    let view = ClientView::of(record, seen, client);
    ClientReport {
        role: view.role.as_str(),
        client_id,
        label,
        fingerprint: view.secret.map(|secret| secret.fingerprint().to_string()),
        since: view.since,
        last_token: view.last_token,
        refusals: view.refusals.map_or(0, |refusals| refusals.count),
    }
}

fn said(names: &Names<'_>, message: &Message, now: Timestamp) -> MessageReport {
    let severity = match message.severity {
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Page => "page",
    };
    MessageReport { kind: message.key(), severity, text: message_line(names, message, now) }
}
