//! The note for somebody without a shell: a permit on paper, without a secret.

use jiff::Timestamp;
use twinkey_core::{Client, Seen};

use super::paint::{paragraph, quoted, visible};
use super::regenerate::clicks;
use super::time::moment;
use super::{Names, last4, upper};
use crate::documents::CANDIDATE;

/// The hand-over note for the holder of a permit. It goes by mail or paper, so it carries no styles.
pub fn hand_over_note(
    names: &Names<'_>,
    seen: &Seen,
    client: Client,
    holder: &str,
    now: Timestamp,
) -> String {
    let who = visible(holder);
    let since = seen.record().and_then(|record| record.permit.as_ref()).map_or(now, |permit| permit.since);
    let since = moment(since, names.zone, now);
    let (this, other) = (row(names, seen, client), row(names, seen, client.other()));
    let opening = format!(
        "This note is the permit to regenerate one client secret. {who} holds it since {since}; nobody else presses until it is given back or the new secret is proven."
    );
    let mut note = format!("To {who}: one secret of {}\n\n{}", names.credential, paragraph("", &opening));
    note.push_str(&format!("\n  This row:     {this}\n  Not this one: {other} - systems use it now\n"));
    note.push_str(&paragraph("  ", "Compare the last four characters in the row before you press anything."));
    note.push_str("\nIn the portal\n");
    note.push_str(&clicks(names, client));
    note.push_str("\nThen\n");
    note.push_str(&place_to_put_it(names, client, holder));
    note.push_str("\nIf it cannot be done today\n");
    let cancel = names.command_with("cancel", format_args!("--spoke-to {}", quoted(holder)));
    note.push_str(&paragraph(
        "  ",
        "Nothing is lost. Tell whoever sent this note that you will not press; they run",
    ));
    note.push_str(&format!("      {cancel}\n"));
    note
}

fn row(names: &Names<'_>, seen: &Seen, client: Client) -> String {
    let id = seen.slots[client].as_ref().map(|slot| last4(&slot.client_id)).unwrap_or_default();
    let label = names.label(client);
    if id.is_empty() { label } else { format!("{label}, client id ending in {}", visible(id)) }
}

fn place_to_put_it(names: &Names<'_>, client: Client, holder: &str) -> String {
    if names.embedded {
        let text = "The portal shows the new secret once. Hand it to somebody with a shell on the Twinkey host, by a way that is fit for secrets (not mail, not chat). They run";
        let deposit = names.command_with("deposit", format_args!("--spoke-to {}", quoted(holder)));
        return format!("{}      {deposit}\n", paragraph("  ", text));
    }
    let text = format!(
        "The portal shows the new secret once. In the store's own interface put it into the field \"{CANDIDATE}\" of {}, and change no other field. The next run proves it and says so; {} is not used before.",
        names.slots[client],
        upper(client)
    );
    paragraph("  ", &text)
}
