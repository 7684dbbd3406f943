//! How a publication is given up: the fence, and what it may rest on.

use twinkey_core::decision::Because;
use twinkey_core::record::{Permit, Refusals};
use twinkey_core::seen::{Done, Pair};
use twinkey_core::step::{LiveContent, Step};
use twinkey_core::{Client, Transition, What, Wish};

use crate::world::*;

fn is_fence(step: &Step) -> bool {
    matches!(step, Step::WriteLive(write) if write.content == LiveContent::Unchanged)
}

/// A scheduled switch to b, crashed before its publication; b's secret is dead meanwhile.
fn dead_target() -> World {
    let mut world = World::ready();
    let mut run = world.begin("one", "cron", Wish::Keep);
    assert!(world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_))).is_none());
    world.provider.obeyed = false;
    world.regenerate(Client::B);
    world.pass(HOUR);
    world
}

fn gave_up(world: &World) -> bool {
    let record = world.record();
    let abandoned = |done: &Transition| matches!(done.what, What::Abandoned { to: Client::B, .. });
    record.intent.is_none() && record.transitions.iter().any(abandoned)
}

#[test]
fn the_fence_over_the_pinned_version_needs_one_look() {
    let mut world = dead_target();
    let before = world.store.live_version();
    let mut run = world.begin("two", "cron", Wish::Keep);
    world.run_until(&mut run, is_fence);
    assert_eq!(run.seen.looks, 1);
    world.finish(&mut run);
    assert!(gave_up(&world) && world.store.live_version() != before);
    assert_eq!(world.live_secret(), secret(1));
}

#[test]
fn our_own_pair_under_another_version_is_looked_at_twice_and_the_stores_refusal_ends_the_intent() {
    let mut world = dead_target();
    let ours = world.store.live_pair();
    world.store.edit_live(ours.clone());
    let version = world.store.live_version();
    let mut run = world.begin("two", "cron", Wish::Keep);
    world.run_until(&mut run, is_fence);
    assert_eq!(run.seen.looks, 2);
    world.finish(&mut run);
    assert!(gave_up(&world));
    assert_eq!((world.store.live_version(), world.store.live_pair()), (version, ours));
}

#[test]
fn over_somebody_elses_pair_the_intent_is_given_up_only_on_a_persons_word() {
    let mut world = dead_target();
    let theirs = Pair { client_id: "id-x".into(), secret: secret(9) };
    world.store.edit_live(Some(theirs.clone()));
    for wish in [Wish::Keep, world.init_both()] {
        assert_eq!(world.wish(wish).why, Because::Diverged);
        assert!(world.record().intent.is_some());
    }
    assert_eq!(world.wish(Wish::PutOurs).why, Because::Done(Done::Resolved));
    assert!(world.record().intent.is_none() && world.live_works());
}

#[test]
fn a_target_whose_slot_changed_or_that_somebody_may_be_killing_is_not_published() {
    type Change = fn(&mut World);
    let changes: [(&str, Change); 3] = [
        ("another client id", |world| world.store.slots.b.as_mut().unwrap().client_id = "id-new".into()),
        ("another secret", |world| world.store.slots.b.as_mut().unwrap().secret = Some(pasted(secret(70)))),
        ("a permit", |world| {
            let mut record = world.record();
            let (holder, opened_by) = ("rob".to_owned(), "rob".to_owned());
            record.permit =
                Some(Permit { client: Client::B, holder, opened_by, since: world.now, passed_over: None });
            world.store.put_record(&record);
        }),
    ];
    for (name, change) in changes {
        let mut world = World::ready();
        let mut run = world.begin("one", "cron", Wish::Keep);
        world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_)));
        change(&mut world);
        world.pass(HOUR);
        let asked = world.provider.times_asked(secret(2));
        let mut run = world.begin("two", "cron", Wish::Keep);
        world.run_until(&mut run, is_fence);
        assert_eq!(world.provider.times_asked(secret(2)), asked, "{name}");
        world.finish(&mut run);
        assert_eq!(world.live_secret(), secret(1), "{name}");
    }
}

