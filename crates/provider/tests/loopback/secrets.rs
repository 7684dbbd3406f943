//! What never shows, and addresses to which no secret is sent.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use secrecy::SecretString;
use twinkey_core::AnswerKind;
use twinkey_provider::{ApiCall, ClientAuth, Grant, Proxy, Settings, SettingsError, TokenEndpoint, WayError};

use crate::server::{Server, json, now, response, settings};

/// Stands in every secret, so that any rest of one is found.
const CANARY: &str = "Canary";

const SECRET: &str = "Canary+%:=& S'<\"/1";
const PASSWORD: &str = "Canary+%:=& P'<\"/2";
const HEADER: &str = "Canary+%:=& H'<\"/3";

/// Settings with a canary wherever a secret can be.
fn with_secrets(mut settings: Settings) -> Settings {
    let password = SecretString::from(PASSWORD);
    settings.grant = Grant::Password { username: "user".to_owned(), password };
    settings.headers = vec![("X-Api-Key".to_owned(), SecretString::from(HEADER))];
    settings
}

/// A text in the spellings in which servers send back what they were sent.
fn spellings(text: &str) -> Vec<String> {
    let percent = |encode: fn(u8) -> String| text.bytes().map(encode).collect::<String>();
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let basic = format!("id:{text}");
    vec![
        text.to_owned(),
        form.clone(),
        form.replace('+', "%20"),
        percent(
            |byte| {
                if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02x}") }
            },
        ),
        percent(
            |byte| if b"%&+ ".contains(&byte) { format!("%{byte:02X}") } else { char::from(byte).into() },
        ),
        percent(|byte| format!("%{byte:02X}")),
        text.replace('"', "\\\"").replace('/', "\\/"),
        text.replace('&', "\\u0026").replace('<', "\\u003c").replace('\'', "\\u0027").replace('"', "\\\""),
        text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;").replace('"', "&#34;"),
        text.replace('&', "&#x26;").replace('<', "&#x3C;").replace('\'', "&#x27;").replace('"', "&quot;"),
        text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;").replace('"', "&quot;"),
        STANDARD.encode(&basic),
        URL_SAFE.encode(&basic),
        STANDARD.encode(text),
    ]
}

/// What must not show: the canary, also at every offset of base64.
fn shows(text: &str) -> bool {
    let core = |skip: usize| STANDARD.encode(&CANARY.as_bytes()[skip..skip + 3]);
    text.to_ascii_lowercase().contains(&CANARY.to_ascii_lowercase())
        || (0..3).any(|skip| text.contains(&core(skip)))
}

