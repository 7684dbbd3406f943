//! What is told to the service manager (sd_notify(3)). Without one, nothing is told.

use jiff::{SignedDuration, Timestamp};
use sd_notify::NotifyState;

use crate::board::Board;

/// Everything is set up. Stores and providers may be down: that is what the service is for.
pub(super) fn ready(credentials: usize) {
    let many = if credentials == 1 { "credential" } else { "credentials" };
    let status = format!("watching {credentials} {many}");
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// The configuration is read anew. Both states must come in one message (sd_notify(3), RELOADING).
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The service ends.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// The watchdog of the service manager.
#[derive(Default)]
pub(super) struct Watchdog {
    fed: Option<Timestamp>,
}

/// It is fed no more often: a sweep ends thousands of rounds a minute, and each asks all that are at work.
const HUNGRY: SignedDuration = SignedDuration::from_secs(1);

impl Watchdog {
    /// Feeds it as long as whatever is at work moves.
    pub(super) fn feed(&mut self, board: &Board, now: Timestamp) {
        if self.fed.is_some_and(|fed| now.duration_since(fed).abs() < HUNGRY) {
            return;
        }
        self.fed = Some(now);
        if board.is_moving(now) {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::error!("a round has been stuck for minutes: the watchdog is not fed");
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