#[test]
fn a_first_entry_whose_secret_died_on_the_way_begins_again() {
    let mut world = World::empty();
    let mut run = world.begin("one", "olga", world.init_both());
    world.run_until(&mut run, |step| matches!(step, Step::WriteLive(_)));
    world.regenerate(Client::A);
    world.pass(HOUR);
    assert_eq!(world.round().why, Because::Uninitialised);
    assert_eq!(world.wish(world.init_both()).why, Because::Done(Done::Initialised));
    assert!(world.live_works());
    assert_eq!(world.store.slots.a.as_ref().unwrap().secret, Some(pasted(world.provider.clients.a.secret)));
}

#[test]
fn a_second_client_whose_entry_crashed_after_its_slot_is_proven_before_it_counts() {
    for regenerated in [false, true] {
        let mut world = World::empty();
        world.wish(world.init([Client::A].into_iter()));
        let mut run = world.begin("one", "olga", world.init_both());
        world.run_until(&mut run, |step| matches!(step, Step::WriteSlot(_)));
        world.step(&mut run, Fault::None);
        let again = if regenerated {
            world.regenerate(Client::B);
            world.init_both()
        } else {
            world.init([].into_iter())
        };
        world.wish(again);
        let current = world.provider.clients.b.secret;
        assert_eq!(world.record().clients.b.proven.map(|noted| noted.secret), Some(current), "{regenerated}");
        assert_eq!(world.store.slots.b.as_ref().unwrap().secret, Some(pasted(current)), "{regenerated}");
        // What is entered again counts by the rules of an entry, what lies there by those of a deposit.
        let tokens = if regenerated { 1 } else { 4 };
        assert_eq!(world.provider.times_asked(current), tokens, "{regenerated}");
    }
}

#[test]
fn a_first_entry_that_crashed_after_a_slot_takes_the_secret_that_was_regenerated_since() {
    for slots in 1..3 {
        let mut world = World::empty();
        let mut run = world.begin("one", "olga", world.init_both());
        for _ in 0..slots {
            world.run_until(&mut run, |step| matches!(step, Step::WriteSlot(_)));
            world.step(&mut run, Fault::None);
        }
        world.regenerate(Client::A);
        world.regenerate(Client::B);
        assert_eq!(world.wish(world.init_both()).why, Because::Done(Done::Initialised));
        for client in Client::BOTH {
            let slot = world.store.slots[client].as_ref().unwrap();
            assert_eq!(slot.secret, Some(pasted(world.provider.clients[client].secret)), "{slots}");
        }
        assert!(world.live_works());
    }
}

#[test]
fn of_the_refusals_before_a_switch_only_those_that_made_it_necessary_stay() {
    let refused = |world: &World, of| {
        let (first, last) = (world.now - DAY, world.now - HOUR);
        Refusals { secret: of, count: 1, first, last, named: true }
    };
    let mut world = World::ready();
    let mut record = world.record();
    record.clients.a.refusals = vec![refused(&world, secret(1)), refused(&world, secret(80))];
    world.store.put_record(&record);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    let left: Vec<_> = world.record().clients.a.refusals.iter().map(|refusals| refusals.secret).collect();
    assert_eq!(left, [secret(80)], "the scheduled one");

    let mut world = World::ready();
    world.policy.min_interval = DAY * 30;
    world.provider.obeyed = false;
    world.regenerate(Client::A);
    assert_eq!(world.round().why, Because::Done(Done::Switched));
    let refusals = &world.record().clients.a.refusals;
    assert_eq!(refusals.iter().map(|refusals| refusals.secret).collect::<Vec<_>>(), [secret(1)]);
    assert_eq!(refusals[0].first, refusals[0].last, "the incident begins with the fail-over");
}

#[test]
fn an_output_file_that_lags_is_written_without_a_switch() {
    let mut world = World::switched();
    world.policy.output = true;
    world.round();
    assert_eq!(world.store.output, world.store.live_pair());
    let mut run = world.begin("one", "cron", Wish::Keep);
    world.finish(&mut run);
    assert!(!run.steps.contains(&Step::WriteOutput), "once it is right it is left alone");
}
