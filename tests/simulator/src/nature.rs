//! What kind of life a seed is: policy, provider, consumers, how much goes wrong, and whether people obey.

use jiff::{SignedDuration, Timestamp};
use twinkey::documents::Documents;
use twinkey_core::{
    AnswerKind, BelongsTo, Failover, Hours, LookEvery, PerClient, Policy, Settle, Staleness, Unscheduled,
};
use twinkey_store::Place;

use crate::calendar::Calendar;

pub(crate) const SECOND: SignedDuration = SignedDuration::from_secs(1);
pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How often the daemon looks.
pub(crate) const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// A hole that is made on purpose, to show that the simulator finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hole {
    /// The store replaces the live pair whatever version stands there.
    BlindLivePair,
    /// The store replaces the record whatever version stands there.
    BlindRecord,
    /// Consumers keep a pair three times as long as the policy says.
    StaleConsumers,
    /// People press Regenerate for the client that is not active without asking for SAFE.
    PressUnasked,
    /// The store answers a write that was lost as if it had been written.
    FalseWritten,
    /// The service comes to its rounds an hour late.
    Oversleeps,
}

/// The traits of one life.
#[derive(Clone, Debug)]
pub(crate) struct Nature {
    pub(crate) policy: Policy,
    /// The calendar that the policy keeps, in some lives.
    pub(crate) calendar: Option<Calendar>,
    /// The moment at which this life begins.
    pub(crate) birth: Timestamp,
    /// Whether people do only what production says.
    pub(crate) obedient: bool,
    /// How many chapters it has.
    pub(crate) chapters: u32,
    /// In a thousand requests, how many meet a fault of their own.
    pub(crate) chaos: u32,
    /// How far the replicas may lag.
    pub(crate) lag: SignedDuration,
    pub(crate) refusal: AnswerKind,
    pub(crate) lifetime: SignedDuration,
    pub(crate) lateness: SignedDuration,
    pub(crate) retention: SignedDuration,
    /// Whether the provider's answers carry a `Date`; without one nobody can tell that a clock is off.
    pub(crate) dates: bool,
    /// Whether a daemon watches, or only one-shot runs look.
    pub(crate) daemon: bool,
    /// Ordinary differences of clocks.
    pub(crate) offsets: [SignedDuration; HOSTS],
    /// How long each caching consumer keeps what it has read.
    pub(crate) consumers: Vec<Option<SignedDuration>>,
    /// Whether a live pair stands there before `init`.
    pub(crate) adopted: bool,
    pub(crate) hole: Option<Hole>,
}

/// The daemon's host, the timer's, and two people's desks.
pub(crate) const HOSTS: usize = 4;
pub(crate) const HOST_NAMES: [&str; HOSTS] = ["one", "two", "desk-olga", "desk-rob"];
pub(crate) const DAEMON: usize = 0;
pub(crate) const TIMER: usize = 1;
pub(crate) const DESKS: [usize; 2] = [2, 3];

impl Nature {
    pub(crate) fn of(rng: &mut fastrand::Rng, hole: Option<Hole>) -> Self {
        let staleness = pick(rng, &[MINUTE * 20, MINUTE * 20, MINUTE * 20, HOUR, HOUR * 3]);
        let restart = rng.u32(..12) == 0;
        let lifetime = pick(rng, &[MINUTE * 5, MINUTE * 10, MINUTE * 10, HOUR]);
        let daemon = rng.u32(..10) < 7;
        let mut policy = Policy {
            place: BelongsTo {
                store: "store".into(),
                live_pair: "app/gbg".into(),
                id_field: "client_id".into(),
                secret_field: "client_secret".into(),
            },
            schedule: None,
            min_interval: pick(rng, &[HOUR * 8, DAY, DAY * 3]),
            max_age: None,
            jitter: SignedDuration::ZERO,
            unscheduled: Unscheduled::EachCall,
            hours: Hours::always(),
            staleness: if restart { Staleness::Restart } else { Staleness::For(staleness) },
            look_every: if daemon { LookEvery::Every(LOOK_EVERY) } else { LookEvery::Cron },
            margin: MINUTE * 10,
            token_lifetime: lifetime,
            settle: Settle { tokens: 3, over: SECOND * 130 },
            standby_every: HOUR * 6,
            active_every: LOOK_EVERY,
            failover: if rng.u32(..8) == 0 { Failover::Alert } else { Failover::Auto },
            reminders: vec![SignedDuration::ZERO, DAY, DAY * 3],
            output: false,
        };
        let (calendar, birth) = match rng.u32(..3) {
            0 => {
                let (calendar, birth) = Calendar::keep(rng, &mut policy);
                (Some(calendar), birth)
            }
            _ => (None, BIRTH.parse().expect("a moment")),
        };
        let dates = rng.u32(..4) > 0;
        let offset = |rng: &mut fastrand::Rng| SignedDuration::from_secs(rng.i64(-120..=120));
        let kept = if hole == Some(Hole::StaleConsumers) { staleness * 3 } else { staleness };
        let consumers = vec![None, Some(kept), Some(kept), Some(kept / 2)];
        Self {
            policy,
            calendar,
            birth,
            obedient: rng.u32(..4) > 0,
            chapters: rng.u32(35..80),
            chaos: pick(rng, &[0, 10, 30, 30, 60]),
            lag: pick(rng, &[SignedDuration::ZERO, SECOND * 5, MINUTE, MINUTE * 10]),
            refusal: if rng.bool() { AnswerKind::Rejected } else { AnswerKind::Refused },
            lifetime,
            lateness: pick(rng, &[SignedDuration::ZERO, MINUTE, MINUTE, MINUTE * 5]),
            retention: pick(rng, &[SignedDuration::ZERO, SignedDuration::ZERO, MINUTE * 30]),
            dates,
            daemon,
            offsets: [offset(rng), offset(rng), offset(rng), offset(rng)],
            consumers,
            adopted: rng.bool(),
            hole,
        }
    }
}

/// The moment at which a life without a calendar begins.
const BIRTH: &str = "2026-01-06T10:00:00Z";

/// One of several.
pub(crate) fn pick<T: Clone>(rng: &mut fastrand::Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())].clone()
}

/// Where the documents are.
pub(crate) fn documents() -> Documents {
    let place = |path: &str| Place::parse(path).expect("a path");
    Documents {
        live: place("app/gbg"),
        slots: PerClient { a: place("twinkey/app/gbg/a"), b: place("twinkey/app/gbg/b") },
        record: place("twinkey/app/gbg/record"),
        id_field: "client_id".into(),
        secret_field: "client_secret".into(),
    }
}
