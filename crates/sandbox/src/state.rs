//! Everything a sandbox knows, shared by its server and its handle. No `Debug`: it holds all secrets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clients::Clients;
use crate::faults::Faults;
use crate::log::Log;
use crate::nodes::Nodes;
use crate::random::Random;
use crate::tickets::Tickets;
use crate::tokens::Tokens;
use crate::{ErrorStyle, Options, User};

/// The department of a client that names none.
pub(crate) const DEPARTMENT: &str = "Integration";

/// What the server and the handle share.
pub(crate) type Shared = Arc<Mutex<State>>;

/// A panic of one request must not take the sandbox along.
pub(crate) fn locked(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything a sandbox knows.
pub(crate) struct State {
    pub(crate) clients: Clients,
    pub(crate) tokens: Tokens,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) tickets: Tickets,
    /// For the ids of answers.
    pub(crate) random: Random,
    pub(crate) error_style: ErrorStyle,
    pub(crate) user: User,
    pub(crate) basic_raw: bool,
    pub(crate) clock_ahead: i64,
    regeneration_ends_tokens: bool,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        let mut random = Random::seeded(options.seed);
        let nodes = Nodes { count: options.nodes, late: options.late_nodes, lag: options.late };
        let mut state = Self {
            clients: Clients::new(&mut random, nodes),
            tokens: Tokens::new(options.token_lifetime, &mut random),
            faults: Faults::new(options.misbehaviour),
            log: Log::default(),
            tickets: Tickets::new(&mut random),
            random: random.fork(),
            error_style: options.error_style,
            user: options.user,
            basic_raw: options.basic_raw,
            clock_ahead: options.clock_ahead,
            regeneration_ends_tokens: options.regeneration_ends_tokens,
        };
        for name in ["GO API Client A", "GO API Client B"] {
            let (id, _) = state.clients.add(name, DEPARTMENT);
            state.set_role(&id, true);
        }
        state
    }

    /// The button: a new secret, and the old one is dead.
    pub(crate) fn regenerate(&mut self, id: &str) -> Option<String> {
        let secret = self.clients.regenerate(id)?;
        self.log.counts.regenerations += 1;
        if self.regeneration_ends_tokens {
            self.tokens.end(id);
        }
        Some(secret)
    }

    /// Gives the role, or takes it away; whether the client is there.
    pub(crate) fn set_role(&mut self, id: &str, has: bool) -> bool {
        self.clients.find_mut(id).map(|client| client.has_role = has).is_some()
    }

    /// Disables a client, or enables it; whether it is there.
    pub(crate) fn set_disabled(&mut self, id: &str, disabled: bool) -> bool {
        self.clients.find_mut(id).map(|client| client.disabled = disabled).is_some()
    }

    /// Ends all faults; what late nodes have not heard of yet, they hear now.
    pub(crate) fn heal(&mut self) {
        self.faults.clear();
        self.clients.nodes = Nodes::PROMPT;
        self.clock_ahead = 0;
    }

    /// Removes a client and its tokens; whether it was there.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        self.tokens.end(id);
        self.clients.remove(id)
    }
}
