//! Whose fault a refusal is, in every combination with its control.

use twinkey_core::seen::{Host, PROBE_HOLDS, Probed, Seen};
use twinkey_core::verdict::{Judged, Verdict, judge};
use twinkey_core::{Answer, AnswerKind, Client, Wish};

use crate::world::*;

fn probed(client: Client, kind: AnswerKind, at: jiff::Timestamp) -> Probed {
    let client_id = format!("id-{client}");
    Probed {
        client,
        client_id,
        secret: secret(if client == Client::A { 1 } else { 2 }),
        at,
        answer: Answer::new(kind, ""),
        noted: false,
        current: true,
    }
}

/// The verdict on this answer for client `a`, beside these answers for client `b`.
fn verdict(kind: AnswerKind, controls: &[(AnswerKind, jiff::SignedDuration)]) -> Judged {
    let now = World::empty().now;
    let asked = probed(Client::A, kind, now);
    let mut seen = Seen::nothing(Wish::Keep, "olga", Host::default());
    seen.probes.push(asked.clone());
    seen.probes.extend(controls.iter().map(|(kind, later)| probed(Client::B, *kind, now + *later)));
    judge(&seen, &asked, true)
}

#[test]
fn an_answer_that_says_whose_fault_it_is_needs_no_control() {
    use AnswerKind::*;
    for (kind, expected) in [
        (Accepted, Verdict::Accepted),
        (Rejected, Verdict::Rejected),
        (Forbidden, Verdict::Forbidden),
        (Misconfigured, Verdict::Misconfigured),
        (Throttled { retry_after: None }, Verdict::Passing),
        (Unavailable, Verdict::Passing),
        (Protocol, Verdict::Passing),
    ] {
        assert_eq!(verdict(kind, &[]), Judged::Verdict(expected), "{kind:?}");
        assert_eq!(expected.is_refusal(), matches!(expected, Verdict::Rejected | Verdict::Forbidden));
    }
}

#[test]
fn a_refusal_without_a_name_is_judged_by_the_other_client() {
    use AnswerKind::*;
    let now = jiff::SignedDuration::ZERO;
    assert_eq!(verdict(Refused, &[]), Judged::NeedsControl);
    for (control, expected) in [
        (Accepted, Verdict::Rejected),
        (Forbidden, Verdict::Rejected),
        (Refused, Verdict::Misconfigured),
        (Rejected, Verdict::Misconfigured),
        (Misconfigured, Verdict::Misconfigured),
        (Unavailable, Verdict::Passing),
        (Protocol, Verdict::Passing),
    ] {
        assert_eq!(verdict(Refused, &[(control, now)]), Judged::Verdict(expected), "{control:?}");
    }
    // A token for any of its secrets is the best control; else the last answer is.
    for controls in [[Accepted, Refused, Unavailable], [Refused, Unavailable, Accepted]] {
        let controls = controls.map(|kind| (kind, now));
        assert_eq!(verdict(Refused, &controls), Judged::Verdict(Verdict::Rejected));
    }
    let controls = [(Refused, now), (Unavailable, now)];
    assert_eq!(verdict(Refused, &controls), Judged::Verdict(Verdict::Passing));
}

#[test]
fn a_control_holds_for_a_minute_before_and_after() {
    for (later, holds) in [
        (PROBE_HOLDS, true),
        (-PROBE_HOLDS, true),
        (PROBE_HOLDS + SECOND, false),
        (-PROBE_HOLDS - SECOND, false),
    ] {
        let expected = if holds { Judged::Verdict(Verdict::Rejected) } else { Judged::NeedsControl };
        assert_eq!(verdict(AnswerKind::Refused, &[(AnswerKind::Accepted, later)]), expected, "{later:?}");
    }
}

#[test]
fn without_anybody_to_ask_beside_it_the_secret_is_blamed() {
    let now = World::empty().now;
    let asked = probed(Client::A, AnswerKind::Refused, now);
    let seen = Seen::nothing(Wish::Keep, "olga", Host::default());
    assert_eq!(judge(&seen, &asked, false), Judged::Verdict(Verdict::Rejected));
    assert_eq!(judge(&seen, &asked, true), Judged::NeedsControl);
}

#[test]
fn a_token_is_acted_on_for_a_minute() {
    let now = World::empty().now;
    for (kind, age, token, recent) in [
        (AnswerKind::Accepted, PROBE_HOLDS, true, true),
        (AnswerKind::Accepted, PROBE_HOLDS + SECOND, false, false),
        (AnswerKind::Rejected, SECOND, false, true),
    ] {
        let mut seen = Seen::nothing(Wish::Keep, "olga", Host::default());
        seen.probes.push(probed(Client::A, kind, now - age));
        assert_eq!(seen.accepted_lately(Client::A, secret(1), now), token, "{kind:?} {age:?}");
        assert_eq!(seen.lately(Client::A, secret(1), now).is_some(), recent, "{kind:?} {age:?}");
        assert!(!seen.accepted_lately(Client::B, secret(1), now), "another client's");
        assert!(!seen.accepted_lately(Client::A, secret(2), now), "another secret's");
    }
}
