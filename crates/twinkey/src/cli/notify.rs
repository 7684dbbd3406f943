//! `notify test`: does every channel work, before it is needed.

use std::io::Write;
use std::path::Path;

use super::{Notify, NotifyCommand};
use crate::clock::{Clock, SystemClock};
use crate::config::{ChannelSettings, Config};
use crate::exit::Exit;
use crate::open::{Stop, config};
use crate::text::{self, Tried, Verdict};
use crate::who;

/// Does what is asked about channels.
pub(super) async fn notify(path: &Path, args: &Notify) -> Result<Exit, Stop> {
    match &args.what {
        NotifyCommand::Test { channels } => test(&config(path)?, channels).await,
    }
}

/// Sends a trial through each channel, in their order, whatever they take otherwise.
async fn test(config: &Config, names: &[String]) -> Result<Exit, Stop> {
    let mut out = anstream::stdout();
    let mut exits = Vec::new();
    let sender = text::Sender { host: who::host(), runbooks: config.runbooks.clone() };
    for channel in chosen(config, names)? {
        let verdict = tried(channel, &sender).await;
        exits.push(text::trial_exit(&verdict));
        let tried = Tried { name: &channel.name, kind: channel.kind(), verdict };
        let _ = writeln!(out, "{}", text::channel_line(&tried));
    }
    Ok(Exit::worst(exits))
}

async fn tried(settings: &ChannelSettings, sender: &text::Sender) -> Verdict {
    let channel = match settings.open() {
        Ok(channel) => channel,
        Err(error) => return Verdict::NotReady(error),
    };
    let begun = SystemClock.now();
    match channel.deliver(&text::trial(&settings.name, sender, begun), begun).await {
        Ok(delivered) => Verdict::Taken(delivered, SystemClock.now().duration_since(begun).unsigned_abs()),
        Err(error) => Verdict::Not(error),
    }
}

fn chosen<'c>(config: &'c Config, names: &[String]) -> Result<Vec<&'c ChannelSettings>, Stop> {
    if config.channels.is_empty() {
        return Err(Stop::new(Exit::Configuration, text::no_channel()));
    }
    let known: Vec<&str> = config.channels.iter().map(|channel| channel.name.as_str()).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Stop::new(Exit::Configuration, text::unknown_channel(name, &known)));
    }
    let wanted = |channel: &&ChannelSettings| names.is_empty() || names.contains(&channel.name);
    Ok(config.channels.iter().filter(wanted).collect())
}
