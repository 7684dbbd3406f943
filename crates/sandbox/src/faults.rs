//! What can go wrong with a token request, on request or by a seeded stream.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// One way to go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Fault {
    /// This status with an empty JSON object.
    Status {
        /// The status.
        status: u16,
    },
    /// 429, with a `Retry-After` as given.
    Throttle {
        /// Seconds, or an HTTP date.
        retry_after: Option<String>,
    },
    /// An HTML page.
    Html {
        /// Its status.
        status: u16,
    },
    /// The right answer, this much later.
    Slow {
        /// Milliseconds.
        millis: u64,
    },
    /// The connection is cut without an answer.
    Cut,
    /// 200 with nothing in it.
    Empty,
    /// 200 with half a JSON object.
    Malformed,
    /// 200 with a body that never ends.
    Endless,
    /// 307 to this address.
    Redirect {
        /// Where to.
        to: String,
    },
    /// A right secret is refused, as a wrong one is.
    FalseRefusal,
}

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
        Some(match self.random.below(7) {
            0 => Fault::Status { status: 500 },
            1 => Fault::Status { status: 503 },
            2 => Fault::Throttle { retry_after: Some("1".to_owned()) },
            3 => Fault::Html { status: 503 },
            4 => Fault::Slow { millis: 50 + self.random.below(200) },
            5 => Fault::Cut,
            _ => Fault::Malformed,
        })
    }
}

#[derive(Debug)]
pub(crate) struct Faults {
    wanted: VecDeque<(Fault, Option<String>, Option<u32>)>,
    stream: Option<Misbehaviour>,
}

impl Faults {
    pub(crate) fn new(stream: Option<Misbehaviour>) -> Self {
        Self { wanted: VecDeque::new(), stream }
    }

    pub(crate) fn add(&mut self, fault: Fault, client: Option<&str>, times: Option<u32>) {
        if times == Some(0) {
            return;
        }
        self.wanted.push_back((fault, client.map(str::to_owned), times));
    }

    pub(crate) fn clear(&mut self) {
        self.wanted.clear();
        self.stream = None;
    }

    /// The fault that a request of this client meets, if it meets one.
    pub(crate) fn meet(&mut self, client: Option<&str>) -> Option<Fault> {
        let fits = |wanted: &Option<String>| wanted.is_none() || wanted.as_deref() == client;
        let Some(at) = self.wanted.iter().position(|(_, wanted, _)| fits(wanted)) else {
            return self.stream.as_mut().and_then(Misbehaviour::next_fault);
        };
        let (fault, _, left) = &mut self.wanted[at];
        let fault = fault.clone();
        match left {
            Some(left) if *left > 1 => *left -= 1,
            Some(_) => {
                self.wanted.remove(at);
            }
            None => {}
        }
        Some(fault)
    }
}
