//! Stories, each named by what it claims.
mod bars;
mod budgets;
mod cycle;
mod drains;
mod intents;
mod messages;
mod outcomes;
mod permits;
mod phases;
mod proofs;
mod records;
mod rescue;
mod resolve;
mod slips;
mod verdicts;
mod wakes;
mod wishes;
