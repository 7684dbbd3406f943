//! People are called when there is something for them, once, and told when it is over.

use std::time::Duration;

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use twinkey_core::Client;
use twinkey_sandbox::Fault;
use twinkey_sandbox::receiver::{Receiver, Reply};

use crate::harness::authlib::left_out;
use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::openbao::OpenBao;
use crate::harness::provider::Provider;

pub const SIGNING_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A host that calls people by a webhook of the receiver.
async fn host(receiver: &Receiver, extra: &str) -> Host {
    let host = Host::new(Provider::sandbox().await, POST, extra).await;
    calls(&host, receiver);
    host
}

fn calls(host: &Host, receiver: &Receiver) {
    let address = host.secret_file("hook", &receiver.url("/webhook/c4n4ry-hook"));
    let key = host.secret_file("key", SIGNING_KEY);
    host.add(&format!("[notify.hook]\nwebhook = {address}\nsigning-key = {key}\n"));
}

/// What was told so far: the event and the key of each, without trials.
pub fn told(receiver: &Receiver) -> Vec<(String, String)> {
    let of = |body: &Value| {
        let event = body["type"].as_str().unwrap_or_default().trim_start_matches("twinkey.").to_owned();
        (event, body["data"]["key"].as_str().unwrap_or_default().to_owned())
    };
    receiver.taken().iter().map(|taken| of(&taken.body)).collect()
}

