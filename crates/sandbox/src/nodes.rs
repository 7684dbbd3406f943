//! The engine nodes behind the token endpoint. Each polls for the replicated configuration on its own, so right
//! after a regeneration one node may know the new secret and another still the old one. Connections go to the
//! nodes in turn, as behind a load balancer; all requests of one connection meet the same node.

use std::time::Duration;

use crate::random::Random;

/// The nodes, and how late some of them are.
#[derive(Clone, Copy)]
pub(crate) struct Nodes {
    /// How many nodes there are.
    pub(crate) count: u32,
    /// How many of them are late, drawn at each regeneration; `None`: all but the first.
    pub(crate) late: Option<u32>,
    /// For how long a late node takes the old secret and refuses the new one.
    pub(crate) lag: Duration,
}

impl Nodes {
    /// No node is late.
    pub(crate) const PROMPT: Self = Self { count: 1, late: None, lag: Duration::ZERO };

    /// The node that a connection meets.
    pub(crate) fn node_of(self, connection: u64) -> u32 {
        u32::try_from(connection % u64::from(self.count.max(1))).unwrap_or_default()
    }

    /// Which nodes are late this time.
    pub(crate) fn draw(self, random: &mut Random) -> Vec<u32> {
        let Some(late) = self.late else { return (1..self.count).collect() };
        let mut nodes: Vec<u32> = (0..self.count).collect();
        (0..late.min(self.count))
            .map(|_| {
                let at = random.below(u64::try_from(nodes.len()).unwrap_or(1));
                nodes.swap_remove(usize::try_from(at).unwrap_or_default())
            })
            .collect()
    }
}
