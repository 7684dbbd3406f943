//! Twinkey.
