//! `run`: the service. It looks at each credential every few minutes, works on what is due, and is woken for what
//! comes at a certain time. What it does in a round is what `rotate` does once.
//!
//! The story is [`serve`]: start the rounds that are due, wait for whatever comes first, and again, until somebody
//! says stop. A round that is missed, doubled or late changes nothing: it looks and decides anew.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;
use twinkey_core::Unscheduled;

use crate::board::Board;
use crate::calls::{self, Calls};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::exit::Exit;
use crate::open::{Stop, config};
use crate::shared::Shared;
use crate::watch::http;
use crate::watch::ping::Heart;

mod alarm;
mod pace;
mod post;
mod round;
mod rounds;
mod signals;
mod systemd;
mod turn;

pub use pace::Pace;

use alarm::Alarm;
use post::Post;
use round::Crew;
use rounds::Rounds;
use signals::{Signal, Signals};
use systemd::Watchdog;

/// The longest time without a look at the wall clock. Timers stop while a host is suspended and know nothing of a
/// clock that was set; so does whatever wakes us.
const TICK: Duration = Duration::from_secs(30);

/// How long rounds may take to reach their next safe point once somebody said stop.
const LAST_STEPS: Duration = Duration::from_secs(4);

/// Serves until a signal says stop.
///
/// # Errors
/// The configuration, at the start; later a configuration that cannot be used is said, and the old one stays.
pub async fn serve(path: &Path) -> Result<Exit, Stop> {
    let mut config = of_service(config(path)?);
    let board = Arc::new(Board::new(SystemClock.now()));
    let mut crew = Crew::new(Shared::new(&config), config.at_once, Arc::clone(&board));
    let mut rounds = Rounds::default();
    rounds.configure(&config, SystemClock.now());
    board.configure(&config);
    let unexpected =
        |what: &str, error: &dyn std::fmt::Display| Stop::new(Exit::Unexpected, format!("{what}: {error}"));
    let mut signals = Signals::new().map_err(|error| unexpected("signals cannot be heard", &error))?;
    let mut alarm = Alarm::new().await.map_err(|error| unexpected("the scheduler does not start", &error))?;
    let mut at_work: JoinSet<Post> = JoinSet::new();
    tokio::spawn(http::serve(config.watch.listen.clone(), Arc::clone(&board)));
    let mut calling = tokio::spawn(calls::serve(Calls::new(&config), Arc::clone(&board)));
    let mut heart = Heart::new(config.watch.ping.clone(), SystemClock.now());
    let mut watchdog = Watchdog::default();
    systemd::ready(config.credentials.len());
    tracing::info!(credentials = config.credentials.len(), "ready");
    loop {
        let now = SystemClock.now();
        for post in rounds.start_due(now) {
            at_work.spawn(crew.round(post));
        }
        alarm.set(rounds.earliest_due(now), now).await;
        watchdog.feed(&board, now);
        tokio::select! {
            () = tokio::time::sleep(until(rounds.next(), now)) => {}
            () = alarm.rings() => rounds.wake_due(SystemClock.now()),
            Some(ended) = at_work.join_next() => match ended {
                Ok(post) => {
                    rounds.put_back(post);
                    heart.beats_if_all_is_well(&board, SystemClock.now());
                }
                // Its lock and its permits are gone with it; the tick finds that nobody is at work on it.
                Err(error) => {
                    tracing::error!(%error, "a round ended in a way that nobody foresaw");
                    rounds.recover(&board.moves().at_work(), SystemClock.now());
                }
            },
            signal = signals.next() => match signal {
                Signal::Stop => break,
                Signal::Reload => {
                    reload(path, &mut config, &mut crew, &mut rounds, &board);
                    heart.configure(config.watch.ping.clone());
                    // What it was telling at this moment may be told again.
                    calling.abort();
                    calling = tokio::spawn(calls::serve(Calls::new(&config), Arc::clone(&board)));
                }
            },
        }
    }
    stop(&crew, at_work, signals).await
}

/// A service looks every few minutes: that is no schedule.
fn of_service(mut config: Config) -> Config {
    for credential in &mut config.credentials {
        credential.policy.unscheduled = Unscheduled::Never;
    }
    config
}

/// How long to sleep: until the next round, and never longer than a tick.
fn until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    next.map_or(TICK, |next| next.duration_since(now).try_into().unwrap_or(Duration::ZERO).min(TICK))
}

/// The configuration anew. On any error the old one stays, and the error is said.
fn reload(path: &Path, config: &mut Config, crew: &mut Crew, rounds: &mut Rounds, board: &Board) {
    systemd::reloading();
    match crate::open::config(path) {
        Ok(fresh) => {
            let fresh = of_service(fresh);
            let now = SystemClock.now();
            crew.reconfigure(&fresh);
            rounds.configure(&fresh, now);
            board.configure(&fresh);
            tracing::info!(credentials = fresh.credentials.len(), "configuration read anew");
            *config = fresh;
            board.reloaded(now, None);
        }
        Err(stop) => {
            tracing::error!("the old configuration stays: {}", stop.text);
            board.reloaded(SystemClock.now(), Some(stop.text));
        }
    }
    systemd::ready(config.credentials.len());
}

/// Nothing new starts; each round reaches its next safe point. Whoever says stop twice means at once.
async fn stop(crew: &Crew, mut at_work: JoinSet<Post>, mut signals: Signals) -> Result<Exit, Stop> {
    systemd::stopping();
    tracing::info!(at_work = at_work.len(), "stopping");
    crew.stop();
    let last_steps = async { while at_work.join_next().await.is_some() {} };
    tokio::select! {
        () = last_steps => tracing::info!("stopped"),
        () = tokio::time::sleep(LAST_STEPS) => {
            tracing::warn!("a server does not answer: the next start goes on from here");
        }
        () = signals.again() => tracing::warn!("stopped at once"),
    }
    Ok(Exit::Fine)
}
