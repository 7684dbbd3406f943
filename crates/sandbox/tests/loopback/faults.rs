//! What goes wrong on request.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use twinkey_sandbox::{Fault, Misbehaviour, Options, Sandbox};

use crate::client::{ask, ask_rightly, http, ids, request, sandbox};

async fn add(sandbox: &Sandbox, fault: Value) {
    let url = format!("{}/faults", sandbox.base_url());
    assert_eq!(http().post(url).json(&fault).send().await.unwrap().status(), 204, "{fault}");
}

/// Everything that the sandbox writes in answer to a token request, until it closes the connection.
async fn raw(sandbox: &Sandbox, id: &str) -> Vec<u8> {
    let address = sandbox.base_url().trim_start_matches("http://").to_owned();
    let form = format!(
        "grant_type=client_credentials&client_id={id}&client_secret={}",
        sandbox.secret_of(id).unwrap()
    );
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "POST /as/token.oauth2 HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut written = Vec::new();
    let end = stream.read_to_end(&mut written);
    // A reset is an end too.
    let _ = tokio::time::timeout(Duration::from_secs(5), end).await.expect("the connection is closed");
    written
}

#[tokio::test]
async fn faults_over_http_meet_the_right_client_and_end() {
    let sandbox = sandbox(Options::default()).await;
    let (a, b) = ids(&sandbox);
    add(&sandbox, json!({ "fault": "status", "status": 503, "client": a, "times": 2 })).await;
    assert_eq!(ask_rightly(&sandbox, &b).await, 200);
    assert_eq!(ask_rightly(&sandbox, &a).await, 503);
    assert_eq!(ask_rightly(&sandbox, &b).await, 200);
    assert_eq!(ask_rightly(&sandbox, &a).await, 503);
    assert_eq!(ask_rightly(&sandbox, &a).await, 200, "twice is over");

    add(&sandbox, json!({ "fault": "html", "status": 500 })).await;
    for id in [&a, &b, &a, &b] {
        assert_eq!(ask_rightly(&sandbox, id).await, 500, "without a number it stays, and meets all");
    }
    let healed = http().delete(format!("{}/faults", sandbox.base_url())).send().await.unwrap();
    assert_eq!(healed.status(), 204);
    assert_eq!(ask_rightly(&sandbox, &a).await, 200);

    add(&sandbox, json!({ "fault": "status", "status": 500, "times": 0 })).await;
    assert_eq!(ask_rightly(&sandbox, &a).await, 200, "no times is never");
}

#[tokio::test]
async fn an_unknown_fault_is_refused() {
    let sandbox = sandbox(Options::default()).await;
    let url = format!("{}/faults", sandbox.base_url());
    for fault in [json!({ "fault": "earthquake" }), json!({ "fault": "status" }), json!({})] {
        assert!(http().post(&url).json(&fault).send().await.unwrap().status().is_client_error(), "{fault}");
    }
}

#[tokio::test]
async fn every_fault_does_what_it_says() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    let secret = sandbox.secret_of(&id).unwrap();
    let meet = async |fault: Value| {
        add(&sandbox, fault).await;
        let answer = request(&sandbox, &id, &secret).send().await.unwrap();
        sandbox.heal();
        answer
    };
    for retry_after in ["7", "Tue, 24 Nov 2026 12:02:00 GMT"] {
        let answer = meet(json!({ "fault": "throttle", "retry_after": retry_after })).await;
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["retry-after"], retry_after);
    }
    let answer = meet(json!({ "fault": "throttle" })).await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after")), (429, None));

    let answer = meet(json!({ "fault": "html", "status": 200 })).await;
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(answer.text().await.unwrap().starts_with("<!doctype html>"));

    let answer = meet(json!({ "fault": "empty" })).await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, ""));

    let answer = meet(json!({ "fault": "malformed" })).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.json::<Value>().await.is_err());

    let answer = meet(json!({ "fault": "redirect", "to": "http://127.0.0.1:1/x" })).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (307, "http://127.0.0.1:1/x")
    );

    let answer = meet(json!({ "fault": "false-refusal" })).await;
    assert_eq!(answer.status(), 401);

    let mut answer = meet(json!({ "fault": "endless" })).await;
    let mut length = 0;
    while length < 1_000_000 {
        length += answer.chunk().await.unwrap().expect("it never ends").len();
    }
    drop(answer);

    #[expect(clippy::disallowed_methods, reason = "the test measures a real delay")]
    let begun = Instant::now();
    assert_eq!(meet(json!({ "fault": "slow", "millis": 300 })).await.status(), 200);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(ask(&sandbox, &id, &secret).await, 200);
}

#[tokio::test]
async fn a_cut_connection_carries_no_answer() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    sandbox.fault(Fault::Cut, None, Some(2));
    let written = raw(&sandbox, &id).await;
    assert!(written.is_empty(), "{}", String::from_utf8_lossy(&written));
    let secret = sandbox.secret_of(&id).unwrap();
    assert!(request(&sandbox, &id, &secret).send().await.is_err());
    assert_eq!(ask(&sandbox, &id, &secret).await, 200);
    let statuses: Vec<_> = sandbox.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [0, 0, 200]);
}

#[tokio::test]
async fn a_redirect_that_no_header_can_carry_does_not_break_the_sandbox() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    sandbox.fault(Fault::Redirect { to: "http://x/\n".to_owned() }, None, Some(1));
    sandbox.fault(Fault::Status { status: 7 }, None, Some(1));
    assert_eq!(ask_rightly(&sandbox, &id).await, 307);
    assert_eq!(ask_rightly(&sandbox, &id).await, 500, "7 is no status");
    assert_eq!(ask_rightly(&sandbox, &id).await, 200);
}

#[test]
fn a_stream_of_faults_is_as_dense_as_asked_for() {
    let met = |per_mille| {
        let mut stream = Misbehaviour::seeded(1, per_mille);
        (0..2000).filter(|_| stream.next_fault().is_some()).count()
    };
    assert_eq!((met(0), met(1000)), (0, 2000));
    assert!((150..250).contains(&met(100)), "{}", met(100));
}
