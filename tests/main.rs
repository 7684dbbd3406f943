//! One integration binary: a module a claim.

mod harness;
mod kill_matrix;
mod measures;
mod race;
mod stories;
