//! When a switch is due, and in which hours it may happen.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use twinkey_core::hours::{Blackout, Window};
use twinkey_core::{Hours, Schedule, ScheduleError};

use super::or_default;
use crate::config::keys;
use crate::config::reader::Reader;
use crate::config::suggest::closest;

/// What the keys about times say.
pub(super) struct Calendar {
    /// The zone's name and the zone; `None` if this host does not know it.
    pub(super) zone: Option<TimeZone>,
    pub(super) schedule: Option<Schedule>,
    pub(super) min_interval: SignedDuration,
    pub(super) max_age: Option<SignedDuration>,
    pub(super) jitter: SignedDuration,
    pub(super) hours: Hours,
}

pub(super) fn read(reader: &mut Reader<'_, '_>, now: Timestamp) -> Calendar {
    let zone = zone(reader);
    let schedule = schedule(reader, zone.as_ref().map_or(keys::ZONE, |(name, _)| name), now);
    let min_interval = or_default(reader.duration_in("min-interval", "0s", "520w"), keys::MIN_INTERVAL);
    let max_age = reader.duration_in("max-age", "1h", "520w");
    if max_age.is_some_and(|age| age < min_interval) {
        let remedy = "the pair would have to be switched before it may be: make it longer than min-interval";
        reader.problem(reader.at("max-age"), "max-age", "is shorter than min-interval", remedy);
    }
    let jitter = or_default(reader.duration_in("jitter", "0s", "1d"), keys::JITTER);
    let zone = zone.map(|(_, zone)| zone);
    let windows =
        list(reader, "windows", window, "write it like \"Mon-Fri 09:00-17:00\" or \"Sat 10:00-12:00\"");
    let remedy = "write a date like \"2026-12-24\", or two like \"2026-12-21/2027-01-03\"";
    let blackouts = list(reader, "blackouts", blackout, remedy);
    let hours = Hours::new(windows, blackouts, zone.clone().unwrap_or(TimeZone::UTC));
    Calendar { zone, schedule, min_interval, max_age, jitter, hours }
}

/// The zone's name and the zone.
fn zone(reader: &mut Reader<'_, '_>) -> Option<(String, TimeZone)> {
    let (name, span) = match reader.text("zone") {
        Some(found) => (found.value, found.span),
        None => (keys::ZONE.to_owned(), reader.at("zone")),
    };
    match TimeZone::get(&name) {
        Ok(zone) => Some((name, zone)),
        Err(_) => {
            let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
            let remedy = match closest(&name, known.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => "write it like Europe/London; Debian's package tzdata has them".to_owned(),
            };
            reader.problem(span, "zone", "is no time zone that this host knows", &remedy);
            None
        }
    }
}

fn schedule(reader: &mut Reader<'_, '_>, zone: &str, now: Timestamp) -> Option<Schedule> {
    let found = reader.text("schedule")?;
    // The parser's own words are not told: they may echo what was written, and that may be a secret gone astray.
    let (what, remedy) = match Schedule::parse(&found.value, zone, now) {
        Ok(schedule) => return Some(schedule),
        Err(ScheduleError::Never(_)) => ("never comes", "the calendar has no such date"),
        Err(_) => (
            "is no cron pattern",
            "five fields: minute, hour, day of month, month, day of week; like 0 10 * * TUE#1, the first Tuesday (#1 to #5)",
        ),
    };
    reader.problem(found.span, "schedule", what, remedy);
    None
}

/// A list whose items are all read before anything is given up.
fn list<T>(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    read: fn(&str) -> Option<T>,
    remedy: &str,
) -> Vec<T> {
    let Some(found) = reader.texts(key) else { return Vec::new() };
    let mut items = Vec::new();
    for item in found.value {
        match read(&item.value) {
            Some(item) => items.push(item),
            None => reader.problem(item.span, key, "holds something else than it can", remedy),
        }
    }
    items
}

/// `Mon-Fri 09:00-17:00`, `Sat,Sun 22:00-02:00`, or a time alone for every day.
fn window(text: &str) -> Option<Window> {
    let (days, times) = match text.trim().split_once(' ') {
        Some((days, times)) => (days_of(days)?, times.trim()),
        None => (days_of("Mon-Sun")?, text.trim()),
    };
    let (from, until) = times.split_once('-')?;
    let until = match until {
        "24:00" => None,
        until => Some(time(until)?),
    };
    let from = time(from)?;
    (until != Some(from)).then_some(Window { days, from, until })
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| -> Option<i8> {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn days_of(text: &str) -> Option<Vec<Weekday>> {
    let place = |name: &str| DAYS.iter().position(|(day, _)| day.eq_ignore_ascii_case(name));
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (place(first)?, place(last)?);
        // A range that ends before it begins goes over the weekend: Fri-Mon.
        let length = (last + DAYS.len() - first) % DAYS.len();
        days.extend((first..=first + length).map(|day| DAYS[day % DAYS.len()].1));
    }
    Some(days)
}

/// One date, or the first and the last.
fn blackout(text: &str) -> Option<Blackout> {
    let (first, last) = text.split_once('/').unwrap_or((text, text));
    let (first, last): (Date, Date) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(Blackout { first, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_days_and_times() {
        let read = |text: &str| {
            let window = window(text)?;
            Some((window.days.len(), window.from.to_string(), window.until.map(|until| until.to_string())))
        };
        let office = (5, "09:00:00".to_owned(), Some("17:00:00".to_owned()));
        assert_eq!(read("Mon-Fri 09:00-17:00"), Some(office.clone()));
        assert_eq!(read(" mon,TUE,Wed-Fri 09:00-17:00 "), Some(office));
        assert_eq!(read("Fri-Mon 22:00-02:00").unwrap().0, 4, "over the weekend");
        assert_eq!(read("00:00-24:00"), Some((7, "00:00:00".to_owned(), None)));
        for wrong in [
            "",
            "Mon",
            "Mon-Fri",
            "Mon 9:00-17:00",
            "Mon 09:00",
            "Mon 09:00-09:00",
            "Moon 09:00-10:00",
            "Mon 09:00-25:00",
            "Mon 09:60-10:00",
            "Mon 24:00-10:00",
            "Mon 09:00–17:00",
            "Mon 09:0+-10:00",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn blackouts_are_a_date_or_two_in_their_order() {
        let read = |text: &str| blackout(text).map(|found| (found.first.to_string(), found.last.to_string()));
        let two = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
        assert_eq!(read("2026-12-24"), two("2026-12-24", "2026-12-24"));
        assert_eq!(read("2026-12-21/2027-01-03"), two("2026-12-21", "2027-01-03"));
        for wrong in ["", "24.12.2026", "2027-01-03/2026-12-21", "2026-02-30", "2026-12-21/", "2026"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
