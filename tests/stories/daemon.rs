//! The service: it does by itself what is due, and is as hard to harm as a single run.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;
use twinkey_core::Client;
use twinkey_sandbox::Fault;

use crate::harness::consumer::Consumer;
use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;

/// What systemd gives a service to stop, in the unit, is longer than this.
const AT_MOST: Duration = Duration::from_secs(5);

async fn host(extra: &str) -> Host {
    let host = Host::new(Provider::sandbox().await, POST, extra).await;
    host.looked_after_every("1s");
    host
}

async fn live(host: &Host, client: Client) {
    let (id, _) = host.provider.pair(client).await;
    for _ in 0..300 {
        if host.live_id() == id {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("client {client} was never live: {:?}", host.credential().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_switches_at_the_time_and_goes_on_after_each_regeneration() {
    let host = host("schedule = \"*/2 * * * * *\"\nmin-interval = \"2s\"").await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    let consumer = Consumer::start(host.path("live.json"), host.consumer_settings());
    let daemon = Daemon::start(&host).await;
    for (next, retired) in [(Client::B, Client::A), (Client::A, Client::B)] {
        live(&host, next).await;
        host.until("awaiting regeneration").await;
        let told = host.regenerates(retired).await;
        assert_eq!(told.code, 0, "{told:?}");
    }
    live(&host, Client::B).await;
    consumer.has_asked().await;
    let (asked, failed) = consumer.counts();
    assert_eq!(failed, 0, "of {asked}");
    let (status, took, told) = daemon.ends(&host, Signal::TERM).await;
    assert!(status.success() && took < AT_MOST, "{status} after {took:?}\n{}", told.err);
    let history = host.runs(&["history", NAME, "--json"], "", 0).await.out;
    assert!(history.contains("drain-ended"), "it has watched the drain: {history}");
    host.runs(&["history", NAME, "--verify"], "", 0).await;
    host.no_secret_showed();
}

/// The interval of looking is long here: what comes at a certain time needs no look to be noticed.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_woken_when_a_switch_is_due() {
    let host = host("max-age = \"1h\"\nschedule = \"*/10 * * * * *\"\nmin-interval = \"5s\"").await;
    host.init().await;
    host.looked_after_every("1h");
    let daemon = Daemon::start(&host).await;
    live(&host, Client::B).await;
    daemon.ends(&host, Signal::TERM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_schedule_it_looks_after_both_clients_and_never_switches() {
    let host = host("min-interval = \"0s\"").await;
    host.init().await;
    let asked = host.provider.as_sandbox().counts().tokens;
    let daemon = Daemon::start(&host).await;
    for _ in 0..300 {
        if host.provider.as_sandbox().counts().tokens >= asked + 6 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(host.provider.as_sandbox().counts().tokens >= asked + 6, "each client is asked in its turn");
    assert_eq!(host.live_id(), host.provider.pair(Client::A).await.0);
    daemon.ends(&host, Signal::INT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_click_is_rescued_before_anybody_looks() {
    let host = host("").await;
    host.init().await;
    let daemon = Daemon::start(&host).await;
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    live(&host, Client::B).await;
    let (status, _, told) = daemon.ends(&host, Signal::TERM).await;
    assert!(status.success());
    assert!(told.err.contains("\"credential\":\"go\""), "each line says whose it is: {}", told.err);
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_in_time_though_nobody_answers() {
    let host = host("").await;
    host.init().await;
    host.provider.as_sandbox().fault(Fault::Slow { millis: 60_000 }, None, None);
    let daemon = Daemon::start(&host).await;
    // A round is at work by now, and waits for an answer.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let (status, took, told) = daemon.ends(&host, Signal::TERM).await;
    assert!(status.success() && took < AT_MOST, "{status} after {took:?}\n{}", told.err);
    assert!(told.err.contains("the next start goes on from here"), "{}", told.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_stop_twice_means_at_once() {
    let host = host("").await;
    host.init().await;
    host.provider.as_sandbox().fault(Fault::Slow { millis: 60_000 }, None, None);
    let daemon = Daemon::start(&host).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    daemon.signal(Signal::TERM);
    daemon.says("stopping").await;
    let (status, took, _) = daemon.ends(&host, Signal::TERM).await;
    assert!(status.success() && took < Duration::from_secs(2), "{status} after {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_cannot_be_used_leaves_the_old_one_in_force() {
    let host = host("").await;
    host.init().await;
    let daemon = Daemon::start(&host).await;
    let config = host.path("twinkey.toml");
    let good = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{good}\nnonsense = 1\n")).unwrap();
    daemon.signal(Signal::HUP);
    daemon.says("the old configuration stays").await;
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    fs::write(&config, good).unwrap();
    live(&host, Client::B).await;
    daemon.signal(Signal::HUP);
    daemon.says("configuration read anew").await;
    let (status, _, _) = daemon.ends(&host, Signal::TERM).await;
    assert!(status.success());
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn cron_beside_it_does_no_harm() {
    let host = host("schedule = \"*/2 * * * * *\"\nmin-interval = \"2s\"").await;
    host.init().await;
    let consumer = Consumer::start(host.path("live.json"), host.consumer_settings());
    let daemon = Daemon::start(&host).await;
    for _ in 0..8 {
        let ran = host.run(&["rotate"], "").await;
        assert!([0, 4].contains(&ran.code), "{ran:?}");
    }
    live(&host, Client::B).await;
    consumer.has_asked().await;
    let (asked, failed) = consumer.counts();
    assert_eq!(failed, 0, "of {asked}");
    daemon.ends(&host, Signal::TERM).await;
    let history = host.runs(&["history", NAME, "--json"], "", 0).await.out;
    assert_eq!(history.matches("\"published\"").count(), 1, "{history}");
    host.runs(&["history", NAME, "--verify"], "", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_was_suspended_has_not_watched_the_drain() {
    let host = host("schedule = \"*/2 * * * * *\"\nmin-interval = \"2s\"\ntoken-lifetime = \"5s\"").await;
    host.init().await;
    let daemon = Daemon::start(&host).await;
    live(&host, Client::B).await;
    daemon.signal(Signal::STOP);
    tokio::time::sleep(Duration::from_secs(3)).await;
    daemon.signal(Signal::CONT);
    for _ in 0..100 {
        let history = host.runs(&["history", NAME, "--json"], "", 0).await.out;
        if history.contains("drain-restarted") {
            daemon.ends(&host, Signal::TERM).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the drain was not counted anew: {:?}", host.credential().await);
}
