//! A plain HTTP client for a sandbox.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use twinkey_sandbox::{Options, Sandbox};

/// The form that GBG GO documents.
pub(crate) const GRANT: &[(&str, &str)] = &[("grant_type", "client_credentials"), ("scope", "gbg.token")];

pub(crate) fn http() -> Client {
    let redirects = reqwest::redirect::Policy::none();
    // Plain HTTP on loopback needs no certificate authorities.
    Client::builder().no_proxy().redirect(redirects).tls_certs_only([]).build().unwrap()
}

pub(crate) async fn sandbox(options: Options) -> Sandbox {
    Sandbox::start(options).await.unwrap()
}

/// The ids of the two clients that every sandbox begins with.
pub(crate) fn ids(sandbox: &Sandbox) -> (String, String) {
    let clients = sandbox.clients();
    (clients[0].id.clone(), clients[1].id.clone())
}

/// A token request with id and secret in the form.
pub(crate) fn request(sandbox: &Sandbox, id: &str, secret: &str) -> RequestBuilder {
    let mut form = GRANT.to_vec();
    form.extend([("client_id", id), ("client_secret", secret)]);
    http().post(sandbox.token_url()).form(&form)
}

/// The status of a token request.
pub(crate) async fn ask(sandbox: &Sandbox, id: &str, secret: &str) -> u16 {
    request(sandbox, id, secret).send().await.unwrap().status().as_u16()
}

/// The status of a token request with the secret that counts.
pub(crate) async fn ask_rightly(sandbox: &Sandbox, id: &str) -> u16 {
    ask(sandbox, id, &sandbox.secret_of(id).unwrap()).await
}

/// A fresh token.
pub(crate) async fn token(sandbox: &Sandbox, id: &str) -> String {
    let secret = sandbox.secret_of(id).unwrap();
    let answer: Value = request(sandbox, id, &secret).send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// Status and `error` member of an answer.
pub(crate) async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    (status, answer["error"].as_str().unwrap_or_default().to_owned())
}
