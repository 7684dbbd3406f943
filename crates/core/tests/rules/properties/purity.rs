//! Deciding is a function: of the same it makes the same, and what was seen bounds what may be decided.

use proptest::prelude::*;
use twinkey_core::decision::{Because, Next};
use twinkey_core::seen::{Look, Trouble, TroubleClass, With};
use twinkey_core::{Outcome, Seen, Step, Version, messages, next, phase, remedy};

use super::{Play, any_event, cases, style};
use crate::world::World;

/// What a step may have come to, apart from its success.
fn failures() -> Vec<Outcome> {
    let trouble = |with| Trouble { with, class: TroubleClass::Temporary, text: "away".into() };
    vec![
        Outcome::Conflict,
        Outcome::Unclear(String::new()),
        Outcome::NotAudited,
        Outcome::Failed(trouble(With::Writing)),
        Outcome::Failed(trouble(With::Reading)),
    ]
}

fn judge(world: &World, seen: &Seen) -> Result<(), TestCaseError> {
    let (policy, now) = (&world.policy, world.now);
    let decided = next(policy, seen, now);
    prop_assert_eq!(&decided, &next(policy, seen, now));
    prop_assert_eq!(phase(policy, seen, now), phase(policy, seen, now));
    prop_assert_eq!(messages(policy, seen, now), messages(policy, seen, now));
    prop_assert_eq!(remedy(policy, seen, now), remedy(policy, seen, now));

    for with in [With::Reading, With::Writing, With::Output] {
        let trouble = Trouble { with, class: TroubleClass::Permanent, text: "stop".into() };
        let seen = Seen { trouble: Some(trouble.clone()), ..seen.clone() };
        let Next::Rest(rest) = next(policy, &seen, now) else { panic!("a step in spite of {trouble:?}") };
        prop_assert_eq!(rest.why, Because::Trouble(trouble));
    }
    if let Look::Due(freshness) = seen.look {
        let looks = matches!(&decided, Next::Do(Step::Look(asked)) if *asked == freshness);
        prop_assert!(looks || matches!(decided, Next::Rest(_)), "decided on stale documents: {:?}", decided);
    }
    let mut unaudited = seen.clone();
    unaudited.host.audit.unwritable = true;
    if let Next::Do(step) = next(policy, &unaudited, now) {
        prop_assert!(!step.needs_audit(), "begun without evidence: {:?}", step);
    }
    if let Next::Wait(wait) = decided {
        prop_assert!(wait.until > now, "a wait for nothing");
    }
    let Next::Do(step) = decided else { return Ok(()) };
    afterwards(world, seen, &step)
}

/// After anything but a success a run looks before it writes, or ends.
fn afterwards(world: &World, seen: &Seen, step: &Step) -> Result<(), TestCaseError> {
    let (policy, now) = (&world.policy, world.now);
    // The line of evidence is waited for only where it bars.
    for outcome in
        failures().into_iter().filter(|outcome| *outcome != Outcome::NotAudited || step.needs_audit())
    {
        let after = seen.clone().after(step, outcome.clone(), now);
        prop_assert_eq!(&after, &seen.clone().after(step, outcome.clone(), now));
        let then = next(policy, &after, now);
        let same = matches!(&then, Next::Do(again) if again == step && step.is_write());
        prop_assert!(!same, "after {:?} written again: {:?}", outcome, step);
        let writes = matches!(&then, Next::Do(step) if step.is_write());
        prop_assert!(!writes || outcome == Outcome::NotAudited, "after {:?}: {:?}", outcome, then);
        let begins = matches!(&then, Next::Do(step) if step.needs_audit());
        prop_assert!(!begins, "after {:?}: {:?}", outcome, then);
    }
    if step.is_write() && *step != Step::WriteOutput {
        let written = Outcome::Written(Version::new("written"));
        let after = seen.clone().after(step, written, now);
        let then = next(policy, &after, now);
        prop_assert!(
            !matches!(&then, Next::Do(again) if again == step),
            "done, and decided again: {:?}",
            step
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases().cases / 4, ..cases() })]

    #[test]
    fn the_same_seen_makes_the_same_decision_and_no_failure_is_followed_by_a_blind_write(
        style in style(),
        events in prop::collection::vec(any_event(), 1..60),
    ) {
        let mut play = Play::new(style);
        for event in &events {
            play.happen(event);
            for run in play.runs.iter().flatten() {
                judge(&play.world, &run.seen)?;
            }
        }
    }
}
