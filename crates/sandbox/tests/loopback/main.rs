//! The sandbox as its users meet it: over HTTP, from outside.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

mod client;
mod faults;
mod guard;
mod portal;
mod secrets;
mod tokens;
