//! The way out: only the proxy that is asked for.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use twinkey_core::AnswerKind::{Accepted, Misconfigured};
use twinkey_provider::{Proxy, Settings, SettingsError, TokenEndpoint, WayError};

use crate::server::{Act, Server, body, header, probe, response, settings, token};

fn through(proxy: &Server) -> Proxy {
    let login = Some(("proxy user".to_owned(), SecretString::from("p:w+1%")));
    Proxy::Url { url: proxy.url("/"), login }
}

#[tokio::test]
async fn a_proxy_is_used_with_its_login() {
    let server = Server::start(token()).await;
    let proxy = Server::start(token()).await;
    let mut settings = settings(&server);
    settings.way.proxy = through(&proxy);
    assert_eq!(probe(settings).await.kind, Accepted);
    let request = proxy.request();
    assert!(
        request.starts_with(&format!("POST {} HTTP/1.1\r\n", server.url("/as/token.oauth2"))),
        "{request}"
    );
    let login = format!("Basic {}", STANDARD.encode("proxy user:p:w+1%"));
    assert_eq!(header(&request, "proxy-authorization"), Some(login.as_str()));
    assert_eq!(server.accepts(), 0);
}

#[tokio::test]
async fn a_tunnel_is_asked_for_without_the_client_secret_and_its_refusal_blames_the_proxy() {
    for status in [403, 407] {
        let proxy = Server::start(response(status, "", "")).await;
        let mut settings = Settings::new("https://token.example/as/token.oauth2".parse().unwrap());
        settings.way.proxy = through(&proxy);
        let answer = probe(settings).await;
        assert_eq!(answer.kind, Misconfigured, "{status}");
        assert!(answer.detail.contains("the proxy 127.0.0.1"), "{}", answer.detail);
        assert!(!answer.detail.contains("user"), "{}", answer.detail);
        let request = proxy.request();
        assert!(request.starts_with("CONNECT token.example:443 HTTP/1.1\r\n"), "{request}");
        assert!(header(&request, "proxy-authorization").is_some());
        assert_eq!(header(&request, "authorization"), None);
        assert_eq!(body(&request), "");
    }
}

#[tokio::test]
async fn a_proxy_that_breaks_off_is_weather() {
    let proxy = Server::start(Act::Say(Vec::new())).await;
    let mut settings = Settings::new("https://token.example/as/token.oauth2".parse().unwrap());
    settings.way.proxy = through(&proxy);
    assert_eq!(probe(settings).await.kind, twinkey_core::AnswerKind::Unavailable);
}

#[tokio::test]
async fn a_secret_in_the_clear_never_leaves_through_a_proxy() {
    let server = Server::start(token()).await;
    let mut settings = settings(&server);
    settings.way.proxy = Proxy::Url { url: "http://proxy.example:3128".parse().unwrap(), login: None };
    assert!(matches!(TokenEndpoint::new(settings), Err(SettingsError::Way(WayError::Insecure(_)))));
}

/// The environment of a test cannot be changed, so the test starts itself again in another one.
#[tokio::test]
async fn ambient_proxies_are_ignored_unless_asked_for() {
    if let Ok(token_url) = std::env::var("LOOPBACK_TEST_TOKEN_URL") {
        let mut settings = Settings::new(token_url.parse().unwrap());
        if std::env::var_os("LOOPBACK_TEST_ASKED_FOR").is_some() {
            settings.way.proxy = Proxy::Environment;
        }
        probe(settings).await;
        return;
    }
    // The scheme, whether the environment's proxies are asked for, and the connections that server and proxy
    // then see. The server speaks no TLS; whether it is connected to is all that matters.
    let cases = [("http", false, 1, 0), ("https", false, 1, 0), ("https", true, 0, 1), ("http", true, 1, 0)];
    for (scheme, asked_for, at_server, at_proxy) in cases {
        let server = Server::start(token()).await;
        let proxy = Server::start(response(403, "", "")).await;
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "proxies::ambient_proxies_are_ignored_unless_asked_for"]);
        child.env("LOOPBACK_TEST_TOKEN_URL", format!("{scheme}://{}/token", server.address));
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            child.env(name, proxy.url("/").as_str());
        }
        child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD");
        if asked_for {
            child.env("LOOPBACK_TEST_ASKED_FOR", "1");
        }
        let done = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        let seen = (server.accepts(), proxy.accepts());
        assert_eq!(seen, (at_server, at_proxy), "{scheme}, asked for: {asked_for}");
    }
}
