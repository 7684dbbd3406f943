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

async fn host(server: &OpenBao) -> Host {
    let token = server.token_with(POLICY).await;
    Host::new(Provider::sandbox().await, POST, "").await.on_vault(server, &token)
}

async fn live(server: &OpenBao) -> Value {
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
