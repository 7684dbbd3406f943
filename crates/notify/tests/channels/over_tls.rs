//! Certificates.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use twinkey_notify::{Channel, Class, Delivered, Fault, Slack, Trust, Way};

use super::harness::{CANARY, notice, now, secret, way};

/// A server that takes anything; its port, and its certificate.
async fn server(name: &str) -> (u16, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let pem = made.cert.pem();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 16_384]).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                .await;
            let _ = stream.shutdown().await;
        }
    });
    (port, pem)
}

fn slack(port: u16, trust: Trust) -> Slack {
    let url = secret(&format!("https://localhost:{port}/services/{CANARY}"));
    Slack::new(&url, &Way { trust, ..way() }).unwrap()
}

#[tokio::test]
async fn only_an_authority_that_is_named_is_believed() {
    let (port, pem) = server("localhost").await;
    let named = slack(port, Trust::Only(pem.into_bytes()));
    assert_eq!(named.deliver(&notice(), now()).await, Ok(Delivered::default()));
    let (_, other) = server("localhost").await;
    let error = slack(port, Trust::Only(other.into_bytes())).deliver(&notice(), now()).await.unwrap_err();
    assert_eq!(error.class, Class::Failed(Fault::Connection), "{error}");
    assert!(error.to_string().contains("name its CA file"), "{error}");
}

#[tokio::test]
async fn another_hosts_certificate_is_refused_and_no_name_shows() {
    let (port, pem) = server("elsewhere.example").await;
    let error = slack(port, Trust::Only(pem.into_bytes())).deliver(&notice(), now()).await.unwrap_err();
    assert_eq!(error.class, Class::Failed(Fault::Connection), "{error}");
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("another host") && !shown.contains("localhost") && !shown.contains(CANARY),
        "{shown}"
    );
}
