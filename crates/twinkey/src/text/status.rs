//! The screen of `status`: the phase in capitals, one line for each client, and what to do next.

use jiff::Timestamp;
use twinkey_core::messages::{self, Kind};
use twinkey_core::phase::phase;
use twinkey_core::record::Refusals;
use twinkey_core::{Client, Mac, Phase, Policy, Record, Seen, budget};

use super::clause::{clause, details, urgency};
use super::next_step::next_step;
use super::paint::{self, Urgency, paragraph, visible};
use super::time::{moment, relative};
use super::{Names, last4, upper};

/// Where one credential stands.
pub fn status(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> String {
    let stands = phase(policy, seen, now);
    let mut screen = headline(names, policy, &stands, now);
    screen.push('\n');
    for detail in details(names, policy, &stands) {
        screen.push_str(&paragraph("  ", &detail));
    }
    if let Some(record) = seen.record().filter(|record| record.active.is_some()) {
        screen.push_str(&clients(names, &stands, record, seen, now));
    }
    if let Phase::Diverged(_) = stands {
        screen.push_str(&theirs(seen));
    }
    for warning in warnings(names, policy, seen, now) {
        screen.push_str(&paragraph("  ", &warning));
    }
    screen.push_str(&next_step(names, policy, seen, now).lines());
    screen
}

/// `NAME   PHASE   clause`, without a line end.
pub(super) fn headline(names: &Names<'_>, policy: &Policy, stands: &Phase, now: Timestamp) -> String {
    let name = paint::urgent(urgency(stands, now), &stands.name().to_uppercase());
    format!("{}   {name}   {}", names.credential, clause(names, policy, stands, now))
}

/// What one client is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Active,
    Standby,
    Retired,
    Unproven,
    Missing,
}

impl Role {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Standby => "standby",
            Self::Retired => "retired",
            Self::Unproven => "unproven",
            Self::Missing => "missing",
        }
    }
}

/// One client as the documents show it.
pub(super) struct ClientView {
    pub(super) role: Role,
    pub(super) secret: Option<Mac>,
    /// Since when it has been live or proven; for a retired client, until when it was live.
    pub(super) since: Option<Timestamp>,
    pub(super) last_token: Option<Timestamp>,
    pub(super) refusals: Option<Refusals>,
}

impl ClientView {
    pub(super) fn of(record: &Record, seen: &Seen, client: Client) -> Self {
        let (role, secret, since) = role(record, seen, client);
        let last = seen.host.accepted[client].filter(|noted| Some(noted.secret) == secret);
        let refusals = secret.and_then(|secret| budget::refusals(seen, client, secret));
        Self { role, secret, since, last_token: last.map(|noted| noted.at), refusals }
    }
}

fn role(record: &Record, seen: &Seen, client: Client) -> (Role, Option<Mac>, Option<Timestamp>) {
    if let Some(active) = record.active.as_ref().filter(|active| active.client == client) {
        return (Role::Active, Some(active.secret), Some(active.since));
    }
    let note = &record.clients[client];
    // What waits for its proof is shown only where there is nothing else.
    let slot = seen.slots[client].as_ref();
    let secret = slot.and_then(|slot| slot.secret.or(slot.candidate)).map(|pasted| pasted.secret);
    match secret {
        None => (Role::Missing, None, None),
        Some(secret) => {
            let noted = |noted: &twinkey_core::record::Noted| noted.secret == secret;
            if let Some(retired) = note.retired.filter(noted) {
                (Role::Retired, Some(secret), Some(retired.at))
            } else if let Some(proven) = note.proven.filter(noted) {
                (Role::Standby, Some(secret), Some(proven.at))
            } else {
                (Role::Unproven, Some(secret), None)
            }
        }
    }
}

/// One aligned line a client, the active one first.
fn clients(names: &Names<'_>, stands: &Phase, record: &Record, seen: &Seen, now: Timestamp) -> String {
    let first = record.active.as_ref().map_or(Client::A, |active| active.client);
    let rows = [first, first.other()].map(|client| (client, ClientView::of(record, seen, client)));
    let since = rows.each_ref().map(|(_, view)| since(names, view, now));
    let width = since.iter().map(|text| text.chars().count()).max().unwrap_or_default();
    let mut lines = String::new();
    for ((client, view), since) in rows.iter().zip(since) {
        let print = view.secret.map_or_else(|| "-".repeat(8), |secret| secret.fingerprint().to_string());
        let last = last_column(names, stands, seen, *client, view, now);
        let row = format!("  {client}  {:<8}  {print}  {since:<width$}", view.role.as_str());
        let row = if last.is_empty() { row.trim_end().to_owned() } else { format!("{row}  {last}") };
        lines.push_str(&row);
        lines.push('\n');
    }
    lines
}

