//! `notify test`: every channel is tried before it is needed.

use std::fs;
use std::path::Path;

use twinkey_sandbox::receiver::{PAGERDUTY_KEY, Receiver, Reply};

use crate::harness::host::{Host, POST};
use crate::harness::provider::Provider;
use crate::harness::smtp::{MailServer, PASSWORD, USER, left_out};

const SIGNING_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A host with these tables beside its configuration.
async fn host(tables: &str) -> Host {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let config = host.path("twinkey.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(config, format!("{text}\n{tables}\n")).unwrap();
    host
}

fn said(path: &Path) -> String {
    format!("{{ file = \"{}\" }}", path.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_goes_through_every_channel() {
    let receiver = Receiver::start().await.unwrap();
    let host = host("").await;
    let slack = host.secret_file("slack", &receiver.url("/slack/T0/B0/c4n4ry-slack"));
    let teams = host.secret_file("teams", &receiver.url("/teams/flow?sig=c4n4ry-teams"));
    let hook = host.secret_file("hook", &receiver.url("/webhook/c4n4ry-hook"));
    let signing = host.secret_file("signing", SIGNING_KEY);
    let pager = host.secret_file("pager", PAGERDUTY_KEY);
    let told = host.path("told.json");
    host.add(&format!(
        r#"[notify.pager]
pagerduty = {pager}
address = "{}"
least = "page"
[notify.chat]
slack = {slack}
[notify.office]
teams = {teams}
[notify.hook]
webhook = {hook}
signing-key = {signing}
[notify.script]
exec = ["/bin/sh", "-c", "cat > {}"]
"#,
        receiver.url("/"),
        told.display()
    ));
    let ran = host.runs(&["notify", "test"], "", 0).await;
    assert_eq!(receiver.complaints(), [""; 0]);
    let paths: Vec<String> = receiver.taken().into_iter().map(|taken| taken.path).collect();
    assert_eq!(paths, ["/v2/enqueue", "/slack/T0/B0/c4n4ry-slack", "/teams/flow", "/webhook/c4n4ry-hook"]);
    for taken in receiver.taken() {
        assert!(taken.body.to_string().contains("TEST: Twinkey tries the channel"), "{}", taken.body);
    }
    assert!(fs::read_to_string(told).unwrap().contains("\"test\":true"));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 5, "{}", ran.out);
    for (line, begin) in
        lines.iter().zip(["pager (pagerduty)", "chat (slack)", "office (teams)", "hook (webhook)"])
    {
        assert!(line.contains("ok") && line.contains(&format!("{begin}: delivered in ")), "{line}");
    }
    let one = host.runs(&["notify", "test", "chat"], "", 0).await;
    assert_eq!(one.out.lines().count(), 1, "{}", one.out);
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_does_not_work_is_told_with_its_remedy_and_the_others_are_tried() {
    let receiver = Receiver::start().await.unwrap();
    let host = host("").await;
    let gone = host.secret_file("gone", &receiver.url("/slack/T0/B0/c4n4ry-gone"));
    let fine = host.secret_file("fine", &receiver.url("/slack/T0/B0/c4n4ry-fine"));
    host.add(&format!("[notify.gone]\nslack = {gone}\n[notify.fine]\nslack = {fine}\n"));
    receiver.order(Reply::Status(404, None, "no_service".to_owned()));
    let ran = host.runs(&["notify", "test"], "", 78).await;
    assert!(ran.out.contains("404 (no_service)") && ran.out.contains("make a new webhook"), "{}", ran.out);
    assert!(ran.out.contains("fine (slack): delivered"), "{}", ran.out);
    receiver.order(Reply::Status(429, Some("30".to_owned()), "slow down".to_owned()));
    let ran = host.runs(&["notify", "test", "fine"], "", 75).await;
    assert!(ran.out.contains("left alone for 30 s"), "{}", ran.out);
    host.runs(&["notify", "test", "nobody"], "", 78).await;
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_try_and_nothing_to_read_are_matters_of_configuration() {
    let host = host("").await;
    let ran = host.runs(&["notify", "test"], "", 78).await;
    assert!(ran.err.contains("No channel is configured"), "{}", ran.err);
    host.add(&format!("[notify.chat]\nslack = {}\n", said(&host.path("nowhere"))));
    let ran = host.runs(&["notify", "test"], "", 78).await;
    assert!(ran.out.contains("not tried: the secret file"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_by_mail_arrives_and_a_wrong_password_is_77() {
    if left_out() {
        return;
    }
    let server = MailServer::start();
    let host = host("").await;
    let (right, wrong) = (host.secret_file("right", PASSWORD), host.secret_file("wrong", "c4n4ry-wrong"));
    let table = |name: &str, password: &str| {
        format!(
            "[notify.{name}]\nmail = \"localhost:{}\"\nfrom = \"Twinkey <twinkey@example.com>\"\nto = [\"ops@example.com\"]\nusername = \"{USER}\"\npassword = {password}\nca-file = \"{}\"\n",
            server.port("starttls"),
            server.ca_file().display()
        )
    };
    host.add(&table("ops", &right));
    host.add(&table("odd", &wrong));
    let ran = host.runs(&["notify", "test"], "", 77).await;
    let mail = server.mail();
    assert_eq!((mail["tls"].as_bool(), mail["user"].as_str()), (Some(true), Some(USER)), "{mail}");
    assert!(mail["text"].as_str().unwrap().contains("Subject: [Twinkey] TEST: "), "{mail}");
    assert!(
        ran.out.contains("ops (mail): delivered in ") && ran.out.contains("odd (mail): not delivered: "),
        "{}",
        ran.out
    );
    assert!(!server.has_more());
    host.no_secret_showed();
}
