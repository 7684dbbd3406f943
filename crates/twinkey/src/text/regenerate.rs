//! What the guided regeneration says and asks.

use jiff::Timestamp;
use twinkey_core::seen::Trouble;
use twinkey_core::{Client, Seen};

use super::clause::sentence;
use super::paint::{self, Urgency, folded, paragraph, visible};
use super::time::{length, moment};
use super::{Names, upper};

/// SAFE, with what to click.
pub fn safe(names: &Names<'_>, seen: &Seen, client: Client, now: Timestamp) -> String {
    let mut screen = format!(
        "{}: {} {} may be regenerated now.\n",
        names.credential,
        paint::urgent(Urgency::Calm, "SAFE."),
        names.labelled(client)
    );
    if let Some(permit) = seen.record().and_then(|record| record.permit.as_ref()) {
        let since = moment(permit.since, names.zone, now);
        let holder = visible(&permit.holder);
        let whose =
            if permit.holder == seen.by { format!("yours ({holder})") } else { format!("held by {holder}") };
        screen.push_str(&paragraph(
            "  ",
            &format!("The permit is {whose} since {since}. Nobody else presses."),
        ));
    }
    screen.push_str(&shortened(seen, client));
    screen.push_str(&clicks(names, client));
    let other = names.labelled(client.other());
    screen.push_str(&paragraph("  ", &format!("Leave {other} alone: consumers use it.")));
    let cancel = paint::command(&names.command("cancel"));
    screen.push_str(&format!("  Not today: leave the prompt empty, then {cancel}\n"));
    screen
}

/// What a shortened drain breaks is said again where it begins to bite.
fn shortened(seen: &Seen, client: Client) -> String {
    let drain = seen.record().and_then(|record| record.drain_of(client));
    let Some(cut) = drain.and_then(|drain| drain.shortened) else { return String::new() };
    let text = format!(
        "The drain was shortened to {}. A consumer that still holds {} fails once you press.",
        length(cut),
        upper(client)
    );
    paragraph("  ", &text)
}

/// The clicks in the portal, numbered.
pub(super) fn clicks(names: &Names<'_>, client: Client) -> String {
    let label = names.labels[client].as_str();
    let label = if label.is_empty() { "the client" } else { label };
    let steps = names.portal.iter().map(|step| visible(&step.replace("{label}", label)));
    let numbered = steps.enumerate().map(|(at, step)| {
        let lines = paragraph("     ", &step);
        format!("  {}. {}", at + 1, lines.trim_start())
    });
    numbered.collect()
}

/// The question before SAFE: the row is looked at, not confirmed.
pub fn ask_last4(names: &Names<'_>, client: Client) -> String {
    format!(
        "Find {} in the portal and look at its client id, in the row you are about to click.\nIts last four characters, as you see them there: ",
        names.label(client)
    )
}

/// Another client's row.
pub fn wrong_row(names: &Names<'_>, client: Client) -> String {
    let first = format!(
        "{}: These are not the last four characters of {}. Nothing was changed.",
        names.credential,
        names.labelled(client)
    );
    let second = "Another account, or a client that was deleted? Do not press Regenerate there.";
    format!("{}\n  {second}", folded(&first))
}

/// The row of the client that consumers use.
pub fn wrong_row_active(names: &Names<'_>, client: Client) -> String {
    let stop = paint::urgent(Urgency::Trouble, "STOP.");
    let active = names.labelled(client.other());
    let first =
        format!("{}: {stop} That row is {active}: consumers use it. Nothing was changed.", names.credential);
    let second = format!("The row to regenerate is {}. Look for it and start again.", names.label(client));
    format!("{}\n{}", folded(&first), paragraph("  ", &second).trim_end())
}

/// The prompt for a secret. What is typed is not shown.
pub fn ask_secret(names: &Names<'_>, client: Client) -> String {
    format!("Secret of {} for {} (not shown): ", names.labelled(client), names.credential)
}

/// The prompt was left empty.
pub fn permit_stays_open(names: &Names<'_>, client: Client) -> String {
    let first = format!(
        "{}: Nothing was deposited. The permit on {} stays open, and it is yours.",
        names.credential,
        upper(client)
    );
    format!(
        "{}\n  next: {}   {}\n    or: {}       {}",
        folded(&first),
        paint::command(&names.command("regenerate")),
        paint::quiet("(continues where you left off)"),
        paint::command(&names.command("cancel")),
        paint::quiet("(gives the permit back)")
    )
}

/// A deposit that could not be stored.
pub fn not_stored(names: &Names<'_>, seen: &Seen, client: Client, trouble: &Trouble) -> String {
    let this = upper(client);
    let stop = paint::urgent(Urgency::ToDo, "Not stored.");
    let cause = paragraph("  ", &sentence(&trouble.text));
    let is_active = seen.record().is_some_and(|record| record.is_active(client));
    let (lost, again, command) = if is_active {
        (
            format!("{this} is the ACTIVE client: consumers wait for this secret."),
            "Keep the secret at hand and deposit it again as soon as the store is back.",
            names.command_with("deposit", format_args!("--client {client}")),
        )
    } else {
        (
            format!("Nothing is lost: {this} is not in use."),
            "Regenerate again under the same permit, once the store is back.",
            names.command("regenerate"),
        )
    };
    let command = paint::command(&command);
    let first = folded(&format!("{}: {stop} {lost}", names.credential));
    format!("{first}\n{cause}  {again}\n  next: {command}")
}

/// Offers to publish the secret that was pasted for the wrong client.
pub fn offer_mend(names: &Names<'_>, active: Client) -> String {
    format!("Deposit the secret you have just pasted for {} and publish it now?", names.labelled(active))
}
