//! What was asked, without secrets: so that a story can count.

use std::collections::VecDeque;
use std::time::SystemTime;

use crate::Fault;

/// The log keeps this many requests; a sandbox may run for days.
const KEPT: usize = 10_000;

/// One token request, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When it came.
    pub at: SystemTime,
    /// The client id that was sent, if it is known.
    pub client_id: Option<String>,
    /// Which of the client's secrets was sent, counted from 1; `None` if it is none of them.
    pub generation: Option<u32>,
    /// The status of the answer; 0 if the connection was reset.
    pub status: u16,
    /// The OAuth `error` of the answer, if it had one (RFC 6749 section 5.2).
    pub error: Option<&'static str>,
    /// The fault that it met.
    pub fault: Option<Fault>,
}

impl Seen {
    /// Whether it got a token.
    pub fn got_token(&self) -> bool {
        self.status == 200 && self.error.is_none() && matches!(self.fault, None | Some(Fault::Slow { .. }))
    }
}

/// How often what happened, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Token requests.
    pub token_requests: u64,
    /// Tokens issued.
    pub tokens: u64,
    /// Token requests whose client was refused, false refusals included.
    pub refusals: u64,
    /// Token requests and API calls that met a fault.
    pub faults: u64,
    /// API calls.
    pub api_calls: u64,
    /// Regenerations.
    pub regenerations: u64,
}

/// The log.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) seen: VecDeque<Seen>,
    pub(crate) counts: Counts,
}

impl Log {
    pub(crate) fn note(&mut self, seen: Seen, refused: bool) {
        self.counts.token_requests += 1;
        self.counts.tokens += u64::from(seen.got_token());
        self.counts.refusals += u64::from(refused);
        self.counts.faults += u64::from(seen.fault.is_some());
        if self.seen.len() == KEPT {
            self.seen.pop_front();
        }
        self.seen.push_back(seen);
    }
}
