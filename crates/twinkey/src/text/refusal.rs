//! A request that was refused: what happened, what still works, what to do next.

use jiff::Timestamp;
use twinkey_core::decision::Refusal;
use twinkey_core::verdict::Verdict;
use twinkey_core::{Client, Seen, Wish};

use super::not_yet::not_yet;
use super::paint::{self, Urgency, quoted, visible};
use super::slip::slip;
use super::{Names, upper};

/// Why a request is refused.
pub(super) fn refusal(names: &Names<'_>, why: &Refusal, seen: &Seen, now: Timestamp) -> String {
    match why {
        Refusal::NotYet(why) => not_yet(names, why, now),
        Refusal::Slip(found) => {
            let client = meant_for(seen);
            say(names, "Not taken.", &slip(names, client, found), &[nothing_stored(seen, client)], None)
        }
        Refusal::Secret { client, verdict } => secret_refused(names, *client, *verdict, seen),
        Refusal::RegeneratedActive { deposited } => {
            let active = upper(deposited.other());
            let stop = format!("You regenerated {active}, the ACTIVE client.");
            let facts = [
                "The provider refuses the live pair now; consumers fail as their tokens expire.".to_owned(),
                format!("The secret you have just copied is the current one of {active}. Deposit it there:"),
            ];
            let command = names.command_with("deposit", format_args!("--client {}", deposited.other()));
            say(names, &stop, "", &facts, Some((command, "consumers get it at once")))
        }
        Refusal::NotProvable(client) => say(
            names,
            "It cannot be proven now.",
            &format!("The provider gives no usable answer about {}{}.", upper(*client), said(seen, *client)),
            &["Nothing was changed. What was deposited is kept and proven later.".to_owned()],
            Some((names.command("rotate"), "tries again")),
        ),
        Refusal::NodesDisagree(client) => say(
            names,
            "No proof yet.",
            &format!(
                "The provider takes the new secret of {} in one moment and refuses it in the next.",
                upper(*client)
            ),
            &["Its nodes learn of a change one after the other. The secret is kept; the next run goes on."
                .to_owned()],
            Some((names.command("rotate"), "in a few minutes")),
        ),
        other => plain(names, other, &seen.wish),
    }
}

/// The refusals that need one cause, one fact, one command.
fn plain(names: &Names<'_>, why: &Refusal, wish: &Wish) -> String {
    let status = || Some((names.command("status"), ""));
    let (cause, fact, command) = match why {
        Refusal::NoStandby => (
            "There is no proven standby to switch to.".to_owned(),
            "Consumers keep the live pair. A drain under way can be shortened with --drain.".to_owned(),
            status(),
        ),
        Refusal::NoRetired => (
            "There is no retired secret to go back to.".to_owned(),
            "A rollback works from a switch until the retired client's new secret is proven.".to_owned(),
            status(),
        ),
        Refusal::NoDrain => {
            ("There is nothing to confirm: no drain waits for it.".to_owned(), String::new(), status())
        }
        Refusal::NoPermit => ("There is no permit to give back.".to_owned(), String::new(), status()),
        Refusal::HeldBy(holder) if matches!(wish, Wish::Deposit(_)) => (
            format!("{} holds the permit and may still press Regenerate.", visible(holder)),
            "Not stored: proving it would end their permit without their knowing. If this is the secret that they got, say so:".to_owned(),
            Some((names.command_with("deposit", format_args!("--spoke-to {}", quoted(holder))), "")),
        ),
        Refusal::HeldBy(holder) => (
            format!("{} holds the permit and may press Regenerate at any moment.", visible(holder)),
            "Speak to them. Once they will not press, say so with --spoke-to.".to_owned(),
            Some((names.command_with("cancel", format_args!("--spoke-to {}", quoted(holder))), "")),
        ),
        Refusal::OtherSwitch => ("This is not the switch that drains.".to_owned(), String::new(), status()),
        Refusal::ClockOff => (
            "This host's clock and the provider's differ by more than 5 min.".to_owned(),
            "Switches and permits would be dated wrongly. Set the clock; rescues go on meanwhile.".to_owned(),
            Some((names.command("check"), "")),
        ),
        Refusal::AuditUnwritable => (
            "The audit log cannot be written.".to_owned(),
            "Nothing begins without evidence; rescues go on meanwhile. Is the disk full or read-only?"
                .to_owned(),
            Some((names.command("check"), "")),
        ),
        Refusal::NotDiverged => {
            ("There is nothing to resolve: the live pair is ours.".to_owned(), String::new(), status())
        }
        Refusal::UnknownId if matches!(wish, Wish::Init(_)) => (
            format!("The live pair at {} lacks a field, or one is no text.", visible(names.live_pair)),
            format!(
                "Consumers read {} and {} there. Complete it or remove it, then begin again.",
                visible(names.id_field),
                visible(names.secret_field)
            ),
            Some((names.command("init"), "")),
        ),
        Refusal::NothingEntered(client) if matches!(wish, Wish::Init(_)) => (
            format!("There is no secret of {} to begin with.", upper(*client)),
            String::new(),
            Some((names.command("init"), "asks for it")),
        ),
        Refusal::UnknownId => (
            "The live pair holds a client id that neither client has, or none.".to_owned(),
            "If it is whole and new, say whose it is.".to_owned(),
            Some((names.command_with("resolve", "--take-theirs --client a"), "or --client b")),
        ),
        Refusal::NothingEntered(client) => (
            format!("There is no secret of {} to go on with.", upper(*client)),
            String::new(),
            Some((names.command("status"), "shows what is missing")),
        ),
        // The others are told above, with what was seen.
        _ => ("The request is refused.".to_owned(), String::new(), status()),
    };
    let facts: Vec<String> = (!fact.is_empty()).then_some(fact).into_iter().collect();
    say(names, "Refused.", &cause, &facts, command)
}

