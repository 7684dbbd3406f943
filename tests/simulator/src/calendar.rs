//! Due times by a calendar: in zones that change their clocks, in office hours, around days on which nothing is
//! switched.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use twinkey_core::hours::{Blackout, Window};
use twinkey_core::{
    Hours, LookEvery, Phase, Policy, Record, Remedy, Schedule, Unscheduled, due, phase, remedy,
};

use crate::figures::Reached;
use crate::life::Life;
use crate::nature::*;
use crate::process::Role;

/// Two zones that change at different hours, and one that changes by half an hour.
const ZONES: [&str; 3] = ["Europe/Dublin", "America/New_York", "Australia/Lord_Howe"];

const PATTERNS: [&str; 6] =
    ["30 1 * * *", "15 2 * * SUN", "0 10 * * TUE#1", "0 */6 * * *", "0 0 1 * *", "45 23 * * MON,THU"];

/// Some days before zones change to summer time, or to winter time.
const BEGINNINGS: [&str; 4] =
    ["2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z", "2026-09-25T00:00:00Z", "2026-10-15T00:00:00Z"];

const OPENS: i8 = 9;
const CLOSES: i8 = 16;

/// What the calendar of a life forbids, kept beside the policy so that the judge can ask it by hand.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    office: bool,
    blackout: Option<(Date, Date)>,
    /// Whether months follow at the end of this life.
    months: bool,
}

impl Calendar {
    /// Draws a calendar, writes it into the policy, and says when the life begins.
    pub(crate) fn keep(rng: &mut fastrand::Rng, policy: &mut Policy) -> (Self, Timestamp) {
        let birth: Timestamp = pick(rng, &BEGINNINGS).parse().expect("a moment");
        let name = pick(rng, &ZONES);
        let zone = TimeZone::get(name).expect("a zone");
        let blackout = (rng.u32(..3) == 0).then(|| {
            let first = birth.to_zoned(zone.clone()).date() + Span::new().days(rng.i64(3..30));
            (first, first + Span::new().days(rng.i64(0..4)))
        });
        let months = rng.u32(..6) == 0;
        let calendar = Self { zone: zone.clone(), office: rng.u32(..3) == 0, blackout, months };
        policy.schedule = Some(Schedule::parse(pick(rng, &PATTERNS), name, birth).expect("a pattern"));
        policy.unscheduled = Unscheduled::Never;
        policy.max_age = (rng.u32(..4) == 0).then_some(DAY * 9);
        policy.jitter = pick(rng, &[SignedDuration::ZERO, SignedDuration::ZERO, MINUTE * 90]);
        let windows = if calendar.office { vec![office()] } else { Vec::new() };
        let days = blackout.map(|(first, last)| Blackout { first, last });
        policy.hours = Hours::new(windows, days.into_iter().collect(), zone);
        (calendar, birth)
    }

    /// Whether a switch may happen at this moment, asked of the calendar by hand.
    fn allows(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(self.zone.clone());
        let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
        let open = !self.office || (!weekend && (OPENS..CLOSES).contains(&local.hour()));
        open && self.blackout.is_none_or(|(first, last)| local.date() < first || last < local.date())
    }
}

fn office() -> Window {
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    Window {
        days: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
        from: Time::constant(OPENS, 0, 0, 0),
        until: Some(Time::constant(CLOSES, 0, 0, 0)),
    }
}

/// How long the months after a life are.
const MONTHS: SignedDuration = SignedDuration::from_hours(24 * 50);

/// From a due time, or from waking, to the switch: a tick of the service, and the run with its requests.
const SOON: SignedDuration = SignedDuration::from_secs(30 + 30);

impl Life {
    /// A scheduled switch was begun: its time has come, its hours are open, and it is the only one for that time.
    pub(crate) fn in_its_time(&mut self, old: Option<&Record>, at: Timestamp) {
        let Some(calendar) = &self.nature.calendar else { return };
        let policy = &self.nature.policy;
        let Some(since) = old.and_then(|old| Some(old.active.as_ref()?.since)) else { return };
        let planned = policy.schedule.as_ref().and_then(|schedule| schedule.next_after(since));
        let old_enough = policy.max_age.is_some_and(|age| at.duration_since(since) >= age);
        let wrong = if planned.is_none_or(|planned| planned > at) && !old_enough {
            "no time of the schedule has come since then"
        } else if at.duration_since(since) < policy.min_interval {
            "that is less than the least interval"
        } else if !calendar.allows(at) {
            "nothing may be switched then"
        } else {
            return;
        };
        self.breaks(format!("schedule: a switch at {at} after one at {since}: {wrong}"));
    }

