//! Short answers about this host: another process at work, the audit log.

use std::path::Path;

use jiff::Timestamp;
use twinkey_core::{Outcome, Record, Step, What};

use super::paint::{self, Urgency, folded, paragraph, visible};
use super::time::moment;
use super::{Names, upper};

/// Another process is at work on the same credential.
pub fn busy(credential: &str, why: &str) -> String {
    folded(&format!("{credential}: {}. Its work counts; nothing was done here.", visible(why)))
}

/// A provider cannot be asked from this host.
pub fn provider_unusable(provider: &str, why: &str) -> String {
    format!(
        "{why}\n  correct [provider.{provider}] in the configuration, or let this user read what it names"
    )
}

/// Another run published while this one was about to: who won the race. Nothing where this run published itself, or
/// met nobody.
pub fn outrun(
    names: &Names<'_>,
    steps: &[(Step, Outcome)],
    record: Option<&Record>,
    now: Timestamp,
) -> Option<String> {
    let met_somebody = steps.iter().any(|(step, outcome)| match step {
        Step::WriteRecord(write) => *outcome == Outcome::Conflict && is_of_a_publication(&write.what),
        Step::WriteLive(_) => *outcome == Outcome::Conflict,
        _ => false,
    });
    let ended_it = steps.iter().any(|(step, outcome)| match step {
        Step::WriteRecord(write) => {
            matches!(write.what, What::Published { .. }) && matches!(outcome, Outcome::Written(_))
        }
        _ => false,
    });
    let newest = record?.transitions.iter().rev().find(|it| matches!(it.what, What::Published { .. }))?;
    let What::Published { client, .. } = newest.what else { return None };
    (met_somebody && !ended_it).then(|| {
        let (by, at) = (visible(&newest.by), moment(newest.at, names.zone, now));
        let client = upper(client);
        folded(&format!(
            "{}: another run was faster: {by} published {client} ({at}). Nothing is left to do here.",
            names.credential
        ))
    })
}

fn is_of_a_publication(what: &What) -> bool {
    matches!(what, What::Intended { .. } | What::Published { .. })
}

/// Nothing runs by itself any more.
pub fn late(names: &Names<'_>, since: Timestamp, now: Timestamp) -> String {
    let since = moment(since, names.zone, now);
    let told = paint::urgent(Urgency::ToDo, &format!("No run has done its work on this host since {since}."));
    paragraph(
        "  ",
        &format!("{told} Is the service running, or the timer, or cron? See: systemctl status twinkey"),
    )
}

/// The audit log is whole.
pub fn audit_is_whole(path: &Path, lines: u64, known: bool) -> String {
    let against = if known {
        "its chain is whole, and the record knows its end"
    } else {
        "its chain is whole; the record knows nothing of this host's log yet"
    };
    folded(&format!("{}: {lines} lines, {against}", path.display()))
}

/// The audit log was changed.
pub fn audit_is_broken(path: &Path, how: &str) -> String {
    let first = folded(&format!("{}: {}", path.display(), visible(how)));
    let more =
        "It is evidence, and runs do not need it. Keep the file as it is and find out who wrote to it.";
    format!("{first}\n{}", paragraph("  ", more).trim_end())
}
