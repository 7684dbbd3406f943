//! The clients, their secrets and roles, and what was asked of them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::faults::Faults;
use crate::random::Random;
use crate::{Options, ROLE};

/// A client as the portal lists it: never with its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientView {
    /// The client id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The department.
    pub department: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// How many secrets it has had.
    pub generation: u32,
}

/// One token request, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The client id that was sent, if it is known.
    pub client_id: Option<String>,
    /// Which of the client's secrets was sent, counted from 1; `None` if it is none of them.
    pub generation: Option<u32>,
    /// The status of the answer; 0 if the connection was cut.
    pub status: u16,
}

struct Client {
    name: String,
    department: String,
    has_role: bool,
    /// All secrets, oldest first; the last one counts.
    secrets: Vec<String>,
    regenerated: Option<SystemTime>,
}

/// Everything a sandbox knows. No `Debug`: it holds all secrets.
pub(crate) struct State {
    pub(crate) options: Options,
    clients: BTreeMap<String, Client>,
    order: Vec<String>,
    random: Random,
    pub(crate) faults: Faults,
    pub(crate) seen: Vec<Seen>,
    tokens: BTreeMap<String, (String, SystemTime)>,
    asked: u32,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        let mut state = Self {
            random: Random::seeded(options.seed),
            faults: Faults::new(options.misbehaviour.clone()),
            options,
            clients: BTreeMap::new(),
            order: Vec::new(),
            seen: Vec::new(),
            tokens: BTreeMap::new(),
            asked: 0,
        };
        state.add("GO API Client A", true);
        state.add("GO API Client B", true);
        state
    }

    pub(crate) fn add(&mut self, name: &str, has_role: bool) -> (String, String) {
        let id = format!("go-{}", self.random.text(20));
        let secret = self.random.text(40);
        let client = Client {
            name: name.to_owned(),
            department: "Integration".to_owned(),
            has_role,
            secrets: vec![secret.clone()],
            regenerated: None,
        };
        self.clients.insert(id.clone(), client);
        self.order.push(id.clone());
        (id, secret)
    }

    pub(crate) fn remove(&mut self, id: &str) -> bool {
        self.order.retain(|known| known != id);
        self.clients.remove(id).is_some()
    }

    pub(crate) fn set_role(&mut self, id: &str, has: bool) -> bool {
        self.clients.get_mut(id).map(|client| client.has_role = has).is_some()
    }

    pub(crate) fn views(&self) -> Vec<ClientView> {
        self.order.iter().filter_map(|id| self.view(id)).collect()
    }

    pub(crate) fn view(&self, id: &str) -> Option<ClientView> {
        let client = self.clients.get(id)?;
        Some(ClientView {
            id: id.to_owned(),
            name: client.name.clone(),
            department: client.department.clone(),
            roles: if client.has_role { vec![ROLE.to_owned()] } else { Vec::new() },
            generation: u32::try_from(client.secrets.len()).unwrap_or(u32::MAX),
        })
    }

    pub(crate) fn secret_of(&self, id: &str) -> Option<String> {
        self.clients.get(id)?.secrets.last().cloned()
    }

    pub(crate) fn regenerate(&mut self, id: &str) -> Option<String> {
        let secret = self.random.text(40);
        let client = self.clients.get_mut(id)?;
        client.secrets.push(secret.clone());
        client.regenerated = Some(now());
        Some(secret)
    }

    pub(crate) fn is_known(&self, id: &str) -> bool {
        self.clients.contains_key(id)
    }

    /// Which of a client's secrets this is, counted from 1.
    pub(crate) fn generation(&self, id: &str, secret: &str) -> Option<u32> {
        let at = self.clients.get(id)?.secrets.iter().position(|known| known == secret)?;
        u32::try_from(at + 1).ok()
    }

    /// Whether the node whose turn it is takes this secret. The first node knows of a regeneration at once,
    /// the others after [`Options::late`].
    pub(crate) fn is_right(&mut self, id: &str, secret: &str) -> bool {
        let node = self.asked % self.options.nodes.max(1);
        self.asked = self.asked.wrapping_add(1);
        let Some(client) = self.clients.get(id) else { return false };
        let late = node != 0 && client.regenerated.is_some_and(|at| since(at) < self.options.late);
        let counts = if late { client.secrets.iter().rev().nth(1) } else { client.secrets.last() };
        counts.is_some_and(|counts| counts == secret)
    }

    pub(crate) fn issue(&mut self, id: &str) -> String {
        let token = self.random.text(64);
        self.tokens.retain(|_, (_, at)| since(*at) < self.options.token_lifetime);
        self.tokens.insert(token.clone(), (id.to_owned(), now()));
        token
    }

    /// The client that a token was issued to, while it lives, and whether that client has the role.
    pub(crate) fn bearer(&self, token: &str) -> Option<bool> {
        let (id, at) = self.tokens.get(token)?;
        let alive = since(*at) < self.options.token_lifetime;
        alive.then(|| self.clients.get(id).is_some_and(|client| client.has_role))
    }
}

pub(crate) fn now() -> SystemTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the sandbox is a server of its own, with a clock of its own"
    )]
    SystemTime::now()
}

fn since(at: SystemTime) -> Duration {
    now().duration_since(at).unwrap_or_default()
}
