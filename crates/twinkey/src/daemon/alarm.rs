//! The alarm clock: rings when the earliest scheduled switch is due. It only wakes; what is due is computed by the
//! rules, and the tick of the daemon finds what an alarm missed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use uuid::Uuid;

/// One alarm at a time. The scheduler is given an instant in UTC: it would keep a zone's offset over a change of
/// summer time.
pub(super) struct Alarm {
    scheduler: JobScheduler,
    rings: Arc<Notify>,
    set: Option<(Timestamp, Uuid)>,
}

/// The scheduler cuts the wait and then the moment down to whole seconds, and must not ring early.
const WHOLE_SECONDS: Duration = Duration::from_secs(2);

impl Alarm {
    /// An alarm clock that is not set.
    ///
    /// # Errors
    /// The scheduler does not start.
    pub(super) async fn new() -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        scheduler.start().await?;
        Ok(Self { scheduler, rings: Arc::default(), set: None })
    }

    /// Sets it to this moment, or to none.
    pub(super) async fn set(&mut self, at: Option<Timestamp>, now: Timestamp) {
        if self.set.map(|(at, _)| at) == at {
            return;
        }
        if let Some((_, job)) = self.set.take() {
            // One that has rung is gone already.
            let _ = self.scheduler.remove(&job).await;
        }
        let Some(at) = at else { return };
        let wait: Duration = at.duration_since(now).try_into().unwrap_or(Duration::ZERO);
        let rings = Arc::clone(&self.rings);
        let job =
            Job::new_one_shot_at_instant(monotonic() + wait + WHOLE_SECONDS, move |_, _| rings.notify_one());
        match job {
            Ok(job) => match self.scheduler.add(job).await {
                Ok(id) => self.set = Some((at, id)),
                Err(error) => tracing::warn!(%error, "the alarm is not set: the tick will do"),
            },
            Err(error) => tracing::warn!(%error, "the alarm is not set: the tick will do"),
        }
    }

    /// Returns when it rings.
    pub(super) async fn rings(&self) {
        self.rings.notified().await;
    }
}

fn monotonic() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "the scheduler wants an instant; it makes wall-clock time of it"
    )]
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[tokio::test]
    async fn it_rings_at_the_moment_it_was_set_to_last() {
        let mut alarm = Alarm::new().await.unwrap();
        let now = SystemClock.now();
        alarm.set(Some(now + Duration::from_secs(3600)), now).await;
        alarm.set(Some(now + Duration::from_secs(1)), now).await;
        tokio::time::timeout(Duration::from_secs(20), alarm.rings()).await.unwrap();
        assert!(SystemClock.now() >= now + Duration::from_secs(1));
        let now = SystemClock.now();
        alarm.set(Some(now + Duration::from_secs(1)), now).await;
        tokio::time::timeout(Duration::from_secs(20), alarm.rings()).await.unwrap();
    }
}
