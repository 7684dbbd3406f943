//! Due times: schedules, windows, blackouts, the greatest age, and what was missed.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use twinkey_core::decision::Because;
use twinkey_core::hours::{Blackout, Window};
use twinkey_core::record::Why;
use twinkey_core::seen::Done;
use twinkey_core::{Client, Hours, Phase, Schedule, Unscheduled, What, due, upcoming};

use crate::world::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Ready since Tuesday 6 January 2026, 10:00; a switch comes every day at noon.
fn at_noon() -> World {
    let mut world = World::ready();
    world.policy.schedule = Some(Schedule::parse("0 12 * * *", "UTC", world.now).unwrap());
    world.policy.active_every = DAY * 365;
    world.policy.standby_every = DAY * 365;
    world
}

/// Windows on these days from nine to five.
fn office(days: &[Weekday], blackouts: &[(&str, &str)]) -> Hours {
    let window = Window {
        days: days.to_vec(),
        from: Time::constant(9, 0, 0, 0),
        until: Some(Time::constant(17, 0, 0, 0)),
    };
    let blackouts = blackouts
        .iter()
        .map(|(first, last)| Blackout { first: first.parse().unwrap(), last: last.parse().unwrap() });
    Hours::new(vec![window], blackouts.collect(), TimeZone::UTC)
}

/// The reasons of the publications so far.
fn reasons(world: &World) -> Vec<Option<String>> {
    let record = world.record();
    let intents = record.transitions.iter().filter_map(|transition| match &transition.what {
        What::Intended { why: Why::Scheduled, reason, .. } => Some(reason.clone()),
        _ => None,
    });
    intents.collect()
}

#[test]
fn a_time_that_was_missed_is_made_up_once_and_said() {
    let mut world = at_noon();
    // Five noons have passed since the pair may be switched; nobody was there.
    world.now = at("2026-01-18T15:30:00Z");
    let since = due(&world.policy, &world.record()).unwrap();
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    let told = reasons(&world);
    assert_eq!(told.len(), 1);
    let told = told[0].as_ref().unwrap();
    assert!(told.contains("made up") && told.contains(&format!("{since:.0}")), "{told}");
    assert_eq!(due(&world.policy, &world.record()), Some(at("2026-01-26T12:00:00Z")), "and only once");
}

#[test]
fn a_switch_in_its_time_says_nothing_of_having_been_missed() {
    let mut world = at_noon();
    world.now = due(&world.policy, &world.record()).unwrap() + MINUTE * 14;
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert_eq!(reasons(&world), [None]);
}

#[test]
fn without_a_schedule_no_call_is_late() {
    let mut world = World::ready();
    world.pass(DAY * 30);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert_eq!(reasons(&world), [None]);
}

#[test]
fn a_switch_waits_for_its_window_and_is_woken_there() {
    let mut world = at_noon();
    // 13 January is a Tuesday: the first noon that is due, and the office opens on Thursday.
    world.policy.hours = office(&[Weekday::Thursday], &[]);
    let opens = at("2026-01-15T09:00:00Z");
    assert_eq!(due(&world.policy, &world.record()), Some(opens));
    world.now = opens - MINUTE;
    let rest = world.round();
    assert_eq!((rest.why, rest.wake), (Because::Nothing, Some(opens)));
    world.now = opens;
    assert_eq!(world.round().why, Because::Done(Done::Switched));
}

#[test]
fn a_switch_that_missed_its_window_waits_for_the_next_one() {
    let mut world = at_noon();
    world.policy.hours = office(&[Weekday::Thursday], &[("2026-01-22", "2026-01-22")]);
    world.now = at("2026-01-15T17:00:00Z");
    let next = at("2026-01-29T09:00:00Z");
    let rest = world.round();
    assert_eq!((rest.why, rest.wake), (Because::Nothing, Some(next)));
    assert_eq!(world.phase(), Phase::Ready { due: Some(next) }, "and that is what people see");
    world.now = next;
    assert_eq!(world.round().why, Because::Done(Done::Switched));
}

