//! What is said about channels, and the message that tries one.

use std::time::Duration;

use jiff::Timestamp;
use twinkey_core::messages::Severity;
use twinkey_notify::{Class, Delivered, Event, Fault, Notice, Undelivered};

use super::call::Sender;
use super::check::{Mark, check_line};
use super::paint::{folded, visible};
use super::time::length;
use crate::config::ChannelError;
use crate::exit::Exit;

/// What became of the trial of one channel.
#[derive(Debug)]
pub struct Tried<'a> {
    /// The channel's name.
    pub name: &'a str,
    /// What kind of channel it is.
    pub kind: &'a str,
    /// What became of it.
    pub verdict: Verdict,
}

/// How the trial of a channel ended.
#[derive(Debug)]
pub enum Verdict {
    /// It could not even be made ready.
    NotReady(ChannelError),
    /// The receiver took it, after this time.
    Taken(Delivered, Duration),
    /// It did not.
    Not(Undelivered),
}

/// The message that tries a channel.
pub fn trial(channel: &str, sender: &Sender, now: Timestamp) -> Notice {
    Notice {
        event: Event::Trigger,
        // Urgent enough for every channel; receivers are told that it is a trial.
        severity: Severity::Page,
        key: format!("notify/{channel}"),
        since: now,
        rung: 0,
        credential: None,
        client: None,
        fingerprint: None,
        host: sender.host.clone(),
        subject: format!("Twinkey tries the channel {channel}; nothing has happened"),
        lines: vec![
            "If you read this, the channel works. There is nothing to do.".to_owned(),
            "Where a trial has to be closed, as on a pager, close it.".to_owned(),
        ],
        command: None,
        runbook: Some(sender.runbook("trial")),
        test: true,
    }
}

/// What became of one channel, in a line.
pub fn channel_line(tried: &Tried<'_>) -> String {
    let this = format!("{} ({})", visible(tried.name), tried.kind);
    let (mark, said) = match &tried.verdict {
        Verdict::Taken(Delivered { remark: None }, took) => {
            (Mark::Fine, format!("delivered in {} ms", took.as_millis()))
        }
        Verdict::Taken(Delivered { remark: Some(remark) }, took) => {
            (Mark::Odd, format!("delivered in {} ms, but {}", took.as_millis(), visible(remark)))
        }
        Verdict::NotReady(error) => (Mark::Bad, format!("not tried: {error}")),
        Verdict::Not(error) => (Mark::Bad, undelivered(error)),
    };
    check_line(mark, &format!("{this}: {said}"))
}

fn undelivered(error: &Undelivered) -> String {
    let said = visible(&error.to_string());
    match error.class {
        Class::Later { after: Some(after), .. } => {
            format!("not delivered: {said}; it asks to be left alone for {}, then try again", length(after))
        }
        Class::Later { unclear: true, .. } => {
            format!("perhaps not delivered: {said}; look whether it came, and try again")
        }
        Class::Later { .. } => format!("not delivered: {said}; it may pass, try again"),
        Class::Failed(_) => format!("not delivered: {said}; {}", error.remedy()),
    }
}

/// The exit code of one trial.
pub fn trial_exit(verdict: &Verdict) -> Exit {
    match verdict {
        Verdict::Taken(..) => Exit::Fine,
        Verdict::Not(Undelivered { class: Class::Later { .. }, .. }) => Exit::Temporary,
        Verdict::Not(Undelivered { class: Class::Failed(Fault::Login), .. }) => Exit::Permission,
        Verdict::Not(_) | Verdict::NotReady(_) => Exit::Configuration,
    }
}

/// No channel is configured.
pub fn no_channel() -> String {
    folded(
        "No channel is configured, so nobody is called. Add a table [notify.NAME] to the configuration; the example file shows one of each kind.",
    )
}

/// A name that is no channel's.
pub fn unknown_channel(name: &str, known: &[&str]) -> String {
    folded(&format!("{} is no channel of this configuration; there are: {}", visible(name), known.join(", ")))
}
