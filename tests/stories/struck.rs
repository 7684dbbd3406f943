//! Servers that are struck in the middle of a switch: their answers are lost, they die, they are sealed. There is one
//! version a switch, the next run goes on, and no consumer holds a dead pair.

use serde_json::Value;
use twinkey_core::Client;

use crate::harness::authlib::left_out;
use crate::harness::consumer::Consumer;
use crate::harness::ground::{Ground, Kind};
use crate::harness::host::{Host, NAME, POST};
use crate::harness::line::{Line, Strike};
use crate::harness::openbao::OpenBao;
use crate::harness::provider::Provider;
use crate::harness::traffic::Traffic;
use crate::stories::counted::DUE;

/// A host with this store, set up, and a line between them from now on.
async fn host(lines: &str, server: &str) -> (Host, Line) {
    let host = Host::new(Provider::sandbox().await, POST, DUE).await;
    host.in_another_store(lines);
    host.init().await;
    let line = Line::to(server, &Traffic::free()).await;
    host.over(&line);
    (host, line)
}

/// The audit log's outcomes of writes, in order.
fn outcomes(host: &Host) -> Vec<String> {
    let log = std::fs::read_to_string(host.path("state/audit.jsonl")).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let after = lines.filter(|line| line["event"] == "after" && line["step"] != "probe");
    after.map(|line| line["detail"]["outcome"].as_str().unwrap().to_owned()).collect()
}

/// Of each write in turn the answer is lost after the server has done it.
async fn answers_are_lost(kind: Kind, writes: usize) {
    let ground = Ground::start(kind).await;
    for lost in 0..writes {
        let plot = ground.plot().await;
        let server = ground.address().unwrap();
        let (host, line) = host(&ground.config(&plot).unwrap(), &server).await;
        let consumer = Consumer::start(host.path("live.json"), host.consumer_settings());
        let mut strikes = vec![Strike::Spare; lost];
        strikes.push(Strike::LoseAnswer);
        line.strike(&strikes);
        let told = host.runs(&["rotate"], "", 0).await;
        assert_eq!(line.left(), 0, "{told:?}");
        let outcomes = outcomes(&host);
        assert_eq!(
            outcomes.iter().filter(|outcome| *outcome == "unclear").count(),
            1,
            "{lost}: {outcomes:?}"
        );
        assert_eq!(host.phase().await, "draining");
        // Nothing is left to do, and nothing is done twice.
        host.runs(&["rotate"], "", 0).await;
        let store = host.opened();
        let live = store.read(&Host::live_place(), twinkey_store::Freshness::Latest).await.unwrap().unwrap();
        assert_eq!(ground.count(&plot, "app/go", &live.version).await, 2, "{lost}: {outcomes:?}");
        let history = host.runs(&["history", NAME, "--json"], "", 0).await.out;
        assert_eq!(history.matches("\"published\"").count(), 1, "{history}");
        host.runs(&["history", NAME, "--verify"], "", 0).await;
        assert_eq!(host.live_id(), host.provider.pair(Client::B).await.0);
        consumer.has_asked().await;
        let (asked, failed) = consumer.counts();
        assert_eq!(failed, 0, "of {asked}");
        host.no_secret_showed();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_openbao_gave_and_nobody_got_is_looked_up() {
    if !left_out() {
        answers_are_lost(Kind::OpenBao, 3).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_secrets_manager_gave_and_nobody_got_is_looked_up() {
    if !left_out() {
        // A put and a move each.
        answers_are_lost(Kind::Aws, 6).await;
    }
}

/// What happens to the server while a write stands at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    Killed,
    Sealed,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_or_is_sealed_in_the_middle_of_a_switch_delays_it_and_nothing_else() {
    if left_out() {
        return;
    }
    let mut server = OpenBao::sealable().await;
    let cases = [(1, Blow::Killed), (1, Blow::Sealed), (2, Blow::Killed), (2, Blow::Sealed)];
    for (number, (write, blow)) in cases.into_iter().enumerate() {
        let mount = format!("case-{number}");
        server.mounts(&mount).await;
        let lines = format!("mount = \"{mount}\"\n{}", server.config());
        let (host, line) = host(&lines, &server.address()).await;
        let (address, root) = (server.address(), server.root.clone());
        let path = format!("{mount}/data/app/go");
        let consumer = Consumer::reading(
            move || OpenBao::pair(address.clone(), root.clone(), path.clone()),
            host.consumer_settings(),
        );
        consumer.has_asked().await;

        // The intent stands. The live pair, or then the record, is about to be written.
        let mut strikes = vec![Strike::Spare; write];
        strikes.push(Strike::Hold);
        line.strike(&strikes);
        let run = host.command(&["rotate"]).spawn().unwrap();
        line.holds_one().await;
        match blow {
            Blow::Killed => server.kill(),
            Blow::Sealed => server.seal().await,
        }
        line.lets_it_go();
        let output = run.wait_with_output().await.unwrap();
        let told = host.heard(output.status.code(), &output.stdout, &output.stderr);
        assert_eq!(told.code, 75, "{blow:?} before write {write}: {told:?}");
        host.runs(&["rotate"], "", 75).await;

        if blow == Blow::Killed {
            server.start_again().await;
        }
        server.unseal().await;
        host.runs(&["rotate"], "", 0).await;
        assert_eq!(host.phase().await, "draining");
        let live = server.api(reqwest::Method::GET, &format!("{mount}/data/app/go"), &Value::Null).await;
        assert_eq!(live["data"]["metadata"]["version"], 2, "{blow:?} before write {write}");
        assert_eq!(live["data"]["data"]["client_id"], host.provider.pair(Client::B).await.0.as_str());
        host.runs(&["history", NAME, "--verify"], "", 0).await;
        let (asked, failed) = consumer.counts();
        assert_eq!(failed, 0, "of {asked}");
        host.no_secret_showed();
    }
}
