//! The rules, driven as production drives them, against a store, a provider and people that live in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

mod world;

mod stories;

mod properties;
