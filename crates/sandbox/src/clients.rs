//! The clients, their secrets and roles. A client has no `Debug`: it holds secrets.

use serde::Serialize;

use crate::ROLE;
use crate::clock::Instant;
use crate::nodes::Nodes;
use crate::random::Random;

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
    /// Whether it is disabled: it gets no tokens. In JSON only if it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// How many secrets it has had.
    pub generation: u32,
}

/// One API client.
pub(crate) struct Client {
    id: String,
    name: String,
    department: String,
    pub(crate) has_role: bool,
    pub(crate) disabled: bool,
    /// All secrets, oldest first, each with the moment from which it counts; the last one counts.
    secrets: Vec<(String, Option<Instant>)>,
    /// The nodes that learn late of the last regeneration.
    late: Vec<u32>,
}

impl Client {
    fn view(&self) -> ClientView {
        ClientView {
            id: self.id.clone(),
            name: self.name.clone(),
            department: self.department.clone(),
            roles: if self.has_role { vec![ROLE.to_owned()] } else { Vec::new() },
            disabled: self.disabled,
            generation: u32::try_from(self.secrets.len()).unwrap_or(u32::MAX),
        }
    }

    /// The secret that a node knows: a late one only what is older than its lag.
    fn secret_at(&self, connection: u64, nodes: Nodes) -> Option<&str> {
        let is_late = self.late.contains(&nodes.node_of(connection));
        let is_known =
            |since: &Option<Instant>| !is_late || since.is_none_or(|since| since.elapsed() >= nodes.lag);
        self.secrets.iter().rev().find(|(_, since)| is_known(since)).map(|(secret, _)| secret.as_str())
    }
}

/// All clients, in the order in which they were added.
pub(crate) struct Clients {
    clients: Vec<Client>,
    /// Ids and secrets.
    random: Random,
    /// Which nodes are late.
    node_random: Random,
    pub(crate) nodes: Nodes,
}

impl Clients {
    pub(crate) fn new(random: &mut Random, nodes: Nodes) -> Self {
        Self { clients: Vec::new(), random: random.fork(), node_random: random.fork(), nodes }
    }

    /// A new client, without the role; its id and secret.
    pub(crate) fn add(&mut self, name: &str, department: &str) -> (String, String) {
        let id = format!("go-{}", self.random.text(20));
        let secret = self.random.text(40);
        self.clients.push(Client {
            id: id.clone(),
            name: name.to_owned(),
            department: department.to_owned(),
            has_role: false,
            disabled: false,
            secrets: vec![(secret.clone(), None)],
            late: Vec::new(),
        });
        (id, secret)
    }

    /// Removes a client; whether it was there.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.clients.len();
        self.clients.retain(|client| client.id != id);
        self.clients.len() < before
    }

    /// A new secret; the old one is dead from now on, but for late nodes.
    pub(crate) fn regenerate(&mut self, id: &str) -> Option<String> {
        let client = self.clients.iter_mut().find(|client| client.id == id)?;
        let secret = self.random.text(40);
        client.secrets.push((secret.clone(), Some(Instant::now())));
        client.late = self.nodes.draw(&mut self.node_random);
        Some(secret)
    }

    pub(crate) fn views(&self) -> Vec<ClientView> {
        self.clients.iter().map(Client::view).collect()
    }

    pub(crate) fn view(&self, id: &str) -> Option<ClientView> {
        self.find(id).map(Client::view)
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut Client> {
        self.clients.iter_mut().find(|client| client.id == id)
    }

    pub(crate) fn secret_of(&self, id: &str) -> Option<String> {
        self.find(id)?.secrets.last().map(|(secret, _)| secret.clone())
    }

    /// Which of a client's secrets this is, counted from 1.
    pub(crate) fn generation(&self, id: &str, secret: &str) -> Option<u32> {
        let at = self.find(id)?.secrets.iter().position(|(known, _)| known == secret)?;
        u32::try_from(at + 1).ok()
    }

    /// Whether the node that this connection meets takes the secret.
    pub(crate) fn accepts(&self, id: &str, secret: &str, connection: u64) -> bool {
        let client = self.find(id).filter(|client| !client.disabled);
        client.and_then(|client| client.secret_at(connection, self.nodes)) == Some(secret)
    }
}