/// The whole pair that somebody else wrote, as far as it is shown.
fn theirs(seen: &Seen) -> String {
    let Some(pair) = seen.live_pair() else { return String::new() };
    let id = visible(last4(&pair.client_id));
    format!("  -  there     {}  client id ending in {id}\n", pair.secret.fingerprint())
}

fn since(names: &Names<'_>, view: &ClientView, now: Timestamp) -> String {
    let at = view.since.map(|at| moment(at, names.zone, now)).unwrap_or_default();
    match view.role {
        Role::Active => format!("live since {at}"),
        Role::Standby => format!("proven {at}"),
        Role::Retired => format!("live until {at}"),
        Role::Unproven => "not proven yet".to_owned(),
        Role::Missing => "no secret yet".to_owned(),
    }
}

/// What matters most of one client: refusals, its label where it is to be clicked, its last token.
fn last_column(
    names: &Names<'_>,
    stands: &Phase,
    seen: &Seen,
    client: Client,
    view: &ClientView,
    now: Timestamp,
) -> String {
    if let Some(refusals) = view.refusals {
        return paint::urgent(Urgency::Trouble, &refused(&refusals, now));
    }
    let fresh = seen.slots[client].as_ref().and_then(|slot| slot.candidate);
    let fresh = fresh.map(|fresh| fresh.secret).filter(|fresh| Some(*fresh) != view.secret);
    let on_its_way =
        matches!(stands, Phase::Settling { .. } | Phase::Draining { .. } | Phase::StandbyRejected { .. });
    if let Some(fresh) = fresh.filter(|_| on_its_way) {
        let print = fresh.fingerprint();
        return match budget::refusals(seen, client, fresh) {
            Some(refusals) => {
                format!("{print} {}", paint::urgent(Urgency::Trouble, &refused(&refusals, now)))
            }
            None => format!("new secret {print}"),
        };
    }
    let clicked = matches!(stands, Phase::AwaitingRegeneration { .. } | Phase::PermitOpen(_));
    match view.role {
        Role::Retired if clicked => names.label(client),
        Role::Missing | Role::Unproven => names.label(client),
        Role::Retired => String::new(),
        Role::Active | Role::Standby => match view.last_token {
            Some(at) => format!("token {}", relative(at, now)),
            None => "no token asked for yet".to_owned(),
        },
    }
}

fn refused(refusals: &Refusals, now: Timestamp) -> String {
    let times = if refusals.count == 1 { "once".to_owned() } else { format!("{} times", refusals.count) };
    format!("refused {times}, {}", relative(refusals.last, now))
}

/// What stands besides the phase.
fn warnings(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> Vec<String> {
    let said = messages::messages(policy, seen, now).into_iter().filter_map(|message| match message.kind {
        Kind::OldSecretAlive(client) => Some(format!(
            "The secret that {} had before still gets a token: was Regenerate really pressed?",
            upper(client)
        )),
        Kind::FailedOver(client) => Some(format!(
            "{} was refused and {} published: somebody has probably regenerated {}.",
            upper(client),
            upper(client.other()),
            upper(client)
        )),
        Kind::Overdue { since } => {
            Some(format!("A switch has been due since {}.", moment(since, names.zone, now)))
        }
        _ => None,
    });
    let shortened =
        seen.record().and_then(|record| record.drain.as_ref()).filter(|drain| drain.shortened.is_some());
    let shortened = shortened.map(|drain| {
        format!(
            "The drain of {} was shortened: a consumer that still holds its pair fails.",
            upper(drain.retired)
        )
    });
    let drain = seen.record().and_then(|record| record.drain.as_ref());
    let counts = drain.is_some_and(|drain| drain.ended.is_none() && drain.shortened.is_none());
    let behind = (seen.behind && counts).then(|| {
        "A replica of the live pair lags: its readers still get the old pair. The drain counts anew once it is in sync; see twinkey check.".to_owned()
    });
    said.chain(shortened).chain(behind).collect()
}
