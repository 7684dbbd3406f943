//! Whom a policy is for.

use crate::Place;

/// Whom a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The service.
    Twinkey,
    /// A person who runs Twinkey's commands under their own name.
    Operator,
    /// A person without a shell, who puts the portal's secret into a slot in the store's own interface.
    Depositor,
    /// What uses the credential.
    Consumer,
}

/// The documents of one credential.
#[derive(Clone, Debug)]
pub struct Places {
    /// What consumers read.
    pub live_pair: Place,
    /// The two slots.
    pub slots: [Place; 2],
    /// The record.
    pub record: Place,
}
