//! When a secret is believed, when it is blamed, and how often it is asked.

use twinkey_core::decision::{Because, Next, Refusal, WaitFor};
use twinkey_core::seen::Done;
use twinkey_core::step::{Purpose, Step};
use twinkey_core::verdict::Verdict;
use twinkey_core::wish::Deposit;
use twinkey_core::{AnswerKind, Client, Failover, Phase, Remedy, Wish, budget};

use crate::world::*;

/// The permit is open, and the portal shows this secret.
fn shown(world: &mut World) -> twinkey_core::Mac {
    assert_eq!(world.permit("olga").why, Because::Done(Done::Safe));
    world.regenerate(Client::A)
}

#[test]
fn a_deposit_is_proven_by_three_tokens_spread_over_the_settling_time() {
    let mut world = World::drained();
    let fresh = shown(&mut world);
    let before = world.now;
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
    assert_eq!(world.provider.times_asked(fresh), 3);
    assert!(world.now.duration_since(before) >= SECOND * 130);
}

#[test]
fn the_wait_for_a_proof_says_how_far_it_is() {
    let mut world = World::drained();
    let fresh = shown(&mut world);
    let deposit = Deposit { client: Client::A, client_id: None, spoke_to: None, secret: pasted(fresh) };
    let mut run = world.begin("one", "olga", Wish::Deposit(deposit));
    while !matches!(world.next(&run), Next::Wait(_)) {
        world.step(&mut run, Fault::None);
    }
    let Next::Wait(wait) = world.next(&run) else { panic!() };
    assert_eq!(wait.why, WaitFor::Proof { client: Client::A, tokens: 1, refusals: 0 });
}

#[test]
fn one_early_no_from_a_late_node_is_no_failure() {
    for style in [Style::Named, Style::Unnamed] {
        let mut world = World::drained();
        world.provider.style = style;
        world.provider.lateness = MINUTE;
        let fresh = shown(&mut world);
        world.refuse_next(AnswerKind::Rejected, 1);
        assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven), "{style:?}");
        world.assert_whole();
    }
}

#[test]
fn a_wrong_secret_costs_three_refusals_and_then_one_in_four_hours() {
    let mut world = World::drained();
    shown(&mut world);
    let wrong = secret(500);
    assert!(matches!(refusal(world.deposit(Client::A, wrong)), Refusal::Secret { client: Client::A, .. }));
    assert_eq!(world.provider.times_asked(wrong), 3);
    assert!(world.record().permit.is_some(), "the permit stays open");
    for _ in 0..10 {
        world.deposit(Client::A, wrong);
        world.round();
    }
    assert_eq!(world.provider.times_asked(wrong), 3);
    let fresh = world.provider.clients.a.secret;
    assert_eq!(world.deposit(Client::A, fresh).why, Because::Done(Done::Proven));
    world.assert_whole();
}

#[test]
fn a_refused_standby_is_asked_twice_and_then_once_in_four_hours() {
    let mut world = World::ready();
    world.provider.obeyed = false;
    world.regenerate(Client::B);
    for _ in 0..12 * 13 {
        world.round();
        world.pass(MINUTE * 5);
    }
    let asked = world.provider.asked.iter().filter(|(_, probe, kind)| {
        probe.secret == secret(2) && *kind != AnswerKind::Accepted && probe.purpose != Purpose::Control
    });
    let asked: Vec<_> = asked.map(|(at, ..)| *at).collect();
    assert_eq!(asked.len(), 2 + 3, "{asked:?}");
    assert!(asked.windows(2).skip(1).all(|two| two[1].duration_since(two[0]) >= budget::PAUSE));
}

#[test]
fn a_token_clears_the_count_of_its_own_secret_only() {
    let mut world = World::drained();
    shown(&mut world);
    world.deposit(Client::A, secret(500));
    assert!(budget::noted(&world.record(), Client::A, secret(500)).is_some());
    world.wish(Wish::Cancel { spoke_to: None });
    world.round();
    assert!(budget::noted(&world.record(), Client::A, secret(500)).is_some());
}

#[test]
fn what_a_dry_run_was_refused_counts_on_its_host() {
    let mut world = World::ready();
    let now = world.now;
    world.refuse_next(AnswerKind::Rejected, 2);
    world.host("one").refused.b = Some(twinkey_core::record::Noted { secret: secret(2), at: now });
    world.round();
    assert_eq!(world.active(), Client::A);
    assert!(world.record().clients.b.refusals.iter().all(|refusals| refusals.count <= 2));
}

