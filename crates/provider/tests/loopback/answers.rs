//! What misbehaving servers are taken for.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use twinkey_core::AnswerKind::{
    Accepted, Forbidden, Misconfigured, Protocol, Refused, Throttled, Unavailable,
};
use twinkey_provider::ApiCall;

use crate::server::{Act, Server, json, probe, response, settings, token};

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::start(token()).await;
        let location = format!("Location: {}\r\n", other.url("/elsewhere"));
        let server = Server::start(response(status, &location, "")).await;
        let answer = probe(settings(&server)).await;
        assert_eq!(answer.kind, Misconfigured, "{status}");
        assert!(answer.detail.contains("redirect"), "{}", answer.detail);
        assert_eq!((server.accepts(), other.accepts()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn an_endless_body_is_cut_at_64_kib() {
    let server = Server::start(Act::Endless).await;
    let answer = probe(settings(&server)).await;
    assert_eq!(answer.kind, Protocol);
    assert!(answer.detail.contains("64 KiB"), "{}", answer.detail);
    // The probe is over; what the kernel's buffers took beyond the cap is a few megabytes at most.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let written = server.written();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.written(), written, "the connection is closed");
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_not() {
    let token = r#"{"access_token":"t","token_type":"Bearer","expires_in":60}"#;
    for (length, expected) in [(64 * 1024, Accepted), (64 * 1024 + 1, Protocol)] {
        let padded = token.to_owned() + &" ".repeat(length - token.len());
        let server = Server::start(json(200, &padded)).await;
        assert_eq!(probe(settings(&server)).await.kind, expected, "{length}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    // The beginning of a gzip stream whose unpacked size nobody knows.
    let mut bytes = b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: 14\r\n\r\n".to_vec();
    bytes.extend(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xed\xc1\x01\x0d");
    let server = Server::start(Act::Say(bytes)).await;
    let answer = probe(settings(&server)).await;
    assert_eq!(answer.kind, Protocol, "{}", answer.detail);
}

#[tokio::test]
async fn a_silent_server_is_unavailable_when_the_time_is_up() {
    let server = Server::start(Act::Silent).await;
    let mut settings = settings(&server);
    settings.way.timeout = Duration::from_millis(300);
    #[expect(clippy::disallowed_methods, reason = "the test measures a real time-out")]
    let begun = Instant::now();
    let answer = probe(settings).await;
    let taken = begun.elapsed();
    assert_eq!(answer.kind, Unavailable);
    assert!(answer.detail.contains("in time"), "{}", answer.detail);
    assert!(taken >= Duration::from_millis(300) && taken < Duration::from_secs(4), "{taken:?}");
    assert_eq!(server.accepts(), 1, "nothing is retried");
}

#[tokio::test]
async fn a_body_that_stops_halfway_is_unavailable_when_the_time_is_up() {
    // Nine bytes are promised; the server keeps the connection open behind the second half of them.
    let server =
        Server::start(Act::Stall(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{\"acc".to_vec())).await;
    let mut settings = settings(&server);
    settings.way.timeout = Duration::from_millis(300);
    assert_eq!(probe(settings).await.kind, Unavailable);
}

#[tokio::test]
async fn a_reset_connection_is_unavailable_and_not_retried() {
    let server = Server::start(Act::Reset).await;
    let answer = probe(settings(&server)).await;
    assert_eq!(answer.kind, Unavailable, "{}", answer.detail);
    assert_eq!(server.accepts(), 1);
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_unavailable() {
    for bytes in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"] {
        let server = Server::start(Act::Say(bytes.into())).await;
        let answer = probe(settings(&server)).await;
        assert_eq!(answer.kind, Unavailable, "{bytes:?}: {}", answer.detail);
        assert_eq!(server.accepts(), 1, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_closed_port_is_unavailable() {
    let server = Server::start(token()).await;
    let mut settings = settings(&server);
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    settings.token_url.set_port(Some(port)).unwrap();
    let answer = probe(settings).await;
    assert_eq!(answer.kind, Unavailable);
    assert!(answer.detail.starts_with("no connection"), "{}", answer.detail);
}

#[tokio::test]
async fn a_web_page_is_no_token_and_blames_no_secret() {
    for (status, expected) in [(200, Protocol), (503, Unavailable), (404, Misconfigured)] {
        let page = "<!doctype html><title>Maintenance</title>";
        let server = Server::start(response(status, "Content-Type: text/html\r\n", page)).await;
        let answer = probe(settings(&server)).await;
        assert_eq!(answer.kind, expected, "{status}");
        assert!(answer.detail.contains("text/html") && answer.detail.contains("Maintenance"));
    }
}

#[tokio::test]
async fn too_many_requests_says_when_to_come_back() {
    let cases = [
        ("Retry-After: 30\r\n", Some(30)),
        ("Retry-After: Tue, 24 Nov 2026 12:02:00 GMT\r\n", Some(120)),
        ("Retry-After: 864000\r\n", Some(3600)),
        ("", None),
    ];
    for (header, seconds) in cases {
        let server = Server::start(response(429, header, "")).await;
        let retry_after = seconds.map(SignedDuration::from_secs);
        assert_eq!(probe(settings(&server)).await.kind, Throttled { retry_after }, "{header}");
    }
}

#[tokio::test]
async fn date_and_age_are_noted() {
    let headers = "Date: Tue, 24 Nov 2026 12:06:00 GMT\r\nAge: 7\r\n";
    let server = Server::start(response(200, headers, r#"{"access_token":"t","token_type":"bearer"}"#)).await;
    let answer = probe(settings(&server)).await;
    assert_eq!(answer.kind, Accepted);
    assert_eq!(answer.clock_skew, Some(SignedDuration::from_mins(6)));
    assert_eq!(answer.token_lifetime, None);
    assert_eq!(answer.warnings.len(), 2, "{:?}", answer.warnings);
}

#[tokio::test]
async fn the_api_decides_whether_the_client_has_its_role() {
    for (status, expected) in [
        (200, Accepted),
        (204, Accepted),
        (403, Forbidden),
        (401, Forbidden),
        (503, Unavailable),
        (302, Misconfigured),
    ] {
        let tokens = Server::start(token()).await;
        let api = Server::start(json(status, "")).await;
        let mut settings = settings(&tokens);
        settings.api_call =
            Some(ApiCall { method: "GET".to_owned(), url: api.url("/ping"), accept: vec![200, 204] });
        let answer = probe(settings).await;
        assert_eq!(answer.kind, expected, "{status}");
        assert_eq!(answer.token_lifetime, Some(SignedDuration::from_hours(1)), "{status}");
        assert_eq!((tokens.accepts(), api.accepts()), (1, 1), "{status}");
    }
}

#[tokio::test]
async fn without_a_token_the_api_is_not_called() {
    let tokens = Server::start(json(401, r#"{"error":"invalid_client"}"#)).await;
    let api = Server::start(json(200, "{}")).await;
    let mut settings = settings(&tokens);
    settings.api_call = Some(ApiCall { method: "GET".to_owned(), url: api.url("/ping"), accept: vec![200] });
    assert_eq!(probe(settings).await.kind, twinkey_core::AnswerKind::Rejected);
    assert_eq!(api.accepts(), 0);
}

#[tokio::test]
async fn an_error_that_oauth_does_not_know_leaves_the_status_to_decide() {
    let cases = [
        (404, r#"{"status":404,"error":"Not Found","path":"/token"}"#, Misconfigured),
        (405, r#"{"status":405,"error":"Method Not Allowed"}"#, Misconfigured),
        (407, r#"{"error":"proxy_login"}"#, Misconfigured),
        (302, r#"{"error":"login_required"}"#, Misconfigured),
        (408, r#"{"error":"Request Timeout"}"#, Unavailable),
        (503, r#"{"error":"Service Unavailable"}"#, Unavailable),
        (401, r#"{"status":401,"error":"Unauthorized"}"#, Refused),
        (200, r#"{"error":"incorrect_client_credentials"}"#, Refused),
        (200, r#"{"error":{"code":7},"access_token":"t","token_type":"Bearer"}"#, Protocol),
        (200, r#"{"error":"","access_token":"t","token_type":"Bearer"}"#, Accepted),
        (200, r#"{"error":null,"access_token":"t","token_type":"Bearer"}"#, Accepted),
    ];
    for (status, body, expected) in cases {
        let server = Server::start(json(status, body)).await;
        assert_eq!(probe(settings(&server)).await.kind, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn a_long_page_hides_no_status() {
    let page = "<p>".repeat(32 * 1024);
    let retry_after = Some(SignedDuration::from_secs(30));
    let cases = [
        (503, Unavailable),
        (401, Refused),
        (429, Throttled { retry_after }),
        (302, Misconfigured),
        (200, Protocol),
    ];
    for (status, expected) in cases {
        let server = Server::start(response(status, "Retry-After: 30\r\n", &page)).await;
        assert_eq!(probe(settings(&server)).await.kind, expected, "{status}");
    }
}

#[tokio::test]
async fn of_the_api_only_the_status_is_read() {
    let tokens = Server::start(token()).await;
    let head = b"HTTP/1.1 200 X\r\nDate: Tue, 24 Nov 2026 12:06:00 GMT\r\nContent-Length: 9\r\n\r\n{";
    let api = Server::start(Act::Stall(head.to_vec())).await;
    let mut settings = settings(&tokens);
    settings.way.timeout = Duration::from_secs(2);
    settings.api_call = Some(ApiCall { method: "GET".to_owned(), url: api.url("/"), accept: vec![200] });
    let answer = probe(settings).await;
    assert_eq!(answer.kind, Accepted, "{}", answer.detail);
    assert_eq!(answer.clock_skew, Some(SignedDuration::from_mins(6)), "the token's answer had no date");
}

#[tokio::test]
async fn a_token_with_less_scope_than_asked_is_accepted_with_a_warning() {
    let body =
        |scope: &str| format!(r#"{{"access_token":"t","token_type":"Bearer","expires_in":60{scope}}}"#);
    for (scope, warnings) in
        [("", 0), (r#","scope":"other gbg.token""#, 0), (r#","scope":"other""#, 1), (r#","scope":"""#, 1)]
    {
        let server = Server::start(json(200, &body(scope))).await;
        let mut settings = settings(&server);
        settings.scope = Some("gbg.token".to_owned());
        let answer = probe(settings).await;
        assert_eq!(answer.kind, Accepted);
        assert_eq!(answer.warnings.len(), warnings, "{scope}: {:?}", answer.warnings);
    }
}
