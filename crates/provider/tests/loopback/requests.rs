//! What is sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use twinkey_core::AnswerKind::Accepted;
use twinkey_provider::{ApiCall, ClientAuth, Grant, Settings, SettingsError, TokenEndpoint};

use crate::server::{SECRET, Server, body, header, json, now, probe, settings, token};

const ID_AND_SECRET: &str = "client_id=client+a&client_secret=s3%2Bcr%25t%3Ava%3Dl%26u+e";

fn password() -> Grant {
    Grant::Password { username: "api user".to_owned(), password: SecretString::from("p+w%d&=: x") }
}

#[tokio::test]
async fn client_credentials_are_sent_as_a_form() {
    let server = Server::start(token()).await;
    let mut settings = settings(&server);
    settings.scope = Some("gbg.token other".to_owned());
    settings.extra = vec![("audience".to_owned(), "a&b=c".to_owned())];
    assert_eq!(probe(settings).await.kind, Accepted);
    let request = server.request();
    assert!(request.starts_with("POST /as/token.oauth2 HTTP/1.1\r\n"), "{request}");
    let form =
        format!("grant_type=client_credentials&{ID_AND_SECRET}&scope=gbg.token+other&audience=a%26b%3Dc");
    assert_eq!(body(&request), form);
    assert_eq!(header(&request, "content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(header(&request, "content-length"), Some(form.len().to_string().as_str()));
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(header(&request, "cache-control"), Some("no-store"));
    assert_eq!(header(&request, "host"), Some(server.address.to_string().as_str()));
    assert_eq!(header(&request, "authorization"), None);
    assert_eq!(header(&request, "accept-encoding"), None, "a compressed body could grow beyond its cap");
}

#[tokio::test]
async fn the_password_grant_sends_user_and_password_too() {
    let server = Server::start(token()).await;
    let mut settings = settings(&server);
    settings.grant = password();
    assert_eq!(probe(settings).await.kind, Accepted);
    let form = format!("grant_type=password&username=api+user&password=p%2Bw%25d%26%3D%3A+x&{ID_AND_SECRET}");
    assert_eq!(body(&server.request()), form);
}

#[tokio::test]
async fn basic_encodes_id_and_secret_first() {
    let server = Server::start(token()).await;
    let mut settings = settings(&server);
    settings.auth = ClientAuth::Basic;
    assert_eq!(probe(settings).await.kind, Accepted);
    let request = server.request();
    let expected = STANDARD.encode("client+a:s3%2Bcr%25t%3Ava%3Dl%26u+e");
    assert_eq!(header(&request, "authorization"), Some(format!("Basic {expected}").as_str()));
    assert_eq!(body(&request), "grant_type=client_credentials", "never in two forms at once");
}

#[tokio::test]
async fn raw_basic_sends_id_and_secret_as_they_are() {
    let server = Server::start(token()).await;
    let mut settings = settings(&server);
    settings.auth = ClientAuth::BasicRaw;
    settings.grant = password();
    assert_eq!(probe(settings).await.kind, Accepted);
    let request = server.request();
    let expected = STANDARD.encode(format!("client a:{SECRET}"));
    assert_eq!(header(&request, "authorization"), Some(format!("Basic {expected}").as_str()));
    assert_eq!(body(&request), "grant_type=password&username=api+user&password=p%2Bw%25d%26%3D%3A+x");
}

#[tokio::test]
async fn configured_headers_are_sent() {
    let server = Server::start(token()).await;
    let mut settings = settings(&server);
    settings.headers = vec![("X-Api-Key".to_owned(), SecretString::from("key 1"))];
    probe(settings).await;
    assert_eq!(header(&server.request(), "x-api-key"), Some("key 1"));
}

#[tokio::test]
async fn the_api_call_carries_the_fresh_token_and_no_secret() {
    let tokens = Server::start(token()).await;
    let api = Server::start(json(200, "{}")).await;
    let mut settings = settings(&tokens);
    settings.headers = vec![("X-Api-Key".to_owned(), SecretString::from("key 1"))];
    settings.api_call =
        Some(ApiCall { method: "GET".to_owned(), url: api.url("/eu/v2/captain/ping"), accept: vec![200] });
    assert_eq!(probe(settings).await.kind, Accepted);
    let request = api.request();
    assert!(request.starts_with("GET /eu/v2/captain/ping HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "authorization"), Some("Bearer fresh-token"));
    assert_eq!(body(&request), "");
    assert_eq!(header(&request, "x-api-key"), None, "the token endpoint's headers are its own");
}

#[tokio::test]
async fn every_probe_has_a_connection_of_its_own() {
    let server = Server::start(token()).await;
    let endpoint = TokenEndpoint::new(settings(&server)).unwrap();
    for probes in 1..=3 {
        let answer = endpoint.probe("client a", &SecretString::from(SECRET), now()).await;
        assert_eq!(answer.kind, Accepted);
        assert_eq!(server.accepts(), probes);
    }
}

#[test]
fn what_the_request_sets_itself_cannot_be_configured_too() {
    let https = || Settings::new("https://token.example/token".parse().unwrap());
    for name in
        ["Content-Type", "content-length", "Host", "Transfer-Encoding", "Connection", "Accept-Encoding"]
    {
        let mut settings = https();
        settings.headers = vec![(name.to_owned(), SecretString::from("x"))];
        let refused = TokenEndpoint::new(settings).err();
        assert_eq!(refused, Some(SettingsError::ReservedHeader(name.to_owned())), "{name}");
    }
    for (auth, free) in [(ClientAuth::Post, true), (ClientAuth::Basic, false), (ClientAuth::BasicRaw, false)]
    {
        let mut settings = https();
        settings.auth = auth;
        settings.headers = vec![("Authorization".to_owned(), SecretString::from("Gateway x"))];
        assert_eq!(TokenEndpoint::new(settings).is_ok(), free, "{auth:?}");
    }
    for name in ["grant_type", "client_id", "client_secret", "scope", "username", "password"] {
        let mut settings = https();
        settings.extra = vec![(name.to_owned(), "x".to_owned())];
        let refused = TokenEndpoint::new(settings).err();
        assert_eq!(refused, Some(SettingsError::ReservedParameter(name.to_owned())), "{name}");
    }
}
