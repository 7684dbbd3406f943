//! Stories, each named by what it claims.
mod cycle;
mod drains;
mod intents;
mod permits;
mod proofs;
mod rescue;
mod wishes;
