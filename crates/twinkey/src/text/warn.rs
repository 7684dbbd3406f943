//! What a person is told before a decision that only a person can make.

use jiff::SignedDuration;
use twinkey_core::{LookEvery, Policy, Staleness};

use super::Names;
use super::paint::{self, Urgency, paragraph};
use super::time::length;

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
                paint::quiet("(if every consumer has been restarted after it)")
            )
        }
        None => format!("{}: Nothing drains, so there is nothing to confirm.", names.credential),
    }
}
