//! Ten thousand lives, and the proof that they are no empty ones.

use twinkey_simulator::{Campaign, Fault, Hole, Reached, Summary, live, run};

fn lives(from: u64, seeds: u64, hole: Option<Hole>, most_failures: usize) -> Summary {
    run(&Campaign { from, seeds, hole, most_failures, begun: |_| () })
}

#[test]
fn in_ten_thousand_lives_nothing_breaks_and_everything_happens() {
    let seeds =
        std::env::var("TWINKEY_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(10_000_u64);
    let summary = lives(0, seeds, None, 5);
    for failure in &summary.failures {
        let story = live(failure.seed, None, true).story;
        let last: Vec<&str> = story.lines().rev().take(80).collect();
        eprintln!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        eprintln!("seed {}: {}", failure.seed, failure.broken);
        eprintln!("the whole story: cargo xtask simulate --seed {} --trace\n", failure.seed);
    }
    assert!(summary.failures.is_empty(), "{} lives broke something", summary.failures.len());
    assert_eq!(summary.seeds, seeds);
    assert!(summary.twice >= seeds / 100);
    if seeds < 10_000 {
        return;
    }
    for fault in Fault::ALL {
        assert!(summary.figures.faults(*fault) > 0, "{fault} never happened");
    }
    for reached in Reached::ALL {
        assert!(summary.figures.reached(*reached) > 0, "{reached:?} was never reached");
    }
}

#[test]
fn a_seed_tells_the_same_story_byte_for_byte() {
    for seed in [3, 17, 4242] {
        let (one, two) = (live(seed, None, true), live(seed, None, true));
        assert!(one.story.lines().count() > 100);
        assert_eq!(one, two);
        assert!(!one.story.contains("canary"), "a secret in the story");
        assert_eq!(live(seed, None, false).figures, one.figures, "telling changes nothing");
    }
}

#[test]
fn every_hole_that_is_made_on_purpose_is_found() {
    let holes = [
        (Hole::BlindLivePair, 1000),
        (Hole::BlindRecord, 1000),
        (Hole::StaleConsumers, 500),
        (Hole::PressUnasked, 200),
        (Hole::FalseWritten, 5_000),
        (Hole::Oversleeps, 1000),
    ];
    for (hole, seeds) in holes {
        let summary = lives(0, seeds, Some(hole), 1);
        let found = summary.failures.first();
        println!("{hole:?}: {found:?} after {} lives", summary.seeds);
        assert!(found.is_some(), "{hole:?} was not found in {seeds} lives");
    }
}

#[test]
fn every_fault_names_its_rows_of_the_catalogue() {
    for fault in Fault::ALL {
        let rows: Vec<&str> = fault.rows().split(' ').collect();
        assert!(!rows.is_empty());
        for row in rows {
            let (chapter, number) = row.split_at(1);
            assert!("PSTHD".contains(chapter) && number.parse::<u32>().is_ok(), "{fault}: {row}");
        }
    }
}
