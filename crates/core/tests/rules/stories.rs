//! Stories, each named by what it claims.
mod bars;
mod cycle;
mod drains;
mod intents;
mod permits;
mod proofs;
mod records;
mod rescue;
mod resolve;
mod slips;
mod wishes;
