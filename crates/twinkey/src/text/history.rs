//! What happened, newest last: for people, for spreadsheets, for programs.

use jiff::Timestamp;
use serde::Serialize;
use twinkey_core::{Client, DrainEnd, Mac, Transition, What};

use super::clause::why_said;
use super::paint::visible;
use super::time::{dated, relative};
use super::{Names, upper};

/// The transitions as aligned lines.
pub fn history(names: &Names<'_>, transitions: &[Transition], now: Timestamp) -> String {
    let Some(last) = transitions.last() else {
        return format!("{}: nothing has happened yet\n", names.credential);
    };
    let many =
        if transitions.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", transitions.len()) };
    let mut screen = format!("{}   {many}, the last {}\n", names.credential, relative(last.at, now));
    let said: Vec<String> = transitions.iter().map(|transition| told(&transition.what)).collect();
    let width = said.iter().map(|text| text.chars().count()).max().unwrap_or_default().min(56);
    for (transition, said) in transitions.iter().zip(said) {
        let at = dated(transition.at, names.zone);
        screen.push_str(&format!("  {at}  {said:<width$}  {}\n", visible(&transition.by)));
        if let Some(reason) = reason(&transition.what) {
            screen.push_str(&super::paint::paragraph("                    ", &visible(reason)));
        }
    }
    screen
}

/// The transitions as comma-separated values (RFC 4180), times in UTC.
pub fn history_csv(names: &Names<'_>, transitions: &[Transition]) -> String {
    let mut table = "at,credential,by,what,client,fingerprint,detail\r\n".to_owned();
    for row in rows(transitions) {
        let cells = [&row.at, names.credential, &row.by, row.what, row.client, &row.fingerprint, &row.detail];
        table.push_str(&cells.map(cell).join(","));
        table.push_str("\r\n");
    }
    table
}