    /// Months in which nothing goes wrong but that the service's host sleeps, for hours and for days: what comes due
    /// is switched within a tick, once the host is awake and the hours are open.
    pub(crate) fn months(&mut self) {
        let keeps = self.nature.calendar.as_ref().is_some_and(|calendar| calendar.months);
        if !keeps || !self.nature.daemon {
            return;
        }
        self.say("--", || "months pass".into());
        self.figures.reach(Reached::Months);
        // Only what is due wakes the service: looking every few minutes, it could not be late.
        let policy = &mut self.nature.policy;
        (policy.look_every, policy.active_every) = (LookEvery::Every(HOUR * 6), HOUR * 6);
        let end = self.now + MONTHS;
        self.wake_all();
        if let Some(pid) = self.hosts[DAEMON].busy {
            self.finish(pid);
        }
        let mut able = None;
        while self.now < end && self.broken.is_none() {
            self.month_round(&mut able);
            self.what_people_are_asked_for();
            let wake = self.hosts[DAEMON].pace.wake.duration_since(self.host_clock(DAEMON));
            let mut pause = wake.max(SECOND);
            if self.nature.hole == Some(Hole::Oversleeps) {
                pause += HOUR;
            }
            if self.rng.u32(..6) == 0 {
                let slept = HOUR * self.rng.i32(1..100);
                if slept > pause {
                    pause = slept + SECOND * self.rng.i32(0..30);
                    able = None;
                }
            }
            self.pass(pause);
        }
    }

    /// One round of the service. `able` is since when nothing but the calendar keeps a switch from coming.
    fn month_round(&mut self, able: &mut Option<Timestamp>) {
        let Some(before) = self.record.clone() else { return };
        let began = self.host_clock(DAEMON);
        if !self.stands_by(&before) {
            *able = None;
        } else {
            able.get_or_insert(began);
        }
        match self.round(DAEMON, Role::Daemon, "daemon") {
            Some(pid) => self.finish(pid),
            None => self.breaks("schedule: the service's host is not free in quiet months".into()),
        }
        let policy = &self.nature.policy;
        let (Some(able), Some(expected)) = (*able, due(policy, &before)) else { return };
        let comes = policy.hours.open_from(expected.max(able));
        let now = self.record.as_ref().and_then(|record| record.active.clone());
        let switched = now.filter(|now| before.active.as_ref().is_none_or(|then| then.since != now.since));
        match switched {
            Some(now) => {
                self.figures.reach(if able > expected { Reached::MadeUp } else { Reached::InTime });
                let late = now.since.duration_since(comes);
                if late.is_negative() || late > SOON {
                    self.breaks(format!("schedule: a switch at {} that was due at {comes}", now.since));
                }
            }
            None if comes <= began => {
                self.breaks(format!("schedule: nothing was done at {began}, and {comes} is past"));
            }
            None => {}
        }
    }

    /// Whether there is somewhere to switch to: the service calls itself ready, and every node of the provider knows
    /// the secret that stands by.
    fn stands_by(&self, record: &Record) -> bool {
        let (seen, now) = (self.status(DAEMON), self.host_clock(DAEMON));
        if !matches!(phase(&self.nature.policy, &seen, now), Phase::Ready { .. }) {
            return false;
        }
        let Some(active) = &record.active else { return false };
        let other = active.client.other();
        let note = &record.clients[other];
        let current = record.salt.mac(self.portal.rows[other].secret.as_bytes());
        let proven = note.proven.is_some_and(|proven| proven.secret == current);
        let retired = note.retired.is_some_and(|retired| retired.secret == current);
        proven && !retired && !record.has_permit_on(other) && self.portal.agrees_on(other, self.now)
    }

    /// Somebody does what only people can do, as soon as it is asked for.
    fn what_people_are_asked_for(&mut self) {
        let host = DESKS[0];
        let (seen, now) = (self.status(host), self.host_clock(host));
        let what = remedy(&self.nature.policy, &seen, now);
        let asked =
            matches!(what, Some(Remedy::Regenerate(_) | Remedy::FinishPermit(_) | Remedy::ConfirmDrained(_)));
        if asked {
            self.follow(what.as_ref());
        }
    }
}
