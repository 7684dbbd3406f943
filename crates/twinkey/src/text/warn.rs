//! What a person is told before a decision that only a person can make.

use jiff::{SignedDuration, Timestamp};
use twinkey_core::{LookEvery, Policy, Seen, Staleness};

use super::clause::{clause, details};
use super::paint::{self, Urgency, paragraph, visible};
use super::time::{length, when};
use super::{Names, last4, upper};

/// What `rotate --now` will break.
pub fn now_warning(names: &Names<'_>, policy: &Policy, drain: Option<SignedDuration>) -> String {
    let title = paint::urgent(Urgency::ToDo, "switch at once");
    let mut screen = format!("{}   {title}, outside the schedule\n", names.credential);
    let what = "The standby is proven and published. Without a standby nothing is switched.";
    screen.push_str(&paragraph("  ", what));
    let full = match drain_length(policy) {
        Some(full) => format!("up to {}", length(full)),
        None => "until they are restarted".to_owned(),
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

/// How long a drain takes as configured, with tokens of the configured lifetime; `None` until consumers are
/// restarted. Where only one-shot runs look, the staleness counts twice.
pub(super) fn drain_length(policy: &Policy) -> Option<SignedDuration> {
    let Staleness::For(staleness) = policy.staleness else { return None };
    let times = if policy.look_every == LookEvery::Cron { 2 } else { 1 };
    let held = staleness.saturating_mul(times);
    Some(held.saturating_add(policy.token_lifetime).saturating_add(policy.margin))
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
    let mut screen = format!("{}   {}\n", names.credential, clause(names, policy, &stands, now));
    for detail in details(names, policy, &stands) {
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
        (names.command_with("resolve", "--take-theirs"), names.command_with("resolve", "--put-ours"));
    screen.push_str(&format!("  keep what stands there:  {}\n", paint::command(&theirs)));
    screen.push_str(&format!("  publish ours again:      {}\n", paint::command(&ours)));
    screen.push_str("  Either asks the provider for a token first, and changes nothing if it is refused.\n");
    screen
}

/// The switch that was named is not the one that drains.
pub fn other_switch(names: &Names<'_>, draining: Option<&str>) -> String {
    match draining {
        Some(switch) => {
            let first = format!(
                "{}: That is not the switch that drains; that one is {switch}. Nothing was confirmed.",
                names.credential
            );
            let command = names.command_with("confirm-drained", format_args!("--switch {switch}"));
            format!(
                "{}\n  next: {}\n        {}",
                paint::folded(&first),
                paint::command(&command),
                paint::quiet("(if every consumer was restarted after it)")
            )
        }
        None => format!("{}: Nothing drains, so there is nothing to confirm.", names.credential),
    }
}
