//! A provider to play with: it behaves like GBG GO as far as its public documentation tells, and misbehaves
//! on request. For the demo and for tests; it listens on loopback only and is no place for real secrets.
//!
//! It shares no code with what it judges.
//!
//! | path | what |
//! |---|---|
//! | `POST /as/token.oauth2` | tokens, as RFC 6749 and the provider's documentation describe them |
//! | `/{eu,us,au}/v2/captain/…` | the API: 200, 401 without a token, 403 without the role |
//! | `/portal` | the account management page, for people |
//! | `/portal/api/clients` | the same as JSON |
//! | `/faults` | what goes wrong from now on: `GET`, `POST`, `DELETE` |

mod api;
mod clients;
mod clock;
mod connection;
mod credentials;
mod faults;
mod faulty;
mod guard;
mod log;
mod misbehaviour;
mod nodes;
mod options;
mod page;
mod portal;
mod portal_json;
mod random;
pub mod receiver;
mod sandbox;
mod server;
mod state;
mod tickets;
mod token;
mod tokens;

pub use clients::ClientView;
pub use faults::{Endpoint, Fault};
pub use log::{Counts, Seen};
pub use misbehaviour::Misbehaviour;
pub use options::{ErrorStyle, Options, PASSWORD, USERNAME, User};
pub use sandbox::Sandbox;

/// The role that a client needs to use the API.
pub const ROLE: &str = "Go API Access";
