//! One integration binary: a module a claim.

mod harness;
mod stories;
