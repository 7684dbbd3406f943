//! How a run ended.

use jiff::Timestamp;
use twinkey_core::decision::{Because, Rest};
use twinkey_core::phase::phase;
use twinkey_core::record::Why;
use twinkey_core::seen::{Done, TroubleClass, With};
use twinkey_core::{AnswerKind, Client, Policy, Seen, What, Wish, budget};

use super::clause::{details, sentence};
use super::next_step::next_step;
use super::paint::{self, Urgency, folded, paragraph};
use super::refusal::refusal;
use super::status::headline;
use super::time::when;
use super::{Names, not_set_up, upper};

/// How a run ended, and what to do next. No line end.
pub fn rest(names: &Names<'_>, rest: &Rest, policy: &Policy, seen: &Seen, now: Timestamp) -> String {
    let text = match &rest.why {
        Because::Done(done) => {
            let told =
                folded(&format!("{}: {}", names.credential, done_said(names, *done, policy, seen, now)));
            format!("{told}\n{}", next_step(names, policy, seen, now).lines())
        }
        Because::Refused(why) => refusal(names, why, seen, now),
        Because::Uninitialised if seen.record().is_none() => not_set_up(names),
        Because::Interrupted => {
            let told = paint::urgent(Urgency::Moving, "A switch is under way,");
            let told = format!("{}: {told} and the provider gives no usable answer now.", names.credential);
            let stands = paragraph("  ", "Consumers keep the live pair. The next run ends the switch.");
            format!("{}\n{stands}{}", folded(&told), next_step(names, policy, seen, now).lines())
        }
        Because::OthersAtWork => {
            let told = "Somebody else is at work on it and was faster each time. Their work stands.";
            let told = folded(&format!("{}: {told}", names.credential));
            format!("{told}\n{}", next_step(names, policy, seen, now).lines())
        }
        Because::Trouble(trouble) => {
            let told = format!("{} {}", trouble_said(trouble.with), sentence(&trouble.text));
            let again = match trouble.class {
                TroubleClass::Temporary => "Nobody needs to do anything at once: the next run tries again.",
                TroubleClass::Permission => {
                    "Somebody must grant the permission; until then nothing is changed."
                }
                TroubleClass::Permanent => {
                    "It does not pass by itself; until it is mended nothing is changed."
                }
            };
            let works = match trouble.with {
                With::Reading | With::Writing | With::Unclear => "Consumers keep what they have read.",
                With::Output => {
                    "The store has what it should; the file on this host stays as it is, and so do those who read it."
                }
            };
            let first = folded(&format!("{}: {told}", names.credential));
            let check = paint::command(&names.command("check"));
            let next = match trouble.class {
                TroubleClass::Temporary => String::new(),
                TroubleClass::Permission | TroubleClass::Permanent => format!("  next: {check}\n"),
            };
            format!("{first}\n{}{next}", paragraph("  ", &format!("{works} {again}")))
        }
        Because::Nothing
        | Because::Uninitialised
        | Because::Unusable(_)
        | Because::NewerRecord
        | Because::Elsewhere
        | Because::Restored
        | Because::Diverged => where_it_stands(names, policy, seen, now),
    };
    text.trim_end().to_owned()
}

/// The phase, its details, the next step: what a run has to say that had nothing to do.
fn where_it_stands(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> String {
    let stands = phase(policy, seen, now);
    let mut text = headline(names, policy, &stands, now);
    text.push('\n');
    for detail in details(names, policy, &stands) {
        text.push_str(&paragraph("  ", &detail));
    }
    text + &next_step(names, policy, seen, now).lines()
}

fn trouble_said(with: With) -> &'static str {
    match with {
        With::Reading => "The store cannot be read.",
        With::Writing => "The store was not written.",
        With::Unclear => "The store does not say whether it was written.",
        With::Output => "The output file was not written.",
    }
}

