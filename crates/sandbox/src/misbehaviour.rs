//! A provider that has a bad day.

use crate::Fault;
use crate::random::Random;

/// A seeded stream of faults: the same seed, the same faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misbehaviour {
    random: Random,
    per_mille: u64,
}

impl Misbehaviour {
    /// About `per_mille` of a thousand requests go wrong.
    pub fn seeded(seed: u64, per_mille: u64) -> Self {
        Self { random: Random::seeded(seed), per_mille }
    }

    /// What happens to the next request.
    pub fn next_fault(&mut self) -> Option<Fault> {
        if self.random.below(1000) >= self.per_mille {
            return None;
        }
        Some(match self.random.below(12) {
            0 => Fault::Status { status: 500 },
            1 => Fault::Status { status: 502 },
            2 => Fault::Status { status: 503 },
            3 => Fault::Throttle { retry_after: Some("1".to_owned()) },
            4 => Fault::Html { status: 200 },
            5 => Fault::Html { status: 503 },
            6 => Fault::Slow { millis: 50 + self.random.below(200) },
            7 => Fault::Cut,
            8 => Fault::Empty,
            9 => Fault::Malformed,
            10 => Fault::Endless,
            _ => Fault::FalseRefusal,
        })
    }
}
