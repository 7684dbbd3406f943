//! What `cargo xtask test` asks of the model.

use std::collections::BTreeSet;

use stateright::Model;
use twinkey_model::action::Action;
use twinkey_model::explore::explore;
use twinkey_model::lockstep::Lockstep;
use twinkey_model::normal::normal;
use twinkey_model::setting::Setting;
use twinkey_model::witness::{EFFECTS, LEFT_OUT};
use twinkey_model::world::World;
use twinkey_model::{book, variants};

#[test]
fn every_variant_is_explored_to_its_end_and_holds() {
    let variants = variants::quick();
    for setting in &variants {
        let report = explore(setting);
        print!("{report}");
        assert!(report.violated.is_empty() && report.is_complete, "{report}");
    }
    witnesses(&variants);
}

/// An empty model must not pass: all that production writes was written, and every phase was stood in.
fn witnesses(variants: &[Setting]) {
    let met: BTreeSet<_> = variants.iter().flat_map(|setting| setting.met.effects()).collect();
    let left_out: BTreeSet<_> = LEFT_OUT.iter().map(|(name, _)| *name).collect();
    let unmet: Vec<_> = EFFECTS.iter().filter(|name| !met.contains(*name)).collect();
    let unmet_for_no_reason: Vec<_> = unmet.iter().filter(|name| !left_out.contains(**name)).collect();
    assert!(unmet_for_no_reason.is_empty(), "no variant reaches {unmet_for_no_reason:?}");
    let unknown: Vec<_> = met.iter().filter(|name| !EFFECTS.contains(name)).collect();
    assert!(unknown.is_empty(), "not in the list: {unknown:?}");
    let reached: Vec<_> = left_out.iter().filter(|name| met.contains(*name)).collect();
    assert!(reached.is_empty(), "left out and yet reached: {reached:?}");
    let phases: BTreeSet<_> = variants.iter().flat_map(|setting| setting.met.phases()).collect();
    // Each variant begins where both clients are set up, and the store answers whoever asks for the phase.
    let wanted = [
        "ready",
        "switching",
        "draining",
        "awaiting regeneration",
        "permit open",
        "settling",
        "standby rejected",
        "active rejected",
        "diverged",
        "blocked",
    ];
    let missing: Vec<_> = wanted.iter().filter(|phase| !phases.contains(*phase)).collect();
    assert!(missing.is_empty(), "nobody stood in {missing:?}, but in {phases:?}");
}

#[test]
fn each_rule_broken_on_purpose_leads_to_an_outage() {
    for setting in variants::ablations() {
        let report = explore(&setting);
        print!("{report}");
        assert!(!report.violated.is_empty(), "{report}");
    }
}

#[test]
fn by_the_book_there_are_three_switches_and_two_regenerations_in_every_cycle() {
    let setting = variants::named("cycle").unwrap();
    let way = book::three_switches(&setting);
    let told: Vec<_> = way.iter().map(|(world, action)| setting.tell(world, *action)).collect();
    for (at, (world, action)) in way.iter().enumerate() {
        let mut possible = Vec::new();
        setting.actions(world, &mut possible);
        assert!(possible.contains(action), "{action:?} after {:#?}", &told[..at]);
    }
}

/// All states that can follow, in normal form.
fn following(setting: &Setting, world: &World) -> Vec<(Action, World)> {
    let mut actions = Vec::new();
    setting.actions(world, &mut actions);
    let after = |action: Action| {
        let mut world = world.clone();
        setting.happen(&mut world, action);
        (action, normal(world, setting))
    };
    actions.into_iter().map(after).collect()
}

/// Walks for each variant, and steps for each walk; the same in every run.
const WALKS: usize = 30;
const STEPS: usize = 80;

/// Walks with production's own values, which grow without end, and compares with the normal form at each step.
fn agrees(setting: &Setting, choices: impl Iterator<Item = usize>) {
    let mut raw = setting.ready();
    for choice in choices {
        let form = normal(raw.clone(), setting);
        let of_raw = following(setting, &raw);
        let of_form = following(setting, &form);
        for (action, after) in &of_raw {
            let known = *after == form || of_form.iter().any(|(_, other)| other == after);
            assert!(
                known,
                "{}: the normal form does not know {action:?}: {}",
                setting.name,
                setting.tell(&raw, *action)
            );
        }
        for (action, after) in &of_form {
            let known = *after == form || of_raw.iter().any(|(_, other)| other == after);
            assert!(
                known,
                "{}: only the normal form knows {action:?}: {}",
                setting.name,
                setting.tell(&form, *action)
            );
        }
        let Some((action, _)) = of_raw.get(choice % of_raw.len().max(1)) else { break };
        setting.happen(&mut raw, *action);
    }
}

/// The variants in which every walk agrees. In the others one action of some thousands leads to a form that is
/// written otherwise than its equal: the order of two refusals, whose refusal a write names. That makes a graph
/// larger than it need be.
const AGREEING: [&str; 8] = [
    "store",
    "replica",
    "drain",
    "locks",
    "evidence",
    "wrong press",
    "wrong press meanwhile",
    "foreign edit",
];

#[test]
fn the_normal_form_of_a_state_can_do_just_what_the_state_can() {
    for name in AGREEING {
        let setting = variants::named(name).unwrap();
        let mut turn = 0_u64;
        for _ in 0..WALKS {
            let choices = std::iter::repeat_with(|| {
                turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (turn >> 40) as usize
            });
            agrees(&setting, choices.take(STEPS));
        }
    }
}

/// What the checker explores can do all that production's own values can do, and looks the same at every step.
#[test]
fn production_s_own_values_walk_in_step_with_normal_forms() {
    let mut turn = 7_u64;
    let mut next = move || {
        turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (turn >> 40) as usize
    };
    for setting in variants::quick() {
        let mut steps = 0;
        for _ in 0..WALKS {
            let mut lockstep = Lockstep::new(&setting);
            for _ in 0..2 * STEPS {
                match lockstep.step(next()) {
                    Ok(true) => steps += 1,
                    Ok(false) => break,
                    Err(differs) => panic!("after {steps} steps: {differs}"),
                }
            }
        }
        println!("{}: {steps} steps", setting.name);
        assert!(steps > 1000, "{}: {steps} steps", setting.name);
    }
}
