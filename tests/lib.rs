//! Twinkey stories.
