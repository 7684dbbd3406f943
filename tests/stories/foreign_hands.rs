//! Somebody else's edit, a restored backup, a burnt host: nothing is overwritten silently, nothing is lost.

use std::fs;

use twinkey_core::{AttemptId, Client, Expected};
use twinkey_store::{Freshness, Store, Written};

use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;

async fn edit_live(host: &Host, id: &str, secret: &str) {
    let store = host.store();
    let read = store.read(&Host::live_place(), Freshness::Latest).await.unwrap().unwrap();
    let mut body = read.body.clone();
    body.set_text("client_id", id.into());
    body.set_text("client_secret", secret.into());
    let attempt = AttemptId::derive(&[id.as_bytes(), secret.as_bytes()]);
    let written =
        store.write(&Host::live_place(), &Expected::Version(read.version), &body, attempt).await.unwrap();
    assert!(matches!(written, Written::Written(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_edit_freezes_everything_until_a_person_chooses_ours() {
    let host = Host::new(Provider::sandbox().await, POST, "min-interval = \"0s\"").await;
    host.init().await;
    let (a, _) = host.provider.pair(Client::A).await;
    edit_live(&host, "somebody-else", "their-secret").await;
    host.runs(&["rotate"], "", 4).await;
    assert_eq!(host.phase().await, "diverged");
    assert_eq!(host.live_id(), a, "consumers of the file keep what works");
    host.runs(&["resolve", NAME, "--put-ours"], "", 0).await;
    assert_eq!(host.phase().await, "ready");
    let store = host.store();
    let read = store.read(&Host::live_place(), Freshness::Latest).await.unwrap().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(read.body.text("client_id").unwrap()), a);
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_edit_is_taken_over_once_it_got_a_token() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    edit_live(&host, "unknown-client", "their-secret").await;
    host.runs(&["resolve", NAME, "--take-theirs"], "", 6).await;
    let (b, secret_b) = host.provider.pair(Client::B).await;
    edit_live(&host, &b, &secret_b).await;
    host.runs(&["resolve", NAME, "--take-theirs"], "", 0).await;
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(host.live_id(), b);
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_pair_that_is_there_is_adopted_without_a_new_version() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let (a, secret_a) = host.provider.pair(Client::A).await;
    let (b, secret_b) = host.provider.pair(Client::B).await;
    twinkey_store::FileStore::create(&host.path("store.age"), &host.path("store.key")).unwrap();
    let store = host.store();
    let body = twinkey_store::Body::from_json(&format!(
        r#"{{"client_id":"{a}","client_secret":"{secret_a}","note":"kept","n":[1,2]}}"#
    ))
    .unwrap();
    store.write(&Host::live_place(), &Expected::Absent, &body, AttemptId::derive(&[b"first"])).await.unwrap();
    let before = store.read(&Host::live_place(), Freshness::Latest).await.unwrap().unwrap();

    host.runs(&["init", NAME, "--live", "a", "--id-b", &b], &format!("{secret_b}\n"), 0).await;
    let after = store.read(&Host::live_place(), Freshness::Latest).await.unwrap().unwrap();
    assert_eq!(before.version, after.version);
    assert_eq!(host.phase().await, "ready");

    host.switch().await;
    let switched = store.read(&Host::live_place(), Freshness::Latest).await.unwrap().unwrap();
    assert_eq!(switched.body.names().collect::<Vec<_>>(), ["client_id", "client_secret", "n", "note"]);
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_noticed_and_resolved_by_a_person() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    let backup = fs::read(host.path("store.age")).unwrap();
    host.switch().await;
    fs::write(host.path("store.age"), backup).unwrap();
    host.runs(&["rotate"], "", 4).await;
    assert_eq!(host.phase().await, "blocked");
    host.runs(&["resolve", NAME, "--put-ours"], "", 0).await;
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(host.phase().await, "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_away_makes_the_drain_count_anew() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    host.switch().await;
    fs::rename(host.path("store.age"), host.path("away")).unwrap();
    host.runs(&["rotate"], "", 78).await;
    fs::rename(host.path("away"), host.path("store.age")).unwrap();
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(host.credential().await["drain"]["restarts"], 1);
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(host.credential().await["drain"]["restarts"], 1, "one outage, one restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_host_carries_on_from_the_store_alone() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    host.switch().await;
    fs::remove_dir_all(host.path("state")).unwrap();
    fs::remove_file(host.path("live.json")).unwrap();
    host.runs(&["rotate"], "", 0).await;
    let (b, _) = host.provider.pair(Client::B).await;
    assert_eq!(host.live_id(), b);
    host.until("awaiting regeneration").await;
    let ran = host.regenerates(Client::A).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_audit_log_is_found_against_the_record() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    host.switch().await;
    let log = host.path("state/audit.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let cut: String = text.lines().take(4).map(|line| format!("{line}\n")).collect();
    fs::write(&log, cut).unwrap();
    let ran = host.runs(&["history", NAME, "--verify"], "", 6).await;
    assert!(ran.err.contains("cut off"), "{}", ran.err);
}
