//! What a person is told before a decision that only a person can make.

use jiff::{SignedDuration, Timestamp};
use twinkey_core::{Policy, Seen, Staleness};

use super::clause::{clause, details};
use super::paint::{self, Urgency, paragraph, quoted, visible};
use super::time::{length, when};
use super::{Names, last4, upper};

/// What `rotate --now` will break.
pub fn now_warning(names: &Names<'_>, policy: &Policy, drain: Option<SignedDuration>) -> String {
    let title = paint::urgent(Urgency::ToDo, "switch at once");
    let mut screen = format!("{}   {title}, outside the schedule\n", names.credential);
    let what = "The standby is proven and published. Without a standby nothing is switched.";
    screen.push_str(&paragraph("  ", what));
    let full = match policy.staleness {
        Staleness::For(staleness) => {
            format!(
                "up to {}",
                length(staleness.saturating_add(policy.token_lifetime).saturating_add(policy.margin))
            )
        }
        Staleness::Restart => "until they are restarted".to_owned(),
    };
    screen.push_str(&match drain {
        None => paragraph("  ", &format!("Consumers may use the old pair {full}; nothing breaks for them.")),
        Some(drain) => paragraph(
            "  ",
            &format!(
                "Consumers may use the old pair {full}, and you allow {}. Whoever still holds it when the old secret is regenerated after that fails until it reads again.",
                length(drain)
            ),
        ),
    });
    screen
}

/// What `rollback` will do.
pub fn rollback_warning(names: &Names<'_>, seen: &Seen) -> String {
    let title = paint::urgent(Urgency::ToDo, "roll back");
    let active = seen.record().and_then(|record| record.active.as_ref()).map(|active| active.client);
    let text = match active {
        Some(active) => format!(
            "{} is published again, if its secret still gets a token; {} drains. A consumer that holds {} keeps working.",
            upper(active.other()),
            upper(active),
            upper(active)
        ),
        None => "The retired client is published again, if its secret still gets a token.".to_owned(),
    };
    format!("{}   {title}\n{}", names.credential, paragraph("  ", &text))
}

/// The two ways out of a live pair that somebody else wrote.
pub fn resolve_choices(names: &Names<'_>, policy: &Policy, seen: &Seen, now: Timestamp) -> String {
    let stands = twinkey_core::phase(policy, seen, now);
    let name = quoted(names.credential);
    let mut screen = format!("{}   {}\n", names.credential, clause(names, policy, &stands, now));
    for detail in details(names, &stands) {
        screen.push_str(&paragraph("  ", &detail));
    }
    if let Some(pair) = seen.live_pair() {
        let (id, print) = (visible(last4(&pair.client_id)), pair.secret.fingerprint());
        screen.push_str(&format!("  there  {print}  client id ending in {id}\n"));
    }
    if let Some(active) = seen.record().and_then(|record| record.active.as_ref()) {
        let (id, print) = (visible(last4(&active.client_id)), active.secret.fingerprint());
        let since = when(active.since, names.zone, now);
        screen.push_str(&format!(
            "  ours   {print}  client id ending in {id}, {} since {since}\n",
            upper(active.client)
        ));
    }
    let (theirs, ours) =
        (format!("twinkey resolve {name} --take-theirs"), format!("twinkey resolve {name} --put-ours"));
    screen.push_str(&format!("  keep what stands there:  {}\n", paint::command(&theirs)));
    screen.push_str(&format!("  publish ours again:      {}\n", paint::command(&ours)));
    screen.push_str("  Either asks the provider for a token first, and changes nothing if it is refused.\n");
    screen
}

/// The switch that was named is not the one that drains.
pub fn other_switch(names: &Names<'_>, draining: Option<&str>) -> String {
    match draining {
        Some(switch) => format!(
            "{}: That is not the switch that drains; that one is {switch}. Nothing was confirmed.\n  Were all consumers restarted after it?\n  next: {}   (if so)",
            names.credential,
            paint::command(&format!(
                "twinkey confirm-drained {} --switch {switch}",
                quoted(names.credential)
            ))
        ),
        None => format!("{}: Nothing drains, so there is nothing to confirm.", names.credential),
    }
}
