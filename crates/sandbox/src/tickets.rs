//! Tickets against a second press: the confirmation page carries one, and a page that is loaded again sends the
//! same one again. Without them, a reload would regenerate the secret that somebody is just copying.

use std::collections::VecDeque;

use crate::random::Random;

/// Dialogs that nobody confirms must not fill the memory.
const KEPT: usize = 64;

/// The tickets that nobody has used yet.
pub(crate) struct Tickets {
    open: VecDeque<String>,
    random: Random,
}

impl Tickets {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self { open: VecDeque::new(), random: random.fork() }
    }

    pub(crate) fn issue(&mut self) -> String {
        if self.open.len() == KEPT {
            self.open.pop_front();
        }
        let ticket = self.random.text(24);
        self.open.push_back(ticket.clone());
        ticket
    }

    /// Whether the ticket is good; it is so once.
    pub(crate) fn take(&mut self, ticket: &str) -> bool {
        let at = self.open.iter().position(|known| known == ticket);
        at.is_some_and(|at| self.open.remove(at).is_some())
    }
}
