//! The token request on real sockets: what is sent, byte by byte, and what misbehaving servers are taken for.
//! Every server here is hand-made on loopback, so that it can do what no HTTP library lets it do.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod answers;
mod proxies;
mod requests;
mod secrets;
mod server;
mod tls;
