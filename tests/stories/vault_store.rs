//! The Vault store on a real OpenBao.

use std::fs;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use twinkey_store::{
    AttemptId, Body, Class, Expected, Freshness, Place, Severity, Store, StoreError, VaultLogin, VaultStore,
    Versioned, Written,
};

mod ways;

use crate::harness::authlib::left_out;
use crate::harness::openbao::OpenBao;

fn place(path: &str) -> Place {
    Place::parse(path).unwrap()
}

fn body(value: &str) -> Body {
    Body::from_json(&json!({ "client_id": "id", "client_secret": value, "note": [1, 2] }).to_string())
        .unwrap()
}

fn attempt(number: u8) -> AttemptId {
    AttemptId::derive(&[b"vault story", &[number]])
}

async fn written(store: &VaultStore, at: &Place, expected: &Expected, value: &str) -> Expected {
    match store.write(at, expected, &body(value), attempt(0)).await.unwrap() {
        Written::Written(version) => Expected::Version(version),
        other => panic!("{other:?}"),
    }
}

async fn read(store: &VaultStore, at: &Place) -> Result<Option<Versioned>, StoreError> {
    store.read(at, Freshness::Latest).await
}

fn said(error: &StoreError) -> String {
    format!("{error}\n{}", error.remedy())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_holds_on_a_real_server() {
    if left_out() {
        return;
    }
    let server = Arc::new(OpenBao::dev().await);
    let settings = server.settings(&server.root);
    twinkey_store::contract::holds(async || VaultStore::new(settings.clone()).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_shapes_of_not_there_are_told_apart() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let store = VaultStore::new(server.settings(&server.root)).unwrap();
    let at = place("app/gone");
    assert!(read(&store, &at).await.unwrap().is_none(), "never written");
    let first = written(&store, &at, &Expected::Absent, "1").await;

    server.api(Method::DELETE, "secret/data/app/gone", &Value::Null).await;
    let deleted = read(&store, &at).await.unwrap_err();
    assert!(
        said(&deleted).contains("bao kv undelete -mount=secret -versions=1 app/gone"),
        "{}",
        said(&deleted)
    );
    assert_eq!(deleted.class(), Class::Permanent);
    let refused = store.write(&at, &Expected::Absent, &body("2"), attempt(2)).await;
    assert!(refused.is_err(), "nothing is written over what somebody deleted: {refused:?}");

    server.api(Method::POST, "secret/undelete/app/gone", &json!({ "versions": [1] })).await;
    assert_eq!(read(&store, &at).await.unwrap().map(|it| Expected::Version(it.version)), Some(first.clone()));
    server.api(Method::POST, "secret/destroy/app/gone", &json!({ "versions": [1] })).await;
    let destroyed = read(&store, &at).await.unwrap_err();
    assert!(said(&destroyed).contains("was destroyed"), "{}", said(&destroyed));

    // Begun anew, the numbers come back, and the versions do not.
    server.api(Method::DELETE, "secret/metadata/app/gone", &Value::Null).await;
    assert!(read(&store, &at).await.unwrap().is_none());
    let again = written(&store, &at, &Expected::Absent, "1").await;
    assert_ne!(again, first);
    let stale = store.write(&at, &first, &body("3"), attempt(3)).await.unwrap();
    assert_eq!(stale, Written::Conflict, "the number is the same, the version is another");
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_said_in_words_of_its_own() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let at = place("app/gbg");
    let may_read = "path \"secret/data/app/*\" { capabilities = [\"read\"] }";
    let reader = VaultStore::new(server.settings(&server.token_with(may_read).await)).unwrap();
    assert!(read(&reader, &at).await.unwrap().is_none());
    let denied = reader.write(&at, &Expected::Absent, &body("1"), attempt(1)).await.unwrap_err();
    assert!(said(&denied).contains("needs create and update on secret/data/app/gbg"), "{}", said(&denied));
    assert_eq!(denied.class(), Class::Permission);
    let elsewhere = read(&reader, &place("other/gbg")).await.unwrap_err();
    assert!(said(&elsewhere).contains("needs read on secret/data/other/gbg"), "{}", said(&elsewhere));

    let findings = reader.check(std::slice::from_ref(&at)).await.unwrap();
    let lacks = findings.iter().find(|finding| finding.severity == Severity::Problem).unwrap();
    assert!(lacks.text.contains("lacks create, update on secret/data/app/gbg"), "{findings:?}");
    assert_eq!(reader.who().await.unwrap().unwrap().name, "token-olga");

    server.api(Method::POST, "sys/mounts/old", &json!({ "type": "kv", "options": { "version": "1" } })).await;
    for (mount, wanted) in [("old", "KV version 2"), ("none", "none/"), ("sys", "KV version 2")] {
        let mut settings = server.settings(&server.root);
        settings.mount = mount.into();
        let error = read(&VaultStore::new(settings).unwrap(), &at).await.unwrap_err();
        assert!(said(&error).contains(wanted), "{mount}: {}", said(&error));
    }

    let mut settings = server.settings("no-token-of-this-server");
    let error = read(&VaultStore::new(settings.clone()).unwrap(), &at).await.unwrap_err();
    assert_eq!(error.class(), Class::Permission, "{}", said(&error));
    settings.login = VaultLogin::TokenFile("/nowhere/token".into());
    let error = read(&VaultStore::new(settings.clone()).unwrap(), &at).await.unwrap_err();
    assert!(said(&error).contains("log in"), "{}", said(&error));
    settings.address = "http://127.0.0.1:9".parse().unwrap();
    settings.login = server.settings(&server.root).login;
    let error = read(&VaultStore::new(settings).unwrap(), &at).await.unwrap_err();
    assert_eq!(error.class(), Class::Temporary, "{}", said(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_that_the_server_will_delete_are_found_without_any_further_right() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let at = place("app/gbg");
    let limits = json!({ "delete_version_after": "720h", "max_versions": 2 });
    server.api(Method::POST, "secret/metadata/app/gbg", &limits).await;
    let least = twinkey_store::vault_policy(
        "secret",
        &twinkey_store::Places {
            live_pair: at.clone(),
            slots: [place("twinkey/app/gbg/a"), place("twinkey/app/gbg/b")],
            record: place("twinkey/app/gbg/record"),
        },
        twinkey_store::Role::Twinkey,
    );
    let store = VaultStore::new(server.settings(&server.token_with(&least).await)).unwrap();
    written(&store, &at, &Expected::Absent, "1").await;
    let problems = |findings: Vec<twinkey_store::Finding>| -> Vec<String> {
        let bad = findings.into_iter().filter(|finding| finding.severity == Severity::Problem);
        bad.map(|finding| finding.text).collect()
    };
    let findings = store.check(&[at.clone(), place("twinkey/app/gbg/a")]).await.unwrap();
    let unseen = findings.iter().find(|finding| finding.text.contains("cannot see the settings")).unwrap();
    assert!(unseen.text.contains("of the engine secret/ and of documents there"), "{unseen:?}");
    let rules = "read on secret/config, secret/metadata/twinkey/app/gbg/a";
    assert!(unseen.severity == Severity::Note && unseen.remedy.contains(rules), "{unseen:?}");
    let told = problems(findings);
    assert!(
        matches!(&told[..], [one] if one.contains("secret/app/gbg will be deleted by the server on")),
        "{told:?}"
    );

    let root = VaultStore::new(server.settings(&server.root)).unwrap();
    server
        .api(Method::POST, "secret/config", &json!({ "delete_version_after": "1h", "max_versions": 2 }))
        .await;
    let findings = root.check(&[place("app/none")]).await.unwrap();
    assert!(
        findings.iter().any(|finding| finding.text.contains("secret/ keeps only 2 versions")),
        "{findings:?}"
    );
    assert!(!findings.iter().any(|finding| finding.text.contains("cannot see")), "{findings:?}");
    let told = problems(findings);
    assert!(matches!(&told[..], [one] if one.contains("secret/ deletes each version after")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_role_logs_in_and_so_does_a_wrapped_secret_id() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let policy =
        json!({ "policy": "path \"secret/data/*\" { capabilities = [\"read\", \"create\", \"update\"] }" });
    server.api(Method::PUT, "sys/policies/acl/twinkey", &policy).await;
    server.api(Method::POST, "sys/auth/approle", &json!({ "type": "approle" })).await;
    let role = json!({ "token_policies": "twinkey", "token_ttl": "1h" });
    server.api(Method::POST, "auth/approle/role/twinkey", &role).await;
    let id = server.api(Method::GET, "auth/approle/role/twinkey/role-id", &Value::Null).await;
    let role_id = id["data"]["role_id"].as_str().unwrap().to_owned();
    let secret = server.api(Method::POST, "auth/approle/role/twinkey/secret-id", &json!({})).await;
    let secret_id = secret["data"]["secret_id"].as_str().unwrap().to_owned();

    let login = |secret_id: &str, wrapped| VaultLogin::AppRole {
        mount: "approle".into(),
        role_id: role_id.clone(),
        secret_id: secret_id.into(),
        wrapped,
    };
    let store = VaultStore::new(server.logging_in(login(&secret_id, false))).unwrap();
    written(&store, &place("app/role"), &Expected::Absent, "1").await;

    let wrap = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let wrap = wrap.post(format!("{}/v1/auth/approle/role/twinkey/secret-id", server.address()));
    let wrap = wrap.header("X-Vault-Token", &server.root).header("X-Vault-Wrap-TTL", "60s");
    let wrapped: Value = serde_json::from_str(&wrap.send().await.unwrap().text().await.unwrap()).unwrap();
    let wrapping = wrapped["wrap_info"]["token"].as_str().unwrap();
    let store = VaultStore::new(server.logging_in(login(wrapping, true))).unwrap();
    assert!(read(&store, &place("app/role")).await.unwrap().is_some());
    assert_eq!(store.who().await.unwrap().unwrap().name, "approle");

    let twice = VaultStore::new(server.logging_in(login(wrapping, true))).unwrap();
    let error = read(&twice, &place("app/role")).await.unwrap_err();
    assert!(said(&error).contains("used already"), "{}", said(&error));
    let wrong = VaultStore::new(server.logging_in(login("no-such-id", false))).unwrap();
    let error = read(&wrong, &place("app/role")).await.unwrap_err();
    assert!(said(&error).contains("refuses our login"), "{}", said(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_renewed_and_then_made_anew() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let role = json!({ "token_policies": "reads", "token_ttl": "3s", "token_max_ttl": "6s" });
    let store = VaultStore::new(server.logging_in(app_role(&server, &role).await)).unwrap();
    for _ in 0..18 {
        assert!(read(&store, &place("app/x")).await.unwrap().is_none());
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

/// A login by a role that may read.
async fn app_role(server: &OpenBao, role: &Value) -> VaultLogin {
    server.api(Method::POST, "sys/auth/approle", &json!({ "type": "approle" })).await;
    let policy = json!({ "policy": "path \"secret/data/*\" { capabilities = [\"read\"] }" });
    server.api(Method::PUT, "sys/policies/acl/reads", &policy).await;
    server.api(Method::POST, "auth/approle/role/reader", role).await;
    let id = server.api(Method::GET, "auth/approle/role/reader/role-id", &Value::Null).await;
    let secret = server.api(Method::POST, "auth/approle/role/reader/secret-id", &json!({})).await;
    VaultLogin::AppRole {
        mount: "approle".into(),
        role_id: id["data"]["role_id"].as_str().unwrap().into(),
        secret_id: secret["data"]["secret_id"].as_str().unwrap().into(),
        wrapped: false,
    }
}

/// Its secret id was good once, and its token cannot be renewed: the token is used to its end, and the end is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_cannot_be_made_anew_is_used_to_its_end_which_is_said() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let role = json!({
        "token_policies": "reads", "token_ttl": "6s", "token_type": "batch", "secret_id_num_uses": 1
    });
    let store = VaultStore::new(server.logging_in(app_role(&server, &role).await)).unwrap();
    assert!(read(&store, &place("app/x")).await.unwrap().is_none());
    assert_eq!(store.login_ends().await.unwrap(), None, "there is time, and a login to come");
    let mut said = None;
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        if read(&store, &place("app/x")).await.is_err() {
            break;
        }
        said = said.or(store.login_ends().await.ok().flatten());
    }
    let said = said.expect("its end was said while it held");
    assert!(said <= std::time::Duration::from_secs(2), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_is_read_again_when_somebody_replaces_it() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let mut settings = server.settings(&server.root);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("{}\n", server.root)).unwrap();
    settings.login = VaultLogin::TokenFile(file.path().into());
    let store = VaultStore::new(settings).unwrap();
    assert!(read(&store, &place("app/x")).await.unwrap().is_none());
    fs::write(file.path(), "another-token").unwrap();
    assert!(read(&store, &place("app/x")).await.is_err());
    fs::write(file.path(), &server.root).unwrap();
    assert!(read(&store, &place("app/x")).await.unwrap().is_none());
    for odd in ["", "\n", "two\nlines", "t\u{e9}"] {
        fs::write(file.path(), odd).unwrap();
        let error = read(&store, &place("app/x")).await.unwrap_err();
        assert!(said(&error).contains("holds no token"), "{odd:?}: {}", said(&error));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_restarted_and_unsealed_it_is_the_same_store() {
    if left_out() {
        return;
    }
    let mut server = OpenBao::sealable().await;
    let store = VaultStore::new(server.settings(&server.root)).unwrap();
    let at = place("app/sealed");
    let first = written(&store, &at, &Expected::Absent, "1").await;
    server.seal().await;
    let error = read(&store, &at).await.unwrap_err();
    assert!(said(&error).contains("is sealed") && error.class() == Class::Temporary, "{}", said(&error));
    let error = store.write(&at, &first, &body("2"), attempt(2)).await.unwrap_err();
    assert!(said(&error).contains("is sealed"), "{}", said(&error));
    server.unseal().await;
    let second = written(&store, &at, &first, "2").await;
    server.kill();
    // A connection that was open may have taken it along: then nobody can tell.
    match store.write(&at, &second, &body("3"), attempt(3)).await {
        Ok(answer) => assert!(matches!(answer, Written::Unclear(_)), "{answer:?}"),
        Err(error) => assert_eq!(error.class(), Class::Temporary, "{}", said(&error)),
    }
    server.start_again().await;
    assert!(said(&read(&store, &at).await.unwrap_err()).contains("is sealed"));
    server.unseal().await;
    assert_eq!(read(&store, &at).await.unwrap().map(|it| Expected::Version(it.version)), Some(second));
}
