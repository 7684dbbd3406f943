//! How many round trips a switch needs until consumers see the new pair, counted on the lines to the real servers.

use crate::harness::host::{Host, POST};
use crate::harness::line::Line;
use crate::harness::moto::{Moto, left_out};
use crate::harness::openbao::OpenBao;
use crate::harness::provider::Provider;
use crate::harness::traffic::{Passage, Traffic};

/// A switch is always due, and nobody asks how the clients are meanwhile.
pub const DUE: &str = "min-interval = \"0s\"";

/// How often a count that is too high is counted again: a machine that stalls tears one round trip in two.
const ATTEMPTS: usize = 3;

/// What a switch cost.
#[derive(Debug, PartialEq, Eq)]
pub struct Cost {
    /// Sequential round trips from the start of the run until consumers see the new pair.
    pub round_trips: usize,
    /// Requests in all, to the store and to the provider.
    pub requests: usize,
}

/// One switch by the one-shot command, over lines to store and provider.
async fn switch(host: &Host, store: &str, publishes: &str) -> (Cost, Vec<Passage>) {
    host.change(
        "standby-every = \"1s\", active-every = \"1s\"",
        "standby-every = \"1h\", active-every = \"1h\"",
    );
    host.init().await;
    let traffic = Traffic::in_waves();
    let store = Line::to(store, &traffic).await;
    let provider = Line::to(&host.provider.address(), &traffic).await;
    host.over(&store);
    host.over(&provider);
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(host.phase().await, "draining");
    // `status` has looked as well; what a switch costs ends with its last write.
    let all = traffic.taken();
    let last = all.iter().rposition(|passage| passage.what.writes).unwrap();
    let passages = all[..=last].to_vec();
    let seen = passages.iter().find(|passage| passage.what.name == publishes).expect("it was published");
    host.no_secret_showed();
    (Cost { round_trips: seen.wave, requests: passages.len() }, passages)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vault_consumers_see_the_new_pair_after_four_round_trips() {
    if left_out() {
        return;
    }
    let wanted = Cost { round_trips: 4, requests: 10 };
    let mut counted = Vec::new();
    for _ in 0..ATTEMPTS {
        let server = OpenBao::dev().await;
        let host = Host::new(Provider::sandbox().await, POST, DUE).await.on_vault(&server, &server.root);
        counted.push(switch(&host, &server.address(), "POST /v1/secret/data/app/go").await);
        if counted.last().unwrap().0 == wanted {
            return;
        }
    }
    panic!("{counted:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_aws_consumers_see_the_new_pair_after_six_round_trips() {
    if left_out() {
        return;
    }
    let wanted = Cost { round_trips: 6, requests: 13 };
    let mut counted = Vec::new();
    for _ in 0..ATTEMPTS {
        let server = Moto::start();
        let host = Host::new(Provider::sandbox().await, POST, DUE).await.on_aws(&server);
        counted.push(switch(&host, &server.url(), "UpdateSecretVersionStage app/go").await);
        if counted.last().unwrap().0 == wanted {
            return;
        }
    }
    panic!("{counted:#?}");
}
