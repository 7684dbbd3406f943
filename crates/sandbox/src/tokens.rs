//! The tokens that were issued. No `Debug`: they open the API.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::clock::Instant;
use crate::random::Random;

/// The tokens that have not expired.
pub(crate) struct Tokens {
    pub(crate) lifetime: Duration,
    owners: HashMap<String, (String, Instant)>,
    /// In the order in which they expire.
    order: VecDeque<(Instant, String)>,
    random: Random,
}

impl Tokens {
    pub(crate) fn new(lifetime: Duration, random: &mut Random) -> Self {
        Self { lifetime, owners: HashMap::new(), order: VecDeque::new(), random: random.fork() }
    }

    /// A new token for this client.
    pub(crate) fn issue(&mut self, client: &str) -> String {
        self.forget_expired();
        let token = self.random.text(64);
        let issued = Instant::now();
        self.owners.insert(token.clone(), (client.to_owned(), issued));
        self.order.push_back((issued, token.clone()));
        token
    }

    /// The client that a token was issued to, while it lives.
    pub(crate) fn owner(&self, token: &str) -> Option<&str> {
        let (client, issued) = self.owners.get(token)?;
        (issued.elapsed() < self.lifetime).then_some(client)
    }

    /// Ends the tokens of a client at once.
    pub(crate) fn end(&mut self, client: &str) {
        self.owners.retain(|_, (owner, _)| owner != client);
    }

    fn forget_expired(&mut self) {
        while self.order.front().is_some_and(|(issued, _)| issued.elapsed() >= self.lifetime) {
            if let Some((_, token)) = self.order.pop_front() {
                self.owners.remove(&token);
            }
        }
    }
}
