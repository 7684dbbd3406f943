//! The abstraction: one normal form for all states that no rule can tell apart.
//!
//! What grows without end is renamed: secrets, versions and attempts in the order in which they stand in the
//! state (only their equality matters), counters by their rank, and moments by how many days ago they lie
//! (2 is as good as more) and by their order within the day. What no rule reads is blanked. Nothing else is
//! lost: a test walks without this function and compares at every step.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use twinkey_core::{AttemptId, Mac, Version};

use crate::answers;
use crate::blank::{blank, records};
use crate::portal::secret;
use crate::setting::Setting;
use crate::store::RETURNING;
use crate::time::{day, midnight, moment_later};
use crate::walk::{Names, Order, walk};
use crate::world::World;

/// The day that is today in every normal form.
const TODAY: i64 = 100;

/// The normal form of a state.
pub fn normal(mut world: World, setting: &Setting) -> World {
    blank(&mut world, setting);
    let today = day(world.now);
    for run in world.machines.iter_mut().filter_map(|machine| machine.run.as_mut()) {
        answers::age(&mut run.seen.probes, today, TODAY);
    }
    let mut found = Found::default();
    walk(&mut world, &mut found);
    let mut renamed = found.rename(today, &spans(&mut world));
    walk(&mut world, &mut renamed);
    world.portal.issued = renamed.macs.len() as u64;
    world.store.versions = renamed.versions.len() as u64;
    world.now = renamed.now;
    world
}

/// All names in the order in which they stand in the state.
#[derive(Default)]
struct Found {
    macs: Vec<Mac>,
    versions: Vec<Version>,
    attempts: Vec<AttemptId>,
    counters: BTreeSet<u64>,
    moments: BTreeSet<(Order, Timestamp)>,
}

fn add<T: PartialEq + Clone>(to: &mut Vec<T>, name: &T) {
    if !to.contains(name) {
        to.push(name.clone());
    }
}

impl Names for Found {
    fn mac(&mut self, name: &mut Mac) {
        add(&mut self.macs, name);
    }
    fn version(&mut self, name: &mut Version) {
        if !name.as_str().starts_with(RETURNING) {
            add(&mut self.versions, name);
        }
    }
    fn attempt(&mut self, name: &mut AttemptId) {
        add(&mut self.attempts, name);
    }
    fn counter(&mut self, counter: &mut u64) {
        self.counters.insert(*counter);
    }
    fn moment(&mut self, order: Order, at: &mut Timestamp) {
        self.moments.insert((order, *at));
    }
}

/// What every name becomes.
struct Renamed {
    macs: Vec<Mac>,
    versions: Vec<Version>,
    attempts: Vec<AttemptId>,
    counters: BTreeSet<u64>,
    moments: BTreeMap<(Order, Timestamp), Timestamp>,
    now: Timestamp,
}

impl Found {
    fn rename(self, today: i64, spans: &[(i64, i64)]) -> Renamed {
        let days = [Order::Drain, Order::Refusals, Order::Alone]
            .map(|order| (order, days_ago(&self.moments, order, today, spans)));
        let days: BTreeMap<_, _> = days.into_iter().collect();
        let mut moments = BTreeMap::new();
        let mut last: Option<(Order, i64)> = None;
        let mut rank = 0;
        let mut newest = midnight(TODAY);
        for (order, at) in self.moments {
            let ago = days[&order][&day(at)];
            rank = if order != Order::Alone && last == Some((order, ago)) { rank + 1 } else { 0 };
            last = Some((order, ago));
            let renamed = midnight(TODAY - ago) + SignedDuration::from_millis(rank);
            newest = newest.max(renamed);
            moments.insert((order, at), renamed);
        }
        Renamed {
            macs: self.macs,
            versions: self.versions,
            attempts: self.attempts,
            counters: self.counters,
            moments,
            now: moment_later(newest),
        }
    }
}

/// How many days ago each day counts. For the drain, two days are as good as more; for the rest, one is, and
/// older days fall into one unless a span of refusals that may end a drain lies between them.
fn days_ago(
    moments: &BTreeSet<(Order, Timestamp)>,
    order: Order,
    today: i64,
    spans: &[(i64, i64)],
) -> BTreeMap<i64, i64> {
    let days: BTreeSet<i64> = moments.iter().filter(|(of, _)| *of == order).map(|(_, at)| day(*at)).collect();
    let mut all = BTreeMap::new();
    for day in days.into_iter().rev() {
        let newer = all.iter().next().map(|(newer, ago)| (*newer, *ago));
        let ago = match (order, newer) {
            (Order::Drain, _) => (today - day).min(2),
            _ if day == today => 0,
            (_, None | Some((_, 0))) => 1,
            (_, Some((_, ago))) => {
                let apart = spans.iter().any(|(first, last)| *first == day && all.get(last) == Some(&ago));
                ago + i64::from(apart)
            }
        };
        all.insert(day, ago);
    }
    all
}

/// The first and the last day of refusals that may end a drain: how far apart they are matters.
fn spans(world: &mut World) -> Vec<(i64, i64)> {
    let mut spans = Vec::new();
    for record in records(world) {
        let Some(drain) = &record.drain else { continue };
        let of_it = record.clients[drain.retired].refusals.iter().filter(|of| of.secret == drain.secret);
        spans.extend(of_it.map(|refusals| (day(refusals.first), day(refusals.last))));
    }
    spans
}

impl Names for Renamed {
    fn mac(&mut self, name: &mut Mac) {
        *name = secret(place(&self.macs, name));
    }
    fn version(&mut self, name: &mut Version) {
        if !name.as_str().starts_with(RETURNING) {
            *name = Version::new(place(&self.versions, name).to_string());
        }
    }
    fn attempt(&mut self, name: &mut AttemptId) {
        *name = crate::blank::attempt(place(&self.attempts, name));
    }
    fn counter(&mut self, counter: &mut u64) {
        *counter = self.counters.range(..*counter).count() as u64;
    }
    fn moment(&mut self, order: Order, at: &mut Timestamp) {
        if let Some(renamed) = self.moments.get(&(order, *at)) {
            *at = *renamed;
        }
    }
}

fn place<T: PartialEq>(names: &[T], name: &T) -> u64 {
    names.iter().position(|other| other == name).map_or(0, |at| at as u64 + 1)
}