fn secret_refused(names: &Names<'_>, client: Client, verdict: Verdict, seen: &Seen) -> String {
    let (this, said) = (upper(client), said(seen, client));
    let pasted = matches!(seen.wish, Wish::Deposit(_) | Wish::Prove { .. } | Wish::Init(_));
    let cause = match verdict {
        Verdict::Misconfigured => format!("The provider refuses both clients alike{said}."),
        Verdict::Forbidden => format!("{this} got a token, and the API refuses it{said}."),
        Verdict::Rejected | Verdict::Accepted | Verdict::Passing => {
            format!("The provider refuses the secret of {this}{said}.")
        }
    };
    let why = match verdict {
        Verdict::Misconfigured => {
            "The request is wrong, no secret is. Do not regenerate anything.".to_owned()
        }
        Verdict::Forbidden => {
            format!("{} lacks its role. Add the role in the portal.", names.labelled(client))
        }
        Verdict::Rejected | Verdict::Accepted | Verdict::Passing if pasted => {
            format!(
                "Was it copied completely, and from the row of {}? Does the client have its role?",
                names.label(client)
            )
        }
        Verdict::Rejected | Verdict::Accepted | Verdict::Passing => {
            "Nothing was changed. Was it regenerated, or its role taken away?".to_owned()
        }
    };
    let live = seen.record().and_then(|record| record.active.as_ref()).map(|active| active.client);
    let works = match live {
        Some(live) if live != client => format!("Consumers are not affected: they use {}.", upper(live)),
        Some(_) => "The live pair stays as it is.".to_owned(),
        None => "Nothing was written.".to_owned(),
    };
    let command = match (verdict, live) {
        (Verdict::Misconfigured, _) => names.command("check"),
        (_, None) => names.command("init"),
        (_, Some(_)) if matches!(seen.wish, Wish::Init(_)) => names.command("init"),
        (_, Some(_)) if pasted => names.command_with("deposit", format_args!("--client {client}")),
        (_, Some(_)) => names.command("status"),
    };
    say(names, "Refused.", &cause, &[why, works], Some((command, "")))
}

/// The client that the refused text was meant for.
fn meant_for(seen: &Seen) -> Client {
    let active = seen.record().and_then(|record| record.active.as_ref()).map(|active| active.client);
    match &seen.wish {
        Wish::Deposit(deposit) => deposit.client,
        Wish::Prove { client } => *client,
        Wish::Init(entered) => active.unwrap_or(entered.live).other(),
        _ => active.map_or(Client::B, Client::other),
    }
}

fn nothing_stored(seen: &Seen, client: Client) -> String {
    let live = seen.record().and_then(|record| record.active.as_ref()).map(|active| active.client);
    match live {
        Some(live) if live != client => {
            format!("Nothing was stored, nothing was sent. Consumers use {}.", upper(live))
        }
        _ => "Nothing was stored, nothing was sent.".to_owned(),
    }
}

/// What the provider said last of a client, in brackets.
fn said(seen: &Seen, client: Client) -> String {
    let last = seen.probes.iter().rev().find(|probed| probed.client == client);
    last.map(|probed| format!(" ({})", visible(&probed.answer.detail))).unwrap_or_default()
}

/// `NAME: headline cause`, the facts, the command.
fn say(
    names: &Names<'_>,
    headline: &str,
    cause: &str,
    facts: &[String],
    command: Option<(String, &str)>,
) -> String {
    let headline = paint::urgent(Urgency::Trouble, headline);
    let mut text = paint::folded(&format!("{}: {headline} {cause}", names.credential));
    for fact in facts {
        text.push('\n');
        text.push_str(paint::paragraph("  ", fact).trim_end());
    }
    if let Some((command, remark)) = command {
        let remark = if remark.is_empty() { String::new() } else { format!("   ({remark})") };
        text.push_str(&format!("\n  next: {}{}", paint::command(&command), paint::quiet(&remark)));
    }
    text
}
