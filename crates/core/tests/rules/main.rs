//! The rules, driven as production drives them, against a store, a provider and people that live in memory.

mod world;

mod stories;

mod properties;
