//! Stories, each named by what it claims.
mod bars;
mod budgets;
mod cycle;
mod drains;
mod intents;
mod outcomes;
mod permits;
mod proofs;
mod records;
mod rescue;
mod resolve;
mod slips;
mod wishes;
