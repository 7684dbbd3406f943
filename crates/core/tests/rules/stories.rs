//! Stories, each named by what it claims.
mod cycle;
mod wishes;
