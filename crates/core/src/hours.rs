//! The hours in which a scheduled switch may happen: windows of the week, and dates on which nothing is switched.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Zoned};

/// When a scheduled switch may happen. What rescues consumers (fail-over, mend, the end of a publication) and
/// what a person commands asks nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    windows: Vec<Window>,
    blackouts: Vec<Blackout>,
    zone: TimeZone,
}

/// A time of day on some days of the week; one that ends before it begins goes past midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// On which days it opens.
    pub days: Vec<Weekday>,
    /// When it opens.
    pub from: Time,
    /// When it closes; `None` at the end of the day.
    pub until: Option<Time>,
}

/// Dates on which nothing is switched, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blackout {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// A week and the day around it: a window opens at least this often.
const DAYS: i64 = 9;

impl Hours {
    /// Hours of these windows, at any time if there are none, without these dates; all in this zone.
    pub fn new(windows: Vec<Window>, blackouts: Vec<Blackout>, zone: TimeZone) -> Self {
        Self { windows, blackouts, zone }
    }

    /// No restriction.
    pub fn always() -> Self {
        Self::new(Vec::new(), Vec::new(), TimeZone::UTC)
    }

    /// Whether a scheduled switch may happen at this moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.open_from(at) == at
    }

    /// The first moment from here on at which a scheduled switch may happen.
    pub fn open_from(&self, from: Timestamp) -> Timestamp {
        let mut at = from;
        // Each round leaves a blackout or a closed hour behind, and there are finitely many blackouts.
        for _ in 0..=self.blackouts.len() * 2 {
            let day = at.to_zoned(self.zone.clone()).date();
            let opens = match self.blackouts.iter().find(|blackout| blackout.covers(day)) {
                Some(blackout) => self.midnight_after(blackout.last),
                None => self.window_from(at),
            };
            match opens {
                Some(opens) if opens > at => at = opens,
                _ => break,
            }
        }
        at
    }

    /// Where the first window that has not closed by then is open.
    fn window_from(&self, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_zoned(self.zone.clone()).date();
        let days = (-1..DAYS).filter_map(|days| today.checked_add(Span::new().days(days)).ok());
        days.flat_map(|day| self.windows.iter().filter_map(move |window| window.on(day, &self.zone)))
            .filter(|(_, closes)| *closes > at)
            .map(|(opens, _)| opens.max(at))
            .min()
    }

    fn midnight_after(&self, day: Date) -> Option<Timestamp> {
        Some(day.tomorrow().ok()?.to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}

impl Window {
    /// When it opens and closes on this day; a time that a change of the clock leaves out is moved behind the gap.
    fn on(&self, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        if !self.days.contains(&day.weekday()) {
            return None;
        }
        let opens: Zoned = day.to_datetime(self.from).to_zoned(zone.clone()).ok()?;
        let until = self.until.unwrap_or(Time::midnight());
        let last = if until <= self.from { day.tomorrow().ok()? } else { day };
        let closes: Zoned = last.to_datetime(until).to_zoned(zone.clone()).ok()?;
        Some((opens.timestamp(), closes.timestamp()))
    }
}

impl Blackout {
    fn covers(&self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
}

/// A part of this length, the same for the same name and moment on every host: hosts that share a configuration
/// agree when a switch is due.
pub(crate) fn jitter(most: SignedDuration, name: &str, moment: Timestamp) -> SignedDuration {
    use sha2::{Digest, Sha256};
    let milliseconds = u64::try_from(most.as_millis()).unwrap_or(0);
    if milliseconds == 0 {
        return SignedDuration::ZERO;
    }
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update(moment.as_second().to_be_bytes());
    let drawn = hash.finalize();
    let drawn = drawn.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    SignedDuration::from_millis(i64::try_from(drawn % milliseconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const WEEK: [Weekday; 5] =
        [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

    fn window(days: &[Weekday], from: (i8, i8), until: Option<(i8, i8)>) -> Window {
        let time = |(hour, minute)| Time::constant(hour, minute, 0, 0);
        Window { days: days.to_vec(), from: time(from), until: until.map(time) }
    }

    fn london(windows: &[Window], blackouts: &[(&str, &str)]) -> Hours {
        let blackouts = blackouts
            .iter()
            .map(|(first, last)| Blackout { first: first.parse().unwrap(), last: last.parse().unwrap() });
        Hours::new(windows.to_vec(), blackouts.collect(), TimeZone::get("Europe/London").unwrap())
    }

    #[test]
    fn without_windows_every_moment_is_open() {
        let moment = at("2026-03-29T01:30:00Z");
        assert_eq!(Hours::always().open_from(moment), moment);
        assert!(london(&[], &[("2026-03-28", "2026-03-28")]).is_open(moment));
    }

    #[test]
    fn a_closed_moment_waits_for_the_next_window_of_the_week() {
        let hours = london(&[window(&WEEK, (9, 0), Some((17, 0)))], &[]);
        assert!(hours.is_open(at("2026-01-09T09:00:00Z")));
        assert!(!hours.is_open(at("2026-01-09T17:00:00Z")), "the end is closed");
        // Friday evening waits for Monday; in summer the office opens an hour earlier by UTC.
        assert_eq!(hours.open_from(at("2026-01-09T17:00:00Z")), at("2026-01-12T09:00:00Z"));
        assert_eq!(hours.open_from(at("2026-03-27T18:00:00Z")), at("2026-03-30T08:00:00Z"));
    }

    #[test]
    fn a_window_past_midnight_belongs_to_the_day_on_which_it_opens() {
        let hours = london(&[window(&[Weekday::Saturday], (22, 0), Some((2, 0)))], &[]);
        assert!(hours.is_open(at("2026-01-11T01:59:59Z")));
        assert_eq!(hours.open_from(at("2026-01-11T02:00:00Z")), at("2026-01-17T22:00:00Z"));
        let whole = london(&[window(&[Weekday::Saturday], (0, 0), None)], &[]);
        assert!(whole.is_open(at("2026-01-10T23:59:59Z")) && !whole.is_open(at("2026-01-11T00:00:00Z")));
    }

    #[test]
    fn a_window_in_the_spring_gap_opens_behind_it() {
        let hours = london(&[window(&[Weekday::Sunday], (1, 15), Some((3, 0)))], &[]);
        assert_eq!(hours.open_from(at("2026-03-29T00:00:00Z")), at("2026-03-29T01:15:00Z"));
        // All of it lies in the gap: it does not open that week.
        let gone = london(&[window(&[Weekday::Sunday], (1, 15), Some((1, 45)))], &[]);
        assert_eq!(gone.open_from(at("2026-03-29T00:00:00Z")), at("2026-03-29T01:15:00Z"));
    }

    #[test]
    fn blackouts_are_left_behind_even_one_after_the_other_and_inside_a_window() {
        let nights = window(&WEEK, (22, 0), Some((2, 0)));
        let hours = london(
            &[nights],
            &[("2026-12-21", "2026-12-24"), ("2026-12-25", "2027-01-03"), ("2027-01-05", "2027-01-05")],
        );
        assert_eq!(hours.open_from(at("2026-12-21T22:30:00Z")), at("2027-01-04T22:00:00Z"));
        // Monday's night goes on into a day that is blacked out; of Tuesday's night the second half is not.
        assert_eq!(hours.open_from(at("2027-01-05T00:30:00Z")), at("2027-01-06T00:00:00Z"));
    }

    #[test]
    fn each_window_that_opens_into_a_blackout_is_left_behind() {
        let every_other = [Weekday::Monday, Weekday::Wednesday, Weekday::Friday];
        let days = [("2026-01-12", "2026-01-12"), ("2026-01-14", "2026-01-14"), ("2026-01-16", "2026-01-16")];
        let hours = london(&[window(&every_other, (9, 0), Some((17, 0)))], &days);
        assert_eq!(hours.open_from(at("2026-01-09T18:00:00Z")), at("2026-01-19T09:00:00Z"));
    }

    fn hour(hours: i64) -> SignedDuration {
        SignedDuration::from_hours(hours)
    }

    #[test]
    fn jitter_is_the_same_on_every_host_and_less_than_its_bound() {
        let moment = at("2026-01-06T10:00:00Z");
        let drawn: Vec<_> = ["one", "two", "three"].map(|name| jitter(hour(1), name, moment)).to_vec();
        assert!(drawn.iter().all(|drawn| !drawn.is_negative() && *drawn < hour(1)), "{drawn:?}");
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
        assert_eq!(jitter(hour(1), "one", moment), drawn[0]);
        assert_ne!(jitter(hour(1), "one", moment + hour(24)), drawn[0]);
        assert_eq!(jitter(SignedDuration::ZERO, "one", moment), SignedDuration::ZERO);
    }

    #[test]
    fn jitter_spreads_over_all_its_length() {
        let moment = at("2026-01-06T10:00:00Z");
        let drawn: Vec<_> = (0..64).map(|name| jitter(hour(4), &name.to_string(), moment)).collect();
        for quarter in 0..4 {
            let here = drawn.iter().filter(|drawn| drawn.as_hours() == quarter).count();
            assert!(here >= 4, "{here} of 64 in hour {quarter}");
        }
    }
}
