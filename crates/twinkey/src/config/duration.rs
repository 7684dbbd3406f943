//! Durations as people write them.

use jiff::SignedDuration;

/// Reads a duration such as `90s`, `1h 30m` or `2d`. A day is 24 hours, a week seven days: what is measured
/// here are spans of time, not calendars.
///
/// # Errors
/// What is wrong, and how it is written.
pub fn parse_duration(text: &str) -> Result<SignedDuration, &'static str> {
    const HOW: &str = "a duration is written like 90s, 10m, 1h 30m, 2d or 1w";
    let mut total = SignedDuration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(HOW);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(HOW)?;
        let number: i64 = rest[..digits].parse().map_err(|_| HOW)?;
        let after = rest[digits..].trim_start();
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let seconds = match &after[..letters] {
            "ms" => {
                total = total.checked_add(SignedDuration::from_millis(number)).ok_or(HOW)?;
                rest = after[letters..].trim_start();
                continue;
            }
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            _ => return Err(HOW),
        };
        let part = number.checked_mul(seconds).ok_or(HOW)?;
        total = total.checked_add(SignedDuration::from_secs(part)).ok_or(HOW)?;
        rest = after[letters..].trim_start();
    }
    // A hundred years: longer ones are slips of the hand, and would leave the calendar.
    if total > SignedDuration::from_hours(24 * 36_525) {
        Err("that is more than a hundred years")
    } else {
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let cases =
            [("90s", 90), ("1h 30m", 5400), ("1h30m", 5400), ("2d", 172_800), ("1 w", 604_800), ("0s", 0)];
        for (text, seconds) in cases {
            assert_eq!(parse_duration(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse_duration("200ms"), Ok(SignedDuration::from_millis(200)));
        for bad in ["", "h", "10", "-1h", "1x", "1.5h", "999999999w", "99999999999999999999s"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_never_below_zero(text in ".{0,30}|([0-9]{1,20} ?[a-z]{1,7} ?){0,4}") {
            if let Ok(duration) = parse_duration(&text) {
                prop_assert!(!duration.is_negative() && duration <= SignedDuration::from_hours(24 * 36_525));
            }
        }

        #[test]
        fn the_parts_of_a_duration_add_up(
            parts in prop::collection::vec((0i64..2000, 0usize..5), 1..6), space in " {0,2}",
        ) {
            const UNITS: [(&str, i64); 5] = [("s", 1), ("min", 60), ("hours", 3600), ("d", 86_400), ("week", 604_800)];
            let written: Vec<String> =
                parts.iter().map(|(number, unit)| format!("{number}{space}{}", UNITS[*unit].0)).collect();
            let seconds = parts.iter().map(|(number, unit)| number * UNITS[*unit].1).sum();
            let whole = SignedDuration::from_secs(seconds);
            let read = parse_duration(&written.join(&space));
            if whole <= SignedDuration::from_hours(24 * 36_525) {
                prop_assert_eq!(read, Ok(whole));
            } else {
                prop_assert!(read.is_err());
            }
        }
    }
}
