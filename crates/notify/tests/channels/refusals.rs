//! What a receiver's refusal means, the same for all channels over HTTP; and that no address shows.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use twinkey_notify::{Channel, Class, Fault, SigningKey, Slack, Teams, Undelivered, Webhook};
use twinkey_sandbox::receiver::{Receiver, Reply};

use super::harness::{CANARY, KEY, notice, now, secret, way};

/// The three whose address is a secret, at one place.
fn all(url: &str) -> Vec<Box<dyn Channel>> {
    let url = secret(url);
    let keys = vec![SigningKey::parse(&secret(KEY)).unwrap()];
    vec![
        Box::new(Slack::new(&url, &way()).unwrap()),
        Box::new(Teams::new(&url, &way()).unwrap()),
        Box::new(Webhook::new(&url, keys, &way()).unwrap()),
    ]
}

fn silent(error: &Undelivered) {
    let shown = format!("{error} {error:?} {}", error.remedy());
    for part in [CANARY, "127.0.0.1"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

#[tokio::test]
async fn a_refusal_says_whose_turn_it_is() {
    let later =
        |after: Option<i64>| Class::Later { after: after.map(SignedDuration::from_secs), unclear: false };
    let date = (now() + SignedDuration::from_secs(121)).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let cases = [
        (429, Some("30".to_owned()), later(Some(30))),
        (429, None, later(None)),
        (503, Some("5".to_owned()), later(Some(5))),
        (500, None, later(None)),
        (404, None, Class::Failed(Fault::Address)),
        (410, None, Class::Failed(Fault::Address)),
        (400, None, Class::Failed(Fault::Message)),
        (413, None, Class::Failed(Fault::Message)),
        (302, None, Class::Failed(Fault::Address)),
        (307, None, Class::Failed(Fault::Address)),
    ];
    let receiver = Receiver::start().await.unwrap();
    for channel in all(&receiver.url(&format!("/slack/{CANARY}"))) {
        for (status, retry_after, expected) in cases.clone() {
            // A receiver that repeats what was asked must not make us show it.
            let echo = format!("no /slack/{CANARY} here: {}", receiver.url(&format!("/slack/{CANARY}")));
            receiver.order(Reply::Status(status, retry_after, echo));
            let error = channel.deliver(&notice(), now()).await.unwrap_err();
            assert_eq!(error.class, expected, "{status}: {error}");
            assert!(error.to_string().contains(&status.to_string()), "{error}");
            silent(&error);
        }
        receiver.order(Reply::Status(429, Some(date.clone()), String::new()));
        let error = channel.deliver(&notice(), now()).await.unwrap_err();
        let Class::Later { after: Some(after), unclear: false } = error.class else { panic!("{error:?}") };
        assert!((100..=121).contains(&after.as_secs()), "{after:?}");
    }
    assert!(receiver.taken().is_empty());
}

#[tokio::test]
async fn a_key_that_is_not_known_is_the_address_where_there_is_no_other() {
    let receiver = Receiver::start().await.unwrap();
    let expected = [Fault::Address, Fault::Address, Fault::Login];
    for (channel, fault) in all(&receiver.url("/slack/x")).iter().zip(expected) {
        for status in [401, 403] {
            receiver.order(Reply::Status(status, None, "invalid_token".to_owned()));
            let error = channel.deliver(&notice(), now()).await.unwrap_err();
            assert_eq!(error.class, Class::Failed(fault), "{error}");
            assert!(error.to_string().ends_with("(invalid_token)"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_or_closes_leaves_it_unclear() {
    let receiver = Receiver::start().await.unwrap();
    for channel in all(&receiver.url(&format!("/webhook/{CANARY}"))) {
        receiver.order(Reply::Hang(Duration::from_secs(30)));
        let error = channel.deliver(&notice(), now()).await.unwrap_err();
        assert_eq!(error.class, Class::Later { after: None, unclear: true }, "{error}");
        silent(&error);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{CANARY}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
        }
    });
    for channel in all(&url) {
        let error = channel.deliver(&notice(), now()).await.unwrap_err();
        assert_eq!(error.class, Class::Later { after: None, unclear: true }, "{error}");
        silent(&error);
    }
}

#[tokio::test]
async fn nobody_there_is_no_delivery_and_may_pass() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{CANARY}", listener.local_addr().unwrap());
    drop(listener);
    for channel in all(&url) {
        let error = channel.deliver(&notice(), now()).await.unwrap_err();
        assert_eq!(error.class, Class::Later { after: None, unclear: false }, "{error}");
        silent(&error);
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let receiver = Receiver::start().await.unwrap();
    for channel in all(&receiver.url("/webhook/x")) {
        receiver.order(Reply::Status(400, None, "x".repeat(50_000_000)));
        let error = channel.deliver(&notice(), now()).await.unwrap_err();
        assert_eq!(error.class, Class::Failed(Fault::Message));
        assert!(error.to_string().len() < 200, "{}", error.to_string().len());
    }
}

/// A redirect would send the message, and with it the secret address as referrer or path, to whoever it names.
#[tokio::test]
async fn a_redirect_is_not_followed_and_nobody_else_hears_of_the_address() {
    let elsewhere = Receiver::start().await.unwrap();
    for status in [301, 302, 303, 307, 308] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/{CANARY}", listener.local_addr().unwrap());
        let answer = format!(
            "HTTP/1.1 {status} Elsewhere\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            elsewhere.url(&format!("/webhook/{CANARY}"))
        );
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 65_536]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        for channel in all(&url) {
            let error = channel.deliver(&notice(), now()).await.unwrap_err();
            assert_eq!(error.class, Class::Failed(Fault::Address), "{status}: {error}");
            silent(&error);
        }
        server.abort();
    }
    assert!(elsewhere.taken().is_empty() && elsewhere.complaints().is_empty(), "{:?}", elsewhere.taken());
}
