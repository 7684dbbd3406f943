//! Many seeds, on two threads; within a seed there is one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::{Figures, Hole, Lived, live};

/// Which seeds to live.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// A hole made on purpose.
    pub hole: Option<Hole>,
    /// Stop at the first failures.
    pub most_failures: usize,
    /// Hears of each seed as it is begun.
    pub begun: fn(u64),
}

/// A life that broke a property.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// The property.
    pub broken: String,
}

/// What all lives came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many were lived.
    pub seeds: u64,
    /// How many were lived twice, and told the same story.
    pub twice: u64,
    /// The counts.
    pub figures: Figures,
    /// The failures, by seed.
    pub failures: Vec<Failure>,
}

/// One in so many seeds is lived twice.
const TWICE: u64 = 100;

/// Lives all seeds.
pub fn run(campaign: &Campaign) -> Summary {
    let next = AtomicU64::new(campaign.from);
    let failed = AtomicU64::new(0);
    let work = || {
        let mut summary = Summary::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let enough = failed.load(Ordering::Relaxed) >= campaign.most_failures as u64;
            if seed >= campaign.from + campaign.seeds || enough {
                return summary;
            }
            (campaign.begun)(seed);
            let Lived { figures, broken, .. } = once_or_twice(seed, campaign.hole, &mut summary.twice);
            summary.seeds += 1;
            summary.figures.add(&figures);
            if let Some(broken) = broken {
                failed.fetch_add(1, Ordering::Relaxed);
                summary.failures.push(Failure { seed, broken });
            }
        }
    };
    let mut whole = Summary::default();
    thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        for thread in threads {
            let part = thread.join().expect("a life that panics is a failure of the simulator");
            whole.seeds += part.seeds;
            whole.twice += part.twice;
            whole.figures.add(&part.figures);
            whole.failures.extend(part.failures);
        }
    });
    whole.failures.sort_by_key(|failure| failure.seed);
    whole
}

fn once_or_twice(seed: u64, hole: Option<Hole>, twice: &mut u64) -> Lived {
    if !seed.is_multiple_of(TWICE) {
        return caught(seed, hole, false);
    }
    *twice += 1;
    let (first, second) = (caught(seed, hole, true), caught(seed, hole, true));
    if first.hash != second.hash || first.figures != second.figures {
        let broken = Some("the seed told two stories".to_owned());
        return Lived { broken, ..first };
    }
    first
}

/// A panic in production or here is a failure of this seed, with its place.
fn caught(seed: u64, hole: Option<Hole>, told: bool) -> Lived {
    std::panic::catch_unwind(|| live(seed, hole, told)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Lived {
            figures: Figures::default(),
            broken: Some(format!("panic: {}", text.unwrap_or_default())),
            story: String::new(),
            hash: String::new(),
        }
    })
}
