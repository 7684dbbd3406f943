//! The main job with the documents in Secrets Manager, by the real binary, beside the vendor's own client.

use serde_json::{Value, json};
use twinkey_core::Client;

use crate::harness::consumer::Consumer;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::moto::{Boto, Moto, left_out};
use crate::harness::provider::Provider;

async fn host(server: &Moto) -> Host {
    Host::new(Provider::sandbox().await, POST, "").await.on_aws(server)
}

/// The live pair as a consumer reads it that we did not write.
fn live(boto: &Boto) -> Value {
    let found = boto.secrets("get_secret_value", json!({ "SecretId": "app/go" }));
    serde_json::from_str(found["SecretString"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_cycle_goes_through_and_no_consumer_fails() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let boto = server.boto();
    let host = host(&server).await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    let consumer = Consumer::start(host.path("live.json"), host.consumer_settings());
    host.runs(&["check"], "", 0).await;
    for client in [Client::A, Client::B] {
        let before = live(&boto)["client_id"].clone();
        host.switch().await;
        let now = live(&boto);
        assert_eq!(now["client_id"], json!(host.live_id()));
        assert_ne!(now["client_id"], before);
        host.until("awaiting regeneration").await;
        let told = host.regenerates(client).await;
        assert_eq!(told.code, 0, "{told:?}");
        host.runs(&["rotate"], "", 0).await;
        assert_eq!(host.phase().await, "ready");
    }
    let (asked, failed) = consumer.counts();
    assert_eq!(failed, 0, "of {asked}");
    let history = host.runs(&["history", NAME], "", 0).await;
    assert!(history.out.contains("arn:aws:"), "AWS attests who it was: {}", history.out);
    host.runs(&["history", NAME, "--verify"], "", 0).await;
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_pair_that_is_there_is_adopted_and_an_edit_is_nobodys_to_overwrite() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let boto = server.boto();
    let host = host(&server).await;
    let (id, secret) = host.provider.pair(Client::A).await;
    let (id_b, secret_b) = host.provider.pair(Client::B).await;
    let theirs = json!({ "client_id": id, "client_secret": secret, "region": "eu" }).to_string();
    boto.secrets("create_secret", json!({ "Name": "app/go", "SecretString": theirs }));
    host.runs(&["init", NAME, "--live", "a", "--id-b", &id_b], &format!("{secret_b}\n"), 0).await;
    let versions =
        || boto.secrets("list_secret_version_ids", json!({ "SecretId": "app/go" }))["Versions"].clone();
    assert_eq!(versions().as_array().unwrap().len(), 1, "adopted without a new version");
    host.switch().await;
    assert_eq!((&live(&boto)["client_id"], &live(&boto)["region"]), (&json!(id_b), &json!("eu")));

    boto.secrets("put_secret_value", json!({ "SecretId": "app/go", "SecretString": theirs }));
    host.run(&["rotate"], "").await;
    assert_eq!(host.phase().await, "diverged");
    assert_eq!(live(&boto)["client_id"], json!(id), "nothing was overwritten");
    host.runs(&["resolve", NAME, "--put-ours"], "", 0).await;
    assert_eq!(live(&boto)["client_id"], json!(id_b));
    host.no_secret_showed();
}

/// A variable that was left over from a test server would send secrets in the clear.
#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_leads_to_an_open_address_is_refused() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let host = host(&server).await;
    let config = host.path("twinkey.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text: Vec<&str> = text.lines().filter(|line| !line.contains("endpoint = ")).collect();
    std::fs::write(&config, text.join("\n")).unwrap();
    for (variable, part) in [
        ("AWS_ENDPOINT_URL", "requests to Secrets Manager to http://192.0.2.1"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "requests to Secrets Manager to http://192.0.2.1"),
        ("AWS_ENDPOINT_URL_STS", "requests to STS to http://192.0.2.1"),
    ] {
        let told = host.command(&["check"]).env(variable, "http://192.0.2.1/").output().await.unwrap();
        let told = host.heard(told.status.code(), &told.stdout, &told.stderr);
        assert_eq!(told.code, 78, "{variable}: {told:?}");
        let said: Vec<&str> = told.out.split_whitespace().collect();
        assert!(said.join(" ").contains(part), "{variable}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_printed_for_the_account() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let host = host(&server).await;
    let args = ["policy", "aws", NAME, "--role", "consumer", "--account", "123456789012"];
    let policy = host.runs(&args, "", 0).await.out;
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let wanted = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:app/go-??????";
    assert_eq!(policy["Statement"][0]["Resource"], json!([wanted]));
    let refused = host.run(&["policy", "vault", NAME], "").await;
    assert_eq!(refused.code, 78, "{refused:?}");
}
