//! Who may not use it.

use std::io::ErrorKind;

use reqwest::header::{HOST, ORIGIN};
use twinkey_sandbox::{Options, Sandbox};

use crate::client::{ask_rightly, http, ids, request, sandbox};

#[tokio::test]
async fn refuses_to_listen_beyond_loopback() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[2001:db8::1]:0"] {
        let options = Options { address: address.parse().unwrap(), ..Options::default() };
        let refused = Sandbox::start(options).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{address}");
        assert!(refused.to_string().contains("loopback"), "{refused}");
    }
}

#[tokio::test]
async fn a_foreign_origin_cannot_press_the_button() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    let before = sandbox.secret_of(&id);
    let base = sandbox.base_url();
    let https = base.replace("http:", "https:");
    let presses = [
        format!("{base}/portal/clients/{id}/regenerate"),
        format!("{base}/portal/api/clients/{id}/regenerate"),
        format!("{base}/portal/api/clients/{id}/role"),
        format!("{base}/portal/api/clients"),
        format!("{base}/faults"),
    ];
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost", &https, ""] {
        for button in &presses {
            let pressed = http().post(button).header(ORIGIN, origin).send().await.unwrap();
            assert_eq!(pressed.status(), 403, "{origin} {button}");
        }
        let healed = http().delete(format!("{base}/faults")).header(ORIGIN, origin).send().await.unwrap();
        assert_eq!(healed.status(), 403, "{origin}");
    }
    assert_eq!(sandbox.secret_of(&id), before);
    assert_eq!(sandbox.clients().len(), 2);

    let pressed = http().post(&presses[0]).header(ORIGIN, &base).send().await.unwrap();
    assert_eq!(pressed.status(), 200, "its own page can");
    assert_ne!(sandbox.secret_of(&id), before);
}

#[tokio::test]
async fn a_foreign_host_name_is_refused() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    let port = sandbox.base_url().rsplit_once(':').unwrap().1.to_owned();
    let before = sandbox.secret_of(&id);
    let foreign = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil", "[::2]", ""];
    for name in foreign {
        for host in [name.to_owned(), format!("{name}:{port}")] {
            for url in [sandbox.portal_url(), sandbox.api_url("eu")] {
                let answer = http().get(url).header(HOST, &host).send().await.unwrap();
                assert_eq!(answer.status(), 403, "{host}");
            }
            let button = format!("{}/clients/{id}/regenerate", sandbox.portal_url());
            let origin = format!("http://{host}");
            let pressed =
                http().post(button).header(HOST, &host).header(ORIGIN, origin).send().await.unwrap();
            assert_eq!(pressed.status(), 403, "{host}");
            let token = request(&sandbox, &id, before.as_deref().unwrap()).header(HOST, &host);
            assert_eq!(token.send().await.unwrap().status(), 403, "{host}");
        }
    }
    assert_eq!(sandbox.secret_of(&id), before);
    assert!(sandbox.requests().is_empty());
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            let answer = http().get(sandbox.portal_url()).header(HOST, &host).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{host}");
        }
    }
    assert_eq!(ask_rightly(&sandbox, &id).await, 200);
}
