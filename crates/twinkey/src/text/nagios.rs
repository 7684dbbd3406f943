//! `status --nagios`: one line and a state from 0 to 3, as monitoring plugins give them.

use jiff::Timestamp;
use twinkey_core::messages::{Kind, Severity, messages};
use twinkey_core::phase::phase;
use twinkey_core::{Phase, Policy, Seen};

use super::Names;
use super::clause::clause;
use super::next_step::next_step;
use super::paint::visible;
use super::time::moment;
use super::upper;
use crate::exit::Exit;

/// The state of a monitoring plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NagiosState {
    /// Nobody is needed.
    Ok,
    /// Something is to be done, in office hours.
    Warning,
    /// Somebody is needed now.
    Critical,
    /// It cannot be told.
    Unknown,
}

impl NagiosState {
    /// The exit code of a monitoring plugin.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// How bad it is among several credentials.
    fn rank(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Unknown => 2,
            Self::Critical => 3,
        }
    }
}

/// One credential's part of the line.
#[derive(Clone, Debug)]
pub struct Nagios {
    /// Its state.
    pub state: NagiosState,
    /// What to say of it.
    pub text: String,
}

impl Nagios {
    /// Nobody could look: the configuration is wrong, or what was asked for.
    pub fn unknown(why: &str) -> Self {
        Self { state: NagiosState::Unknown, text: visible(why) }
    }
}

/// One credential's part: its state follows from the phase and the messages that stand. Where nothing has run by itself
/// since `late`, nobody would see it change.
pub fn nagios(
    names: &Names<'_>,
    policy: &Policy,
    seen: &Seen,
    late: Option<Timestamp>,
    now: Timestamp,
) -> Nagios {
    let stands = phase(policy, seen, now);
    let severity = messages(policy, seen, now).into_iter().map(|message| message.severity).max();
    let state = match (&stands, severity) {
        _ if late.is_some() => NagiosState::Critical,
        (Phase::Unknown(_), _) => NagiosState::Unknown,
        (_, Some(Severity::Page)) => NagiosState::Critical,
        (_, Some(Severity::Warning)) | (Phase::Uninitialised { .. }, _) => NagiosState::Warning,
        (_, Some(Severity::Notice) | None) => NagiosState::Ok,
    };
    let mut text = format!("{} {}: {}", names.credential, stands.name(), clause(names, policy, &stands, now));
    let late = late.map(|since| format!("no run since {}", moment(since, names.zone, now)));
    for besides in besides(names, policy, seen, now).into_iter().chain(late) {
        text.push_str(&format!(", {besides}"));
    }
    let command = next_step(names, policy, seen, now).command.filter(|_| state != NagiosState::Ok);
    if let Some(command) = command {
        text.push_str(&format!(" (next: {command})"));
    }
    Nagios { state, text }
}

/// What stands besides the phase.
fn besides(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> Vec<String> {
    let said = messages(policy, seen, now).into_iter().filter_map(|message| match message.kind {
        Kind::OldSecretAlive(client) => Some(format!("the old secret of {} still works", upper(client))),
        Kind::FailedOver(client) => Some(format!("{} was refused while it was active", upper(client))),
        Kind::Overdue { since } => Some(format!("a switch due since {}", moment(since, names.zone, now))),
        _ => None,
    });
    said.collect()
}

/// The line for all credentials, worst first, and the worst state as exit code.
pub fn nagios_line(parts: &[Nagios]) -> (String, Exit) {
    let mut parts: Vec<&Nagios> = parts.iter().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.state.rank()));
    let worst = parts.first().map_or(NagiosState::Unknown, |part| part.state);
    let said: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    let said = if said.is_empty() { "no credential is configured".to_owned() } else { said.join("; ") };
    // A bar would begin performance data.
    (format!("TWINKEY {} - {}", worst.word(), said.replace('|', "/")), Exit::Nagios(worst))
}
