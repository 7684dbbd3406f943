//! The provider: two clients, a portal in which people regenerate secrets, and nodes that learn late.

use twinkey_core::seen::Pair;
use twinkey_core::{AnswerKind, Client, Mac, PerClient};

/// The provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Portal {
    pub clients: PerClient<AtPortal>,
    /// Secrets issued so far.
    pub issued: u64,
}

/// One client at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AtPortal {
    /// The secret that works.
    pub secret: Mac,
    /// The one before, as long as some nodes know only that: until the end of the day.
    pub before: Option<Mac>,
    /// The provider has begun to refuse this client; a new secret ends that.
    pub locked: bool,
    /// When its secret was last refused by mistake.
    pub doubted: Doubted,
}

/// When a secret was last refused by mistake. A mistake does not repeat on the next day: that is what proving
/// and ending a drain over `verify.settle` rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubted {
    NotLately,
    Yesterday,
    Today,
}

/// A number as a secret.
pub fn secret(number: u64) -> Mac {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Mac::from_bytes(bytes)
}

/// A client's id.
pub fn id(client: Client) -> &'static str {
    match client {
        Client::A => "id-a",
        Client::B => "id-b",
    }
}

impl Portal {
    pub fn new() -> Self {
        let client = |number| AtPortal {
            secret: secret(number),
            before: None,
            locked: false,
            doubted: Doubted::NotLately,
        };
        Self { clients: PerClient { a: client(1), b: client(2) }, issued: 2 }
    }

    /// Somebody presses Regenerate: the old secret is dead at once, and some nodes do not know yet.
    pub fn regenerate(&mut self, client: Client, nodes_learn_late: bool) -> Mac {
        self.issued += 1;
        let at = &mut self.clients[client];
        at.before = nodes_learn_late.then_some(at.secret);
        at.secret = secret(self.issued);
        at.locked = false;
        at.doubted = Doubted::NotLately;
        at.secret
    }

    /// Whether this pair gets a token at a node that knows the newest.
    pub fn accepts(&self, pair: &Pair) -> bool {
        Client::BOTH.into_iter().any(|client| {
            let at = &self.clients[client];
            pair.client_id == id(client) && pair.secret == at.secret && !at.locked
        })
    }

    /// Whether this pair was killed by a regeneration.
    pub fn killed(&self, pair: &Pair) -> bool {
        Client::BOTH
            .into_iter()
            .any(|client| pair.client_id == id(client) && pair.secret != self.clients[client].secret)
    }

    /// What a node that knows the newest answers.
    pub fn answer(&self, client: Client, secret: Mac) -> AnswerKind {
        let at = &self.clients[client];
        if at.secret == secret && !at.locked { AnswerKind::Accepted } else { AnswerKind::Rejected }
    }

    /// What a node that has not learnt of the last regeneration answers, while there is one.
    pub fn late_answer(&self, client: Client, secret: Mac) -> Option<AnswerKind> {
        let before = self.clients[client].before?;
        Some(if before == secret { AnswerKind::Accepted } else { AnswerKind::Rejected })
    }

    /// Whether a secret that works may be refused by mistake now.
    pub fn may_doubt(&self, client: Client, secret: Mac) -> bool {
        self.answer(client, secret) == AnswerKind::Accepted
            && self.clients[client].doubted != Doubted::Yesterday
    }

    /// A night has passed: all nodes know, and yesterday's mistakes fade.
    pub fn sleep(&mut self) {
        for client in Client::BOTH {
            let at = &mut self.clients[client];
            at.before = None;
            at.doubted = match at.doubted {
                Doubted::Today => Doubted::Yesterday,
                Doubted::Yesterday | Doubted::NotLately => Doubted::NotLately,
            };
        }
    }
}

impl Default for Portal {
    fn default() -> Self {
        Self::new()
    }
}
