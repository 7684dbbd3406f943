//! First use: what is asked, what will be written, what to back up.

use std::path::Path;

use twinkey_core::seen::RecordSeen;
use twinkey_core::wish::Init;
use twinkey_core::{Client, RecordError, Seen};

use super::paint::{self, folded, paragraph, visible};
use super::{Names, last4, upper};

/// A name that the configuration does not know.
pub fn unknown_name(name: &str, known: &[&str]) -> String {
    let known = match known {
        [] => "The configuration has no credential yet.".to_owned(),
        names => format!("The configuration knows: {}.", names.join(", ")),
    };
    folded(&format!("there is no credential \"{}\". {known}", visible(name)))
}

/// Policies of one kind of server are asked for, and the credential lies elsewhere.
pub fn another_store(name: &str) -> String {
    folded(&format!(
        "{name} lies in another kind of store; `twinkey policy vault` is for Vault and OpenBao, `twinkey policy aws` for AWS, and the embedded store is guarded by the modes of its files"
    ))
}

/// As [`another_store`], for a whole configuration.
pub fn no_credential_on_a_server() -> String {
    folded("no credential of this configuration lies on such a server")
}

/// A credential without a record.
pub fn not_set_up(names: &Names<'_>) -> String {
    let command = paint::command(&names.command("init"));
    format!("{}: It is not set up yet; nothing was written.\n  next: {command}", names.credential)
}

/// The record cannot be used: what a person does about it. `place` is where it stands.
pub fn unusable(names: &Names<'_>, place: &str, error: &RecordError) -> String {
    let place = visible(place);
    let told = match error {
        RecordError::Newer(_) => format!(
            "a newer twinkey wrote the record {place}. Nothing was written. Install that one, or a newer one."
        ),
        RecordError::Malformed { .. } => format!(
            "the record {place} is damaged ({}). Nothing was written; consumers keep the live pair. Put back its version before, as the runbook \"blocked\" says.",
            visible(&error.to_string())
        ),
    };
    folded(&format!("{}: {told}", names.credential))
}

/// Asks which client an existing live pair belongs to (the last four characters of its client id are given),
/// or says that it must be named.
pub fn which_is_live(names: &Names<'_>, last4: Option<&str>) -> String {
    let place = visible(names.live_pair);
    match last4 {
        Some(last4) => format!(
            "There is a live pair at {place} already, with a client id ending in {}.\n  a  {}\n  b  {}\nWhich one is it? [a/b, empty to stop] ",
            visible(last4),
            names.label(Client::A),
            names.label(Client::B)
        ),
        None => format!(
            "there is a live pair at {place} already; say with --live a or --live b which client it is"
        ),
    }
}

/// Asks for a client id.
pub fn ask_id(names: &Names<'_>, client: Client, may_wait: bool) -> String {
    let later = if may_wait { " (empty: another day)" } else { "" };
    format!("Client id of {}{later}: ", names.labelled(client))
}

/// A client id that is needed was not given.
pub fn id_needed(names: &Names<'_>, client: Client) -> String {
    format!("the client id of {} is needed to begin; nothing was written", names.labelled(client))
}

/// A client id that cannot be one.
pub fn id_odd(names: &Names<'_>, client: Client, why: &str) -> String {
    folded(&format!(
        "the client id of {} {}; copy it again from the portal. Nothing was written",
        names.labelled(client),
        visible(why)
    ))
}

/// More than one line end was taken off a pasted secret.
pub fn trimmed(line_ends: usize) -> String {
    format!("  {line_ends} line ends were taken off the end of the text; nothing else was changed")
}

/// What `init` is about to do, before it asks for consent.
pub fn init_preview(names: &Names<'_>, seen: &Seen, entered: &Init) -> String {
    let live =
        seen.record().and_then(|record| record.active.as_ref()).map_or(entered.live, |active| active.client);
    let mut screen = format!("{}   this will be done\n", names.credential);
    let asked: Vec<Client> =
        Client::BOTH.into_iter().filter(|client| asks(seen, entered, live, *client)).collect();
    for client in &asked {
        screen.push_str(&format!(
            "  ask    the provider for one token for {}\n",
            row(names, seen, entered, *client)
        ));
    }
    screen.push_str(&live_line(names, seen, live));
    let matters = [live, live.other()].into_iter().filter(|client| asked.contains(client));
    for client in matters {
        screen.push_str(&format!("  write  slot {client}: {}\n", visible(names.slots[client])));
    }
    let record = if seen.record().is_some() { "continue the record" } else { "begin the record" };
    screen.push_str(&format!("  write  {record}: who is live, who stands by\n"));
    if seen.record().is_none() && entered.entries[live.other()].is_none() {
        let text = format!(
            "{} comes later: run init again. Until then nothing can be switched.",
            upper(live.other())
        );
        screen.push_str(&paragraph("  ", &text));
    }
    screen.push_str("  If a token is refused, nothing is written.\n");
    screen
}

fn asks(seen: &Seen, entered: &Init, live: Client, client: Client) -> bool {
    let begins = !matches!(seen.record, RecordSeen::Here { .. });
    entered.entries[client].is_some() || (client == live && begins)
}

fn row(names: &Names<'_>, seen: &Seen, entered: &Init, client: Client) -> String {
    let given = entered.entries[client].as_ref().map(|entry| entry.client_id.as_str());
    let adopted = seen.live_pair().map(|pair| pair.client_id.as_str());
    let id = last4(given.or(adopted).unwrap_or_default());
    if id.is_empty() {
        names.labelled(client)
    } else {
        format!("{}, client id ending in {}", names.labelled(client), visible(id))
    }
}

fn live_line(names: &Names<'_>, seen: &Seen, live: Client) -> String {
    let place = visible(names.live_pair);
    if seen.live.is_some() {
        return format!("  keep   the live pair at {place} as it is: it belongs to {}\n", upper(live));
    }
    let fields = format!("{} and {}", visible(names.id_field), visible(names.secret_field));
    format!("  write  the live pair at {place} ({fields}): {}\n", upper(live))
}

/// The embedded store was created: what it is, and what to back up.
pub fn store_created(path: &Path, key: &Path) -> String {
    let text = "Back up both, apart from each other: the file is worth nothing without its key, and the key opens it. Who holds both holds every secret.";
    format!(
        "A new store was made for this host:\n  file  {}\n  key   {}\n{}",
        path.display(),
        key.display(),
        paragraph("  ", text)
    )
}
