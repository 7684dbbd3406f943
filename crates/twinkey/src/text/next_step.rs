//! The `next:` line: the command to type, exactly, or until when there is nothing to do.

use jiff::Timestamp;
use twinkey_core::phase::{Blocker, phase};
use twinkey_core::{AttemptId, Client, Failover, Phase, Policy, Remedy, Seen, due, remedy};

use super::paint::{self, quoted, visible};
use super::time::{moment, when};
use super::{Names, upper};

/// Commands and remarks that together take more columns stand below each other.
const MOST_BESIDE: usize = 72;

const PUBLISHES_OURS: &str = "publishes ours again";

/// A switch's name as people type it: its first eight digits.
pub(super) fn short(switch: AttemptId) -> String {
    switch.to_string().chars().take(8).collect()
}

/// The command that a remedy names, as it is typed; `None` where there is only waiting, or a program to be
/// installed. `by` is the person who would type it.
pub fn command(names: &Names<'_>, remedy: &Remedy, by: &str) -> Option<String> {
    Some(match remedy {
        Remedy::Init => names.command("init"),
        Remedy::Rotate => names.command("rotate"),
        Remedy::WaitUntil(_) | Remedy::Update => return None,
        Remedy::ConfirmDrained(switch) => {
            names.command_with("confirm-drained", format_args!("--switch {}", short(*switch)))
        }
        Remedy::ConfirmNotInUse(_) => names.command_with("confirm-drained", "--init"),
        Remedy::Regenerate(_) => names.command("regenerate"),
        Remedy::FinishPermit(permit) if permit.holder == by => names.command("regenerate"),
        Remedy::FinishPermit(permit) => names.command_with(
            "deposit",
            format_args!("--client {} --spoke-to {}", permit.client, quoted(&permit.holder)),
        ),
        Remedy::Deposit(client) => names.command_with("deposit", format_args!("--client {client}")),
        Remedy::Resolve => names.command_with("resolve", "--take-theirs"),
        Remedy::PutOurs => names.command_with("resolve", "--put-ours"),
        Remedy::Check => names.command("check"),
    })
}

/// What to do next, as text.
pub(super) struct NextStep {
    /// The command, if there is one.
    pub(super) command: Option<String>,
    /// What stands beside it, or in its place.
    pub(super) remark: String,
    /// Further commands, each with its remark.
    pub(super) or: Vec<(String, String)>,
}

