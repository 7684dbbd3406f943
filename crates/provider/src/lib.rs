//! The token request, and what its answer means.
//!
//! [`TokenEndpoint::new`] checks [`Settings`] once: https (http only on loopback), no secret in an address,
//! nothing configured twice. [`TokenEndpoint::probe`] then asks for one token (RFC 6749 sections 4.3 and 4.4)
//! and, where configured, makes one harmless API call with it. Every request has a connection of its own;
//! nothing is retried, no redirect is followed, nothing is unpacked, and at most 64 KiB are read.
//!
//! Whatever happens comes back as a [`twinkey_core::Answer`]: the OAuth `error` decides first, then the status
//! (`classify`), then the transport (`failure`). A token lives until the API call has been made, and no secret,
//! token or whole body leaves this crate: what is shown of an answer is escaped, cut, and cleaned of what was
//! sent (`clean`). Who is to blame for an answer is decided by the rules, not here.

mod classify;
mod clean;
mod endpoint;
mod extras;
mod failure;
mod headers;
mod issued;
mod settings;
mod transport;

pub use endpoint::{TokenEndpoint, read};
pub use settings::{ApiCall, ClientAuth, Grant, Settings, SettingsError};
pub use transport::Reply;
pub use twinkey_http::{Proxy, Trust, Way, WayError};
