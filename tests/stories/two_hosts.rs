//! Two hosts with the same configuration, each with a service, on one real OpenBao. Either may die at any moment.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use secrecy::SecretString;
use twinkey_core::{AnswerKind, Client};
use twinkey_provider::TokenEndpoint;

use crate::harness::authlib::left_out;
use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::openbao::OpenBao;
use crate::harness::provider::Provider;
use crate::stories::on_vault::live;

/// How many switches are waited for; one of the services dies in each.
const SWITCHES: usize = 4;

/// The configuration of both hosts: without an output file, because a host that is dead writes none.
async fn hosts(server: &OpenBao) -> Host {
    let extra = "schedule = \"*/2 * * * * *\"\nmin-interval = \"2s\"";
    let host = Host::new(Provider::sandbox().await, POST, extra).await.on_vault(server, &server.root);
    host.looked_after_every("1s");
    let config = fs::read_to_string(host.path("twinkey.toml")).unwrap();
    let lines = config.lines().filter(|line| !line.starts_with("consumers.output"));
    let config = lines.collect::<Vec<_>>().join("\n");
    fs::write(host.path("twinkey.toml"), &config).unwrap();
    let other = config.replace("/state\"", "/other-state\"");
    assert_ne!(config, other);
    fs::write(host.path("other.toml"), other).unwrap();
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn either_may_die_and_nothing_is_done_twice_or_missed() {
    if left_out() {
        return;
    }
    let server = Arc::new(OpenBao::dev().await);
    let host = hosts(&server).await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;

    // A consumer that reads the server itself.
    let (asked, failed) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let consumer = tokio::spawn({
        let (server, asked, failed) = (Arc::clone(&server), Arc::clone(&asked), Arc::clone(&failed));
        let endpoint = TokenEndpoint::new(host.consumer_settings()).unwrap();
        async move {
            loop {
                let pair = live(&server).await["data"].clone();
                let text = |field: &str| pair[field].as_str().unwrap().to_owned();
                let secret = SecretString::from(text("client_secret"));
                let answer = endpoint.probe(&text("client_id"), &secret, jiff::Timestamp::UNIX_EPOCH).await;
                asked.fetch_add(1, Ordering::SeqCst);
                failed.fetch_add(u32::from(answer.kind != AnswerKind::Accepted), Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });

    let configs = ["twinkey.toml", "other.toml"];
    let mut services = [Daemon::start_as(&host, configs[0]).await, Daemon::start_as(&host, configs[1]).await];
    let mut retired = Client::A;
    for switch in 0..SWITCHES {
        // Some time in the course of the cycle one of them dies, and comes back: no two cycles alike.
        let dies = switch % 2;
        tokio::time::sleep(Duration::from_millis(300 * switch as u64)).await;
        services[dies].signal(Signal::KILL);
        until_live(&host, &server, retired.other()).await;
        services[dies] = Daemon::start_as(&host, configs[dies]).await;
        host.until("awaiting regeneration").await;
        let told = host.regenerates(retired).await;
        assert_eq!(told.code, 0, "{told:?}");
        retired = retired.other();
    }
    until_live(&host, &server, retired.other()).await;
    for service in services {
        let (status, _, _) = service.ends(&host, Signal::TERM).await;
        assert!(status.success());
    }
    consumer.abort();
    let (asked, failed) = (asked.load(Ordering::SeqCst), failed.load(Ordering::SeqCst));
    assert!(asked > 20 && failed == 0, "{failed} of {asked}");
    let versions = live(&server).await["metadata"]["version"].as_u64().unwrap();
    assert_eq!(versions, 1 + SWITCHES as u64 + 1, "one version for the first entry, one for each switch");
    let history = host.runs(&["history", NAME, "--json"], "", 0).await.out;
    assert_eq!(history.matches("\"published\"").count(), SWITCHES + 1, "{history}");
    // No --verify here: both are this machine, so the record knows their two logs by one name.
    host.no_secret_showed();
}

async fn until_live(host: &Host, server: &OpenBao, client: Client) {
    let (id, _) = host.provider.pair(client).await;
    for _ in 0..300 {
        if live(server).await["data"]["client_id"] == id.as_str() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{client} was never live: {:?}", host.credential().await);
}

/// A store that does not answer is no reason not to be ready, and none not to stop.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_ready_and_stops_in_time_while_the_store_hangs() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let host = hosts(&server).await;
    host.init().await;
    // A server that takes connections and says nothing.
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = fs::read_to_string(host.path("twinkey.toml")).unwrap();
    let address = format!("http://{}", deaf.local_addr().unwrap());
    fs::write(host.path("twinkey.toml"), config.replace(&server.address(), &address)).unwrap();
    let service = Daemon::start(&host).await;
    let (held, _) = deaf.accept().await.unwrap();
    let (status, took, told) = service.ends(&host, Signal::TERM).await;
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}\n{}", told.err);
    drop(held);
}