/// What to do next.
pub(super) fn next_step(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> NextStep {
    let stands = phase(policy, seen, now);
    let Some(remedy) = remedy(policy, seen, now) else {
        let remark = match stands {
            Phase::Ready { due: Some(due) } => format!("nothing to do until {}", when(due, names.zone, now)),
            _ => "nothing to do".to_owned(),
        };
        return NextStep { command: None, remark, or: Vec::new() };
    };
    let command = command(names, &remedy, &seen.by);
    let mut or = alternatives(names, &stands, &remedy, &seen.by);
    if let Phase::ActiveRejected { client, .. } = stands
        && policy.failover == Failover::Alert
    {
        or.push((by_hand(names, seen, client.other()), format!("publishes {}", upper(client.other()))));
    }
    NextStep { command, remark: remark(names, policy, seen, &stands, &remedy, now), or }
}

/// Where fail-over only pages, a person publishes the other client.
fn by_hand(names: &Names<'_>, seen: &Seen, other: Client) -> String {
    let is_retired = seen.record().is_some_and(|record| record.clients[other].retired.is_some());
    if is_retired {
        names.command_with("rollback", "--reason TEXT")
    } else {
        names.command_with("rotate", "--now --reason TEXT")
    }
}

fn remark(
    names: &Names<'_>,
    policy: &Policy,
    seen: &Seen,
    stands: &Phase,
    remedy: &Remedy,
    now: Timestamp,
) -> String {
    match remedy {
        Remedy::WaitUntil(at) => format!("nothing to do until {}", when(*at, names.zone, now)),
        Remedy::Update => "install the twinkey that wrote the record, or a newer one".to_owned(),
        Remedy::ConfirmDrained(_) => "once every consumer has been restarted".to_owned(),
        Remedy::ConfirmNotInUse(client) => format!("once nobody outside uses {}", upper(*client)),
        Remedy::Regenerate(_) => before_the_switch(names, policy, seen, now),
        Remedy::FinishPermit(permit) if permit.holder == seen.by => "continues where you left off".to_owned(),
        Remedy::FinishPermit(permit) => format!("with the secret that {} was shown", visible(&permit.holder)),
        Remedy::Deposit(client) => format!("the current secret of {}", upper(*client)),
        Remedy::Resolve => match stands {
            Phase::Blocked(Blocker::Restored) => "goes on with this record".to_owned(),
            _ => "keeps what stands there".to_owned(),
        },
        Remedy::PutOurs => PUBLISHES_OURS.to_owned(),
        Remedy::Rotate => match stands {
            Phase::Switching { .. } => "ends the switch".to_owned(),
            Phase::Settling { .. } => "goes on with the proof".to_owned(),
            Phase::ActiveRejected { client, .. } => format!("publishes {}", upper(client.other())),
            _ => match seen.record().and_then(|record| record.active.as_ref()) {
                Some(active) => format!("switches to {}", upper(active.client.other())),
                None => String::new(),
            },
        },
        Remedy::Init => match stands {
            Phase::Uninitialised { missing: Some(client) } => format!("asks for {}", upper(*client)),
            Phase::Blocked(_) => "proves the live pair at its new place".to_owned(),
            _ => String::new(),
        },
        Remedy::Check => String::new(),
    }
}

fn before_the_switch(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> String {
    let due = seen.record().and_then(|record| due(policy, record));
    let due = due.filter(|_| policy.schedule.is_some() || policy.max_age.is_some());
    match due {
        Some(due) if due > now => format!("before the switch of {}", moment(due, names.zone, now)),
        Some(due) => format!("the switch of {} waits for it", moment(due, names.zone, now)),
        None => "before the next switch".to_owned(),
    }
}

fn alternatives(names: &Names<'_>, stands: &Phase, remedy: &Remedy, by: &str) -> Vec<(String, String)> {
    match (stands, remedy) {
        (Phase::Diverged(_), Remedy::Resolve) => {
            vec![(names.command_with("resolve", "--put-ours"), PUBLISHES_OURS.to_owned())]
        }
        (_, Remedy::FinishPermit(permit)) if permit.holder == by => {
            vec![(names.command("cancel"), "gives the permit back".to_owned())]
        }
        (_, Remedy::FinishPermit(permit)) => vec![(
            names.command_with("cancel", format_args!("--spoke-to {}", quoted(&permit.holder))),
            format!("if {} will not press", visible(&permit.holder)),
        )],
        _ => Vec::new(),
    }
}

impl NextStep {
    /// As the last lines of a screen.
    pub(super) fn lines(&self) -> String {
        let mut lines = String::new();
        let commands = self.command.iter().map(|command| (command, &self.remark));
        let others = self.or.iter().map(|(command, remark)| (command, remark));
        let all: Vec<(&String, &String)> = commands.chain(others).collect();
        if self.command.is_none() {
            lines = format!("  next: {}\n", self.remark);
        }
        let longest = all.iter().map(|(command, _)| paint::width(command)).max().unwrap_or_default();
        let widest = all.iter().map(|(_, remark)| paint::width(remark)).max().unwrap_or_default();
        let beside = longest + widest <= MOST_BESIDE;
        for (index, (command, remark)) in all.into_iter().enumerate() {
            let lead = if index == 0 { "next:" } else { "  or:" };
            lines.push_str(&format!("  {lead} {}", paint::command(command)));
            if !remark.is_empty() {
                let gap = if beside {
                    " ".repeat(longest - paint::width(command) + 3)
                } else {
                    "\n        ".to_owned()
                };
                lines.push_str(&format!("{gap}{}", paint::quiet(&format!("({remark})"))));
            }
            lines.push('\n');
        }
        lines
    }
}
