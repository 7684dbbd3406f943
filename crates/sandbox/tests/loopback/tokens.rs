//! The token endpoint and the API behind it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::DATE;
use serde_json::Value;
use twinkey_sandbox::{Options, PASSWORD, Sandbox, USERNAME};

use crate::client::{GRANT, http, ids, refusal, request, sandbox, token};

async fn call(sandbox: &Sandbox, token: &str) -> u16 {
    http().get(sandbox.api_url("eu")).bearer_auth(token).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_token_comes_as_the_page_documents_it() {
    let sandbox = sandbox(Options { token_lifetime: Duration::from_secs(90), ..Options::default() }).await;
    let (id, _) = ids(&sandbox);
    let secret = sandbox.secret_of(&id).unwrap();
    let answer: Value = request(&sandbox, &id, &secret).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 90);
    assert_eq!(call(&sandbox, answer["access_token"].as_str().unwrap()).await, 200);
    assert_eq!(http().get(sandbox.token_url()).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn an_api_call_without_the_role_is_403() {
    let sandbox = sandbox(Options::default()).await;
    let (id, other) = ids(&sandbox);
    let (a, b) = (token(&sandbox, &id).await, token(&sandbox, &other).await);
    assert_eq!(call(&sandbox, &a).await, 200);
    assert!(sandbox.set_role(&id, false));
    assert_eq!(call(&sandbox, &a).await, 403);
    let fresh = token(&sandbox, &id).await;
    assert_eq!(call(&sandbox, &fresh).await, 403, "a token is issued all the same");
    assert_eq!(call(&sandbox, &b).await, 200, "the other client keeps its role");
    assert!(sandbox.set_role(&id, true));
    assert_eq!(call(&sandbox, &a).await, 200);
    assert_eq!(call(&sandbox, "unknown").await, 401);
    assert_eq!(http().get(sandbox.api_url("eu")).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_token_dies_with_its_lifetime_and_not_with_its_secret() {
    let lifetime = Duration::from_secs(1);
    let sandbox = sandbox(Options { token_lifetime: lifetime, ..Options::default() }).await;
    let (id, _) = ids(&sandbox);
    let token = token(&sandbox, &id).await;
    sandbox.regenerate(&id).unwrap();
    assert_eq!(call(&sandbox, &token).await, 200);
    tokio::time::sleep(lifetime).await;
    assert_eq!(call(&sandbox, &token).await, 401);
}

#[tokio::test]
async fn the_password_grant_needs_user_and_password() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    let secret = sandbox.secret_of(&id).unwrap();
    let form = [
        ("grant_type", "password"),
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
        ("username", USERNAME),
        ("password", PASSWORD),
    ];
    let ask = async |form: &[(&str, &str)]| http().post(sandbox.token_url()).form(form).send().await.unwrap();
    assert_eq!(ask(&form).await.status(), 200);
    for (name, value) in [("username", "someone"), ("password", "wrong")] {
        let without: Vec<_> = form.into_iter().filter(|(field, _)| *field != name).collect();
        let with_wrong: Vec<_> = without.iter().copied().chain([(name, value)]).collect();
        for form in [without, with_wrong] {
            assert_eq!(refusal(ask(&form).await).await, (400, "invalid_grant".to_owned()), "{form:?}");
        }
    }
    for name in ["client_id", "client_secret", "grant_type"] {
        let without: Vec<_> = form.into_iter().filter(|(field, _)| *field != name).collect();
        assert_eq!(refusal(ask(&without).await).await, (400, "invalid_request".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn an_unknown_grant_or_scope_is_refused() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    let secret = sandbox.secret_of(&id).unwrap();
    let login = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
    let cases = [
        (vec![("grant_type", "implicit")], "unsupported_grant_type"),
        (vec![("grant_type", "client_credentials"), ("scope", "everything")], "invalid_scope"),
    ];
    for (mut form, error) in cases {
        form.extend(login);
        let answer = http().post(sandbox.token_url()).form(&form).send().await.unwrap();
        assert_eq!(refusal(answer).await, (400, error.to_owned()));
    }
}

/// Every character as its percent code: RFC 6749 section 2.3.1 has both parts form-urlencoded, so a server must
/// decode them, whether they needed it or not.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn basic_is_decoded_as_the_rfc_says() {
    for (basic_raw, plain_status, encoded_status) in [(false, 200, 200), (true, 200, 401)] {
        let sandbox = sandbox(Options { basic_raw, ..Options::default() }).await;
        let (id, _) = ids(&sandbox);
        let secret = sandbox.secret_of(&id).unwrap();
        let ask = async |id: &str, secret: &str| {
            let login = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
            let request = http().post(sandbox.token_url()).header("authorization", login).form(GRANT);
            request.send().await.unwrap().status().as_u16()
        };
        assert_eq!(ask(&id, &secret).await, plain_status, "raw: {basic_raw}");
        assert_eq!(ask(&encoded(&id), &encoded(&secret)).await, encoded_status, "raw: {basic_raw}");
        assert_eq!(ask(&id, "wrong").await, 401, "raw: {basic_raw}");
        assert_eq!(ask(&id, &format!("{secret}&y=1")).await, 401, "an ampersand belongs to the secret");
    }
}

#[tokio::test]
async fn id_and_secret_come_in_one_form_only() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    let secret = sandbox.secret_of(&id).unwrap();
    let both = request(&sandbox, &id, &secret).basic_auth(&id, Some(&secret));
    assert_eq!(refusal(both.send().await.unwrap()).await, (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn the_providers_clock_can_be_off() {
    for ahead in [600, -600] {
        let sandbox = sandbox(Options { clock_ahead: ahead, ..Options::default() }).await;
        let (id, _) = ids(&sandbox);
        let date = async || {
            let answer = request(&sandbox, &id, "wrong").send().await.unwrap();
            httpdate::parse_http_date(answer.headers()[DATE].to_str().unwrap()).unwrap()
        };
        let off = date().await;
        sandbox.set_clock_ahead(0);
        let right = date().await;
        let (early, late) = if ahead > 0 { (right, off) } else { (off, right) };
        let apart = late.duration_since(early).unwrap().as_secs();
        assert!((595..=605).contains(&apart), "{apart}");
    }
}
