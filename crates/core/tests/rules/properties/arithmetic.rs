//! Drain, budget, schedule: what their arithmetic must keep for any figures.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use twinkey_core::budget::{self, BURST, PAUSE};
use twinkey_core::drain::Ended;
use twinkey_core::seen::{Host, Probed};
use twinkey_core::{
    Answer, AnswerKind, AttemptId, Client, Drain, DrainEnd, Policy, Safe, Schedule, Seen, Staleness, Wish,
    due,
};

use crate::world::*;

/// Any moment of the calendar, its ends among them.
fn moment() -> impl Strategy<Value = Timestamp> {
    let second = prop_oneof![
        8 => 1_500_000_000i64..2_500_000_000,
        1 => Timestamp::MIN.as_second()..Timestamp::MAX.as_second(),
        1 => Just(Timestamp::MAX.as_second()),
    ];
    second.prop_map(|second| Timestamp::from_second(second).unwrap())
}

/// Any length that a configuration or a record can name, the longest of all among them.
fn length() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![
        8 => (0i64..10_000_000).prop_map(SignedDuration::from_secs),
        1 => Just(SignedDuration::MAX),
        1 => Just(SignedDuration::ZERO),
    ]
}

fn staleness() -> impl Strategy<Value = Staleness> {
    prop_oneof![9 => length().prop_map(Staleness::For), 1 => Just(Staleness::Restart)]
}

fn drain(started: Timestamp, staleness: Staleness, token_lifetime: SignedDuration) -> Drain {
    Drain {
        switch: AttemptId::derive(&[b"switch"]),
        retired: Client::A,
        secret: secret(1),
        started,
        restarts: 0,
        staleness,
        token_lifetime,
        shortened: None,
        ended: None,
    }
}

/// Seconds as a number that does not overflow.
fn wide(time: SignedDuration) -> i128 {
    time.as_nanos()
}

prop_compose! {
    fn drained()(
        started in moment(), of_record in staleness(), of_policy in staleness(), lifetime in length(), margin in length(),
    ) -> (Drain, Policy) {
        let policy = Policy { staleness: of_policy, margin, ..policy() };
        (drain(started, of_record, lifetime), policy)
    }
}

proptest! {
    #![proptest_config(super::cases())]

    #[test]
    fn a_drain_is_safe_after_twice_the_larger_staleness_the_lifetime_and_the_margin(
        (drain, policy) in drained(),
    ) {
        let (safe, watched) = (drain.safe(&policy), drain.safe_if_watched(&policy));
        let (Staleness::For(one), Staleness::For(two)) = (drain.staleness, policy.staleness) else {
            prop_assert_eq!((safe, watched), (Safe::OnConfirmation, Safe::OnConfirmation));
            prop_assert!(!safe.is_now(Timestamp::MAX), "no time ends what a person must confirm");
            return Ok(());
        };
        let (Safe::From(safe), Safe::From(watched)) = (safe, watched) else { panic!("{safe:?}, {watched:?}") };
        let length = |times: i128| -> i128 {
            let whole = times * wide(one.max(two)) + wide(drain.token_lifetime) + wide(policy.margin);
            (drain.started.as_nanosecond() + whole).min(Timestamp::MAX.as_nanosecond())
        };
        prop_assert_eq!(safe.as_nanosecond(), length(2));
        prop_assert_eq!(watched.as_nanosecond(), length(1));
        prop_assert!(Safe::From(safe).is_now(safe));
        prop_assert!(safe == Timestamp::MIN || !Safe::From(safe).is_now(safe - SignedDuration::from_nanos(1)));
    }

    #[test]
    fn only_a_person_and_an_end_in_the_record_make_a_drain_shorter(
        (drain, policy) in drained(), shortened in length(), at in moment(),
    ) {
        let short = Drain { shortened: Some(shortened), ..drain.clone() };
        let end = drain.started.saturating_add(shortened).unwrap_or(Timestamp::MAX);
        prop_assert_eq!(short.safe(&policy), Safe::From(end));
        prop_assert_eq!(short.safe_if_watched(&policy), Safe::From(end));
        let ended = Drain { ended: Some(Ended { how: DrainEnd::Dead, at }), ..short };
        prop_assert_eq!(ended.safe(&policy), Safe::From(at));
    }

    #[test]
    fn a_count_of_refusals_is_those_since_the_last_token_and_the_burst_ends_the_asking(
        kinds in prop::collection::vec(0u8..4, 0..12), minutes in prop::collection::vec(0i64..600, 12),
    ) {
        let mut seen = Seen::nothing(Wish::Keep, "olga", Host::default());
        let start: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let (mut at, mut count, mut last) = (start, 0u32, start);
        for (kind, minutes) in kinds.into_iter().zip(minutes) {
            at += SignedDuration::from_mins(minutes);
            let kind = [AnswerKind::Accepted, AnswerKind::Rejected, AnswerKind::Refused, AnswerKind::Unavailable]
                [usize::from(kind)];
            match kind {
                AnswerKind::Accepted => count = 0,
                AnswerKind::Unavailable => {}
                _ => (count, last) = (count + 1, at),
            }
            let answer = Answer::new(kind, "");
            let (client, secret, client_id) = (Client::B, secret(7), "id-b".to_owned());
            seen.probes.push(Probed { client, client_id, secret, at, answer, noted: false, current: true });
            // Another secret, and another client, are counted apart.
            let other = Answer::new(AnswerKind::Rejected, "");
            let probed = Probed { client: Client::A, client_id: "id-a".to_owned(), secret, at, answer: other, noted: false, current: true };
            seen.probes.push(probed);
        }
        let found = budget::refusals(&seen, Client::B, secret(7));
        prop_assert_eq!(found.map_or(0, |found| found.count), count);
        for now in [at, last + PAUSE - SignedDuration::from_secs(1), last + PAUSE] {
            let may = budget::may_ask(&seen, Client::B, secret(7), now);
            let barred = count >= BURST && now < last + PAUSE;
            prop_assert_eq!(may, if barred { Err(last + PAUSE) } else { Ok(()) });
        }
    }
}

