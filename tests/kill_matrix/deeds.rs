//! What people, crashes and others do before a scenario begins.

use std::fs;

use secrecy::SecretString;
use twinkey_core::{AttemptId, Client, Expected};
use twinkey_store::{Freshness, Place, Written};

use super::stage::{LONG, Order, SHORT, Stage};
use crate::harness::host::NAME;

pub fn init(stage: &Stage) -> Order {
    let (a, b) = (stage.id(Client::A), stage.id(Client::B));
    let order = Order::new(&["init", NAME, "--live", "a", "--id-a", &a, "--id-b", &b]);
    order.typing(&[&stage.secret(Client::A), &stage.secret(Client::B)])
}

/// The live pair or the first client is there already.
pub fn init_b(stage: &Stage) -> Order {
    let order = Order::new(&["init", NAME, "--live", "a", "--id-b", &stage.id(Client::B)]);
    order.typing(&[&stage.secret(Client::B)])
}

pub fn now(more: &[&str]) -> Order {
    let args = ["rotate", NAME, "--now", "--reason", "story", "--confirm", NAME];
    Order::new(&[&args[..], more].concat())
}

pub async fn fine(stage: &Stage, order: Order) {
    let ended = stage.runs(&order, &[]).await;
    assert_eq!(ended.ran.code, 0, "{:?}\n{}{}", order.args, ended.ran.out, ended.ran.err);
}

pub async fn dies(stage: &Stage, order: Order, at: &str) {
    let ended = stage.runs(&order, &[("TWINKEY_KILL_AT", at)]).await;
    assert_eq!(ended.signal, Some(9), "{}{}", ended.ran.out, ended.ran.err);
}

pub async fn set_up(stage: &Stage) {
    fine(stage, init(stage)).await;
}

pub async fn switched(stage: &Stage) {
    set_up(stage).await;
    fine(stage, now(&[])).await;
    let drain = stage.record().await.unwrap().drain.unwrap();
    fs::write(stage.host.path("switch"), drain.switch.to_string()).unwrap();
}

pub async fn awaiting(stage: &Stage) {
    stage.set(LONG, SHORT);
    switched(stage).await;
    stage.host.until("awaiting regeneration").await;
}

pub async fn permitted(stage: &Stage) {
    awaiting(stage).await;
    fine(stage, Order::new(&["permit", NAME])).await;
}

pub async fn deposited(stage: &Stage) {
    permitted(stage).await;
    let secret = stage.regenerates(Client::A);
    fine(stage, Order::new(&["deposit", NAME]).typing(&[&secret])).await;
}

/// A switch is begun, and then its target gets no token any more.
pub async fn doomed(stage: &Stage) {
    set_up(stage).await;
    dies(stage, now(&[]), "after:write-record:intended:now#1").await;
    stage.disables(Client::B);
}

/// Somebody regenerates the live client, and the next round notices.
pub fn wrong_click(stage: &Stage) {
    stage.regenerates(Client::A);
    forget(stage, &Client::BOTH);
}

/// This host forgets when these clients last got a token, so that they are asked in the next round.
pub fn forget(stage: &Stage, clients: &[Client]) {
    let path = stage.host.path(&format!("state/notes/{NAME}.json"));
    let mut notes: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for client in clients {
        let name = if *client == Client::A { "a" } else { "b" };
        assert!(notes["accepted"][name].take().is_object(), "{notes}");
    }
    fs::write(path, notes.to_string()).unwrap();
}

/// A crash of the host tore the last line of the audit log.
pub fn tear(stage: &Stage) {
    let path = stage.host.path("state/audit.jsonl");
    let mut log = fs::read_to_string(&path).unwrap();
    log += "{\"line\":99,\"at\":\"2026-";
    fs::write(path, log).unwrap();
}

/// Somebody else writes a client's pair to where consumers read.
pub async fn somebody_writes(stage: &Stage, place: &str, client: Client) {
    let (store, place) = (stage.store().unwrap(), Place::parse(place).unwrap());
    let read = store.read(&place, Freshness::Latest).await.unwrap();
    let expected = read.as_ref().map_or(Expected::Absent, |read| Expected::Version(read.version.clone()));
    let mut body = read.map(|read| read.body).unwrap_or_default();
    body.set_text("client_id", SecretString::from(stage.id(client)));
    body.set_text("client_secret", SecretString::from(stage.secret(client)));
    let attempt = AttemptId::derive(&[b"somebody else", place.as_str().as_bytes()]);
    let written = store.write(&place, &expected, &body, attempt).await.unwrap();
    assert!(matches!(written, Written::Written(_)));
}
