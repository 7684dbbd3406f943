//! Exit codes: did what I asked for happen, and is someone needed now? Frozen.

use std::process::ExitCode;

use jiff::Timestamp;
use twinkey_core::decision::{Because, Refusal, Rest};
use twinkey_core::messages::{self, Kind};
use twinkey_core::phase::{Blocker, Phase, phase};
use twinkey_core::seen::{Seen, Trouble, TroubleClass};
use twinkey_core::verdict::Verdict;
use twinkey_core::{Policy, Wish};

use crate::text::NagiosState;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Done, nothing due, draining, awaiting within its ladder, or another run won.
    Fine,
    /// Something nobody foresaw.
    Unexpected,
    /// The command line is wrong.
    Usage,
    /// With `--detailed-exitcode`: a switch would happen, or has happened.
    WouldSwitch,
    /// A switch is due or a permit overdue, and only a person can help.
    PersonNeeded,
    /// A standby is refused.
    StandbyRefused,
    /// An explicit request was refused.
    Refused,
    /// Store or provider: it may pass.
    Temporary,
    /// A permission is missing.
    Permission,
    /// The configuration is wrong.
    Configuration,
    /// `status --nagios`: monitoring plugins have a scale of their own.
    Nagios(NagiosState),
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::WouldSwitch => 3,
            Self::PersonNeeded => 4,
            Self::StandbyRefused => 5,
            Self::Refused => 6,
            Self::Temporary => 75,
            Self::Permission => 77,
            Self::Configuration => 78,
            Self::Nagios(state) => state.code(),
        }
    }

    /// The code for several credentials: the first that applies of 1, 2, 78, 77, 5, 4, 6, 75, 3, 0.
    pub fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        let rank = |exit: &Self| match exit {
            Self::Unexpected => 0,
            Self::Usage => 1,
            Self::Configuration => 2,
            Self::Permission => 3,
            Self::StandbyRefused => 4,
            Self::PersonNeeded => 5,
            Self::Refused => 6,
            Self::Temporary => 7,
            Self::WouldSwitch => 8,
            Self::Fine => 9,
            Self::Nagios(_) => 10,
        };
        exits.into_iter().min_by_key(rank).unwrap_or(Self::Fine)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The code of a run that ended: what became of the request, and for the round, where the credential stands.
pub fn of_report(policy: &Policy, seen: &Seen, rest: &Rest, now: Timestamp) -> Exit {
    match &rest.why {
        Because::Done(_) | Because::Nothing if seen.wish == Wish::Keep => of_phase(policy, seen, now),
        Because::Done(_) | Because::Nothing | Because::OthersAtWork => Exit::Fine,
        Because::Uninitialised if seen.wish == Wish::Keep => Exit::PersonNeeded,
        Because::Uninitialised | Because::Diverged | Because::Restored if seen.wish != Wish::Keep => {
            Exit::Refused
        }
        Because::Uninitialised | Because::Diverged | Because::Restored => Exit::PersonNeeded,
        Because::Unusable(_) | Because::NewerRecord | Because::Elsewhere => Exit::Configuration,
        Because::Interrupted => Exit::Temporary,
        Because::Trouble(trouble) => of_trouble(trouble),
        Because::Refused(refusal) => of_refusal(refusal),
    }
}

/// The code of where a credential stands, for the round and for `status`.
pub fn of_phase(policy: &Policy, seen: &Seen, now: Timestamp) -> Exit {
    match phase(policy, seen, now) {
        Phase::Unknown(trouble) | Phase::Blocked(Blocker::Trouble(trouble)) => of_trouble(&trouble),
        Phase::StandbyRejected { .. } => Exit::StandbyRefused,
        Phase::Uninitialised { .. } | Phase::Diverged(_) | Phase::ActiveRejected { .. } => Exit::PersonNeeded,
        Phase::Misconfigured => Exit::Configuration,
        Phase::Blocked(Blocker::Record(_) | Blocker::NewerRecord | Blocker::Elsewhere) => Exit::Configuration,
        Phase::Blocked(Blocker::Audit) => Exit::Permission,
        Phase::Blocked(Blocker::Restored | Blocker::Slip(..) | Blocker::Clock) => Exit::PersonNeeded,
        Phase::AwaitingRegeneration { .. } | Phase::PermitOpen(_) if is_overdue(policy, seen, now) => {
            Exit::PersonNeeded
        }
        Phase::AwaitingRegeneration { .. }
        | Phase::PermitOpen(_)
        | Phase::Switching { .. }
        | Phase::Settling { .. }
        | Phase::Draining { .. }
        | Phase::Ready { .. } => Exit::Fine,
    }
}

/// A switch is due and only a person can help, the reminder has climbed its whole ladder, or a permit has
/// been open for long.
fn is_overdue(policy: &Policy, seen: &Seen, now: Timestamp) -> bool {
    messages::messages(policy, seen, now).iter().any(|message| match message.kind {
        Kind::Overdue { .. } | Kind::PermitOpen { .. } => true,
        Kind::Regenerate { rung, .. } => rung > 0 && rung + 1 == policy.reminders.len(),
        _ => false,
    })
}

/// The code of a store or an output file that cannot be used.
pub fn of_trouble(trouble: &Trouble) -> Exit {
    match trouble.class {
        TroubleClass::Temporary => Exit::Temporary,
        TroubleClass::Permission => Exit::Permission,
        TroubleClass::Permanent => Exit::Configuration,
    }
}

fn of_refusal(refusal: &Refusal) -> Exit {
    match refusal {
        Refusal::NotProvable(_) | Refusal::NodesDisagree(_) => Exit::Temporary,
        Refusal::AuditUnwritable => Exit::Permission,
        Refusal::Secret { verdict: Verdict::Misconfigured, .. } => Exit::Configuration,
        _ => Exit::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_frozen() {
        let frozen = [
            (Exit::Fine, 0),
            (Exit::Unexpected, 1),
            (Exit::Usage, 2),
            (Exit::WouldSwitch, 3),
            (Exit::PersonNeeded, 4),
            (Exit::StandbyRefused, 5),
            (Exit::Refused, 6),
            (Exit::Temporary, 75),
            (Exit::Permission, 77),
            (Exit::Configuration, 78),
        ];
        for (exit, code) in frozen {
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn of_several_the_first_that_applies_counts() {
        let order = [1, 2, 78, 77, 5, 4, 6, 75, 3, 0];
        let all = [
            Exit::Fine,
            Exit::Unexpected,
            Exit::Usage,
            Exit::WouldSwitch,
            Exit::PersonNeeded,
            Exit::StandbyRefused,
            Exit::Refused,
            Exit::Temporary,
            Exit::Permission,
            Exit::Configuration,
        ];
        let place = |exit: Exit| order.iter().position(|code| *code == exit.code()).unwrap();
        for one in all {
            for two in all {
                let expected = if place(one) <= place(two) { one } else { two };
                assert_eq!(Exit::worst([one, two]), expected);
            }
        }
        assert_eq!(Exit::worst([]), Exit::Fine);
    }
}
