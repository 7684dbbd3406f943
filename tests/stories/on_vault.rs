//! The main job with the documents in a real OpenBao, by the real binary.

use reqwest::Method;
use serde_json::{Value, json};
use twinkey_core::Client;

use crate::harness::authlib::left_out;
use crate::harness::consumer::Consumer;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::openbao::OpenBao;
use crate::harness::provider::Provider;

/// What Twinkey needs, and nothing more.
const POLICY: &str = r#"
path "secret/data/app/go" { capabilities = ["create", "read", "update"] }
path "secret/data/twinkey/app/go/*" { capabilities = ["create", "read", "update"] }
"#;

pub async fn host(server: &OpenBao) -> Host {
    let token = server.token_with(POLICY).await;
    Host::new(Provider::sandbox().await, POST, "").await.on_vault(server, &token)
}

pub async fn live(server: &OpenBao) -> Value {
    server.api(Method::GET, "secret/data/app/go", &Value::Null).await["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_cycle_goes_through_and_no_consumer_fails() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let host = host(&server).await;
    host.init().await;
    let consumer = Consumer::start(host.path("live.json"), host.consumer_settings());
    let checked = host.runs(&["check"], "", 0).await;
    assert!(checked.out.contains("logged in as token-olga"), "{}", checked.out);
    assert!(checked.out.contains("may read and write 4 documents below secret/"), "{}", checked.out);
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    for client in [Client::A, Client::B] {
        host.switch().await;
        host.until("awaiting regeneration").await;
        let told = host.regenerates(client).await;
        assert_eq!(told.code, 0, "{told:?}");
        host.runs(&["rotate"], "", 0).await;
        assert_eq!(host.phase().await, "ready");
    }
    let now = live(&server).await;
    assert_eq!(now["metadata"]["version"], 3, "one version for the first entry, one for each switch");
    assert_eq!(now["data"]["client_id"], host.live_id());
    let (asked, failed) = consumer.counts();
    assert_eq!(failed, 0, "of {asked}");
    let history = host.runs(&["history", NAME], "", 0).await;
    assert!(history.out.contains("token-olga"), "the store attests who it was: {}", history.out);
    host.runs(&["history", NAME, "--verify"], "", 0).await;
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_pair_that_is_there_is_adopted_with_its_fields_and_an_edit_is_nobodys_to_overwrite() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let host = host(&server).await;
    let (id, secret) = host.provider.pair(Client::A).await;
    let (id_b, secret_b) = host.provider.pair(Client::B).await;
    let theirs =
        json!({ "data": { "client_id": id, "client_secret": secret, "region": "eu", "retries": 3 } });
    server.api(Method::POST, "secret/data/app/go", &theirs).await;
    host.runs(&["init", NAME, "--live", "a", "--id-b", &id_b], &format!("{secret_b}\n"), 0).await;
    assert_eq!(live(&server).await["metadata"]["version"], 1, "adopted without a new version");
    host.switch().await;
    let now = live(&server).await["data"].clone();
    assert_eq!((&now["client_id"], &now["region"], &now["retries"]), (&json!(id_b), &json!("eu"), &json!(3)));

    server.api(Method::POST, "secret/data/app/go", &theirs).await;
    let refused = host.run(&["rotate"], "").await;
    assert_eq!(host.phase().await, "diverged", "{refused:?}");
    assert_eq!(live(&server).await["data"]["client_id"], json!(id), "nothing was overwritten");
    host.runs(&["resolve", NAME, "--put-ours"], "", 0).await;
    assert_eq!(live(&server).await["data"]["client_id"], json!(id_b));
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_server_stops_nothing_but_publication() {
    if left_out() {
        return;
    }
    let server = OpenBao::sealable().await;
    let host = host(&server).await;
    host.init().await;
    let consumer = Consumer::start(host.path("live.json"), host.consumer_settings());
    server.seal().await;
    let ran = host.run(&["rotate", NAME, "--now", "--reason", "story", "--confirm", NAME], "").await;
    assert_eq!(ran.code, 75, "{ran:?}");
    assert!(ran.err.contains("is sealed"), "{ran:?}");
    server.unseal().await;
    host.switch().await;
    host.until("awaiting regeneration").await;
    let (asked, failed) = consumer.counts();
    assert_eq!(failed, 0, "of {asked}");
    host.no_secret_showed();
}

/// Consumers that cannot read a deleted document keep what they have, so the drain counts from its start again.
#[tokio::test(flavor = "multi_thread")]
async fn a_live_pair_that_was_deleted_for_a_while_is_an_outage_and_the_drain_counts_anew() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let host = host(&server).await;
    host.init().await;
    host.switch().await;
    server.api(Method::DELETE, "secret/data/app/go", &Value::Null).await;
    let told = host.run(&["rotate"], "").await;
    assert!(told.code == 78 && told.err.contains("bao kv undelete"), "{told:?}");
    server.api(Method::POST, "secret/undelete/app/go", &json!({ "versions": [2] })).await;
    host.run(&["rotate"], "").await;
    let history = host.runs(&["history", NAME, "--json"], "", 0).await.out;
    assert!(history.contains("drain-restarted"), "{history}");
    host.no_secret_showed();
}

/// The policy of a role as people get it, by the real binary.
pub async fn policy(host: &Host, role: &str) -> String {
    host.runs(&["policy", "vault", NAME, "--role", role], "", 0).await.out
}

/// A policy with one of its rules left out, for each of its rules.
fn with_one_rule_less(policy: &str) -> Vec<String> {
    let rules: Vec<&str> = policy.split_inclusive("}\n").filter(|rule| rule.contains("path")).collect();
    (0..rules.len()).map(|left_out| [&rules[..left_out], &rules[left_out + 1..]].concat().concat()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_policies_are_enough_and_none_of_their_rules_is_too_many() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let host = host(&server).await;
    let all = host.runs(&["policy", "vault"], "", 0).await.out;
    assert_eq!(all.matches("# go, ").count(), 4, "{all}");
    for role in ["twinkey", "operator"] {
        let policy = policy(&host, role).await;
        let mut tokens = vec![(server.token_with(&policy).await, true)];
        for less in with_one_rule_less(&policy) {
            tokens.push((server.token_with(&less).await, false));
        }
        assert_eq!(tokens.len(), 5);
        for (token, enough) in tokens {
            let fresh = Host::new(Provider::sandbox().await, POST, "").await.on_vault(&server, &token);
            forget(&server).await;
            let (a, secret_a) = fresh.provider.pair(Client::A).await;
            let (b, secret_b) = fresh.provider.pair(Client::B).await;
            let args = ["init", NAME, "--live", "a", "--id-a", &a, "--id-b", &b];
            let made = fresh.run(&args, &format!("{secret_a}\n{secret_b}\n")).await;
            let checked = fresh.run(&["check"], "").await;
            if enough {
                assert_eq!((made.code, checked.code), (0, 0), "{role}: {made:?} {checked:?}");
                fresh.switch().await;
            } else {
                assert_eq!((made.code, checked.code), (77, 77), "{role}: {made:?} {checked:?}");
                assert!(made.err.contains("twinkey policy vault"), "{made:?}");
            }
        }
    }
    forget(&server).await;
    host.init().await;
    let slot = |client: &str| format!("secret/data/twinkey/app/go/{client}");
    let patch = json!({ "data": { "candidate": "fresh" } });
    let depositor = policy(&host, "depositor").await;
    let token = server.token_with(&depositor).await;
    for client in ["a", "b"] {
        assert_eq!(patches(&server, &slot(client), &token, &patch).await, 200);
        let (status, _) = server.asks(Method::GET, &slot(client), &token, &Value::Null).await;
        assert_eq!(status, 403, "whoever deposits reads nothing");
    }
    assert_eq!(patches(&server, "secret/data/app/go", &token, &patch).await, 403);
    for (less, client) in with_one_rule_less(&depositor).iter().zip(["a", "b"]) {
        let token = server.token_with(less).await;
        assert_eq!(patches(&server, &slot(client), &token, &patch).await, 403);
    }
    let token = server.token_with(&policy(&host, "consumer").await).await;
    assert_eq!(server.asks(Method::GET, "secret/data/app/go", &token, &Value::Null).await.0, 200);
    assert_eq!(server.asks(Method::GET, &slot("a"), &token, &Value::Null).await.0, 403);
}

async fn forget(server: &OpenBao) {
    for path in ["app/go", "twinkey/app/go/a", "twinkey/app/go/b", "twinkey/app/go/record"] {
        server.api(Method::DELETE, &format!("secret/metadata/{path}"), &Value::Null).await;
    }
}

pub async fn patches(server: &OpenBao, path: &str, token: &str, body: &Value) -> u16 {
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = http.patch(format!("{}/v1/{path}", server.address())).header("X-Vault-Token", token);
    let request = request.header("Content-Type", "application/merge-patch+json").body(body.to_string());
    request.send().await.unwrap().status().as_u16()
}
