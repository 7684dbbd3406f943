//! How often a refused secret is asked, and what is remembered of it.

use twinkey_core::budget::{self, BURST, PAUSE, is_refusal};
use twinkey_core::record::{Noted, Refusals};
use twinkey_core::seen::{Host, Probed, Seen};
use twinkey_core::{Answer, AnswerKind, Client, MAX_SKEW, Wish};

use crate::world::*;

fn seen() -> Seen {
    Seen::nothing(Wish::Keep, "olga", Host::default())
}

fn asked(seen: &mut Seen, kind: AnswerKind, at: jiff::Timestamp) {
    let (client, client_id, secret) = (Client::B, "id-b".to_owned(), secret(2));
    seen.probes.push(Probed {
        client,
        client_id,
        secret,
        at,
        answer: Answer::new(kind, ""),
        noted: false,
        current: true,
    });
}

fn found(seen: &Seen) -> Option<Refusals> {
    budget::refusals(seen, Client::B, secret(2))
}

#[test]
fn what_counts_as_a_refusal_blames_the_secret_or_its_client() {
    use AnswerKind::*;
    let refusals = [Rejected, Refused, Forbidden];
    let others = [Accepted, Misconfigured, Throttled { retry_after: None }, Unavailable, Protocol];
    assert!(refusals.into_iter().all(is_refusal) && !others.into_iter().any(is_refusal));
}

#[test]
fn a_token_of_the_same_moment_ends_the_count_and_an_older_one_does_not() {
    let now = World::empty().now;
    let mut same = seen();
    asked(&mut same, AnswerKind::Rejected, now);
    asked(&mut same, AnswerKind::Accepted, now);
    assert_eq!(found(&same), None);
    // Another host has met a refusal after this run's token: it stands in the record that was read since.
    let mut older = seen();
    asked(&mut older, AnswerKind::Rejected, now);
    asked(&mut older, AnswerKind::Accepted, now - SECOND);
    assert_eq!(found(&older).unwrap().count, 1);
}

#[test]
fn whether_a_refusal_names_the_secret_is_what_the_last_one_said() {
    let now = World::empty().now;
    for (kinds, named) in [
        ([AnswerKind::Refused, AnswerKind::Rejected], true),
        ([AnswerKind::Rejected, AnswerKind::Refused], false),
    ] {
        let mut seen = seen();
        for kind in kinds {
            asked(&mut seen, kind, now);
        }
        let expected = Refusals { secret: secret(2), count: 2, first: now, last: now, named };
        assert_eq!(found(&seen), Some(expected), "{kinds:?}");
    }
}

#[test]
fn a_refusal_that_a_dry_run_met_counts_for_its_own_secret() {
    let now = World::empty().now;
    let mut seen = seen();
    seen.host.refused.b = Some(Noted { secret: secret(2), at: now });
    assert_eq!(found(&seen).unwrap().count, 1);
    assert_eq!(budget::refusals(&seen, Client::A, secret(2)), None);
    assert_eq!(budget::refusals(&seen, Client::B, secret(3)), None);
    asked(&mut seen, AnswerKind::Rejected, now);
    assert_eq!(found(&seen).unwrap().count, BURST);
    assert_eq!(budget::may_ask(&seen, Client::B, secret(2), now), Err(now + PAUSE));
    assert_eq!(budget::may_ask(&seen, Client::B, secret(2), now + PAUSE), Ok(()));
}

#[test]
fn the_death_of_a_replaced_secret_costs_its_client_nothing() {
    let mut world = World::drained();
    world.regenerate_by_the_book();
    world.round();
    assert!(world.provider.times_asked(secret(1)) > 0);
    assert_eq!(world.record().clients.a.refusals, []);
}

#[test]
fn of_many_refused_secrets_the_latest_and_those_that_still_stand_are_remembered() {
    let mut world = World::drained();
    world.permit("olga");
    for number in 0..20 {
        world.deposit(Client::A, secret(1000 + number));
        world.pass(MINUTE);
    }
    let record = world.record();
    let remembered: Vec<_> = record.clients.a.refusals.iter().map(|refusals| refusals.secret).collect();
    let latest: Vec<_> = (1012..1020).map(secret).collect();
    assert_eq!(remembered, latest);
    // The first of them lies in the slot again, and is the oldest by its refusals: it is not forgotten.
    world.deposit(Client::A, secret(1012));
    for number in 0..12 {
        let mut run = world.begin("one", "olga", Wish::Keep);
        world.finish(&mut run);
        let slot = world.store.slots.a.as_ref().unwrap().candidate;
        assert_eq!(slot, Some(pasted(secret(1012))), "{number}");
        world.pass(HOUR * 5);
    }
    let stands = world.record().clients.a.refusals.iter().any(|refusals| refusals.secret == secret(1012));
    assert!(stands);
}

#[test]
fn a_refused_secret_that_stands_only_in_the_slot_is_not_forgotten_for_many_wrong_deposits() {
    let mut world = World::drained();
    let old = secret(1);
    world.permit("olga");
    world.regenerate(Client::A);
    // Giving the permit back asks the secret in the slot once more: it is dead.
    world.wish(Wish::Cancel { spoke_to: None });
    world.permit("olga");
    for number in 0..12 {
        world.deposit(Client::A, secret(1000 + number));
        world.pass(MINUTE);
    }
    let slot = world.store.slots.a.clone().unwrap();
    assert_eq!(slot.secret, Some(pasted(old)));
    assert!(world.record().clients.a.refusals.iter().any(|refusals| refusals.secret == old));
}

#[test]
fn what_a_clock_ahead_has_dated_is_dated_anew_by_the_next_refusal() {
    let now = World::empty().now;
    // As far ahead as two clocks may be, it is believed, and one second more it is not.
    for (ahead, again) in [(MAX_SKEW, now + MAX_SKEW + PAUSE), (MAX_SKEW + SECOND, now + PAUSE)] {
        let mut seen = seen();
        seen.host.refused.b = Some(Noted { secret: secret(2), at: now + ahead });
        asked(&mut seen, AnswerKind::Rejected, now);
        assert_eq!(budget::may_ask(&seen, Client::B, secret(2), now), Err(again), "{ahead:?}");
    }
    // In the record as well: else an incident would seem to begin after its last refusal.
    let mut world = World::ready();
    let mut record = world.record();
    let ahead = world.now + DAY;
    record.clients.b.refusals =
        vec![Refusals { secret: secret(2), count: 1, first: ahead, last: ahead, named: true }];
    world.store.put_record(&record);
    world.provider.clients.b.secret = secret(90);
    world.round();
    let refusals = world.record().clients.b.refusals[0];
    assert_eq!((refusals.count, refusals.first), (2, refusals.last));
    assert!(refusals.last <= world.now);
}

#[test]
fn a_round_in_which_nothing_was_refused_writes_nothing() {
    let mut world = World::switched();
    world.round();
    let before = world.record().counter;
    for _ in 0..5 {
        world.pass(MINUTE * 6);
        world.round();
    }
    assert_eq!(world.record().counter, before);
}

#[test]
fn a_foreign_edit_is_looked_at_twice_and_no_more_before_it_is_told() {
    let mut world = World::switched();
    world.foreign_edit(None);
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.finish(&mut run);
    assert_eq!(run.seen.looks, 2);
}
