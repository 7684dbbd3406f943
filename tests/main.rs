//! One integration binary: a module a claim.