fn done_said(names: &Names<'_>, done: Done, policy: &Policy, seen: &Seen, now: Timestamp) -> String {
    let record = seen.record();
    let active = record.and_then(|record| record.active.as_ref()).map(|active| active.client);
    let live = active.map_or("the live client", upper);
    let other = active.map_or("the other client", |active| upper(active.other()));
    match done {
        Done::Safe => format!("SAFE. {other} may be regenerated now; the permit is open."),
        Done::Switched => switched(seen, live, other),
        Done::Shortened => {
            let safe = record.and_then(|record| record.drain.as_ref()).map(|drain| drain.safe(policy));
            let from = match safe {
                Some(twinkey_core::Safe::From(at)) => when(at, names.zone, now),
                _ => "now".to_owned(),
            };
            format!("The drain of {other} ends {from}. A consumer that holds its pair then will fail.")
        }
        Done::PermitClosed => permit_closed(seen),
        Done::Proven => {
            let client = match last(seen, |what| {
                matches!(what, What::Proven { .. } | What::Published { why: Why::Mend, .. })
            }) {
                Some(What::Published { client, .. }) => return mended(seen, *client),
                Some(What::Proven { client, .. }) => upper(*client),
                _ => other,
            };
            let told = format!("Proven: {client} stands by with its new secret.");
            match seen.wish {
                Wish::Permit { .. } => {
                    format!("{told} It waited in the slot, so nobody needs to press Regenerate now.")
                }
                Wish::Cancel { .. } => {
                    format!("{told} It waited in the slot, and its proof has ended the permit.")
                }
                _ => told,
            }
        }
        Done::Confirmed => match last(seen, |what| matches!(what, What::NotInUse { .. })) {
            Some(_) => format!("Confirmed: nobody outside uses {other}."),
            None => format!("Confirmed: no consumer holds the old pair of {other}."),
        },
        Done::Resolved => match last(seen, |what| matches!(what, What::TookTheirs { .. })) {
            Some(_) => format!("Resolved: the live pair that stood there is ours now, as {live}."),
            None => format!("Resolved: the live pair is {live} again."),
        },
        Done::Initialised => {
            let stands_by = match active.map(|active| seen.slots[active.other()].is_some()) {
                Some(true) => format!("{other} stands by"),
                _ => format!("{other} comes later: until then nothing can be switched"),
            };
            format!("Set up: {live} is live, {stands_by}.")
        }
    }
}

fn switched(seen: &Seen, live: &str, other: &str) -> String {
    let why = seen.record().and_then(|record| record.transitions.last()).and_then(|last| match last.what {
        What::Published { why, .. } => Some(why),
        _ => None,
    });
    match why {
        Some(Why::FailOver) => {
            format!("Failed over to {live}: {other} is refused. Consumers get {live} from now on.")
        }
        Some(Why::Mend) => format!("Mended: consumers get the new secret of {live} from now on."),
        Some(Why::Rollback) => format!("Rolled back: consumers get {live} again."),
        _ => format!("Switched: consumers get {live} from now on."),
    }
}

/// What became of the secret, as far as one answer tells.
fn permit_closed(seen: &Seen) -> String {
    let client = last(seen, |what| matches!(what, What::PermitClosed { .. })).and_then(|what| match what {
        What::PermitClosed { client, .. } => Some(*client),
        _ => None,
    });
    let Some(client) = client else { return "The permit is given back.".to_owned() };
    let this = upper(client);
    let answer =
        seen.probes.iter().rev().find(|probed| probed.client == client).map(|probed| probed.answer.kind);
    match answer {
        Some(AnswerKind::Accepted) => {
            format!("The permit on {this} is given back. Its secret still works: Regenerate was not pressed.")
        }
        Some(kind) if budget::is_refusal(kind) => {
            format!(
                "The permit on {this} is given back. Its secret is refused: Regenerate was pressed after all."
            )
        }
        _ => format!("The permit on {this} is given back."),
    }
}

/// The live client is published again with a new secret of its own; who holds a permit on the other one holds it still.
fn mended(seen: &Seen, client: Client) -> String {
    let permit = seen.record().and_then(|record| record.permit.as_ref());
    let open = permit.map(|permit| format!(" The permit on {} is still open.", upper(permit.client)));
    format!("Mended: {} is live with its new secret.{}", upper(client), open.unwrap_or_default())
}

/// The newest thing that happened, if it is of that kind. What follows it in the same run (a note of
/// answers) does not hide it.
fn last(seen: &Seen, is: impl Fn(&What) -> bool) -> Option<&What> {
    let what = seen.record()?.transitions.iter().rev().map(|transition| &transition.what);
    what.take(2).find(|what| is(what))
}
