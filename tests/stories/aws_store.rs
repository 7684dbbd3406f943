//! AWS Secrets Manager keeps the store's contract, beside others who use the same secrets.

use std::collections::BTreeMap;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use twinkey_store::{
    AttemptId, AwsSettings, AwsStore, Body, Class, Expected, Freshness, Place, Severity, Store, StoreError,
    Version, Versioned, Written, contract,
};

use crate::harness::moto::{Boto, Moto, left_out};

mod doubt;
mod refused;
mod rights;
mod shared;

fn place() -> Place {
    Place::parse("app/gbg").unwrap()
}

/// Two fields that belong together.
fn pair(value: &str) -> Body {
    let mut body = Body::new();
    body.set_text("client_id", format!("id-{value}").as_str().into());
    body.set_text("client_secret", format!("secret-{value}").as_str().into());
    body
}

fn attempt(name: &str) -> AttemptId {
    AttemptId::derive(&[name.as_bytes()])
}

async fn read(store: &AwsStore) -> Option<Versioned> {
    store.read(&place(), Freshness::Latest).await.unwrap()
}

fn secret(found: &Versioned) -> String {
    found.body.text("client_secret").unwrap().expose_secret().to_owned()
}

/// Writes a [`pair`] over whatever stands there, by an attempt of the same name.
async fn write(store: &AwsStore, value: &str) -> Result<Written, StoreError> {
    let expected = read(store).await.map_or(Expected::Absent, |found| Expected::Version(found.version));
    store.write(&place(), &expected, &pair(value), attempt(value)).await
}

async fn written(store: &AwsStore, value: &str) -> Version {
    match write(store, value).await.unwrap() {
        Written::Written(version) => version,
        other => panic!("{value} was not written: {other:?}"),
    }
}

/// The labels of a secret, each with its version.
fn labels(boto: &Boto) -> BTreeMap<String, String> {
    let described = boto.secrets("describe_secret", json!({ "SecretId": "app/gbg" }));
    let mut labels = BTreeMap::new();
    for (version, found) in described["VersionIdsToStages"].as_object().unwrap() {
        for label in found.as_array().unwrap() {
            let before = labels.insert(label.as_str().unwrap().to_owned(), version.clone());
            assert_eq!(before, None, "a label sits on two versions: {described}");
        }
    }
    labels
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_store_keeps_the_contract() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    contract::holds(async || server.store()).await;
}

#[tokio::test]
async fn a_read_is_one_request_and_a_write_is_two() {
    if left_out() {
        return;
    }
    let (server, place) = (Moto::start(), place());
    let store = server.store();
    let start = store.write(&place, &Expected::Absent, &pair("0"), attempt("0")).await.unwrap();
    assert_eq!(server.operations().await, ["CreateSecret", "GetSecretValue"]);

    let Written::Written(start) = start else { panic!("{start:?}") };
    let expected = Expected::Version(start);
    store.write(&place, &expected, &pair("1"), attempt("1")).await.unwrap();
    assert_eq!(server.operations().await, ["PutSecretValue", "UpdateSecretVersionStage"]);

    // The same attempt again: the put says that it is current already.
    store.write(&place, &expected, &pair("1"), attempt("1")).await.unwrap();
    assert_eq!(server.operations().await, ["PutSecretValue"]);

    read(&store).await.unwrap();
    assert_eq!(server.operations().await, ["GetSecretValue"]);

    // What has no form of a version id here is not asked for.
    let elsewhere = Expected::Version(Version::new("3-00ff"));
    let answer = store.write(&place, &elsewhere, &pair("2"), attempt("2")).await.unwrap();
    assert_eq!((answer, server.operations().await), (Written::Conflict, vec![]));
}

#[tokio::test]
async fn the_vendors_client_reads_one_whole_pair_after_each_write_and_the_one_before_as_previous() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    let mut before: Option<(String, Version)> = None;
    for round in 0..12 {
        let value = round.to_string();
        let version = written(&store, &value).await;
        let current = boto.secrets("get_secret_value", json!({ "SecretId": "app/gbg" }));
        let text: Value = serde_json::from_str(current["SecretString"].as_str().unwrap()).unwrap();
        let whole = json!({ "client_id": format!("id-{value}"), "client_secret": format!("secret-{value}") });
        assert_eq!((text, current["VersionId"].as_str().unwrap()), (whole, version.as_str()));

        if let Some((value, version)) = before {
            let previous = json!({ "SecretId": "app/gbg", "VersionStage": "AWSPREVIOUS" });
            let previous = boto.secrets("get_secret_value", previous);
            assert_eq!(previous["VersionId"], version.as_str());
            assert!(previous["SecretString"].as_str().unwrap().contains(&format!("secret-{value}")));
        }
        before = Some((value, version));
    }
}

#[tokio::test]
async fn a_secret_is_created_with_its_key_and_tags_and_keeps_them() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let boto = server.boto();
    let with = |key: &str, tag: &str| AwsSettings {
        kms_key: Some(key.into()),
        tags: vec![("team".into(), tag.into())],
        ..server.settings()
    };
    written(&AwsStore::new(with("alias/one", "payments")), "1").await;
    written(&AwsStore::new(with("alias/two", "others")), "2").await;
    let described = boto.secrets("describe_secret", json!({ "SecretId": "app/gbg" }));
    assert_eq!(described["KmsKeyId"], "alias/one");
    assert_eq!(described["Tags"], json!([{ "Key": "team", "Value": "payments" }]));
}
