//! A live pair that is not ours, and a record that is not the newest.

use twinkey_core::decision::{Because, Refusal};
use twinkey_core::record::Schema;
use twinkey_core::seen::{Done, Freshness, Pair};
use twinkey_core::step::Step;
use twinkey_core::{BelongsTo, Client, Phase, Record, RecordError, Remedy, Wish};

use crate::world::*;

fn pair(id: &str, number: u64) -> Option<Pair> {
    Some(Pair { client_id: id.into(), secret: secret(number) })
}

const TAKE: Wish = Wish::TakeTheirs { client: None };

#[test]
fn nobodys_edit_is_overwritten_silently() {
    for theirs in [pair("id-b", 2), pair("id-a", 40), pair("id-x", 41), None] {
        let mut world = World::ready();
        // Nothing can be kept where nothing stands.
        let named = if theirs.is_some() { Remedy::Resolve } else { Remedy::PutOurs };
        world.foreign_edit(theirs);
        let version = world.store.live_version();
        for wish in [Wish::Keep, Wish::SwitchNow { drain: None, reason: "now".into() }] {
            assert_eq!(world.wish(wish).why, Because::Diverged);
        }
        assert_eq!(world.permit("olga").why, Because::Diverged);
        assert_eq!(world.store.live_version(), version);
        assert!(matches!(world.phase(), Phase::Diverged(_)));
        assert_eq!(world.remedy(), Some(named));
        assert!(world.messages().contains(&"diverged"));
        world.assert_whole();
    }
}

#[test]
fn a_stale_live_pair_alarms_nobody() {
    let mut world = World::ready();
    let then = world.store.live.clone();
    world.round();
    world.pass(HOUR);
    let mut past = world.store.clone();
    past.live = then;
    let mut run = world.begin("two", "cron", Wish::Keep);
    run.past = Some(past);
    let rest = world.finish_with(&mut run, Fault::Stale, |step| matches!(step, Step::Look(_)));
    assert_eq!(rest.why, Because::Nothing);
    assert_eq!(run.steps[1], Step::Look(Freshness::Latest));
}

#[test]
fn put_ours_publishes_the_records_pair_as_a_new_version() {
    let mut world = World::ready();
    world.foreign_edit(pair("id-x", 41));
    let version = world.store.live_version();
    assert_eq!(world.wish(Wish::PutOurs).why, Because::Done(Done::Resolved));
    assert!(world.live_works());
    assert_ne!(world.store.live_version(), version);
    assert_eq!(world.active(), Client::A);
    assert_eq!(refusal(world.wish(Wish::PutOurs)), Refusal::NotDiverged);
    world.assert_whole();
}

#[test]
fn put_ours_takes_the_standby_where_the_records_pair_is_dead() {
    let mut world = World::ready();
    world.foreign_edit(pair("id-x", 41));
    world.provider.obeyed = false;
    world.regenerate(Client::A);
    assert_eq!(world.wish(Wish::PutOurs).why, Because::Done(Done::Resolved));
    assert_eq!((world.active(), world.live_secret()), (Client::B, secret(2)));
    world.assert_whole();
}

#[test]
fn whoever_resolves_again_and_again_asks_no_dead_secret_more_often_than_a_round() {
    let mut world = World::ready();
    world.foreign_edit(pair("id-a", 41));
    world.provider.obeyed = false;
    for client in Client::BOTH {
        world.regenerate(client);
    }
    let dead = [secret(1), secret(2), secret(41)];
    let before = dead.map(|secret| world.provider.times_asked(secret));
    for _ in 0..5 {
        for wish in [Wish::PutOurs, TAKE] {
            assert!(matches!(refusal(world.wish(wish)), Refusal::Secret { .. }));
            world.pass(MINUTE);
        }
    }
    for (secret, before) in dead.into_iter().zip(before) {
        let asked = world.provider.times_asked(secret) - before;
        assert!((1..=2).contains(&asked), "{asked} times");
    }
}

#[test]
fn a_deleted_live_pair_is_put_back() {
    let mut world = World::ready();
    world.store.live = None;
    assert_eq!(world.round().why, Because::Diverged);
    assert_eq!(world.wish(Wish::PutOurs).why, Because::Done(Done::Resolved));
    assert!(world.live_works());
}

