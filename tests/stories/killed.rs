//! The real binary, killed at any point: the next run converges without a hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use twinkey_core::Client;
use twinkey_kill::Point;

use crate::harness::authlib::left_out;
use crate::harness::consumer::Consumer;
use crate::harness::ground::Kind;
use crate::harness::host::{Host, NAME, POST, binary, killable};
use crate::harness::provider::Provider;
use crate::kill_matrix::{Extent, Matrix, NOT_PASSED};

/// Set by `cargo xtask kill-matrix` to the name of a store: then every case is run, and printed.
const WHOLE: &str = "TWINKEY_KILL_MATRIX";

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_kill_point_the_next_run_converges() {
    let matrix = match std::env::var(WHOLE) {
        Ok(name) => {
            let kind = Kind::named(&name).unwrap_or_else(|| panic!("no store of the name {name}"));
            Matrix { kind, extent: Extent::Whole, print: true }
        }
        Err(_) => Matrix { kind: Kind::File, extent: Extent::Short, print: false },
    };
    converges(matrix, 300).await;
}

async fn converges(matrix: Matrix, least: usize) {
    let (failures, cases) = matrix.run().await;
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(cases > least, "{cases}");
}

/// The steps of a switch on the real servers; `cargo xtask kill-matrix --store NAME` runs everything there.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_of_a_switch_on_a_server_the_next_run_converges() {
    if left_out() {
        return;
    }
    for (kind, least) in [(Kind::OpenBao, 20), (Kind::Aws, 30)] {
        converges(Matrix { kind, extent: Extent::Switch, print: false }, least).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_point_of_a_switch_the_next_run_ends_it() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    let consumer = Consumer::start(host.path("live.json"), host.consumer_settings());
    let mut interrupted = 0;
    for round in 0..24 {
        let args = ["rotate", NAME, "--now", "--reason", "story", "--confirm", NAME];
        let back = ["rollback", NAME, "--reason", "story"];
        let args = if host.phase().await == "ready" { &args[..] } else { &back[..] };
        let mut child = host.command(args).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(3 + round * 3)).await;
        if child.try_wait().unwrap().is_none() {
            child.kill().await.unwrap();
            interrupted += 1;
        }
        host.run(&["rotate"], "").await;
        let phase = host.phase().await;
        assert!(["ready", "draining", "awaiting regeneration"].contains(&phase.as_str()), "{round}: {phase}");
    }
    assert!(interrupted > 5, "{interrupted}");
    let ids: Vec<String> =
        [host.provider.pair(Client::A).await.0, host.provider.pair(Client::B).await.0].into();
    assert!(ids.contains(&host.live_id()));
    host.runs(&["history", NAME, "--verify"], "", 0).await;
    let (asked, failed) = consumer.counts();
    assert_eq!(failed, 0, "of {asked}");
    host.no_secret_showed();
}

#[test]
fn a_binary_for_use_has_no_kill_points() {
    let names = |program: &Path| {
        let bytes = fs::read(program).unwrap();
        bytes.windows(12).any(|window| window == b"TWINKEY_KILL")
    };
    assert!(names(killable()), "the search finds nothing at all");
    assert!(!names(binary()));
}

/// A new call that makes something durable needs a kill point around it: in the same line, so that it is seen.
#[test]
fn every_sync_stands_between_two_kill_points() {
    let mut found = 0;
    for file in ["store", "twinkey"].into_iter().flat_map(|name| sources(&format!("crates/{name}/src"))) {
        let code = fs::read_to_string(&file).unwrap();
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for line in code.lines().filter(|line| line.contains(".sync_all()") || line.contains(".sync_data()"))
        {
            assert!(line.contains("twinkey_kill::write("), "{}: {line}", file.display());
            found += 1;
        }
    }
    assert!(found >= 8, "{found}");
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders = vec![root.join(folder)];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(path);
            }
        }
    }
    sources
}

/// One point is passed by no scenario yet: only the service writes that end of a drain. No other may join it.
#[test]
fn only_the_point_that_the_service_alone_passes_has_no_scenario() {
    let excused: Vec<Point> = NOT_PASSED.iter().map(|(point, _)| *point).collect();
    assert_eq!(excused, [Point::RecordDrainEndedWatched]);
}