#[tokio::test]
async fn an_echo_never_shows_a_secret() {
    for secret in [SECRET, PASSWORD, HEADER] {
        for echo in spellings(secret) {
            let page = format!("<h1>you sent {echo}</h1>");
            let oauth = serde_json::json!({ "error": echo, "error_description": format!("bad {echo}") });
            let servers = [
                json(401, &oauth.to_string()),
                json(200, &oauth.to_string()),
                json(400, &page),
                response(200, &format!("Content-Type: {}\r\n", echo), &page),
                response(503, "Content-Type: text/html\r\n", &page),
                response(403, "Content-Type: text/html\r\n", &page),
                response(307, &format!("Location: http://127.0.0.1:1/{echo}\r\n"), &page),
                response(418, "", &page),
            ];
            for act in servers {
                let server = Server::start(act.clone()).await;
                for auth in [ClientAuth::Post, ClientAuth::Basic] {
                    let mut settings = with_secrets(settings(&server));
                    settings.auth = auth;
                    let endpoint = TokenEndpoint::new(settings).unwrap();
                    let answer = endpoint.probe("id", &SecretString::from(SECRET), now()).await;
                    assert!(!shows(&format!("{answer:?}")), "{echo}: {answer:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_token_never_shows() {
    let bodies = [
        r#"{"access_token":"Canary-1","token_type":"Bearer","expires_in":60}"#,
        r#"{"access_token":"Canary-1","token_type":"mac"}"#,
        r#"{"access_token":"Canary-1","error":"odd","error_description":"Canary-1"}"#,
        r#"{"access_token":"Canary-1","#,
        r#"[{"access_token":"Canary-1","token_type":"Bearer"}]"#,
        r#"{"refresh_token":"Canary-1","#,
        r#"{"accessToken":"Canary-1","#,
        "access_token=Canary-1&token_type=bearer",
    ];
    for body in bodies {
        for status in [200, 400, 401, 403, 404, 418, 500, 503] {
            let server = Server::start(json(status, body)).await;
            let mut settings = settings(&server);
            let echo = Server::start(json(403, r#"{"token":"Canary-1"}"#)).await;
            settings.api_call =
                Some(ApiCall { method: "GET".to_owned(), url: echo.url("/"), accept: vec![200] });
            let endpoint = TokenEndpoint::new(settings).unwrap();
            let answer = endpoint.probe("id", &SecretString::from(SECRET), now()).await;
            assert!(!shows(&format!("{answer:?}")), "{status} {body}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_does_not_show() {
    let server = Server::start(json(200, r#"{"access_token":"Canary\n-1","token_type":"Bearer"}"#)).await;
    let mut settings = settings(&server);
    settings.api_call =
        Some(ApiCall { method: "GET".to_owned(), url: server.url("/api"), accept: vec![200] });
    let endpoint = TokenEndpoint::new(settings).unwrap();
    let answer = endpoint.probe("id", &SecretString::from(SECRET), now()).await;
    assert_eq!(answer.kind, AnswerKind::Protocol);
    assert!(!shows(&format!("{answer:?}")), "{answer:?}");
    assert_eq!(server.accepts(), 1);
}

#[test]
fn settings_and_endpoint_show_no_secret() {
    let mut settings = with_secrets(Settings::new("https://token.example/token?key=Canary".parse().unwrap()));
    let login = Some((format!("{CANARY} name"), SecretString::from(PASSWORD)));
    settings.way.proxy = Proxy::Url { url: "http://proxy.example:3128".parse().unwrap(), login };
    settings.extra = vec![("assertion".to_owned(), SECRET.to_owned())];
    let url = "https://api.example/ping?key=Canary".parse().unwrap();
    settings.api_call = Some(ApiCall { method: "GET".to_owned(), url, accept: vec![200] });
    assert!(!shows(&format!("{settings:?} {settings:#?}")), "{settings:?}");
    let endpoint = TokenEndpoint::new(settings.clone()).unwrap();
    assert!(!shows(&format!("{endpoint:?} {endpoint:#?}")), "{endpoint:?}");
    // Before they are refused.
    settings.token_url = "https://Canary:Canary@token.example/token".parse().unwrap();
    settings.way.proxy =
        Proxy::Url { url: "http://Canary:Canary@proxy.example:3128".parse().unwrap(), login: None };
    assert!(!shows(&format!("{settings:?} {}", settings.way.proxy)), "{settings:?}");
    for said in ["token.example/token", "proxy.example:3128", "assertion", "X-Api-Key", "api.example/ping"] {
        assert!(format!("{settings:?}").contains(said), "{said} is no secret: {settings:?}");
    }
}

#[test]
fn what_is_wrong_with_settings_shows_no_secret() {
    let good = || with_secrets(Settings::new("https://token.example/token".parse().unwrap()));
    let mut header = good();
    header.headers = vec![("X-Api-Key".to_owned(), SecretString::from("Canary\n"))];
    let mut userinfo = good();
    userinfo.token_url = "https://user:Canary@token.example/token".parse().unwrap();
    let mut proxy = good();
    proxy.way.proxy = Proxy::Url { url: "http://user:Canary@proxy.example".parse().unwrap(), login: None };
    for settings in [header, userinfo, proxy] {
        let error = TokenEndpoint::new(settings).unwrap_err();
        assert!(!shows(&format!("{error} {error:?}")), "{error:?}");
    }
}

#[test]
fn plain_http_is_for_loopback_only() {
    let refused = |url: &str| TokenEndpoint::new(Settings::new(url.parse().unwrap())).err();
    let insecure = Some(SettingsError::Way(WayError::Insecure("the token address")));
    for host in ["token.example", "192.0.2.1", "10.0.0.1", "0.0.0.0", "localhost.example", "[2001:db8::1]"] {
        assert_eq!(refused(&format!("http://{host}/token")), insecure, "{host}");
    }
    for url in ["ftp://localhost/token", "file:///token"] {
        let none = SettingsError::Way(WayError::NoAddress("the token address"));
        assert_eq!(refused(url), Some(none), "{url}");
    }
    for host in ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"] {
        assert_eq!(refused(&format!("http://{host}/token")), None, "{host}");
    }
    let mut settings = Settings::new("https://token.example/token".parse().unwrap());
    let url = "http://api.example/ping".parse().unwrap();
    settings.api_call = Some(ApiCall { method: "GET".to_owned(), url, accept: vec![200] });
    assert_eq!(
        TokenEndpoint::new(settings).err(),
        Some(SettingsError::Way(WayError::Insecure("the API address")))
    );
}

#[test]
fn a_name_or_password_in_an_address_is_refused() {
    for url in
        ["https://user@token.example/", "https://user:pass@token.example/", "https://:p@token.example/"]
    {
        let refused = TokenEndpoint::new(Settings::new(url.parse().unwrap())).err();
        assert_eq!(refused, Some(SettingsError::Way(WayError::Userinfo("the token address"))), "{url}");
    }
}