#[test]
fn take_theirs_needs_a_token_and_says_whose_it_is_by_the_client_id() {
    let mut world = World::ready();
    world.foreign_edit(pair("id-a", 40));
    assert!(matches!(refusal(world.wish(TAKE)), Refusal::Secret { client: Client::A, .. }));
    world.provider.obeyed = false;
    world.provider.clients.a.secret = secret(40);
    world.pass(MINUTE);
    assert_eq!(world.wish(TAKE).why, Because::Done(Done::Resolved));
    assert_eq!((world.active(), world.live_secret()), (Client::A, secret(40)));
    assert!(matches!(world.phase(), Phase::Ready { .. }));
}

#[test]
fn taking_the_other_clients_pair_retires_ours_and_drains_it() {
    let mut world = World::ready();
    world.foreign_edit(pair("id-b", 2));
    assert_eq!(world.wish(TAKE).why, Because::Done(Done::Resolved));
    assert_eq!(world.active(), Client::B);
    assert_eq!(world.record().drain.unwrap().retired, Client::A);
    world.pass(HOUR * 4);
    world.regenerate_by_the_book();
    world.assert_whole();
}

#[test]
fn an_unknown_client_id_is_taken_only_with_a_word_whose_it_is() {
    let mut world = World::ready();
    world.provider.obeyed = false;
    world.provider.clients.a.id = "id-n".into();
    world.foreign_edit(pair("id-n", 1));
    assert_eq!(refusal(world.wish(TAKE)), Refusal::UnknownId);
    let named = Wish::TakeTheirs { client: Some(Client::A) };
    assert_eq!(world.wish(named).why, Because::Done(Done::Resolved));
    assert_eq!(world.store.slots.a.as_ref().unwrap().client_id, "id-n");
}

#[test]
fn a_pair_whose_client_somebody_may_be_regenerating_is_not_taken() {
    let mut world = World::drained();
    world.permit("olga");
    world.foreign_edit(pair("id-a", 1));
    assert_eq!(refusal(world.wish(TAKE)), Refusal::HeldBy("olga".into()));
}

/// The store was restored from a backup taken before the switch.
fn restored() -> World {
    let mut world = World::ready();
    let backup = world.record();
    world.round();
    let mut other = world.begin("two", "cron", Wish::Keep);
    world.finish(&mut other);
    world.store.put_record(&backup);
    world
}

#[test]
fn a_restored_record_is_followed_only_after_a_persons_word_and_then_by_every_host() {
    let mut world = restored();
    assert_eq!(world.round().why, Because::Restored);
    assert_eq!(world.remedy(), Some(Remedy::Resolve));
    let counter = world.host("one").highest.unwrap().1;
    assert_eq!(world.wish(TAKE).why, Because::Done(Done::Resolved));
    assert!(world.record().counter > counter);
    assert_eq!(world.active(), Client::B, "and the live pair that stands is taken in the same run");
    for host in ["two", "a-new-one", "one"] {
        let mut run = world.begin(host, "cron", Wish::Keep);
        assert_eq!(world.finish(&mut run).why, Because::Nothing, "{host}");
    }
}

#[test]
fn a_backup_from_before_a_line_was_replaced_is_a_restored_record_too() {
    let mut world = World::ready();
    let backup = world.record();
    world.round();
    let later = world.record();
    world.store.put_record(&backup);
    assert_eq!(world.wish(TAKE).why, Because::Done(Done::Resolved));
    // By its number alone this one is newer; its line was replaced.
    let mut old = later;
    old.counter = world.record().counter + 10;
    world.store.put_record(&old);
    assert_eq!(world.round().why, Because::Restored);
}

#[test]
fn a_restored_record_whose_live_pair_is_right_is_resolved_as_well() {
    let mut world = World::ready();
    let backup = world.record();
    world.provider.clients.b.secret = secret(88);
    world.round();
    world.store.put_record(&backup);
    let resolved = world.wish(Wish::PutOurs);
    assert_eq!(resolved.why, Because::Done(Done::Resolved));
}