/// Zones whose summer time begins and ends in different ways, by an hour, by half of one, or by a day.
const ZONES: [&str; 7] = [
    "UTC",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
];

const PATTERNS: [&str; 8] = [
    "0 10 * * TUE#1",
    "30 1 * * *",
    "30 2 * * *",
    "*/15 * * * *",
    "0 0 L * *",
    "59 23 31 12 *",
    "0 3 * * SUN",
    "0 0 1,15 * +MON",
];

fn schedule() -> impl Strategy<Value = Schedule> {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    (0..PATTERNS.len(), 0..ZONES.len())
        .prop_map(move |(pattern, zone)| Schedule::parse(PATTERNS[pattern], ZONES[zone], now).unwrap())
}

proptest! {
    #![proptest_config(super::cases())]

    #[test]
    fn a_later_question_has_no_earlier_answer_and_nothing_comes_between(
        schedule in schedule(), from in 1_577_836_800i64..2_000_000_000, later in 0i64..40_000_000,
    ) {
        let from = Timestamp::from_second(from).unwrap();
        let due = schedule.next_after(from).unwrap();
        prop_assert!(due > from);
        let asked = from + SignedDuration::from_secs(later);
        let next = schedule.next_after(asked).unwrap();
        prop_assert!(next >= due && next > asked);
        prop_assert_eq!(asked < due, next == due, "asked {} between {} and {}", asked, from, due);
    }

    #[test]
    fn a_daily_time_comes_once_on_every_day_whatever_summer_time_does(
        zone in 0..ZONES.len(), hour in 0..24i8, minute in 0..60i8, from in 1_577_836_800i64..2_000_000_000,
    ) {
        let from = Timestamp::from_second(from).unwrap();
        let schedule = Schedule::parse(&format!("{minute} {hour} * * *"), ZONES[zone], from).unwrap();
        let tz = TimeZone::get(ZONES[zone]).unwrap();
        let mut due = schedule.next_after(from).unwrap();
        for _ in 0..20 {
            let next = schedule.next_after(due).unwrap();
            let day = |at: Timestamp| at.to_zoned(tz.clone()).date();
            prop_assert_eq!(day(next), day(due).tomorrow().unwrap(), "after {}", due);
            due = next;
        }
    }

    #[test]
    fn no_switch_is_due_before_the_last_one_and_the_least_interval(
        schedule in prop::option::of(schedule()), since in moment(), interval in length(),
    ) {
        let mut world = World::empty();
        assert!(world.wish(world.init_both()).wake.is_some() || world.store.record().is_some());
        let mut record = world.record();
        record.active.as_mut().unwrap().since = since;
        let policy = Policy { schedule: schedule.clone(), min_interval: interval, ..policy() };
        let earliest = since.saturating_add(interval).unwrap_or(Timestamp::MAX);
        match (due(&policy, &record), schedule) {
            (Some(due), Some(schedule)) => {
                prop_assert!(due >= earliest);
                let at = due.to_zoned(schedule.zone().clone());
                prop_assert!(at.second() == 0 || due == earliest, "{} of {:?}", at, schedule);
            }
            (due, None) => prop_assert_eq!(due, Some(earliest)),
            (None, Some(_)) => {}
        }
        record.active = None;
        prop_assert_eq!(due(&policy, &record), None);
    }
}
