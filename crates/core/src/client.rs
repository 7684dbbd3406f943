//! The two API clients that back one credential.

use std::fmt;
use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

/// One of the two API clients of a credential, named as in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// Client `a`.
    A,
    /// Client `b`.
    B,
}

impl Client {
    /// Both clients, in the order in which they are shown.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other client of the pair.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// `"a"` or `"b"`, as in configuration, paths and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One value for each of the two clients, indexed by [`Client`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PerClient<T> {
    /// The value of client `a`.
    pub a: T,
    /// The value of client `b`.
    pub b: T,
}

impl<T> PerClient<T> {
    /// Builds both values, `a` first.
    pub fn from_fn(mut make: impl FnMut(Client) -> T) -> Self {
        Self { a: make(Client::A), b: make(Client::B) }
    }

    /// Both values with their client, `a` first.
    pub fn iter(&self) -> impl Iterator<Item = (Client, &T)> {
        Client::BOTH.into_iter().map(|client| (client, &self[client]))
    }
}

impl<T> Index<Client> for PerClient<T> {
    type Output = T;

    fn index(&self, client: Client) -> &T {
        match client {
            Client::A => &self.a,
            Client::B => &self.b,
        }
    }
}

impl<T> IndexMut<Client> for PerClient<T> {
    fn index_mut(&mut self, client: Client) -> &mut T {
        match client {
            Client::A => &mut self.a,
            Client::B => &mut self.b,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_clients_are_called_as_in_configuration_paths_and_metrics() {
        assert_eq!(Client::BOTH.map(Client::as_str), ["a", "b"]);
        assert_eq!(format!("{}|{:>3}", Client::A, Client::B), "a|  b");
        assert_eq!(Client::BOTH.map(Client::other), [Client::B, Client::A]);
        assert_eq!(serde_json::to_string(&Client::BOTH).unwrap(), r#"["a","b"]"#);
    }

    #[test]
    fn each_client_has_its_own_value() {
        let mut both = PerClient::from_fn(|client| client.to_string());
        both[Client::B].push('!');
        assert_eq!((both[Client::A].as_str(), both[Client::B].as_str()), ("a", "b!"));
        let all: Vec<_> = both.iter().collect();
        assert_eq!(all, [(Client::A, &both.a), (Client::B, &both.b)]);
    }
}