#[test]
fn a_rescue_asks_for_no_window() {
    let mut world = at_noon();
    world.policy.hours = office(&[Weekday::Thursday], &[]);
    world.policy.active_every = MINUTE;
    world.provider.obeyed = false;
    world.regenerate(Client::A);
    world.now = at("2026-01-14T03:00:00Z");
    assert!(!world.policy.hours.is_open(world.now));
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert!(reasons(&world).is_empty());
    assert_eq!(world.record().active.unwrap().client, Client::B);
}

#[test]
fn a_pair_is_due_at_its_greatest_age_whatever_the_schedule_says() {
    let mut world = World::ready();
    world.policy.schedule = Some(Schedule::parse("0 12 1 7 *", "UTC", world.now).unwrap());
    let since = world.record().active.unwrap().since;
    world.policy.max_age = Some(DAY * 90);
    assert_eq!(due(&world.policy, &world.record()), Some(since + DAY * 90));
    world.policy.max_age = Some(DAY * 365);
    assert_eq!(due(&world.policy, &world.record()), Some(at("2026-07-01T12:00:00Z")));
    // Never before the least interval, though.
    world.policy.max_age = Some(DAY);
    assert_eq!(due(&world.policy, &world.record()), Some(since + world.policy.min_interval));
}

#[test]
fn a_daemon_without_a_schedule_switches_at_the_greatest_age_or_never() {
    let mut world = World::ready();
    world.policy.unscheduled = Unscheduled::Never;
    world.pass(DAY * 30);
    assert_eq!(due(&world.policy, &world.record()), None);
    assert_eq!(world.round().why, Because::Nothing);
    world.policy.max_age = Some(DAY * 30);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
}

#[test]
fn due_times_are_put_off_by_a_part_of_the_jitter_that_every_host_knows() {
    let mut world = at_noon();
    let plain: Vec<Timestamp> = upcoming(&world.policy, world.now).take(5).collect();
    world.policy.jitter = HOUR;
    let put_off: Vec<Timestamp> = upcoming(&world.policy, world.now).take(5).collect();
    for (plain, put_off) in plain.iter().zip(&put_off) {
        let by = put_off.duration_since(*plain);
        assert!(!by.is_negative() && by < HOUR, "{by}");
    }
    assert_ne!(plain, put_off);
    assert_eq!(put_off, upcoming(&world.policy, world.now).take(5).collect::<Vec<_>>());
}

#[test]
fn upcoming_times_keep_the_least_interval() {
    let world = at_noon();
    let noons = ["2026-01-14T12:00:00Z", "2026-01-21T12:00:00Z", "2026-01-28T12:00:00Z"];
    let told: Vec<Timestamp> = upcoming(&world.policy, at("2026-01-13T12:00:00Z")).take(3).collect();
    assert_eq!(told, noons.map(at));
}

/// A switch comes some seconds after its time; the day after, it is due at noon again and not a day later.
#[test]
fn a_daily_schedule_with_a_day_between_switches_comes_every_day() {
    let mut world = at_noon();
    world.policy.min_interval = DAY;
    world.now = at("2026-01-14T12:00:00Z");
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    let since = world.record().active.unwrap().since;
    assert!(since > at("2026-01-14T12:00:00Z"), "{since}");
    assert_eq!(due(&world.policy, &world.record()), Some(since + DAY));
}

/// With no least interval the same noon would be due again as soon as a fresh secret is there.
#[test]
fn one_due_time_is_one_switch_however_short_the_least_interval() {
    let mut world = at_noon();
    world.policy.min_interval = jiff::SignedDuration::ZERO;
    world.now = at("2026-01-14T12:00:00Z");
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    assert_eq!(due(&world.policy, &world.record()), Some(at("2026-01-15T12:00:00Z")));
}
