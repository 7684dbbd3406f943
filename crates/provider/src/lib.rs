//! The token request, and what its answer means.
//!
//! [`TokenEndpoint::probe`] sends one token request (RFC 6749 sections 4.3 and 4.4) on a fresh connection and,
//! where configured, one API call with the fresh token. Whatever happens comes back as a
//! [`twinkey_core::Answer`]: nothing is retried, no redirect is followed, at most 64 KiB are read, and no
//! secret, token or whole body leaves this crate. Who is to blame for an answer is decided by the rules.

mod classify;
mod clean;
mod endpoint;
mod extras;
mod failure;
mod headers;
mod issued;
mod settings;
mod transport;

pub use endpoint::TokenEndpoint;
pub use settings::{ApiCall, ClientAuth, Grant, Proxy, Settings, SettingsError, Trust};