#[test]
fn a_400_without_a_name_is_the_secrets_fault_only_if_the_other_client_gets_a_token() {
    let mut world = World::drained();
    world.provider.style = Style::Unnamed;
    shown(&mut world);
    let Refusal::Secret { verdict, .. } = refusal(world.deposit(Client::A, secret(500))) else { panic!() };
    assert!(verdict.is_refusal());
    let mut world = World::ready();
    world.provider.all = Some(AnswerKind::Refused);
    let now = Wish::SwitchNow { drain: None, reason: "leak".into() };
    let verdict = Verdict::Misconfigured;
    assert_eq!(refusal(world.wish(now)), Refusal::Secret { client: Client::B, verdict });
}

#[test]
fn a_client_without_its_role_is_no_standby() {
    let mut world = World::ready();
    world.provider.clients.b.forbidden = true;
    world.round();
    assert_eq!(world.active(), Client::A);
    assert!(matches!(world.phase(), Phase::StandbyRejected { client: Client::B }));
}

#[test]
fn an_unavailable_provider_blames_nobody() {
    for kind in [AnswerKind::Unavailable, AnswerKind::Protocol, AnswerKind::Throttled { retry_after: None }] {
        let mut world = World::ready();
        world.provider.all = Some(kind);
        for _ in 0..5 {
            world.round();
            world.pass(MINUTE * 5);
        }
        assert_eq!(world.active(), Client::A);
        assert!(world.record().clients.a.refusals.is_empty() && world.record().clients.b.refusals.is_empty());
        assert!(matches!(world.phase(), Phase::Ready { .. }), "{kind:?}");
    }
}

#[test]
fn a_deposit_without_a_permit_is_proven_once_the_client_has_drained() {
    let mut world = World::switched();
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::A);
    world.store.type_candidate(Client::A, pasted(fresh));
    world.round();
    assert_eq!(world.provider.times_asked(fresh), 0, "while it drains, it waits");
    world.pass(HOUR * 4);
    assert_eq!(world.remedy(), Some(Remedy::Rotate));
    world.round();
    assert!(matches!(world.phase(), Phase::Ready { .. }));
    assert!(!world.record().clients.a.maybe_in_use, "nobody outside had it before us");
}

#[test]
fn a_standby_replaced_without_a_permit_is_still_nobodys_outside() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::B);
    world.store.type_candidate(Client::B, pasted(fresh));
    world.round();
    let note = world.record().clients.b.clone();
    assert_eq!((note.proven.unwrap().secret, note.maybe_in_use), (fresh, false));
}

#[test]
fn a_retired_secret_is_nothing_that_was_entered() {
    let mut world = World::drained();
    assert_eq!(refusal(world.wish(Wish::Prove { client: Client::A })), Refusal::NothingEntered(Client::A));
}

#[test]
fn a_secret_typed_over_the_proven_one_counts_as_a_candidate() {
    let mut world = World::drained();
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::A);
    let version = world.store.version();
    let slot = world.store.slots.a.as_mut().unwrap();
    (slot.version, slot.secret) = (version, Some(pasted(fresh)));
    world.round();
    assert_eq!(world.provider.times_asked(fresh), 3);
    assert_eq!(world.record().clients.a.proven.unwrap().secret, fresh);
}

#[test]
fn a_new_client_id_may_come_with_a_deposit() {
    let mut world = World::drained();
    world.permit("olga");
    world.provider.obeyed = false;
    let fresh = world.regenerate(Client::A);
    world.provider.clients.a.id = "id-c".into();
    let deposit =
        Deposit { client: Client::A, client_id: Some("id-c".into()), spoke_to: None, secret: pasted(fresh) };
    assert_eq!(world.wish(Wish::Deposit(deposit)).why, Because::Done(Done::Proven));
    world.pass(DAY * 7);
    world.round();
    assert_eq!(world.store.live_pair().unwrap().client_id, "id-c");
    assert!(world.live_works());
}

