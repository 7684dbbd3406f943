//! What the daemon remembers of one credential between two rounds.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use twinkey_core::LookEvery;

use crate::config::Credential;

/// One credential at its post.
#[derive(Clone, Debug)]
pub(super) struct Post {
    /// What the configuration says of it.
    pub(super) credential: Arc<Credential>,
    /// Since when this process has looked without a gap.
    pub(super) watching: Option<Timestamp>,
    /// When it looked last.
    pub(super) looked: Option<Timestamp>,
    /// How many rounds in a row could not do their work.
    pub(super) failures: u32,
    /// When the next round comes.
    pub(super) wake: Timestamp,
    /// When the next scheduled switch is due.
    pub(super) due: Option<Timestamp>,
}

/// How often a daemon looks where one-shot runs are said to do the looking.
const LOOK: SignedDuration = SignedDuration::from_mins(5);

/// The pause after a first failure; it doubles up to the interval of looking.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

impl Post {
    /// A credential that nobody has looked at yet.
    pub(super) fn new(credential: Arc<Credential>, now: Timestamp) -> Self {
        Self { credential, watching: None, looked: None, failures: 0, wake: now, due: None }
    }

    /// The same post under a configuration that was read anew. Somebody who looked at another place has not watched
    /// this one.
    pub(super) fn configured(self, credential: Arc<Credential>, now: Timestamp) -> Self {
        if self.credential.policy.place == credential.policy.place {
            Self { credential, wake: now, ..self }
        } else {
            Self::new(credential, now)
        }
    }

    /// How often it is looked at.
    pub(super) fn look_every(&self) -> SignedDuration {
        match self.credential.policy.look_every {
            LookEvery::Every(often) => often,
            LookEvery::Cron => LOOK,
        }
    }

    /// A round begins: whoever has not looked for longer than twice the interval has not watched.
    pub(super) fn begin(&mut self, now: Timestamp) {
        let LookEvery::Every(often) = self.credential.policy.look_every else {
            self.watching = None;
            return;
        };
        let gap = self.looked.is_none_or(|looked| now.duration_since(looked) > often.saturating_mul(2));
        if gap || self.watching.is_none() {
            self.watching = Some(now);
        }
        self.looked = Some(now);
    }

    /// A round has ended: when the next one comes. `chance` is drawn from 0 to 1, and keeps many credentials, and
    /// many hosts, from coming at once.
    pub(super) fn end(&mut self, failed: bool, wake: Option<Timestamp>, now: Timestamp, chance: f64) {
        let often = self.look_every();
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        let pause = if failed {
            FIRST_PAUSE.saturating_mul(1 << (self.failures - 1).min(16)).min(often)
        } else {
            often
        };
        // Early rather than late: twice the interval would count as a gap.
        let pause = pause.mul_f64(1.0 - chance / 5.0);
        let again = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.wake = if failed { again } else { wake.map_or(again, |wake| wake.min(again)) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn post() -> Post {
        let text = include_str!("../../../../config/twinkey.example.toml");
        let config = crate::config::Config::parse(text, std::path::Path::new("example"), at(0)).unwrap();
        Post::new(Arc::new(config.credentials[0].clone()), at(0))
    }

    #[test]
    fn a_process_watches_from_its_first_look_as_long_as_there_is_no_gap() {
        let mut post = post();
        post.begin(at(0));
        assert_eq!(post.watching, Some(at(0)));
        for seconds in [300, 900, 1500] {
            post.begin(at(seconds));
        }
        assert_eq!(post.watching, Some(at(0)), "twice the interval is no gap");
        post.begin(at(1500 + 601));
        assert_eq!(post.watching, Some(at(2101)), "a host that was suspended has not watched");
    }

    #[test]
    fn where_one_shot_runs_look_nobody_counts_as_watching() {
        let mut post = post();
        let mut credential = (*post.credential).clone();
        credential.policy.look_every = LookEvery::Cron;
        post = post.configured(Arc::new(credential), at(0));
        post.begin(at(0));
        assert_eq!((post.watching, post.look_every()), (None, LOOK));
    }

    #[test]
    fn the_next_round_comes_with_the_interval_or_earlier() {
        let mut post = post();
        for (chance, seconds) in [(0.0, 300), (1.0, 240)] {
            post.end(false, None, at(0), chance);
            assert_eq!(post.wake, at(seconds));
        }
        post.end(false, Some(at(17)), at(0), 0.0);
        assert_eq!(post.wake, at(17), "what is due comes when it is due");
    }

    #[test]
    fn after_failures_the_pauses_double_up_to_the_interval() {
        let mut post = post();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            post.end(true, Some(at(1)), at(0), 0.0);
            pauses.push(post.wake.duration_since(at(0)).as_secs());
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
        post.end(false, None, at(0), 0.0);
        post.end(true, None, at(0), 0.0);
        assert_eq!(post.wake, at(5), "and begin again");
    }

    #[test]
    fn another_place_is_another_watch() {
        let mut post = post();
        post.begin(at(0));
        let same = post.clone().configured(Arc::clone(&post.credential), at(9));
        assert_eq!((same.watching, same.wake), (Some(at(0)), at(9)));
        let mut moved = (*post.credential).clone();
        moved.policy.place.live_pair = "elsewhere".into();
        assert_eq!(post.configured(Arc::new(moved), at(9)).watching, None);
    }
}
