//! Mail on a real mail server.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use twinkey_core::messages::Severity;
use twinkey_notify::{Channel, Class, Event, Fault, Mail, MailSettings, MailTls, Notice, Trust, Undelivered};

use crate::harness::smtp::{MailServer, PASSWORD, USER, left_out};

fn settings(server: &MailServer, way: &str) -> MailSettings {
    let tls = match way {
        "implicit" => MailTls::Implicit,
        "starttls" => MailTls::StartTls,
        _ => MailTls::None,
    };
    MailSettings {
        host: "localhost".to_owned(),
        port: server.port(way),
        tls,
        trust: Trust::Only(std::fs::read(server.ca_file()).unwrap()),
        login: (way != "plain").then(|| (USER.to_owned(), SecretString::from(PASSWORD))),
        from: "Twinkey <twinkey@example.com>".to_owned(),
        to: vec!["ops@example.com".to_owned(), "Maria <maria@example.com>".to_owned()],
        timeout: Duration::from_secs(5),
    }
}

fn notice() -> Notice {
    Notice {
        event: Event::Trigger,
        severity: Severity::Warning,
        key: "go-production/regenerate".to_owned(),
        since: "2026-11-24T12:10:00Z".parse().unwrap(),
        rung: 0,
        credential: Some("go-production".to_owned()),
        client: None,
        fingerprint: None,
        host: "rotator-1".to_owned(),
        subject: "go-production: the secret of M\u{fc}ller can be regenerated".to_owned(),
        lines: vec![". A paragraph that begins with a dot, and goes on ".repeat(40)],
        command: Some("twinkey regenerate go-production".to_owned()),
        runbook: None,
        test: false,
    }
}

async fn send(settings: MailSettings, notice: &Notice) -> Result<Option<String>, Undelivered> {
    let now: Timestamp = "2026-11-24T12:11:00Z".parse().unwrap();
    Mail::new(settings).unwrap().deliver(notice, now).await.map(|delivered| delivered.remark)
}

fn header(mail: &serde_json::Value, name: &str) -> String {
    let text = mail["text"].as_str().unwrap().replace("\r\n ", " ");
    text.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_to_all_by_tls_and_login() {
    if left_out() {
        return;
    }
    let server = MailServer::start();
    for way in ["starttls", "implicit", "plain"] {
        assert_eq!(send(settings(&server, way), &notice()).await, Ok(None), "{way}");
        let mail = server.mail();
        assert_eq!(mail["to"], serde_json::json!(["ops@example.com", "maria@example.com"]), "{way}");
        assert_eq!(mail["tls"].as_bool(), Some(way != "plain"), "{way}: {mail}");
        assert_eq!(mail["user"].as_str(), (way != "plain").then_some(USER), "{way}");
        assert_eq!(header(&mail, "From"), "Twinkey <twinkey@example.com>");
        let lines = mail["text"].as_str().unwrap().lines().map(str::len).max().unwrap();
        assert!(lines <= 998, "RFC 5322 section 2.1.1: {lines}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_of_one_incident_are_one_thread_and_a_repeat_is_known_as_one() {
    if left_out() {
        return;
    }
    let server = MailServer::start();
    let all =
        [notice(), notice(), Notice { rung: 1, ..notice() }, Notice { event: Event::Resolve, ..notice() }];
    let mut mails = Vec::new();
    for notice in &all {
        send(settings(&server, "implicit"), notice).await.unwrap();
        mails.push(server.mail());
    }
    let (name, thread) = (header(&mails[0], "Message-ID"), header(&mails[0], "References"));
    assert!(thread.ends_with("@example.com>"), "{thread}");
    assert_eq!(header(&mails[1], "Message-ID"), name);
    for later in &mails[2..] {
        assert_ne!(header(later, "Message-ID"), name);
        assert_eq!(header(later, "References"), thread);
    }
    assert!(header(&mails[3], "Subject").contains("Resolved"), "{}", mails[3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_recipient_who_has_left_does_not_silence_the_others() {
    if left_out() {
        return;
    }
    let server = MailServer::start();
    let to = |names: &[&str]| {
        let to = names.iter().map(|name| format!("{name}@example.com")).collect();
        MailSettings { to, ..settings(&server, "implicit") }
    };
    let remark = send(to(&["ops", "gone", "maria"]), &notice()).await.unwrap().unwrap();
    assert!(remark.contains("gone@example.com") && remark.contains("550"), "{remark}");
    assert_eq!(server.mail()["to"], serde_json::json!(["ops@example.com"]));
    assert_eq!(server.mail()["to"], serde_json::json!(["maria@example.com"]));
    let error = send(to(&["gone"]), &notice()).await.unwrap_err();
    assert_eq!(error.class, Class::Failed(Fault::Recipient), "{error}");
    assert!(!server.has_more());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_says_whose_turn_it_is_and_shows_no_password() {
    if left_out() {
        return;
    }
    let server = MailServer::start();
    let good = || settings(&server, "starttls");
    let wrong = Some((USER.to_owned(), SecretString::from("c4n4ry-wrong")));
    let to = |name: &str| vec![format!("{name}@example.com")];
    let later = |unclear| Class::Later { after: None, unclear };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cases = [
        ("wrong password", MailSettings { login: wrong, ..good() }, Class::Failed(Fault::Login)),
        ("no login", MailSettings { login: None, ..good() }, Class::Failed(Fault::Login)),
        (
            "an unknown authority",
            MailSettings { trust: Trust::System, ..good() },
            Class::Failed(Fault::Connection),
        ),
        (
            "no STARTTLS",
            MailSettings { port: server.port("plain"), ..good() },
            Class::Failed(Fault::Connection),
        ),
        ("for now", MailSettings { to: to("busy"), ..good() }, later(false)),
        (
            "too slow",
            MailSettings { to: to("slow"), timeout: Duration::from_millis(1500), ..good() },
            later(true),
        ),
        ("nobody there", MailSettings { port: closed, ..good() }, later(false)),
    ];
    for (what, settings, expected) in cases {
        let error = send(settings, &notice()).await.unwrap_err();
        assert_eq!(error.class, expected, "{what}: {error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("c4n4ry"), "{what}: {shown}");
    }
    assert!(!server.has_more());
}
