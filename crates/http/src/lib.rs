//! The way out over HTTP, for whoever sends a secret: token requests, and messages to people.
//!
//! A [`Way`] says whose certificates are believed, through which proxy, and how long anything may take. [`check`] says
//! which addresses may be asked at all; [`client`] builds a client that does nothing by itself: no redirect, no retry,
//! no connection that is kept, no ambient proxy.

mod client;
mod failure;
mod headers;
mod way;

pub use client::client;
pub use failure::{find, root_cause};
pub use headers::{date, retry_after};
pub use way::{Proxy, Trust, Way, WayError, check, is_loopback};
