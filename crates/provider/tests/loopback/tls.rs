//! Whose certificates are believed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{WantsServerCert, WebPkiClientVerifier};
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use twinkey_core::Answer;
use twinkey_core::AnswerKind::{Accepted, Misconfigured, Unavailable};
use twinkey_provider::{Settings, SettingsError, TokenEndpoint, Trust, WayError};

use crate::server::{Act, Server, probe, read_request, say, token};

/// An authority of one test.
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

    /// A server whose certificate is for this name, valid to the end of this year.
    async fn serve(&self, name: &str, last_year: i32) -> SocketAddr {
        self.serve_with(name, last_year, |builder| builder.with_no_client_auth()).await
    }

    /// The same server, with its own wishes as to the certificate of the client.
    async fn serve_with(
        &self,
        name: &str,
        last_year: i32,
        clients: impl FnOnce(
            ConfigBuilder<ServerConfig, WantsVerifier>,
        ) -> ConfigBuilder<ServerConfig, WantsServerCert>,
    ) -> SocketAddr {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let certificate = CertificateDer::from(params.signed_by(&key, &self.issuer).unwrap());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = clients(builder).with_single_cert(vec![certificate], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that does not believe the certificate breaks the handshake off.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                read_request(&mut stream).await;
                let Act::Say(bytes) = token() else { unreachable!() };
                say(&mut stream, &bytes).await;
                let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
            }
        });
        address
    }

    fn only(&self) -> Trust {
        Trust::Only(self.pem.clone().into_bytes())
    }

    fn also(&self) -> Trust {
        Trust::Also(self.pem.clone().into_bytes())
    }
}

async fn ask(server: SocketAddr, trust: Trust) -> Answer {
    let mut settings = Settings::new(format!("https://localhost:{}/token", server.port()).parse().unwrap());
    settings.way.trust = trust;
    probe(settings).await
}

/// The detail names the certificate and this reason.
fn is_about_the_certificate(answer: &Answer, why: &str) {
    assert_eq!(answer.kind, Misconfigured, "{}", answer.detail);
    assert!(answer.detail.contains("certificate is not accepted"), "{}", answer.detail);
    assert!(answer.detail.contains(why), "{}", answer.detail);
    assert!(!answer.detail.contains("skip") && !answer.detail.contains("insecure"), "{}", answer.detail);
}

#[tokio::test]
async fn a_named_authority_is_believed() {
    let authority = Authority::new("ours");
    let server = authority.serve("localhost", 2999).await;
    for trust in [authority.only(), authority.also()] {
        let answer = ask(server, trust).await;
        assert_eq!(answer.kind, Accepted, "{}", answer.detail);
    }
}

#[tokio::test]
async fn an_unknown_authority_is_a_matter_of_configuration() {
    let server = Authority::new("ours").serve("localhost", 2999).await;
    let other = Authority::new("another");
    for trust in [other.only(), other.also()] {
        is_about_the_certificate(&ask(server, trust).await, "its issuer is not trusted");
    }
}

#[tokio::test]
async fn a_certificate_of_another_host_is_a_matter_of_configuration() {
    let authority = Authority::new("ours");
    let server = authority.serve("elsewhere.example", 2999).await;
    let answer = ask(server, authority.only()).await;
    is_about_the_certificate(&answer, "localhost");
    is_about_the_certificate(&answer, "elsewhere.example");
}

#[tokio::test]
async fn an_expired_certificate_is_a_matter_of_configuration() {
    let authority = Authority::new("ours");
    let server = authority.serve("localhost", 2021).await;
    is_about_the_certificate(&ask(server, authority.only()).await, "it ended 2021-12-31T00:00:00Z");
}

#[tokio::test]
async fn a_server_without_tls_is_unavailable_and_gets_no_secret() {
    let authority = Authority::new("ours");
    let server = Server::start(token()).await;
    let answer = ask(server.address, authority.only()).await;
    assert_eq!(answer.kind, Unavailable, "{}", answer.detail);
    assert!(server.requests().iter().all(|request| !request.contains("client_secret")));
}

#[test]
fn a_ca_file_without_a_certificate_is_refused() {
    let url = "https://token.example/token";
    for pem in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        for trust in [Trust::Only(pem.into()), Trust::Also(pem.into())] {
            let mut settings = Settings::new(url.parse().unwrap());
            settings.way.trust = trust;
            assert_eq!(TokenEndpoint::new(settings).err(), Some(SettingsError::Way(WayError::Ca)), "{pem:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_is_told_apart_from_one_with_a_bad_certificate() {
    let authority = Authority::new("ours");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let server =
        authority.serve_with("localhost", 2999, |builder| builder.with_client_cert_verifier(clients)).await;
    let answer = ask(server, authority.only()).await;
    assert_eq!(answer.kind, Misconfigured, "{}", answer.detail);
    assert!(answer.detail.contains("asks for a client certificate"), "{}", answer.detail);
}

/// Starts a test again, alone, in an environment of its own: that of this process cannot be changed.
async fn again_with(test: &str, environment: &[(&str, PathBuf)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test]).env("LOOPBACK_TEST_AGAIN", "1").envs(environment.iter().cloned());
    let done = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

fn is_again() -> bool {
    std::env::var_os("LOOPBACK_TEST_AGAIN").is_some()
}

#[tokio::test]
async fn a_host_without_authorities_is_told_so_and_needs_none_where_none_are_asked_for() {
    if !is_again() {
        let none = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-authorities");
        std::fs::create_dir_all(&none).unwrap();
        let environment = [("SSL_CERT_DIR", none), ("SSL_CERT_FILE", PathBuf::from("/dev/null"))];
        let test = "tls::a_host_without_authorities_is_told_so_and_needs_none_where_none_are_asked_for";
        return again_with(test, &environment).await;
    }
    let refused = TokenEndpoint::new(Settings::new("https://token.example/token".parse().unwrap()));
    let refused = refused.unwrap_err();
    assert!(matches!(refused, SettingsError::Way(WayError::NoAuthorities(_))), "{refused:?}");
    assert!(refused.to_string().contains("install"), "{refused}");
    let plain = Server::start(token()).await;
    assert_eq!(probe(crate::server::settings(&plain)).await.kind, Accepted);
    let authority = Authority::new("ours");
    let server = authority.serve("localhost", 2999).await;
    for trust in [authority.only(), authority.also()] {
        assert_eq!(ask(server, trust).await.kind, Accepted);
    }
}

#[tokio::test]
async fn the_keys_of_a_connection_are_never_written_down() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keys.log");
    if !is_again() {
        let _ = std::fs::remove_file(&file);
        again_with(
            "tls::the_keys_of_a_connection_are_never_written_down",
            &[("SSLKEYLOGFILE", file.clone())],
        )
        .await;
        assert!(!file.exists());
        return;
    }
    let authority = Authority::new("ours");
    let server = authority.serve("localhost", 2999).await;
    assert_eq!(ask(server, authority.only()).await.kind, Accepted);
}
