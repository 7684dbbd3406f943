//! Months of due times in three zones, with suspends and clocks that change to summer and winter: each switch in its
//! time, in its hours, once.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use twinkey_core::decision::Because;
use twinkey_core::hours::Window;
use twinkey_core::seen::Done;
use twinkey_core::{Hours, Schedule, Unscheduled, due};

use crate::world::*;

/// Two zones that change at different hours, and one that changes by half an hour.
const ZONES: [&str; 3] = ["Europe/Dublin", "America/New_York", "Australia/Lord_Howe"];
const PATTERNS: [&str; 5] =
    ["30 1 * * *", "15 2 * * SUN", "0 10 * * TUE#1", "0 0 1 * *", "45 23 * * MON,THU"];
/// Just before the zones change to summer time, or to winter time.
const BEGINNINGS: [&str; 4] =
    ["2026-03-05T00:00:00Z", "2026-03-26T00:00:00Z", "2026-10-01T00:00:00Z", "2026-10-22T00:00:00Z"];

const OPENS: i8 = 9;
const CLOSES: i8 = 16;

/// The service looks this often if nothing comes earlier; rarely, so that many months fit into a test.
const LOOK: jiff::SignedDuration = jiff::SignedDuration::from_hours(7);

/// A run with its requests takes some seconds, and the world lets time pass with each step.
const RUN: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

fn office(zone: &TimeZone) -> Hours {
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let window = Window {
        days: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
        from: Time::constant(OPENS, 0, 0, 0),
        until: Some(Time::constant(CLOSES, 0, 0, 0)),
    };
    Hours::new(vec![window], Vec::new(), zone.clone())
}

/// The same question, asked of the calendar by hand.
fn is_office_hour(zone: &TimeZone, at: Timestamp) -> bool {
    let local = at.to_zoned(zone.clone());
    let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
    !weekend && (OPENS..CLOSES).contains(&local.hour())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn each_switch_comes_in_its_time_in_its_hours_and_once(
        zone in 0..ZONES.len(), pattern in 0..PATTERNS.len(), beginning in 0..BEGINNINGS.len(),
        windows in any::<bool>(), jitter in prop::sample::select(vec![0_i64, 90]),
        interval in prop::sample::select(vec![1_i64, 20, 24, 24 * 6]),
        // After how many rounds the host sleeps, and for how many hours.
        suspends in prop::collection::vec((1_usize..30, 1_i64..120), 0..12),
    ) {
        let mut world = World::ready();
        world.now = BEGINNINGS[beginning].parse().unwrap();
        let tz = TimeZone::get(ZONES[zone]).unwrap();
        let schedule = Schedule::parse(PATTERNS[pattern], ZONES[zone], world.now).unwrap();
        world.policy.schedule = Some(schedule.clone());
        world.policy.unscheduled = Unscheduled::Never;
        // Nobody is asked for a token in between: only due times wake.
        (world.policy.active_every, world.policy.standby_every) = (DAY * 365, DAY * 365);
        world.policy.min_interval = HOUR * i32::try_from(interval).unwrap();
        world.policy.jitter = MINUTE * i32::try_from(jitter).unwrap();
        if windows {
            world.policy.hours = office(&tz);
        }
        // The pair went live when the test begins, so nothing is due yet.
        let mut record = world.record();
        record.active.as_mut().unwrap().since = world.now;
        world.store.put_record(&record);

        let mut suspends = suspends.into_iter();
        let mut sleep = suspends.next();
        let mut rounds = 0;
        let mut woken = world.now;
        let mut switches = 0;
        let end = world.now + DAY * 75;
        while world.now < end {
            let record = world.record();
            let since = record.active.as_ref().unwrap().since;
            let expected = due(&world.policy, &record).unwrap();
            let began = world.now;
            let rest = world.round();
            if rest.why == Because::Done(Done::Switched) {
                switches += 1;
                let at = world.record().active.unwrap().since;
                let fired = schedule.next_after(since).unwrap();
                prop_assert!(fired <= at, "{at} without a time of the schedule after {since}");
                prop_assert!(at.duration_since(since) >= world.policy.min_interval, "{since} {at}");
                prop_assert!(!windows || is_office_hour(&tz, began), "{began} is no office hour");
                prop_assert!(expected <= at, "{at} before {expected}");
                let late = at.duration_since(expected.max(woken));
                prop_assert!(windows && woken > expected || late <= RUN, "{at} is late for {expected} and {woken}");
                world.pass(HOUR * 4);
                world.regenerate_by_the_book();
                woken = world.now;
                continue;
            }
            prop_assert!(
                expected > began || (windows && !is_office_hour(&tz, began)),
                "nothing was done at {began}, and {expected} is past"
            );
            let wake = rest.wake.unwrap_or(world.now + LOOK).min(world.now + LOOK).max(world.now + SECOND);
            rounds += 1;
            match sleep {
                Some((after, hours)) if rounds >= after => {
                    world.now = wake.max(world.now + HOUR * i32::try_from(hours).unwrap());
                    woken = world.now;
                    (rounds, sleep) = (0, suspends.next());
                }
                _ => world.now = wake,
            }
        }
        prop_assert!(switches >= 1, "no switch in 75 days");
    }
}
