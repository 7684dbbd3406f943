//! Twinkey: zero-downtime credential rotation for providers that allow two API clients.
//!
//! The story is [`run::run`]: look, decide, do one step, and again. What is decided is decided by
//! `twinkey_core`; here are the hands ([`hands`]), the seams to the outside ([`world`]) and the command line
//! ([`cli`]).

pub mod atomic;
pub mod audit;
pub mod board;
pub mod calls;
#[cfg(test)]
mod child;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
#[cfg(feature = "demo")]
pub mod demo;
pub mod documents;
pub mod evidence;
pub mod exit;
pub mod hands;
pub mod harden;
pub mod host;
pub mod lock;
pub mod log;
pub mod open;
pub mod output;
pub mod run;
pub mod secret;
pub mod shared;
pub mod text;
pub mod watch;
pub mod who;
pub mod world;
