//! Several runs at once, on several hosts: one switches, none of what it wrote is lost, and who loses says to whom.

use crate::harness::authlib::left_out;
use crate::harness::ground::{Ground, Kind};
use crate::race::{Tally, round};

/// Set by `cargo xtask race` to a number of rounds: then the tally is printed.
const ROUNDS: &str = "TWINKEY_RACE";

async fn race(kind: Kind) {
    let wanted = std::env::var(ROUNDS).ok();
    let rounds = wanted.as_ref().map_or(20, |rounds| rounds.parse().expect("a number of rounds"));
    let ground = Ground::start(kind).await;
    let mut tally = Tally::default();
    for _ in 0..rounds {
        round(&ground, &mut tally).await;
    }
    if wanted.is_some() {
        let Tally { rounds, runs, contested, refused, outrun, busy } = tally;
        println!(
            "{rounds} rounds with {runs} runs on the {} store: exactly one switch in each, in one new version of the \
             live pair, and nothing lost. In {contested} rounds a compare-and-set was refused, {refused} in all; \
             {outrun} runs were outrun and said by whom, {busy} found another process of their host at work.",
            kind.name()
        );
    }
    assert!(tally.contested > 0, "nobody met anybody: {tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_runs_at_once_one_switches_on_file() {
    race(Kind::File).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_runs_at_once_one_switches_on_openbao() {
    if !left_out() {
        race(Kind::OpenBao).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_runs_at_once_one_switches_on_aws() {
    if !left_out() {
        race(Kind::Aws).await;
    }
}
