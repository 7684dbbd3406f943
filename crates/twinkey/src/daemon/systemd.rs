//! What is told to the service manager (sd_notify(3)). Without one, nothing is told.

use sd_notify::NotifyState;

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

/// Feeds the watchdog as long as whatever is at work moves.
pub(super) fn feed(is_moving: bool) {
    if is_moving {
        tell(&[NotifyState::Watchdog]);
    } else {
        tracing::error!("a round has been stuck for minutes: the watchdog is not fed");
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
