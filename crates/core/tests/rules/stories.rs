//! Stories, each named by what it claims.
mod cycle;
mod permits;
mod rescue;
mod wishes;
