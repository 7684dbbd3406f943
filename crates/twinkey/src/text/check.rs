//! The lines of `check`.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use twinkey_core::verdict::Verdict;
use twinkey_core::{Answer, Client, Failover, LookEvery, Policy, upcoming};

use super::paint::{self, Urgency, visible};
use super::time::{length, moment, when};
use super::warn::drain_length;
use super::{Names, upper};

/// What stands below a line of `check` belongs to it.
const INDENT: &str = "        ";

/// How a line of `check` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As it should be.
    Fine,
    /// It works, and somebody should look at it.
    Odd,
    /// It does not work.
    Bad,
}

/// One line of `check`, with its mark.
pub fn check_line(mark: Mark, text: &str) -> String {
    let mark = match mark {
        Mark::Fine => paint::urgent(Urgency::Calm, "ok  "),
        Mark::Odd => paint::urgent(Urgency::ToDo, "WARN"),
        Mark::Bad => paint::urgent(Urgency::Trouble, "BAD "),
    };
    let mut lines = text.lines();
    let first = paint::hanging(&format!("  {mark}  "), INDENT, lines.next().unwrap_or_default());
    let rest: String = lines.map(|line| paint::paragraph(INDENT, line)).collect();
    format!("{first}{rest}").trim_end().to_owned()
}

/// The configuration was read.
pub fn config_is_fine(path: &Path, credentials: usize) -> String {
    let many =
        if credentials == 1 { "1 credential".to_owned() } else { format!("{credentials} credentials") };
    format!("{}: no problem found, {many}", path.display())
}

/// When a credential is switched, and how long a drain takes.
pub fn check_schedule(names: &Names<'_>, policy: &Policy, now: Timestamp) -> String {
    let switches = match policy.schedule {
        Some(_) => {
            let due: Vec<Timestamp> = upcoming(policy, now).take(UPCOMING).collect();
            let first = due.first().map(|at| when(*at, names.zone, now)).unwrap_or_default();
            let more: Vec<String> = due.iter().skip(1).map(|at| moment(*at, names.zone, now)).collect();
            format!("due {first}, then {}", more.join(", "))
        }
        None => unscheduled(policy),
    };
    let switches = paint::paragraph("  ", &switches);
    let drain = match drain_length(policy) {
        Some(full) => {
            let once = "; where no service watched throughout, the staleness counts twice";
            let doubt = if policy.look_every == LookEvery::Cron { "" } else { once };
            format!(
                "drain {} with tokens of {}, unless the provider states another lifetime{doubt}",
                length(full),
                length(policy.token_lifetime)
            )
        }
        None => "drain until every consumer has been restarted".to_owned(),
    };
    let drain = paint::paragraph("  ", &drain);
    format!("{}\n{switches}{drain}", names.credential)
}

/// How many due times are shown.
const UPCOMING: usize = 5;

fn unscheduled(policy: &Policy) -> String {
    let calls = format!("each call of rotate switches, at most every {}", length(policy.min_interval));
    match policy.max_age {
        Some(age) => format!("{calls}; the daemon switches a pair that is {} old", length(age)),
        None => format!("{calls}; without a schedule the daemon never does"),
    }
}

/// What the provider said of one client.
pub fn check_token(names: &Names<'_>, client: Client, verdict: Verdict, answer: &Answer) -> String {
    let (this, said) = (names.labelled(client), visible(&answer.detail));
    match verdict {
        Verdict::Accepted => match answer.token_lifetime {
            Some(life) => format!("{this}: a token, good for {}", length(life)),
            None => format!("{this}: a token, without a lifetime"),
        },
        Verdict::Rejected => format!("{this}: refused ({said})"),
        Verdict::Forbidden => format!("{this}: a token, and the API refuses it: is the role there? ({said})"),
        Verdict::Misconfigured => format!("{this}: the request is wrong, not the secret ({said})"),
        Verdict::Passing => format!("{this}: no usable answer now ({said})"),
    }
}

/// How far this host's clock is from the provider's, and whether that bars anything. `off` is the provider's minus ours.
pub fn check_clock(off: SignedDuration, bars: bool) -> String {
    let way = if off.is_positive() { "behind" } else { "ahead of" };
    let what = if bars { "no scheduled switch and no permit until it is set" } else { "set it" };
    format!("this host's clock is {} {way} the provider's; {what}", length(off.abs()))
}

/// The audit log cannot be written.
pub const CHECK_AUDIT: &str = "the audit log cannot be written; no scheduled switch and no permit until it can, rescues go on. Is the disk full, or does the state folder belong to somebody else?";

/// What a refusal of the live client means, and what to do.
pub fn check_live_refused(names: &Names<'_>, failover: Failover) -> String {
    let next = match failover {
        Failover::Auto => "rotate",
        // Only a person publishes the other one; which command does depends on where it stands.
        Failover::Alert => "status",
    };
    format!("; it is the LIVE one: consumers fail. next: {}", names.command(next))
}

/// A client that is not asked, to keep its lock open.
pub fn check_known_refused(client: Client) -> String {
    format!(
        "{}: refused before, not asked again now: providers lock clients out that keep failing",
        upper(client)
    )
}

/// A client that is not asked either, where the request was refused for both alike.
pub fn check_known_request(client: Client) -> String {
    format!(
        "{}: the request is wrong, not the secret: both clients were refused alike, and it is not asked again now",
        upper(client)
    )
}
