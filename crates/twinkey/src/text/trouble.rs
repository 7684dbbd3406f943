//! Short answers about this host: another process at work, the audit log.

use std::path::Path;

use jiff::Timestamp;

use super::Names;
use super::paint::{self, Urgency, folded, paragraph, visible};
use super::time::moment;

/// Another process is at work on the same credential.
pub fn busy(credential: &str, why: &str) -> String {
    folded(&format!("{credential}: {}. Its work counts; nothing was done here.", visible(why)))
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
