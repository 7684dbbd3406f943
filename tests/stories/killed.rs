//! The real binary, killed at any point: the next run converges without a hand.

use std::time::Duration;

use twinkey_core::Client;

use crate::harness::consumer::Consumer;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;

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
