//! Stories, each named by what it claims.

mod bars;
mod budgets;
mod candidates;
mod cycle;
mod drains;
mod endings;
mod intents;
mod messages;
mod outcomes;
mod permits;
mod phases;
mod proofs;
mod records;
mod rescue;
mod resolve;
mod settling;
mod slips;
mod times;
mod verdicts;
mod wakes;
mod wishes;
