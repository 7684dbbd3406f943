//! The token request in all its forms, answered by a server that we did not write.

use secrecy::SecretString;
use twinkey::clock::{Clock, SystemClock};
use twinkey_core::AnswerKind::{self, Accepted, Refused, Rejected};
use twinkey_provider::{ClientAuth, Grant, Settings, TokenEndpoint};

use crate::harness::authlib::{Authlib, left_out};

/// Everything that forms, percent-encoding and HTTP Basic treat specially.
const SPECIAL: &str = "p+l%u&s=q?#/:;,@!$'()*[]~\"<>\\^`{|}";

/// Both grants in each way of authentication.
fn forms(server: &Authlib) -> Vec<Settings> {
    let password = || Grant::Password { username: "api-user".to_owned(), password: "api-password".into() };
    let ways = [ClientAuth::Post, ClientAuth::Basic, ClientAuth::BasicRaw];
    let both = ways.map(|auth| [(Grant::ClientCredentials, auth), (password(), auth)]);
    both.into_iter().flatten().map(|(grant, auth)| Settings { grant, auth, ..form(server) }).collect()
}

/// The preset's form: `client_credentials` in the body, with a scope.
fn form(server: &Authlib) -> Settings {
    let mut settings = Settings::new(server.token_url().parse().unwrap());
    settings.scope = Some("gbg.token".to_owned());
    settings
}

async fn asked(settings: &Settings, id: &str, secret: &str) -> AnswerKind {
    let endpoint = TokenEndpoint::new(settings.clone()).unwrap();
    let answer = endpoint.probe(id, &SecretString::from(secret), SystemClock.now()).await;
    assert!(!answer.detail.contains(secret), "{settings:?}");
    answer.kind
}

#[tokio::test]
async fn every_form_gets_a_token_with_any_character_in_the_secret() {
    if left_out() {
        return;
    }
    let server = Authlib::start(60);
    server.put("some client", SPECIAL).await;
    for settings in forms(&server) {
        // A space in the id or the secret has no one spelling under Basic: see the next story.
        let id = if settings.auth == ClientAuth::Basic { "some-client" } else { "some client" };
        server.put(id, SPECIAL).await;
        assert_eq!(asked(&settings, id, SPECIAL).await, Accepted, "{settings:?}");
    }
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_client_are_rejected_in_every_form() {
    if left_out() {
        return;
    }
    let server = Authlib::start(60);
    server.put("client", SPECIAL).await;
    for settings in forms(&server) {
        assert_eq!(asked(&settings, "client", "wrong").await, Rejected, "{settings:?}");
        assert_eq!(asked(&settings, "nobody", SPECIAL).await, Rejected, "{settings:?}");
    }
}

#[tokio::test]
async fn a_regenerated_secret_is_dead_at_once_and_the_new_one_works() {
    if left_out() {
        return;
    }
    let server = Authlib::start(60);
    for settings in forms(&server) {
        server.put("client", "old").await;
        assert_eq!(asked(&settings, "client", "old").await, Accepted, "{settings:?}");
        server.put("client", SPECIAL).await;
        assert_eq!(asked(&settings, "client", "old").await, Rejected, "{settings:?}");
        assert_eq!(asked(&settings, "client", SPECIAL).await, Accepted, "{settings:?}");
    }
    let (id, old) = server.clients().await.swap_remove(0);
    let new = server.regenerate(&id).await;
    assert_eq!(asked(&form(&server), &id, &old).await, Rejected);
    assert_eq!(asked(&form(&server), &id, &new).await, Accepted);
}

#[tokio::test]
async fn a_wrong_scope_or_user_is_never_taken_for_a_wrong_secret() {
    if left_out() {
        return;
    }
    let server = Authlib::start(60);
    server.put("client", "right").await;
    let scope = Settings { scope: Some("another".to_owned()), ..form(&server) };
    assert_eq!(asked(&scope, "client", "right").await, Refused);
    let grant = Grant::Password { username: "api-user".to_owned(), password: "wrong".into() };
    let user = Settings { grant, ..form(&server) };
    assert_eq!(asked(&user, "client", "right").await, Refused);
}
