//! Moments and durations as people say them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Beyond this distance a moment is shown with its year.
const NEAR: SignedDuration = SignedDuration::from_hours(300 * 24);

/// `Tue 5 Jan 10:00`, with the year where it is far away.
pub(super) fn moment(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let near = at.duration_since(now).abs() <= NEAR;
    let format = if near { "%a %-d %b %H:%M" } else { "%a %-d %b %Y %H:%M" };
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

/// `2027-01-05 10:00`, for lists that cover years.
pub(super) fn dated(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `Tue 5 Jan 10:00 (in 2 h)`.
pub(super) fn when(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    format!("{} ({})", moment(at, zone, now), relative(at, now))
}

/// `in 2 h`, `4 min ago`, `now`. A wait is rounded up: nobody comes back too early.
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    let ahead = at.duration_since(now);
    if ahead > SignedDuration::ZERO {
        format!("in {}", length(rounded_up(ahead)))
    } else if ahead.abs() < SignedDuration::from_secs(1) {
        "now".to_owned()
    } else {
        format!("{} ago", length(ahead.abs()))
    }
}

/// `45 s`, `2 h 10 min`, `3 days`. Rounded down to what matters at that length.
pub(super) fn length(length: SignedDuration) -> String {
    let seconds = length.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (seconds, minutes % 60) {
        (0..180, _) if seconds % 60 != 0 || seconds == 0 => format!("{seconds} s"),
        (0..5400, _) => format!("{minutes} min"),
        (5400..36_000, 0) => format!("{hours} h"),
        (5400..36_000, rest) => format!("{hours} h {rest} min"),
        (36_000..172_800, _) => format!("{hours} h"),
        _ => format!("{days} days"),
    }
}

/// Up to the unit that [`length`] shows at that size.
fn rounded_up(length: SignedDuration) -> SignedDuration {
    let unit = match length.as_secs() {
        0..180 => 1,
        180..36_000 => 60,
        36_000..172_800 => 3600,
        _ => 86_400,
    };
    let whole = length.as_secs() + i64::from(length.subsec_nanos() > 0);
    let units = whole / unit + i64::from(whole % unit > 0);
    SignedDuration::from_secs(units.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_length_is_said_at_the_precision_that_matters() {
        let cases = [
            (0, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (130, "130 s"),
            (599, "9 min"),
            (5399, "89 min"),
            (5400, "1 h 30 min"),
            (7200, "2 h"),
            (7800, "2 h 10 min"),
            (40_000, "11 h"),
            (172_800, "2 days"),
            (86_400 * 400, "400 days"),
        ];
        for (given, said) in cases {
            assert_eq!(length(seconds(given)), said, "{given}");
        }
    }

    #[test]
    fn a_wait_is_rounded_up_and_an_age_down() {
        let now = at("2027-01-05T10:00:00Z");
        let from_now = |by: i64| relative(now.saturating_add(seconds(by)).unwrap(), now);
        assert_eq!(from_now(7201), "in 2 h 1 min");
        assert_eq!(from_now(86_400 * 2 + 1), "in 3 days");
        assert_eq!(from_now(36_001), "in 11 h");
        assert_eq!(from_now(-7259), "2 h ago");
        assert_eq!(from_now(-86_400 * 3), "3 days ago");
        assert_eq!(from_now(0), "now");
        assert_eq!(relative(now.saturating_add(SignedDuration::from_millis(1)).unwrap(), now), "in 1 s");
    }

    #[test]
    fn a_moment_is_local_and_shows_its_year_only_when_far() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let now = at("2027-06-01T00:00:00Z");
        assert_eq!(moment(at("2027-07-06T09:00:00Z"), &zone, now), "Tue 6 Jul 10:00");
        assert_eq!(moment(at("2028-07-04T09:00:00Z"), &zone, now), "Tue 4 Jul 2028 10:00");
        assert_eq!(dated(at("2027-01-05T10:00:00Z"), &zone), "2027-01-05 10:00");
    }

    #[test]
    fn the_ends_of_the_calendar_are_moments_too() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let now = at("2027-06-01T00:00:00Z");
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert!(!when(end, &zone, now).is_empty());
        }
    }
}
