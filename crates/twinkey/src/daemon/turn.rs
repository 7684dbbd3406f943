//! A turn among many: not all credentials are worked on at once. Whoever waits, for the next token of a proof, lets
//! another one work meanwhile.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::board::Moved;
use crate::clock::{Clock, SystemClock};

/// The clock of one round. It gives the turn away while it sleeps, wakes when the service stops, and tells that
/// the round still moves.
pub(super) struct Turn {
    places: Arc<Semaphore>,
    place: Mutex<Option<OwnedSemaphorePermit>>,
    stop: watch::Receiver<bool>,
    moved: Moved,
}

/// How long it sleeps before it looks at the wall clock again.
const NAP: Duration = Duration::from_secs(30);

impl Turn {
    /// Waits for a place.
    pub(super) async fn take(places: &Arc<Semaphore>, stop: watch::Receiver<bool>, moved: Moved) -> Self {
        let place = Arc::clone(places).acquire_owned().await.ok();
        let turn = Self { places: Arc::clone(places), place: Mutex::new(place), stop, moved };
        turn.moves();
        turn
    }

    /// Notes that the round has just done something.
    pub(super) fn moves(&self) {
        self.moved.store(SystemClock.now().as_second(), Ordering::Relaxed);
    }

    /// Whether the service stops.
    pub(super) fn stops(&self) -> bool {
        *self.stop.borrow()
    }

    fn put(&self, place: Option<OwnedSemaphorePermit>) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }
}

#[async_trait]
impl Clock for Turn {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn sleep_until(&self, until: Timestamp) {
        self.put(None);
        let mut stop = self.stop.clone();
        loop {
            self.moves();
            let left = until.duration_since(self.now());
            if !left.is_positive() || *stop.borrow() {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(left.unsigned_abs().min(NAP)) => {}
                _ = stop.changed() => {}
            }
        }
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        self.moves();
        self.put(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_sleeps_lets_another_one_work_and_wakes_when_the_service_stops() {
        let places = Arc::new(Semaphore::new(1));
        let (say, stop) = watch::channel(false);
        let moved = Moved::default();
        let first = Turn::take(&places, stop.clone(), Arc::clone(&moved)).await;
        assert!(moved.load(Ordering::Relaxed) > 0);
        assert_eq!(places.available_permits(), 0);
        let long = first.now() + jiff::SignedDuration::from_hours(1);
        let sleeper = async {
            first.sleep_until(long).await;
            first.stops()
        };
        let worker = async {
            let second = Turn::take(&places, stop.clone(), Arc::default()).await;
            drop(second);
            say.send(true).unwrap();
        };
        let (stopped, ()) = tokio::join!(sleeper, worker);
        assert!(stopped);
        assert_eq!(places.available_permits(), 0, "it has its place again");
    }
}
