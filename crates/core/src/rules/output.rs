//! The output file for consumers on the same host.

use crate::case::Case;
use crate::decision::Next;
use crate::step::Step;

/// Brings the output file up to the live pair.
pub(crate) fn catch_up(case: &Case<'_>) -> Option<Next> {
    case.seen.output_lags(case.policy).then_some(Next::Do(Step::WriteOutput))
}
