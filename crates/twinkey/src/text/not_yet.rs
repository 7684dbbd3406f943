//! NOT YET: why a secret must not be regenerated now, and from when it may be.

use jiff::Timestamp;
use twinkey_core::Safe;
use twinkey_core::permit::NotYet;

use super::paint::{self, Urgency, quoted, visible};
use super::time::when;
use super::{Names, upper};

/// Why a permit cannot be opened now.
pub fn not_yet(names: &Names<'_>, why: &NotYet, now: Timestamp) -> String {
    let (cause, stands, command, remark) = match why {
        NotYet::Switching => (
            "A switch is under way; it ends first.".to_owned(),
            "Consumers are not affected.".to_owned(),
            names.command("rotate"),
            "ends it",
        ),
        NotYet::Active(client) => (
            format!("{} is the ACTIVE client: consumers use it now.", names.labelled(*client)),
            "To regenerate it would cut them off.".to_owned(),
            names.command("status"),
            "shows which one is next, and when",
        ),
        NotYet::Draining(Safe::From(at)) => (
            "A consumer may still hold the retired pair.".to_owned(),
            format!("Safe from {}. A store outage meanwhile moves it.", when(*at, names.zone, now)),
            names.command("regenerate"),
            "then; it asks again",
        ),
        NotYet::Draining(Safe::OnConfirmation) => (
            "Consumers keep their pair until they are restarted.".to_owned(),
            "Restart every consumer, then confirm this switch.".to_owned(),
            names.command("status"),
            "shows the command with the switch's name",
        ),
        NotYet::ReplicaBehind => (
            "A replica of the live pair lags or has failed: its readers still get the old pair.".to_owned(),
            "The drain counts anew once it follows.".to_owned(),
            names.command("check"),
            "says which one",
        ),
        NotYet::MaybeInUse(client) => (
            format!("Somebody outside may still use {}.", names.labelled(*client)),
            "init took it over, and only people know who else has its secret.".to_owned(),
            names.command_with("confirm-drained", "--init"),
            "once nobody uses it",
        ),
        NotYet::Held(permit) => (
            format!(
                "{} has held the permit on {} since {}.",
                visible(&permit.holder),
                upper(permit.client),
                when(permit.since, names.zone, now)
            ),
            "Two people who may both press Regenerate are an outage. Speak to them first.".to_owned(),
            names.command_with("cancel", format_args!("--spoke-to {}", quoted(&permit.holder))),
            "once they will not press",
        ),
        NotYet::LiveRefused => (
            "The live pair gets no token now, and the other client does.".to_owned(),
            "The other client is what can rescue consumers. Leave it alone.".to_owned(),
            names.command("rotate"),
            "publishes it",
        ),
    };
    let not_yet = paint::urgent(Urgency::ToDo, "NOT YET.");
    let (command, remark) = (paint::command(&command), paint::quiet(&format!("   ({remark})")));
    let first = paint::folded(&format!("{}: {not_yet} {cause}", names.credential));
    let second = paint::paragraph("  ", &stands);
    format!("{first}\n{second}  next: {command}{remark}")
}
