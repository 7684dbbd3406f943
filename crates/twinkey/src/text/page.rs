//! The status page: the same facts in the same words as `status`, to be understood in five seconds. Which credential
//! needs a person now stands first.

use askama::Template;
use jiff::Timestamp;
use twinkey_core::phase::phase;
use twinkey_core::{Client, Phase, Policy, Record, Safe, Seen};

use super::Names;
use super::clause::urgency;
use super::history::told;
use super::json::{self, StatusReport};
use super::next_step::next_step;
use super::paint::{Urgency, visible};
use super::time::{dated, length, moment, relative, when};
use crate::board::{Board, Entry, Stands};

/// The whole page.
#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    host: String,
    version: &'static str,
    as_of: String,
    headline: String,
    tone: &'static str,
    problems: Option<String>,
    cards: Vec<Card>,
}

/// One credential.
struct Card {
    name: String,
    phase: String,
    tone: &'static str,
    rank: u8,
    summary: String,
    details: Vec<String>,
    commands: Vec<Typed>,
    messages: Vec<(&'static str, String)>,
    steps: Vec<Step>,
    clients: Vec<ClientRow>,
    facts: Vec<(&'static str, String)>,
    history: Vec<Line>,
}

/// A command, with what leads to it and what must be true before it is typed.
struct Typed {
    lead: &'static str,
    command: String,
    remark: String,
}

/// One stop of the way from one switch to the next.
struct Step {
    name: &'static str,
    at: String,
    state: &'static str,
}

struct ClientRow {
    letter: String,
    label: String,
    role: &'static str,
    fingerprint: String,
    since: String,
    token: String,
    refused: bool,
}

struct Line {
    at: String,
    what: String,
    by: String,
}

/// How many entries of the history are shown.
const HISTORY: usize = 12;

/// The page, as of now.
pub fn page(board: &Board, host: &str, now: Timestamp) -> String {
    let cards: Vec<Card> = board.entries().iter().map(|entry| card_of(entry, now)).collect();
    let problems = board.last_reload().and_then(|reload| reload.problems);
    render(host, cards, problems, now)
}

fn render(host: &str, mut cards: Vec<Card>, problems: Option<String>, now: Timestamp) -> String {
    // Whoever needs a person stands first; among equals the name decides.
    cards.sort_by(|one, two| two.rank.cmp(&one.rank).then_with(|| one.name.cmp(&two.name)));
    let of_rank = |urgency| cards.iter().filter(|card| card.rank == rank(urgency)).count();
    let (headline, tone) = match (of_rank(Urgency::Trouble), of_rank(Urgency::ToDo)) {
        (0, 0) => ("Nobody is needed now".to_owned(), "calm"),
        (0, 1) => ("1 credential has something for a person to do".to_owned(), "todo"),
        (0, many) => (format!("{many} credentials have something for a person to do"), "todo"),
        (1, _) => ("1 credential needs a person now".to_owned(), "trouble"),
        (many, _) => (format!("{many} credentials need a person now"), "trouble"),
    };
    let as_of = now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let page = Page {
        host: visible(host),
        version: env!("CARGO_PKG_VERSION"),
        as_of,
        headline,
        tone,
        problems,
        cards,
    };
    // Writing into a string does not fail.
    page.render().unwrap_or_default()
}

fn card_of(entry: &Entry, now: Timestamp) -> Card {
    let credential = &entry.credential;
    let names = Names::of(credential);
    let looked = |at: Option<Timestamp>| at.map_or("never".to_owned(), |at| relative(at, now));
    let mut facts =
        vec![("last good look", looked(entry.last_success)), ("next look", looked(entry.next_run))];
    match &entry.stands {
        Stands::Seen(found) => {
            let mut card = card(&names, &credential.policy, &found.0, now);
            facts.append(&mut card.facts);
            card.facts = facts;
            card
        }
        Stands::Unseen => empty(&names, "not looked at yet", Vec::new(), Urgency::Moving, facts),
        Stands::Stopped(stop) => {
            let details = stop.text.lines().map(|line| visible(line.trim())).collect();
            empty(&names, "a run could not begin", details, Urgency::Trouble, facts)
        }
    }
}

fn empty(
    names: &Names<'_>,
    summary: &str,
    details: Vec<String>,
    urgent: Urgency,
    facts: Vec<(&'static str, String)>,
) -> Card {
    Card {
        name: names.credential.to_owned(),
        phase: "UNKNOWN".to_owned(),
        tone: tone(urgent),
        rank: rank(urgent),
        summary: summary.to_owned(),
        details,
        commands: Vec::new(),
        messages: Vec::new(),
        steps: Vec::new(),
        clients: Vec::new(),
        facts,
        history: Vec::new(),
    }
}

fn card(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> Card {
    let report = json::report(names, policy, seen, now);
    let stands = phase(policy, seen, now);
    let urgent = urgency(&stands, now);
    let severe = |severity: &str| report.messages.iter().any(|message| message.severity == severity);
    // A message can be more urgent than the phase that it stands beside.
    let rank = if severe("page") { rank(Urgency::Trouble) } else { rank(urgent) };
    let record = seen.record();
    let due = report.due.map_or("no time is planned".to_owned(), |due| when(due, names.zone, now));
    Card {
        name: names.credential.to_owned(),
        phase: report.phase.to_uppercase(),
        tone: if severe("page") { "trouble" } else { tone(urgent) },
        rank,
        summary: report.summary.clone(),
        details: report.details.clone(),
        commands: commands(names, policy, seen, now),
        messages: besides(&report),
        steps: record.map(|record| steps(names, policy, &stands, record, &report, now)).unwrap_or_default(),
        clients: record.map(|_| clients(names, &report, now)).unwrap_or_default(),
        facts: vec![("next switch", due)],
        history: record.map(|record| lines(names, record)).unwrap_or_default(),
    }
}

/// What to type next, and the other ways.
fn commands(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> Vec<Typed> {
    let step = next_step(names, policy, seen, now);
    let first =
        step.command.map(|command| Typed { lead: "Next, in a terminal:", command, remark: step.remark });
    let others = step.or.into_iter().map(|(command, remark)| Typed { lead: "Or:", command, remark });
    first.into_iter().chain(others).collect()
}

/// What stands beside the phase. What is about the phase itself was said above, by its clause.
fn besides(report: &StatusReport) -> Vec<(&'static str, String)> {
    let others = ["overdue", "old-secret-alive", "permit-open", "failed-over"];
    let others = report.messages.iter().filter(|message| others.contains(&message.kind));
    others.map(|message| (message.severity, message.text.clone())).collect()
}

/// The way from one switch to the next, and how far it has been gone.
fn steps(
    names: &Names<'_>,
    policy: &Policy,
    stands: &Phase,
    record: &Record,
    report: &StatusReport,
    now: Timestamp,
) -> Vec<Step> {
    let at = |at: Option<Timestamp>| at.map(|at| moment(at, names.zone, now)).unwrap_or_default();
    let here = match stands {
        Phase::Switching { .. } => 0,
        Phase::Draining { .. } => 1,
        Phase::AwaitingRegeneration { .. } => 2,
        Phase::PermitOpen(_) => 3,
        Phase::Settling { .. } => 4,
        Phase::Ready { .. } => 5,
        // Off the way: the phase above says where.
        _ => return Vec::new(),
    };
    let drain = record.drain.as_ref();
    let drained = match drain.map(|drain| drain.safe(policy)) {
        Some(Safe::From(from)) => at(Some(from)),
        Some(Safe::OnConfirmation) => "until confirmed".to_owned(),
        None => String::new(),
    };
    let permit = record.permit.as_ref();
    let texts = [
        ("Switched", at(record.active.as_ref().map(|active| active.since))),
        ("Draining", if drained.is_empty() { drained.clone() } else { format!("until {drained}") }),
        ("Safe", if here >= 2 && drain.is_some() { format!("since {drained}") } else { String::new() }),
        ("Permit", permit.map(|permit| visible(&permit.holder)).unwrap_or_default()),
        ("Proof", if here == 4 { format!("over {}", length(policy.settle.over)) } else { String::new() }),
        (
            "Ready",
            report.due.map(|due| format!("switch {}", moment(due, names.zone, now))).unwrap_or_default(),
        ),
    ];
    let state = |step: usize| match step.cmp(&here) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "here",
        std::cmp::Ordering::Greater => "ahead",
    };
    texts.into_iter().enumerate().map(|(step, (name, at))| Step { name, at, state: state(step) }).collect()
}

fn clients(names: &Names<'_>, report: &StatusReport, now: Timestamp) -> Vec<ClientRow> {
    let first = report.active.unwrap_or(Client::A);
    let row = |client: Client| {
        let view = &report.clients[client];
        let since = match (view.role, view.since) {
            ("retired", Some(since)) => format!("live until {}", moment(since, names.zone, now)),
            ("active", Some(since)) => format!("live since {}", moment(since, names.zone, now)),
            (_, Some(since)) => format!("proven {}", moment(since, names.zone, now)),
            (_, None) => String::new(),
        };
        let token = match (view.refusals, view.last_token) {
            (0, Some(at)) => format!("token {}", relative(at, now)),
            (0, None) => "no token seen here".to_owned(),
            (1, _) => "refused once".to_owned(),
            (many, _) => format!("refused {many} times"),
        };
        ClientRow {
            letter: client.as_str().to_owned(),
            label: visible(&view.label),
            role: view.role,
            fingerprint: view.fingerprint.clone().unwrap_or_else(|| "-".repeat(8)),
            since,
            token,
            refused: view.refusals > 0,
        }
    };
    [first, first.other()].map(row).into()
}

fn lines(names: &Names<'_>, record: &Record) -> Vec<Line> {
    let newest = record.transitions.iter().rev().take(HISTORY);
    newest
        .map(|transition| Line {
            at: dated(transition.at, names.zone),
            what: told(&transition.what),
            by: visible(&transition.by),
        })
        .collect()
}

fn tone(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Calm => "calm",
        Urgency::Moving => "moving",
        Urgency::ToDo => "todo",
        Urgency::Trouble => "trouble",
    }
}

fn rank(urgency: Urgency) -> u8 {
    match urgency {
        Urgency::Calm => 0,
        Urgency::Moving => 1,
        Urgency::ToDo => 2,
        Urgency::Trouble => 3,
    }
}

/// A page of scenes, for the tests.
#[cfg(test)]
pub(super) fn of_scenes<'a>(
    scenes: impl Iterator<Item = (Names<'a>, &'a Policy, &'a Seen, Timestamp)>,
    now: Timestamp,
) -> String {
    let cards = scenes.map(|(names, policy, seen, now)| card(&names, policy, seen, now)).collect();
    render("ops-1", cards, None, now)
}
