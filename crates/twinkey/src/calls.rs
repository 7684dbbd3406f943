//! Calling people: what should stand now is compared with what was told, and the difference is delivered. Nothing is
//! queued, and no round ever waits for it.
//!
//! The story is [`Calls::call`]. What should stand comes from the rules, anew each time; what was told stands in a
//! file of this host, written after each delivery. So a message is told at least once, and twice only where the process
//! died between sending and noting, or where two hosts each tell what they see.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;
use twinkey_core::ledger::{Became, Delivery, Route};
use twinkey_notify::{Class, Notice};

use crate::board::Board;
use crate::clock::{Clock, SystemClock};
use crate::config::{ChannelSettings, Config};
use crate::lock::RunLock;
use crate::text;
use crate::who;

mod changes;
mod findings;
#[cfg(test)]
mod tests;
mod told;

pub(crate) use changes::{Change, What};
pub(crate) use findings::{of_stop, skew};

use told::Told;

/// The channels of a configuration, and what this host has told by them.
pub struct Calls {
    state_dir: PathBuf,
    channels: Vec<ChannelSettings>,
    sender: text::Sender,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Called {
    /// How many messages stand of which nobody could be told.
    pub untold: usize,
    /// When something is tried again.
    pub wake: Option<Timestamp>,
}

/// The lock of what was told; no credential has such a name.
const LOCK: &str = "@calls";

impl Calls {
    /// The channels of this configuration.
    pub fn new(config: &Config) -> Self {
        let sender = text::Sender { host: who::host(), runbooks: config.runbooks.clone() };
        Self { state_dir: config.state_dir.clone(), channels: config.channels.clone(), sender }
    }

    /// Tells whatever should stand and was not told, and the end of what stood, by each channel once.
    pub async fn call(&self, board: &Board) -> Called {
        if self.channels.is_empty() {
            return Called::default();
        }
        // Another process of this host is telling the same.
        let Ok(_lock) = RunLock::take(&self.state_dir, LOCK, Duration::ZERO) else {
            return Called::default();
        };
        let mut told = Told::load(&self.state_dir);
        let now = SystemClock.now();
        let entries = board.entries();
        told.learn(&entries, now);
        let changes = changes::learn(&mut told.changes, &entries);
        let routes = self.routes();
        told.learn_channels(&routes, now);
        let standing = told.standing(now);
        told.ledger.keep_up(&standing, now);
        // Since when it stands is a part of its name: a repeat after a crash must bear the same one.
        self.save(&told);
        let mut under_way = JoinSet::new();
        for delivery in told.ledger.due(&routes, now) {
            let Some(channel) = self.channels.iter().find(|channel| channel.name == delivery.channel) else {
                continue;
            };
            let notice = text::notice(board, &delivery, &self.sender, now);
            under_way.spawn(deliver(channel.clone(), notice, delivery));
        }
        self.tell(board, &changes, now).await;
        while let Some(ended) = under_way.join_next().await {
            if let Ok((delivery, became)) = ended {
                told.ledger.note(&delivery, became, SystemClock.now());
                self.save(&told);
            }
        }
        // What no channel wants, nobody misses.
        let wanted = |key: &str| {
            standing.iter().any(|message| {
                message.key == key && routes.iter().any(|route| route.least <= message.severity)
            })
        };
        let untold = told.ledger.untold().filter(|key| wanted(key)).count();
        Called { untold, wake: told.ledger.wake(&routes) }
    }

    /// Tells of changes, by whoever wants to know. A pager takes them as such, and calls nobody; a program may have to
    /// reload what uses the credential.
    async fn tell(&self, board: &Board, changes: &[Change], now: Timestamp) {
        let mut under_way = JoinSet::new();
        for change in changes {
            let wants = |channel: &&ChannelSettings| {
                channel.least <= change.severity() || ["pagerduty", "exec"].contains(&channel.kind())
            };
            for channel in self.channels.iter().filter(wants).cloned() {
                let notice = text::changed(board, change, &self.sender, now);
                under_way.spawn(async move {
                    if let Ok(opened) = channel.open()
                        && let Err(error) = opened.deliver(&notice, SystemClock.now()).await
                    {
                        tracing::warn!(channel = channel.name, key = notice.key, "not told: {error}");
                    }
                });
            }
        }
        under_way.join_all().await;
    }

    fn routes(&self) -> Vec<Route> {
        let route = |channel: &ChannelSettings| Route { name: channel.name.clone(), least: channel.least };
        self.channels.iter().map(route).collect()
    }

    fn save(&self, told: &Told) {
        if let Err(error) = told.save(&self.state_dir) {
            tracing::warn!(%error, "what was told cannot be noted: it will be told again");
        }
    }
}

/// One attempt by one channel.
async fn deliver(channel: ChannelSettings, notice: Notice, delivery: Delivery) -> (Delivery, Became) {
    let name = &channel.name;
    let opened = match channel.open() {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(channel = name, key = delivery.about.key, "not told: {error}");
            return (delivery, Became::Failed);
        }
    };
    let became = match opened.deliver(&notice, SystemClock.now()).await {
        Ok(_) => {
            tracing::info!(channel = name, key = delivery.about.key, "told: {}", notice.subject);
            Became::Taken
        }
        Err(error) => {
            tracing::warn!(channel = name, key = delivery.about.key, "not told: {error}; {}", error.remedy());
            match error.class {
                Class::Later { after, .. } => Became::Later(after),
                Class::Failed(_) => Became::Failed,
            }
        }
    };
    (delivery, became)
}

/// The longest time between two calls of the service: reminders climb their ladder while nothing else happens.
const TICK: Duration = Duration::from_secs(60);

/// Calls for ever, beside the rounds: when the board has changed, and when something is to be tried again.
pub async fn serve(calls: Calls, board: Arc<Board>) {
    loop {
        let called = calls.call(&board).await;
        let now = SystemClock.now();
        let wait =
            called.wake.map_or(TICK, |wake| wake.duration_since(now).try_into().unwrap_or(Duration::ZERO));
        tokio::select! {
            () = tokio::time::sleep(wait.min(TICK)) => {}
            () = board.changed() => {}
        }
    }
}
