//! Staging labels: which version of a secret is which.

/// The label of the version that consumers read when they ask for nothing special. It moves only from the
/// version that the compare-and-set expects.
pub(super) const CURRENT: &str = "AWSCURRENT";

/// The label of AWS's own rotation. Never used and never moved here: a rotation function of somebody else
/// takes what it sits on for its own work, and one that is left behind stops native rotation.
pub(super) const AWS_PENDING: &str = "AWSPENDING";

/// The label of a version that was put and is not current yet. A put without any label would take
/// `AWSCURRENT` at once, from whatever version has it.
///
/// It is never taken off a version. The next put moves it along by itself (a label sits on one version only),
/// so what a crash leaves behind is cleaned by the next run, and an extra request after each write would buy
/// nothing. Until then it sits on the current version, where it does no harm, or, after a crash, on one that
/// never became current; that one stays in the secret for as long, as `AWSPREVIOUS` does too.
///
/// Two writers take it from each other. That is harmless as well: a version without labels may be removed by
/// AWS, but not within 24 hours, and a writer moves `AWSCURRENT` at once or never.
pub(super) const OURS: &str = "TWINKEY_PENDING";