#[test]
fn a_host_that_slept_through_two_restores_accepts_the_newest_line() {
    let mut world = restored();
    let asleep = world.host("two").clone();
    for _ in 0..2 {
        world.wish(TAKE);
        let backup = world.record();
        world.wish(Wish::Rollback { reason: "something".into(), spoke_to: None });
        world.store.put_record(&backup);
    }
    world.wish(TAKE);
    world.hosts.insert("two".into(), asleep);
    let mut run = world.begin("two", "cron", Wish::Keep);
    let rest = world.finish(&mut run);
    assert!(!matches!(rest.why, Because::Restored), "{rest:?}");
}

#[test]
fn a_stale_record_is_no_restored_one() {
    let mut world = World::ready();
    let then = world.store.clone();
    world.round();
    world.pass(HOUR);
    let mut run = world.begin("one", "cron", Wish::Keep);
    run.past = Some(then);
    let rest = world.finish_with(&mut run, Fault::Stale, |step| matches!(step, Step::Look(_)));
    assert_eq!(rest.why, Because::Nothing);
}

#[test]
fn a_record_of_another_place_is_refused_until_init_has_proven_the_new_one() {
    let mut world = World::ready();
    world.policy.place = BelongsTo { live_pair: "app/renamed".into(), ..world.policy.place.clone() };
    for wish in [Wish::Keep, TAKE, Wish::SwitchNow { drain: None, reason: "x".into() }] {
        assert_eq!(world.wish(wish).why, Because::Elsewhere);
    }
    assert_eq!(world.permit("olga").why, Because::Elsewhere);
    assert_eq!(world.remedy(), Some(Remedy::Init));
    assert_eq!(world.wish(world.init([].into_iter())).why, Because::Done(Done::Resolved));
    assert_eq!(world.round().why, Because::Done(Done::Switched));
}

#[test]
fn init_takes_no_other_place_over_a_switch_under_way_or_over_a_pair_that_is_not_ours() {
    let renamed = |world: &mut World| {
        world.policy.place = BelongsTo { live_pair: "app/renamed".into(), ..world.policy.place.clone() };
        world.wish(world.init([].into_iter())).why
    };
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_)));
    assert_eq!(renamed(&mut world), Because::Elsewhere);
    let mut world = World::ready();
    world.foreign_edit(pair("id-b", 2));
    assert_eq!(renamed(&mut world), Because::Elsewhere);
}

#[test]
fn a_newer_minor_schema_is_read_and_never_written() {
    let mut world = World::ready();
    let mut record = world.record();
    record.schema = Schema { major: Schema::OURS.major, minor: Schema::OURS.minor + 1 };
    world.store.put_record(&record);
    let before = world.store.record.clone();
    for wish in [Wish::Keep, Wish::PutOurs, world.init_both()] {
        assert_eq!(world.wish(wish).why, Because::NewerRecord);
    }
    assert_eq!(world.permit("olga").why, Because::NewerRecord);
    assert_eq!(world.store.record, before);
    assert_eq!(world.remedy(), Some(Remedy::Update));
}

#[test]
fn what_a_newer_schema_says_in_words_of_its_own_is_newer_and_not_damaged() {
    let world = World::switched();
    let json = world.record().to_json();
    let ours = format!("\"{}\"", Schema::OURS);
    let minor = Schema { minor: Schema::OURS.minor + 1, ..Schema::OURS };
    let odd = json
        .replacen(&ours, &format!("\"{minor}\""), 1)
        .replace("\"what\":\"published\"", "\"what\":\"sung\"");
    assert_eq!(Record::from_json(&odd), Err(RecordError::Newer(minor)));
    let major = Schema { major: Schema::OURS.major + 1, minor: 0 };
    let next = json.replacen(&ours, &format!("\"{major}\""), 1);
    assert_eq!(Record::from_json(&next), Err(RecordError::Newer(major)));
    assert!(matches!(Record::from_json(&json[..json.len() - 9]), Err(RecordError::Malformed { .. })));
}

#[test]
fn a_foreign_edit_does_not_keep_an_intent_from_its_end() {
    let mut world = World::ready();
    world.provider.style = Style::Unnamed;
    let mut run = world.begin("one", "cron", Wish::Keep);
    assert_eq!(world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_))), None);
    world.provider.obeyed = false;
    world.regenerate(Client::B);
    world.foreign_edit(pair("id-x", 41));
    // The live pair is no control any more: what the record calls active still stands in its slot.
    assert_eq!(world.wish(Wish::PutOurs).why, Because::Done(Done::Resolved));
    assert!(world.live_works());
    world.assert_whole();
}
