//! When a switch is due: cron patterns in a time zone.

use std::fmt;
use std::str::FromStr;

use croner::Cron;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A cron pattern in a time zone, checked to fire at least once.
///
/// Five fields (or six, with seconds first), `L`, `#`, names and `@daily` forms, as the `croner` library
/// reads them. Day of month and day of week are OR-ed, as in cron, unless the latter starts with `+`. A time
/// that a change to summer time leaves out is moved to the end of the gap; a time that comes twice fires
/// once.
#[derive(Clone)]
pub struct Schedule {
    pattern: String,
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Reads a pattern and an IANA zone name.
    ///
    /// # Errors
    /// The configuration's fault: a pattern that does not parse, one that never fires (`0 0 30 2 *`), or a
    /// zone that the host's time zone database does not know. Looking for the first firing of an impossible
    /// pattern takes up to a third of a second of CPU: call it when configuration is loaded, not in a loop.
    pub fn parse(pattern: &str, zone: &str, now: Timestamp) -> Result<Self, ScheduleError> {
        let tz = TimeZone::get(zone).map_err(|_| ScheduleError::Zone(zone.to_owned()))?;
        let cron = Cron::from_str(pattern).map_err(|error| ScheduleError::Pattern {
            pattern: pattern.to_owned(),
            why: error.to_string(),
        })?;
        let schedule = Self { pattern: pattern.to_owned(), cron, zone: tz };
        if schedule.next_after(now).is_none() {
            return Err(ScheduleError::Never(pattern.to_owned()));
        }
        Ok(schedule)
    }

    /// The first due time strictly after `from`; `None` if there is none that the calendar can name.
    pub fn next_after(&self, from: Timestamp) -> Option<Timestamp> {
        let local = from.to_zoned(self.zone.clone());
        self.cron.find_next_occurrence(&local, false).ok().map(|due| due.timestamp())
    }

    /// The pattern as written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The zone in which the pattern is read; people's times are shown in it.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule").field("pattern", &self.pattern).finish_non_exhaustive()
    }
}

/// Why a schedule cannot be used. Always the configuration's fault.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ScheduleError {
    /// Not a cron pattern.
    #[error("{pattern:?} is no cron pattern: {why}")]
    Pattern {
        /// As written.
        pattern: String,
        /// The parser's reason.
        why: String,
    },
    /// A pattern without a single date, such as 30 February.
    #[error("{0:?} never comes: the calendar has no such date")]
    Never(String),
    /// Not a zone of the host's time zone database.
    #[error("the time zone {0:?} is not known on this host")]
    Zone(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule(pattern: &str, zone: &str) -> Schedule {
        Schedule::parse(pattern, zone, at("2026-01-01T00:00:00Z")).unwrap()
    }

    #[test]
    fn the_first_tuesday_at_ten_in_london_follows_summer_time() {
        let schedule = schedule("0 10 * * TUE#1", "Europe/London");
        assert_eq!(schedule.next_after(at("2026-01-01T00:00:00Z")), Some(at("2026-01-06T10:00:00Z")));
        assert_eq!(schedule.next_after(at("2026-05-01T00:00:00Z")), Some(at("2026-05-05T09:00:00Z")));
    }

    #[test]
    fn a_time_in_the_spring_gap_comes_once_at_its_end() {
        let schedule = schedule("30 1 * * *", "Europe/Dublin");
        let due = schedule.next_after(at("2026-03-28T12:00:00Z")).unwrap();
        assert_eq!(due, at("2026-03-29T01:00:00Z"));
        assert_eq!(schedule.next_after(due), Some(at("2026-03-30T00:30:00Z")));
    }

    #[test]
    fn a_time_in_the_autumn_fold_comes_once() {
        let schedule = schedule("30 1 * * *", "Europe/Dublin");
        let due = schedule.next_after(at("2026-10-24T12:00:00Z")).unwrap();
        assert_eq!(due, at("2026-10-25T00:30:00Z"));
        assert_eq!(schedule.next_after(due), Some(at("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn a_schedule_is_shown_as_it_was_written() {
        let schedule = schedule("0 10 * * TUE#1", "Europe/London");
        assert_eq!(schedule.pattern(), "0 10 * * TUE#1");
        assert_eq!(schedule.zone().iana_name(), Some("Europe/London"));
        assert_eq!(format!("{schedule:?}"), "Schedule { pattern: \"0 10 * * TUE#1\", .. }");
    }

    #[test]
    fn a_date_that_never_comes_is_refused() {
        let never = Schedule::parse("0 0 30 2 *", "UTC", at("2026-01-01T00:00:00Z"));
        assert_eq!(never.unwrap_err(), ScheduleError::Never("0 0 30 2 *".into()));
    }

    #[test]
    fn an_unknown_zone_is_refused_by_name() {
        let error = Schedule::parse("0 0 * * *", "Mars/Olympus", at("2026-01-01T00:00:00Z")).unwrap_err();
        assert!(error.to_string().contains("Mars/Olympus"));
    }
}
