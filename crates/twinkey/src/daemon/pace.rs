//! How often a credential is looked at, and since when that went on without a gap.

use jiff::{SignedDuration, Timestamp};
use twinkey_core::LookEvery;

/// The pace at which one credential is looked at by one process.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Since when this process has looked without a gap.
    pub watching: Option<Timestamp>,
    /// When the next round comes.
    pub wake: Timestamp,
    /// When it looked last.
    looked: Option<Timestamp>,
    /// When the last round began, whether it has looked or not.
    began: Option<Timestamp>,
    /// How many rounds in a row could not do their work.
    failures: u32,
}

/// How often a daemon looks where one-shot runs are said to do the looking.
const LOOK: SignedDuration = SignedDuration::from_mins(5);

/// The pause after a first failure; it doubles up to the interval of looking.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

impl Pace {
    /// Of a process that has not looked yet; its first round comes now.
    pub fn new(now: Timestamp) -> Self {
        Self { watching: None, wake: now, looked: None, began: None, failures: 0 }
    }

    /// How many rounds in a row could not do their work.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// A round begins: whoever has not looked for longer than twice the interval has not watched.
    pub fn begin(&mut self, every: LookEvery, now: Timestamp) {
        let LookEvery::Every(often) = every else {
            self.watching = None;
            return;
        };
        let gap = self
            .looked
            .is_none_or(|looked| looked > now || now.duration_since(looked) > often.saturating_mul(2));
        if gap || self.watching.is_none() {
            self.watching = Some(now);
        }
        self.began = Some(now);
    }

    /// The round that has begun has looked. One that has not (a provider that cannot be built, another process at
    /// work, a store that does not answer) does not tell that the store was there.
    pub fn has_looked(&mut self) {
        self.looked = self.began;
    }

    /// A round has ended: when the next one comes. `wake` is when the rules want one; `chance` is drawn from 0 to 1,
    /// and keeps many credentials, and many hosts, from coming at once.
    pub fn end(
        &mut self,
        every: LookEvery,
        failed: bool,
        wake: Option<Timestamp>,
        now: Timestamp,
        chance: f64,
    ) {
        let often = look_every(every);
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

fn look_every(every: LookEvery) -> SignedDuration {
    match every {
        LookEvery::Every(often) => often,
        LookEvery::Cron => LOOK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    const EVERY: LookEvery = LookEvery::Every(SignedDuration::from_mins(5));

    #[test]
    fn a_process_watches_from_its_first_look_as_long_as_there_is_no_gap() {
        let mut pace = Pace::new(at(0));
        let mut looks = |seconds| {
            pace.begin(EVERY, at(seconds));
            pace.has_looked();
            pace.watching
        };
        for seconds in [0, 300, 900, 1500] {
            assert_eq!(looks(seconds), Some(at(0)), "twice the interval is no gap");
        }
        assert_eq!(looks(1500 + 601), Some(at(2101)), "a host that was suspended has not watched");
        assert_eq!(looks(2000), Some(at(2000)), "nor has one whose clock was put back");
    }

    #[test]
    fn rounds_that_do_not_come_to_a_look_do_not_watch() {
        let mut pace = Pace::new(at(0));
        pace.begin(EVERY, at(0));
        pace.has_looked();
        for seconds in [300, 600, 900] {
            pace.begin(EVERY, at(seconds));
        }
        assert_eq!(pace.watching, Some(at(900)), "nobody has looked for longer than twice the interval");
    }

    #[test]
    fn where_one_shot_runs_look_nobody_counts_as_watching() {
        let mut pace = Pace::new(at(0));
        pace.begin(EVERY, at(0));
        pace.begin(LookEvery::Cron, at(0));
        assert_eq!((pace.watching, look_every(LookEvery::Cron)), (None, LOOK));
    }

    #[test]
    fn the_next_round_comes_with_the_interval_or_earlier() {
        let mut pace = Pace::new(at(0));
        for (chance, seconds) in [(0.0, 300), (1.0, 240)] {
            pace.end(EVERY, false, None, at(0), chance);
            assert_eq!(pace.wake, at(seconds));
        }
        pace.end(EVERY, false, Some(at(17)), at(0), 0.0);
        assert_eq!(pace.wake, at(17), "what is due comes when it is due");
    }

    #[test]
    fn after_failures_the_pauses_double_up_to_the_interval() {
        let mut pace = Pace::new(at(0));
        let mut pauses = Vec::new();
        for _ in 0..8 {
            pace.end(EVERY, true, Some(at(1)), at(0), 0.0);
            pauses.push(pace.wake.duration_since(at(0)).as_secs());
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
        pace.end(EVERY, false, None, at(0), 0.0);
        pace.end(EVERY, true, None, at(0), 0.0);
        assert_eq!(pace.wake, at(5), "and begin again");
    }
}