/// The transitions as one JSON document, times in UTC.
pub fn history_json(names: &Names<'_>, transitions: &[Transition]) -> String {
    let document = serde_json::json!({
        "schema": super::json::SCHEMA,
        "name": names.credential,
        "transitions": rows(transitions).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// One transition for machines.
#[derive(Serialize)]
struct Row {
    at: String,
    by: String,
    what: &'static str,
    client: &'static str,
    fingerprint: String,
    detail: String,
}

fn rows(transitions: &[Transition]) -> impl Iterator<Item = Row> {
    transitions.iter().map(|transition| Row {
        at: transition.at.to_string(),
        by: visible(&transition.by),
        what: name(&transition.what),
        client: client(&transition.what).map_or("", Client::as_str),
        fingerprint: secret(&transition.what)
            .map(|secret| secret.fingerprint().to_string())
            .unwrap_or_default(),
        detail: detail(&transition.what),
    })
}

/// Quoted where it must be. A cell that a spreadsheet would take for a formula is led by an apostrophe.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

pub(super) fn told(what: &What) -> String {
    let print = |secret: &Mac| secret.fingerprint();
    match what {
        What::Initialised { client, secret } => format!("{} {}  set up, live", upper(*client), print(secret)),
        What::Intended { to, secret, why, .. } => {
            format!("{} {}  to be published, {}", upper(*to), print(secret), why_said(*why))
        }
        What::Published { client, secret, why } => {
            format!("{} {}  published, {}", upper(*client), print(secret), why_said(*why))
        }
        What::Abandoned { to, secret } => {
            format!("{} {}  given up; the live pair stayed", upper(*to), print(secret))
        }
        What::DrainRestarted { client } => {
            format!("{}  drain restarted after a store outage", upper(*client))
        }
        What::DrainGrew { client } => format!("{}  drain grew with max-staleness", upper(*client)),
        What::DrainShortened { client, .. } => format!("{}  drain shortened", upper(*client)),
        What::DrainEnded { client, how } => format!("{}  drain ended, {}", upper(*client), how_said(*how)),
        What::PermitOpened { client, holder } => {
            format!("{}  permit opened for {}", upper(*client), visible(holder))
        }
        What::PermitClosed { client, holder, spoke_to: false } => {
            format!("{}  permit given back by {}", upper(*client), visible(holder))
        }
        What::PermitClosed { client, holder, spoke_to: true } => {
            format!("{}  permit withdrawn from {}", upper(*client), visible(holder))
        }
        What::Proven { client, secret } => format!("{} {}  proven", upper(*client), print(secret)),
        What::Refused { client, secret } => format!("{} {}  refused", upper(*client), print(secret)),
        What::Recovered { client, secret } => format!("{} {}  works again", upper(*client), print(secret)),
        What::OldSecretDead { client, secret } => {
            format!("{} {}  old secret is dead", upper(*client), print(secret))
        }
        What::OldSecretAlive { client, secret } => {
            format!("{} {}  old secret still works", upper(*client), print(secret))
        }
        What::NotInUse { client } => format!("{}  confirmed as used by nobody outside", upper(*client)),
        What::TookTheirs { client, secret } => {
            format!("{} {}  foreign live pair taken over", upper(*client), print(secret))
        }
        What::Restored => "restored record taken for good".to_owned(),
        What::Moved => "live pair moved".to_owned(),
    }
}

fn how_said(how: DrainEnd) -> &'static str {
    match how {
        DrainEnd::Watched => "watched",
        DrainEnd::Confirmed => "confirmed",
        DrainEnd::Dead => "the secret is dead",
    }
}

fn reason(what: &What) -> Option<&str> {
    match what {
        What::Intended { reason, .. } => reason.as_deref(),
        What::DrainShortened { reason, .. } => Some(reason),
        _ => None,
    }
}

fn name(what: &What) -> &'static str {
    match what {
        What::Initialised { .. } => "initialised",
        What::Intended { .. } => "intended",
        What::Published { .. } => "published",
        What::Abandoned { .. } => "abandoned",
        What::DrainRestarted { .. } => "drain-restarted",
        What::DrainGrew { .. } => "drain-grew",
        What::DrainShortened { .. } => "drain-shortened",
        What::DrainEnded { .. } => "drain-ended",
        What::PermitOpened { .. } => "permit-opened",
        What::PermitClosed { .. } => "permit-closed",
        What::Proven { .. } => "proven",
        What::Refused { .. } => "refused",
        What::Recovered { .. } => "recovered",
        What::OldSecretDead { .. } => "old-secret-dead",
        What::OldSecretAlive { .. } => "old-secret-alive",
        What::NotInUse { .. } => "not-in-use",
        What::TookTheirs { .. } => "took-theirs",
        What::Restored => "restored",
        What::Moved => "moved",
    }
}

fn client(what: &What) -> Option<Client> {
    match what {
        What::Initialised { client, .. }
        | What::Published { client, .. }
        | What::DrainRestarted { client }
        | What::DrainGrew { client }
        | What::DrainShortened { client, .. }
        | What::DrainEnded { client, .. }
        | What::PermitOpened { client, .. }
        | What::PermitClosed { client, .. }
        | What::Proven { client, .. }
        | What::Refused { client, .. }
        | What::Recovered { client, .. }
        | What::OldSecretDead { client, .. }
        | What::OldSecretAlive { client, .. }
        | What::NotInUse { client }
        | What::TookTheirs { client, .. } => Some(*client),
        What::Intended { to, .. } | What::Abandoned { to, .. } => Some(*to),
        What::Restored | What::Moved => None,
    }
}

fn secret(what: &What) -> Option<Mac> {
    match what {
        What::Initialised { secret, .. }
        | What::Intended { secret, .. }
        | What::Published { secret, .. }
        | What::Abandoned { secret, .. }
        | What::Proven { secret, .. }
        | What::Refused { secret, .. }
        | What::Recovered { secret, .. }
        | What::OldSecretDead { secret, .. }
        | What::OldSecretAlive { secret, .. }
        | What::TookTheirs { secret, .. } => Some(*secret),
        _ => None,
    }
}

/// Why, how or whose, where there is such a thing.
fn detail(what: &What) -> String {
    match what {
        What::Intended { why, reason, .. } => match reason {
            Some(reason) => format!("{}: {}", why_said(*why), visible(reason)),
            None => why_said(*why).to_owned(),
        },
        What::Published { why, .. } => why_said(*why).to_owned(),
        What::DrainShortened { reason, .. } => visible(reason),
        What::DrainEnded { how, .. } => how_said(*how).to_owned(),
        What::PermitOpened { holder, .. } => visible(holder),
        What::PermitClosed { holder, spoke_to: true, .. } => format!("{}, spoken to", visible(holder)),
        What::PermitClosed { holder, .. } => visible(holder),
        _ => String::new(),
    }
}
