//! What a store's self-check found.

/// One thing that [`Store::check`](crate::Store::check) found, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is so. Never a secret.
    pub text: String,
    /// What to do about it.
    pub remedy: String,
}

/// How bad a [`Finding`] is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something does not work, or a secret lies open.
    Problem,
    /// It works and will bite one day.
    Warning,
    /// Good to know.
    Note,
}
