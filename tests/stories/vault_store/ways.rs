//! The ways to a server: certificates, a gate with a path of its own, namespaces.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::request::Parts;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use twinkey_store::{Authorities, VaultLogin, VaultSettings};

use super::*;

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate with its key.
    fn certify(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages.push(usage);
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_given_authorities_are_believed_and_a_certificate_logs_in() {
    if left_out() {
        return;
    }
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let (certificate, key) = ours.certify("127.0.0.1", ExtendedKeyUsagePurpose::ServerAuth);
    let server = OpenBao::over_tls(&certificate, &key, &ours.pem).await;
    let policy = json!({ "policy": "path \"secret/data/*\" { capabilities = [\"read\"] }" });
    server.api(Method::PUT, "sys/policies/acl/reads", &policy).await;
    server.api(Method::POST, "sys/auth/cert", &json!({ "type": "cert" })).await;
    let role = json!({ "certificate": ours.pem, "token_policies": "reads", "display_name": "host-one" });
    server.api(Method::POST, "auth/cert/certs/twinkey", &role).await;

    let mut settings = server.settings(&server.root);
    for (authorities, believed) in [
        (Authorities::System, false),
        (Authorities::Only(others.pem.clone().into_bytes()), false),
        (Authorities::Also(ours.pem.clone().into_bytes()), true),
        (Authorities::Only(ours.pem.clone().into_bytes()), true),
    ] {
        settings.authorities = authorities;
        match read(&VaultStore::new(settings.clone()).unwrap(), &place("app/x")).await {
            Ok(found) => assert!(believed && found.is_none()),
            Err(error) => {
                assert!(!believed && said(&error).contains("certificate"), "{}", said(&error));
                assert_eq!(error.class(), Class::Temporary);
            }
        }
    }

    settings.login = VaultLogin::Certificate { mount: "cert".into(), role: None };
    let without = read(&VaultStore::new(settings.clone()).unwrap(), &place("app/x")).await.unwrap_err();
    assert!(said(&without).contains("refuses our login"), "{}", said(&without));
    let (certificate, key) = ours.certify("host-one", ExtendedKeyUsagePurpose::ClientAuth);
    settings.identity = Some(format!("{certificate}{key}").into());
    for role in [None, Some("twinkey".to_owned())] {
        settings.login = VaultLogin::Certificate { mount: "cert".into(), role };
        let store = VaultStore::new(settings.clone()).unwrap();
        assert!(read(&store, &place("app/x")).await.unwrap().is_none());
        assert!(store.who().await.unwrap().unwrap().name.contains("host-one"));
    }
    settings.identity = Some("no PEM at all".into());
    assert!(VaultStore::new(settings).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_is_a_world_of_its_own() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    server.api(Method::POST, "sys/namespaces/ops", &json!({})).await;
    let kv = json!({ "type": "kv", "options": { "version": "2" } });
    server.api(Method::POST, "ops/sys/mounts/secret", &kv).await;
    let outside = VaultStore::new(server.settings(&server.root)).unwrap();
    let mut settings = server.settings(&server.root);
    settings.namespace = Some("ops".into());
    let inside = VaultStore::new(settings.clone()).unwrap();
    written(&inside, &place("app/x"), &Expected::Absent, "1").await;
    assert!(read(&outside, &place("app/x")).await.unwrap().is_none());
    assert!(read(&inside, &place("app/x")).await.unwrap().is_some());
    settings.namespace = Some("nowhere".into());
    assert!(read(&VaultStore::new(settings).unwrap(), &place("app/x")).await.is_err());
}

/// A gate that hands on what comes below `/gate/`, and nothing else; some paths it answers itself.
async fn gate(to: String) -> SocketAddr {
    let own = |parts: &Parts| {
        let Some(path) = parts.uri.path().strip_prefix("/gate/").filter(|path| !path.contains("/lost/"))
        else {
            return Err((StatusCode::NOT_FOUND, Bytes::from("404 page not found")));
        };
        if path.contains("/moved/") {
            return Err((StatusCode::TEMPORARY_REDIRECT, Bytes::new()));
        }
        Ok(path.to_owned())
    };
    standing_before(to, own).await
}

/// What OpenBao cannot be made to do: refuse the header that asks for the active node, as every Community server of
/// Vault does. It counts the refusals, and documents below `odd/` it does not read.
async fn like_vault(to: String) -> (SocketAddr, Arc<AtomicU32>) {
    let refusals = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&refusals);
    let own = move |parts: &Parts| {
        let said = |text: &str| Bytes::from(json!({ "errors": [text] }).to_string());
        if parts.headers.contains_key("x-vault-forward") {
            counted.fetch_add(1, Ordering::Relaxed);
            let text = "forwarding via header X-Vault-Forward disabled in configuration";
            return Err((StatusCode::BAD_REQUEST, said(text)));
        }
        if parts.method == Method::GET && parts.uri.path().contains("/odd/") {
            return Err((StatusCode::BAD_REQUEST, said("what nobody foresaw")));
        }
        Ok(parts.uri.path().trim_start_matches('/').to_owned())
    };
    (standing_before(to, own).await, refusals)
}

/// A server that answers for itself, or hands on to the path that is left.
async fn standing_before<F>(to: String, own: F) -> SocketAddr
where
    F: Fn(&Parts) -> Result<String, (StatusCode, Bytes)> + Clone + Send + Sync + 'static,
{
    let app = axum::Router::new().fallback(move |request: Request| {
        let (to, own) = (to.clone(), own.clone());
        async move {
            let (parts, body) = request.into_parts();
            let path = match own(&parts) {
                Ok(path) => path,
                Err(answer) => return answer,
            };
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
            let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            let mut on = http.request(parts.method, format!("{to}/{path}{query}")).body(body.to_vec());
            for name in ["x-vault-token", "x-vault-request"] {
                if let Some(value) = parts.headers.get(name) {
                    on = on.header(name, value);
                }
            }
            let answer = on.send().await.unwrap();
            (answer.status(), answer.bytes().await.unwrap())
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Settings that lead through a gate.
async fn through_a_gate(server: &OpenBao) -> VaultSettings {
    let mut settings = server.settings(&server.root);
    settings.address = format!("http://{}/gate/", gate(server.address()).await).parse().unwrap();
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_may_give_the_address_a_path() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let mut settings = through_a_gate(&server).await;
    let store = VaultStore::new(settings.clone()).unwrap();
    let first = written(&store, &place("app/x"), &Expected::Absent, "1").await;
    written(&store, &place("app/x"), &first, "2").await;
    assert!(store.who().await.unwrap().is_some());
    settings.address.set_path("/");
    let error = read(&VaultStore::new(settings).unwrap(), &place("app/x")).await.unwrap_err();
    assert!(said(&error).contains("does not speak as Vault"), "{}", said(&error));
    assert_eq!(error.class(), Class::Temporary);
}

/// The engine was looked at already when the gate loses its way: that is not "never written".
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_s_own_answers_are_not_the_server_s() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let store = VaultStore::new(through_a_gate(&server).await).unwrap();
    assert!(read(&store, &place("app/x")).await.unwrap().is_none());
    let lost = place("lost/x");
    let write = async |at| store.write(at, &Expected::Absent, &body("1"), attempt(1)).await;
    for error in [read(&store, &lost).await.unwrap_err(), write(&lost).await.unwrap_err()] {
        let wanted = "does not speak as Vault";
        assert!(said(&error).contains(wanted) && error.class() == Class::Temporary, "{}", said(&error));
    }
}

/// A standby node answers so when it handed a request to the active node and has lost the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_says_nothing_of_a_write_and_passes() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let store = VaultStore::new(through_a_gate(&server).await).unwrap();
    let wanted = ["answers with a redirect (307)", "the address of the cluster or of its active node"];
    let at = place("moved/x");
    let error = read(&store, &at).await.unwrap_err();
    assert!(wanted.iter().all(|part| said(&error).contains(part)), "{}", said(&error));
    assert_eq!(error.class(), Class::Temporary);
    match store.write(&at, &Expected::Absent, &body("1"), attempt(1)).await.unwrap() {
        Written::Unclear(why) => assert!(wanted.iter().all(|part| why.contains(part)), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_lets_nobody_choose_the_node_is_asked_without_that() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let (address, refusals) = like_vault(server.address()).await;
    let mut settings = server.settings(&server.root);
    settings.address = format!("http://{address}").parse().unwrap();
    let store = VaultStore::new(settings).unwrap();
    let at = place("app/x");
    assert!(read(&store, &at).await.unwrap().is_none());
    let first = written(&store, &at, &Expected::Absent, "1").await;
    assert_eq!(read(&store, &at).await.unwrap().map(|it| Expected::Version(it.version)), Some(first));
    assert_eq!(refusals.load(Ordering::Relaxed), 1, "it is remembered");
}

/// The condition did not hold, and the look that follows fails: an earlier sending of the same attempt may stand.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_write_whose_look_fails_is_in_doubt() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let mut settings = server.settings(&server.root);
    settings.address = format!("http://{}", like_vault(server.address()).await.0).parse().unwrap();
    let store = VaultStore::new(settings).unwrap();
    let at = place("odd/x");
    assert_eq!(read(&store, &at).await.unwrap_err().class(), Class::Permanent);
    written(&store, &at, &Expected::Absent, "1").await;
    match store.write(&at, &Expected::Absent, &body("1"), attempt(1)).await.unwrap() {
        Written::Unclear(why) => assert!(why.contains("refused, and then"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_of_the_server_is_said_by_that_name() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let store = VaultStore::new(server.settings(&server.root)).unwrap();
    assert!(read(&store, &place("app/x")).await.unwrap().is_none());
    let quota = json!({ "path": "secret/", "rate": 1, "interval": "60s" });
    server.api(Method::POST, "sys/quotas/rate-limit/slow", &quota).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(read(&store, &place("app/x")).await);
    }
    let error = answers.pop().unwrap().unwrap_err();
    assert!(
        said(&error).contains("rate limit quota") && error.class() == Class::Temporary,
        "{}",
        said(&error)
    );
}
