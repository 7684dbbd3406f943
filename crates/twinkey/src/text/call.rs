//! What people are told on a channel: that something stands, and that it has ended.

use std::sync::Arc;

use jiff::Timestamp;
use twinkey_core::ledger::{Delivery, Tell};
use twinkey_core::messages::{Kind, messages};
use twinkey_core::record::Why;
use twinkey_core::{Client, Seen};
use twinkey_notify::{Event, Notice};

use super::call_cause::cause;
use super::call_words::subject;
use super::message::{message_line, told};
use super::paint::visible;
use super::status::ClientView;
use super::time::length;
use super::{Names, program, upper};
use crate::board::{Board, Entry, Login, Stands};
use crate::calls::{Change, What, skew};

/// What is the same in all notices of a host.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The host's name.
    pub host: String,
    /// Where the pages about alerts are.
    pub runbooks: String,
}

impl Sender {
    /// The place about this kind of alert.
    pub fn runbook(&self, kind: &str) -> String {
        format!("{}#{kind}", self.runbooks)
    }
}

/// The notice for a delivery, in the words of `status`.
pub fn notice(board: &Board, delivery: &Delivery, sender: &Sender, now: Timestamp) -> Notice {
    let about = &delivery.about;
    let event = match delivery.tell {
        Tell::Stands => Event::Trigger,
        Tell::Ended => Event::Resolve,
    };
    let (owner, kind) = about.key.split_once('/').unwrap_or(("", about.key.as_str()));
    let entries = board.entries();
    let entry = entries.iter().find(|entry| entry.credential.name == owner);
    let bare = Notice {
        event,
        severity: about.severity,
        key: key(&about.key, &sender.host),
        since: about.since,
        rung: about.rung,
        credential: entry.map(|entry| entry.credential.name.clone()),
        client: None,
        fingerprint: None,
        host: sender.host.clone(),
        subject: subject(owner, kind, delivery.tell),
        lines: Vec::new(),
        command: None,
        runbook: Some(sender.runbook(kind.split_once('/').map_or(kind, |(kind, _)| kind))),
        test: false,
    };
    match entry {
        Some(entry) => of_credential(bare, entry, kind, now),
        None => of_host(bare, kind, &entries),
    }
}

/// What is wrong with this host alone bears its name: the end of it on another host must not close it.
fn key(about: &str, host: &str) -> String {
    let kind = about.strip_prefix("host/").and_then(|kind| kind.split('/').next());
    match kind {
        Some("clock-off" | "audit-unwritable" | "channel-failing" | "provider-unusable") => {
            format!("{about}/{}", visible(host))
        }
        _ => about.to_owned(),
    }
}

/// The notice of what took place.
pub(crate) fn changed(board: &Board, change: &Change, sender: &Sender, now: Timestamp) -> Notice {
    let name = &change.credential;
    let said = match change.what {
        What::Proven => format!("the new secret of {} is proven", upper(change.client)),
        What::Published(why) => format!("{} is live, {}", upper(change.client), published(why)),
    };
    let notice = Notice {
        event: Event::Change,
        severity: change.severity(),
        key: format!("{name}/{}", change.what.key()),
        since: change.since,
        rung: 0,
        credential: Some(name.clone()),
        client: None,
        fingerprint: None,
        host: sender.host.clone(),
        subject: format!("{name}: {said}"),
        lines: Vec::new(),
        command: None,
        runbook: None,
        test: false,
    };
    let entries = board.entries();
    match entries.iter().find(|entry| entry.credential.name == *name) {
        Some(entry) => of_credential(notice, entry, change.what.key(), now),
        None => notice,
    }
}

fn published(why: Why) -> &'static str {
    match why {
        Why::FailOver => "the active client was refused, and the other one was published",
        Why::Mend => "the active client's new secret was published",
        Why::Rollback => "a person went back to it",
        _ => "switched",
    }
}

fn of_credential(bare: Notice, entry: &Entry, kind: &str, now: Timestamp) -> Notice {
    let names = Names::of(&entry.credential);
    let Stands::Seen(found) = &entry.stands else {
        return Notice { lines: vec!["Nobody could look at it since then.".to_owned()], ..bare };
    };
    let (policy, seen) = (&entry.credential.policy, &found.0);
    let standing = messages(policy, seen, now);
    let message = standing.iter().find(|message| message.key() == kind);
    let told = told(&names, message.filter(|_| bare.event == Event::Trigger), policy, seen, now);
    let client = message.and_then(|message| client(&message.kind));
    let subject = match (bare.event, message) {
        (Event::Trigger, Some(message)) => message_line(&names, message, now),
        _ => bare.subject.clone(),
    };
    Notice {
        subject,
        lines: told.lines,
        command: told.command,
        client: client.map(|client| names.labelled(client)),
        fingerprint: client.and_then(|client| fingerprint(seen, client)),
        ..bare
    }
}

fn of_host(bare: Notice, kind: &str, entries: &[Arc<Entry>]) -> Notice {
    let name = kind.split_once('/').map_or("", |(_, name)| name);
    let concerned: Vec<&str> = entries
        .iter()
        .filter(|entry| entry.credential.provider_name == name || entry.credential.policy.place.store == name)
        .map(|entry| entry.credential.name.as_str())
        .collect();
    let mut lines = Vec::new();
    if bare.event == Event::Trigger && !concerned.is_empty() {
        lines.push(format!("It concerns: {}. Consumers keep the live pair.", concerned.join(", ")));
    }
    if bare.event == Event::Trigger {
        lines.extend(figure(kind, entries));
        lines.extend(cause(&format!("host/{kind}"), entries));
    }
    // What only this host cannot do is nothing that `status` would see.
    let verb = if kind.starts_with("provider-unusable/") { "check" } else { "status" };
    let config_file = entries.first().and_then(|entry| entry.credential.config_file.as_deref());
    Notice { lines, command: Some(format!("{} {verb}", program(config_file))), ..bare }
}

/// By how much a clock is off, and how long a login still holds.
fn figure(kind: &str, entries: &[Arc<Entry>]) -> Option<String> {
    if kind == "clock-off" {
        let off = entries.iter().find_map(|entry| match &entry.stands {
            Stands::Seen(found) => skew(&found.0),
            _ => None,
        })?;
        let way = if off.is_positive() { "behind" } else { "ahead of" };
        return Some(format!("It is {} {way} the provider's.", length(off.abs())));
    }
    let of_store =
        |entry: &&Arc<Entry>| kind == format!("login-expiring/{}", entry.credential.policy.place.store);
    entries.iter().filter(of_store).find_map(|entry| match entry.login {
        Login::Ends(left) => {
            Some(format!("It held for {} more when the store was last asked.", length(left.try_into().ok()?)))
        }
        _ => None,
    })
}

fn client(kind: &Kind) -> Option<Client> {
    match kind {
        Kind::Regenerate { client, .. }
        | Kind::PermitOpen { client, .. }
        | Kind::StandbyRefused(client)
        | Kind::ActiveRefused(client)
        | Kind::FailedOver(client)
        | Kind::OldSecretAlive(client) => Some(*client),
        Kind::Misconfigured | Kind::Diverged | Kind::Blocked(_) | Kind::Overdue { .. } => None,
    }
}

fn fingerprint(seen: &Seen, client: Client) -> Option<twinkey_core::Fingerprint> {
    ClientView::of(seen.record()?, seen, client).secret.map(|secret| secret.fingerprint())
}
