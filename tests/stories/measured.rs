//! Twinkey beside a plain script on the same servers: the script works, and `cargo xtask bench stores` measures both.

use std::sync::Arc;
use std::time::Duration;

use crate::harness::authlib::left_out;
use crate::harness::ground::{Ground, Kind};
use crate::harness::traffic::Traffic;
use crate::measures::median;
use crate::measures::switch::{Stage, Took, Who};

/// How often each is measured; the median counts.
const RUNS: usize = 15;

/// One way over a line to somewhere else.
const FAR: Duration = Duration::from_millis(20);

/// The comparison is fair only if the scripts do the job.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_script_switches_as_well() {
    if left_out() {
        return;
    }
    let measured = std::env::var_os("TWINKEY_MEASURED").is_some();
    for kind in [Kind::OpenBao, Kind::Aws] {
        let ground = Ground::start(kind).await;
        let stage = Stage::set(&ground, Traffic::free(), Duration::ZERO).await;
        let took = stage.switch(Who::Script).await;
        assert!(took.passages.iter().any(|passage| passage.what.writes));
        if measured {
            println!(
                "\n{:52} {:>10} {:>10} {:>8}",
                format!("on {}", kind.name()),
                "twinkey",
                "script",
                "ratio"
            );
            counts(&ground).await;
            for delay in [Duration::ZERO, FAR] {
                walls(&ground, delay).await;
                warm(&ground, delay).await;
            }
            costs(&ground).await;
        }
    }
}

async fn counts(ground: &Arc<Ground>) {
    let mut counted = Vec::new();
    for who in [Who::Twinkey, Who::Script] {
        let stage = Stage::set(ground, Traffic::in_waves(), Duration::ZERO).await;
        counted.push(stage.switch(who).await);
    }
    let waves = |took: &Took| took.seen_in_wave as f64;
    let requests = |took: &Took| took.passages.len() as f64;
    row("round trips until consumers see the new pair", waves(&counted[0]), waves(&counted[1]), 0);
    row("requests in all", requests(&counted[0]), requests(&counted[1]), 0);
}

async fn walls(ground: &Arc<Ground>, delay: Duration) {
    let mut seen = [Vec::new(), Vec::new()];
    let mut whole = [Vec::new(), Vec::new()];
    let mut evidence = Vec::new();
    for _ in 0..RUNS {
        for (at, who) in [Who::Twinkey, Who::Script].into_iter().enumerate() {
            let stage = Stage::set(ground, Traffic::free(), delay).await;
            let took = stage.switch(who).await;
            seen[at].push(took.seen.as_secs_f64() * 1e3);
            whole[at].push(took.whole.as_secs_f64() * 1e3);
            if who == Who::Twinkey {
                let (sync, lines) = stage.evidence();
                evidence.push(sync.as_secs_f64() * 1e3 * lines as f64);
            }
        }
    }
    let (far, [seen_a, seen_b]) = (delay.as_millis(), seen.map(median));
    let [whole_a, whole_b] = whole.map(median);
    row(&format!("until they see it, {far} ms in each direction, ms"), seen_a, seen_b, 1);
    row(&format!("the whole command, {far} ms in each direction, ms"), whole_a, whole_b, 1);
    println!(
        "  of the time until they see it, twinkey puts evidence on the disk for {:.1} ms",
        median(evidence)
    );
}

/// What is left of a switch when the program runs and its connections are open.
async fn warm(ground: &Arc<Ground>, delay: Duration) {
    let (mut seen, mut served) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let stage = Stage::soon(ground, Traffic::free(), delay).await;
        let took = stage.switch_by_service().await;
        seen.push(took.seen.as_secs_f64() * 1e3);
        served.push(took.served.as_secs_f64() * 1e3);
    }
    let far = delay.as_millis();
    println!("{:52} {:10.1}", format!("by the service, {far} ms in each direction, ms"), median(seen));
    println!("  of that time the servers are at work for {:.1} ms", median(served));
}

async fn costs(ground: &Arc<Ground>) {
    let mut cpu = [Vec::new(), Vec::new()];
    let mut peak = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (at, who) in [Who::Twinkey, Who::Script].into_iter().enumerate() {
            let stage = Stage::set(ground, Traffic::free(), Duration::ZERO).await;
            let (seconds, memory) = stage.costs(who).await;
            cpu[at].push(seconds * 1e3);
            peak[at].push(memory / 1e3);
        }
    }
    let ([cpu_a, cpu_b], [peak_a, peak_b]) = (cpu.map(median), peak.map(median));
    row("CPU, ms", cpu_a, cpu_b, 1);
    row("peak of memory, MB", peak_a, peak_b, 1);
}

fn row(what: &str, twinkey: f64, script: f64, digits: usize) {
    println!("{what:52} {twinkey:10.digits$} {script:10.digits$} {:8.2}", twinkey / script);
}