fn count(receiver: &Receiver, event: &str, kind: &str) -> usize {
    let key = format!("{NAME}/{kind}");
    told(receiver).iter().filter(|told| **told == (event.to_owned(), key.clone())).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reminder_comes_after_the_drain_once_and_ends_on_proof() {
    let receiver = Receiver::start().await.unwrap();
    let host = host(&receiver, "").await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    host.runs(&["rotate"], "", 0).await;
    host.switch().await;
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(count(&receiver, "trigger", "regenerate"), 0, "it drains: {:?}", told(&receiver));
    assert_eq!(count(&receiver, "change", "switched"), 1, "{:?}", told(&receiver));
    host.until("awaiting regeneration").await;
    for _ in 0..3 {
        host.runs(&["rotate"], "", 0).await;
    }
    assert_eq!(count(&receiver, "trigger", "regenerate"), 1, "{:?}", told(&receiver));
    let reminder =
        receiver.taken().into_iter().find(|taken| taken.body["data"]["key"] == "go/regenerate").unwrap();
    let text = reminder.body.to_string();
    let next = host.typed("regenerate");
    for part in [next.as_str(), "GO API Client A", "Do not press anything in the portal yet"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    assert_eq!(reminder.body["data"]["fingerprint"].as_str().map(str::len), Some(8), "{text}");
    let ran = host.regenerates(Client::A).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    for _ in 0..2 {
        host.runs(&["rotate"], "", 0).await;
    }
    assert_eq!(count(&receiver, "resolve", "regenerate"), 1, "{:?}", told(&receiver));
    let bodies: Vec<String> = receiver.taken().iter().map(|taken| taken.body.to_string()).collect();
    host.heard(Some(0), bodies.concat().as_bytes(), b"");
    host.no_secret_showed();
    assert_eq!(receiver.complaints(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_told_is_an_exit_code_and_is_told_later() {
    let receiver = Receiver::start().await.unwrap();
    let host = host(&receiver, "failover = \"alert\"").await;
    host.init().await;
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    receiver.order(Reply::Status(503, None, "later".to_owned()));
    host.runs(&["rotate"], "", 4).await;
    assert_eq!(count(&receiver, "trigger", "active-refused"), 0);
    for _ in 0..60 {
        host.run(&["rotate"], "").await;
        if count(&receiver, "trigger", "active-refused") == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("never told: {:?}", told(&receiver));
}

/// Two channels, of which the first is dead. The second one takes nothing by itself that is not a page, and a notice would
/// not reach it.
pub fn behind_a_dead_one(host: &Host, dead: &str, receiver: &Receiver) {
    let dead = host.secret_file("dead", dead);
    let alive = host.secret_file("alive", &receiver.url("/webhook/c4n4ry-alive"));
    let key = host.secret_file("key", SIGNING_KEY);
    host.add(&format!(
        "[notify.dead]\nwebhook = {dead}\nsigning-key = {key}\n\
         [notify.alive]\nwebhook = {alive}\nsigning-key = {key}\nleast = \"page\"\n"
    ));
}

/// A dead channel stands in front: the one behind it is asked within the minute.
#[tokio::test(flavor = "multi_thread")]
async fn the_service_calls_by_the_next_channel_where_the_first_is_dead() {
    let receiver = Receiver::start().await.unwrap();
    let host = Host::new(Provider::sandbox().await, POST, "failover = \"alert\"").await;
    behind_a_dead_one(&host, "http://127.0.0.1:9/dead", &receiver);
    host.looked_after_every("1s");
    host.init().await;
    let daemon = Daemon::start(&host).await;
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    for _ in 0..600 {
        if count(&receiver, "trigger", "active-refused") == 1 {
            let (_, _, told) = daemon.ends(&host, Signal::TERM).await;
            assert!(told.err.contains("not told"), "{}", told.err);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never told: {:?}\n{}", told(&receiver), daemon.told());
}

/// No credential is to blame for a provider that is down: one alert, about the provider.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_one_alert_and_blames_no_credential() {
    let receiver = Receiver::start().await.unwrap();
    let host = host(&receiver, "").await;
    host.init().await;
    host.provider.as_sandbox().fault(Fault::Status { status: 503 }, None, None);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1100)).await;
        host.run(&["rotate"], "").await;
    }
    let keys: Vec<String> = told(&receiver).into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys, ["host/provider-down/p"]);
    host.provider.as_sandbox().heal();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    host.run(&["rotate"], "").await;
    assert_eq!(told(&receiver).last().unwrap(), &("resolve".to_owned(), "host/provider-down/p".to_owned()));
}

/// The store answers and the provider is up; this host lacks a file. Whoever is called is told which.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_this_host_cannot_ask_is_told_as_such() {
    let receiver = Receiver::start().await.unwrap();
    let host = host(&receiver, "").await;
    host.init().await;
    let scope = "scope = \"gbg.token\"\n";
    let broken = format!("{scope}ca-file = \"{}\"\n", host.path("gone.pem").display());
    host.change(scope, &broken);
    for _ in 0..3 {
        host.runs(&["rotate"], "", 78).await;
    }
    let data = receiver.taken()[0].body["data"].clone();
    let key = format!("host/provider-unusable/p/{}", data["host"].as_str().unwrap());
    assert_eq!(told(&receiver), [("trigger".to_owned(), key.clone())]);
    let lines = data["lines"].to_string();
    assert!(lines.contains("gone.pem cannot be read") && lines.contains("[provider.p]"), "{data}");
    host.change(&broken, scope);
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(told(&receiver)[1..], [("resolve".to_owned(), key)]);
    host.no_secret_showed();
}

/// The rescue is done; that somebody clicked in the wrong row is told, and stands until it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn a_fail_over_is_told_until_the_refused_client_is_proven_again() {
    let receiver = Receiver::start().await.unwrap();
    let host = host(&receiver, "").await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    host.runs(&["rotate"], "", 0).await;
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for _ in 0..3 {
        host.run(&["rotate"], "").await;
    }
    assert_eq!(count(&receiver, "trigger", "failed-over"), 1, "{:?}", told(&receiver));
    assert_eq!(count(&receiver, "change", "switched"), 1, "{:?}", told(&receiver));
    host.until("awaiting regeneration").await;
    let ran = host.regenerates(Client::A).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(count(&receiver, "resolve", "failed-over"), 1, "{:?}", told(&receiver));
    assert_eq!(count(&receiver, "change", "proven"), 1, "{:?}", told(&receiver));
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_begins_to_be_off_is_told_before_it_bars_anything() {
    let receiver = Receiver::start().await.unwrap();
    let host = host(&receiver, "").await;
    host.init().await;
    for ahead in [60, 0] {
        host.provider.as_sandbox().set_clock_ahead(ahead);
        tokio::time::sleep(Duration::from_millis(1100)).await;
        host.runs(&["rotate"], "", 0).await;
    }
    let data = receiver.taken()[0].body["data"].clone();
    // Another host's clock is another matter.
    let key = format!("host/clock-off/{}", data["host"].as_str().unwrap());
    assert_eq!(told(&receiver), ["trigger", "resolve"].map(|event| (event.to_owned(), key.clone())));
    assert_eq!(data["severity"], "warning");
    assert_eq!(data["runbook"], "/usr/share/doc/twinkey/runbooks.md#clock-off");
    assert!(data["lines"].to_string().contains("behind the provider's"), "{data}");
}

/// A token that nobody refreshes: told while the store still answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_ends_and_that_nobody_renews_is_told_before_it_ends() {
    if left_out() {
        return;
    }
    let (receiver, server) = (Receiver::start().await.unwrap(), OpenBao::dev().await);
    let made = json!({ "policies": ["root"], "ttl": "1h", "renewable": true });
    let token = server.api(Method::POST, "auth/token/create", &made).await;
    let token = token["auth"]["client_token"].as_str().unwrap().to_owned();
    let host = Host::new(Provider::sandbox().await, POST, "").await.on_vault(&server, &token);
    calls(&host, &receiver);
    host.init().await;
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(told(&receiver), []);
    for (increment, event, severity) in
        [("800s", "trigger", "warning"), ("500s", "trigger", "page"), ("1h", "resolve", "page")]
    {
        let renew = json!({ "token": token, "increment": increment });
        server.api(Method::POST, "auth/token/renew", &renew).await;
        host.runs(&["rotate"], "", 0).await;
        let last = receiver.taken().pop().unwrap().body;
        assert_eq!(last["type"], format!("twinkey.{event}"), "{increment}");
        assert_eq!(last["data"]["key"], "host/login-expiring/local");
        assert_eq!(last["data"]["severity"], severity, "{increment}");
    }
    assert_eq!(told(&receiver).len(), 3);
    host.no_secret_showed();
}