#[test]
fn the_round_asks_the_active_client_often_and_the_standby_seldom() {
    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    world.provider.asked.clear();
    for _ in 0..12 * 24 {
        let rest = world.round();
        assert!(rest.wake.is_some_and(|wake| wake > world.now && wake <= world.now + MINUTE * 5));
        world.pass(MINUTE * 5);
    }
    let of = |number| world.provider.times_asked(secret(number));
    assert!((260..=290).contains(&of(1)), "{}", of(1));
    assert!((4..=6).contains(&of(2)), "{}", of(2));
}

#[test]
fn whatever_is_dead_a_day_of_rounds_keeps_to_the_budget() {
    for style in [Style::Named, Style::Unnamed] {
        for failover in [Failover::Auto, Failover::Alert] {
            for dead in [&[Client::A][..], &[Client::B], &Client::BOTH] {
                let mut world = World::ready();
                world.policy.failover = failover;
                world.provider.style = style;
                for client in dead {
                    world.provider.clients[*client].secret = secret(600);
                }
                for _ in 0..12 * 24 {
                    world.round();
                    world.pass(MINUTE * 5);
                }
                for number in [1, 2] {
                    let refused = world.provider.asked.iter().filter(|(_, probe, kind)| {
                        probe.secret == secret(number)
                            && budget::is_refusal(*kind)
                            && probe.purpose != Purpose::Control
                    });
                    // Two at once, one in four hours, and one for the rescue.
                    assert!(refused.count() <= 2 + 6 + 1, "{style:?} {failover:?} {dead:?} {number}");
                }
            }
        }
    }
}

#[test]
fn a_token_does_not_clear_a_refusal_that_another_host_met_after_it() {
    let mut world = World::ready();
    let mut first = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut first, |step| matches!(step, Step::WriteRecord(_)));
    world.pass(SECOND);
    world.refuse_next(AnswerKind::Rejected, 1);
    let now = Wish::SwitchNow { drain: None, reason: "leaver".into() };
    let mut second = world.begin("two", "petr", now);
    world.finish(&mut second);
    // The first one's write meets the second one's, and the provider has no second answer for it.
    world.refuse_next(AnswerKind::Unavailable, 1);
    world.finish(&mut first);
    let refusals = budget::noted(&world.record(), Client::B, secret(2));
    assert_eq!(refusals.map(|refusals| refusals.count), Some(1));
}

/// One run that looks at an older slot beside the newest record, where some node still takes the old secret.
fn with_an_old_slot(world: &mut World, client: Client, old: &Store) {
    let mut stale = world.store.clone();
    stale.slots[client] = old.slots[client].clone();
    world.provider.lateness = DAY;
    world.provider.clients[client].late_until = world.now + DAY;
    let mut run = world.begin("two", "cron", Wish::Keep);
    run.past = Some(stale);
    world.finish_with(&mut run, Fault::Stale, |step| matches!(step, Step::Look(_)));
}

#[test]
fn an_old_slot_beside_a_new_record_proves_nothing() {
    let mut world = World::drained();
    let old = world.store.clone();
    world.regenerate_by_the_book();
    let proven = world.record().clients.a.proven;
    // As long as every answer comes from a node that has not heard of it.
    world.provider.all = Some(AnswerKind::Accepted);
    for _ in 0..4 {
        with_an_old_slot(&mut world, Client::A, &old);
        world.pass(MINUTE);
    }
    assert_eq!(world.record().clients.a.proven, proven);
    assert_ne!(world.live_secret(), secret(1));
}

#[test]
fn an_old_slot_beside_a_new_record_rescues_nobody() {
    let mut world = World::drained();
    let old = world.store.clone();
    world.regenerate_by_the_book();
    let fresh = world.provider.clients.a.secret;
    world.provider.obeyed = false;
    world.regenerate(Client::B);
    world.pass(HOUR * 2);
    for _ in 0..8 {
        with_an_old_slot(&mut world, Client::A, &old);
        assert_ne!(world.live_secret(), secret(1));
        world.pass(MINUTE * 5);
    }
    assert_eq!(world.live_secret(), fresh);
}

#[test]
fn an_old_slot_beside_a_new_record_mends_nothing() {
    let mut world = World::drained();
    let old = world.store.clone();
    world.regenerate_by_the_book();
    world.pass(DAY * 7);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    let live = world.live_secret();
    for _ in 0..4 {
        with_an_old_slot(&mut world, Client::A, &old);
        world.pass(MINUTE);
    }
    assert_eq!(world.live_secret(), live);
}
