//! Bad input and bad weather: each its own message and exit code, and the live pair stays as it was.

use std::fs;
use std::time::Duration;

use twinkey_core::Client;
use twinkey_sandbox::Fault;

use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;

async fn ready() -> Host {
    let host = Host::new(Provider::sandbox().await, POST, "min-interval = \"0s\"").await;
    host.init().await;
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_missing_or_wrong_is_78() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let ran = host.runs(&["--config", "/nowhere/twinkey.toml", "status"], "", 78).await;
    assert!(ran.err.contains("is not there"), "{}", ran.err);
    host.configure("tmieout = \"1s\"", "schedule = \"whenever\"");
    let ran = host.runs(&["check", "--config-only"], "", 78).await;
    assert!(ran.err.contains("did you mean \"timeout\"?") && ran.err.contains("2 problems"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_is_told_the_known_ones() {
    let host = ready().await;
    let ran = host.runs(&["status", "gone"], "", 78).await;
    assert!(ran.err.contains(NAME), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_is_2_and_secrets_are_no_arguments() {
    let host = ready().await;
    host.runs(&["frobnicate"], "", 2).await;
    host.runs(&["deposit", NAME, "--secret", "x"], "", 2).await;
    host.runs(&["rotate", NAME, "--now"], "", 2).await;
    let now = ["rotate", NAME, "--now", "--reason", "leak", "--confirm", NAME];
    for other in ["--dry-run", "--detailed-exitcode"] {
        host.runs(&[&now[..], &[other]].concat(), "", 2).await;
    }
    host.runs(&["rotate", NAME, "--reason", "leak"], "", 2).await;
    assert_eq!(host.phase().await, "ready", "nothing was switched");
    host.runs(&["--help"], "", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_first_secret_is_refused_and_nothing_is_written() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let (a, _) = host.provider.pair(Client::A).await;
    let ran = host.runs(&["init", NAME, "--live", "a", "--id-a", &a], "wrong-secret\n", 6).await;
    assert!(!ran.err.is_empty());
    assert!(!host.path("live.json").exists());
    assert_eq!(host.phase().await, "uninitialised");
    host.listen_for("wrong-secret");
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_that_is_none_is_refused_with_a_deposit_too() {
    let host = ready().await;
    for odd in ["", " id", "an\u{a0}id"] {
        let ran = host.runs(&["deposit", NAME, "--client-id", odd], "some-secret\n", 6).await;
        assert!(
            ran.err.contains("the client id of B") && ran.err.contains("Nothing was written"),
            "{}",
            ran.err
        );
    }
    assert_eq!(host.phase().await, "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_server_that_talks_nonsense_is_75_and_blames_no_secret() {
    let faults = [
        Fault::Html { status: 200 },
        Fault::Html { status: 503 },
        Fault::Malformed,
        Fault::Empty,
        Fault::Endless,
        Fault::Cut,
        Fault::Status { status: 500 },
        Fault::Throttle { retry_after: Some("5".into()) },
    ];
    let host = ready().await;
    let live = host.live_id();
    for fault in faults {
        host.provider.as_sandbox().fault(fault.clone(), None, None);
        let ran = host.run(&["rotate", NAME, "--now", "--reason", "story", "--confirm", NAME], "").await;
        assert_eq!(ran.code, 75, "{fault:?}\n{}", ran.err);
        host.provider.as_sandbox().heal();
        assert_eq!(host.live_id(), live, "{fault:?}");
        assert_eq!(host.phase().await, "ready", "{fault:?}");
    }
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_never_followed() {
    let elsewhere = Provider::sandbox().await;
    let host = ready().await;
    let to = elsewhere.token_url();
    host.provider.as_sandbox().fault(Fault::Redirect { to }, None, None);
    let ran = host.run(&["rotate", NAME, "--now", "--reason", "story", "--confirm", NAME], "").await;
    assert_eq!(ran.code, 78, "{}", ran.err);
    assert!(elsewhere.as_sandbox().requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_refused_for_both_alike_is_78_and_check_blames_no_secret() {
    let host = ready().await;
    host.provider.as_sandbox().fault(Fault::Status { status: 400 }, None, None);
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(1100)).await;
        host.run(&["rotate"], "").await;
    }
    assert_eq!(host.phase().await, "misconfigured");
    for _ in 0..2 {
        let checked = host.runs(&["check"], "", 78).await;
        assert!(checked.out.contains("the request is wrong, not the secret"), "{}", checked.out);
        assert!(!checked.out.contains("LIVE"), "{}", checked.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_standby_is_5_in_a_dry_run_too_and_is_not_hammered() {
    let host = ready().await;
    let (b, _) = host.provider.pair(Client::B).await;
    host.provider.as_sandbox().remove_client(&b);
    let asked = || host.provider.as_sandbox().requests().iter().filter(|seen| seen.status == 401).count();
    host.run(&["rotate", "--dry-run"], "").await;
    assert_eq!(asked(), 1);
    host.run(&["rotate", "--dry-run"], "").await;
    assert_eq!(asked(), 1, "a dry run asks no secret that is known as refused");
    let ran = host.runs(&["rotate"], "", 5).await;
    assert!(!ran.err.is_empty());
    for _ in 0..3 {
        host.runs(&["rotate"], "", 5).await;
    }
    assert!(asked() <= 3, "{}", asked());
    assert_eq!(host.phase().await, "standby rejected");
    let checked = host.runs(&["check"], "", 5).await;
    assert!(checked.out.contains("refused"), "{}", checked.out);
    assert!(asked() <= 3, "{}", asked());
    let (a, _) = host.provider.pair(Client::A).await;
    assert_eq!(host.live_id(), a);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_bars_switches_and_permits() {
    let host = ready().await;
    host.provider.as_sandbox().set_clock_ahead(3600);
    host.runs(&["rotate", NAME, "--now", "--reason", "story", "--confirm", NAME], "", 6).await;
    let ran = host.run(&["rotate"], "").await;
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.to_lowercase().contains("clock"), "{}", ran.err);
    let (a, _) = host.provider.pair(Client::A).await;
    assert_eq!(host.live_id(), a);
    host.provider.as_sandbox().set_clock_ahead(0);
    host.switch().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_audit_log_nothing_begins_and_a_rescue_goes_on() {
    let host = ready().await;
    let (a, _) = host.provider.pair(Client::A).await;
    let log = host.path("state/audit.jsonl");
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    host.runs(&["rotate", NAME, "--now", "--reason", "story", "--confirm", NAME], "", 77).await;
    host.runs(&["rotate"], "", 77).await;
    assert_eq!(host.live_id(), a);
    host.listen_for(&host.provider.regenerate(Client::A).await);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    host.run(&["rotate"], "").await;
    let (b, _) = host.provider.pair(Client::B).await;
    assert_eq!(host.live_id(), b, "a fail-over needs no audit log");
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_file_names_its_previous_generation() {
    let host = ready().await;
    let file = host.path("store.age");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let ran = host.runs(&["status"], "", 78).await;
    assert!(ran.out.contains("store.age.previous"), "{}", ran.out);
    fs::write(&file, &whole).unwrap();
    host.runs(&["status"], "", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_told_apart_from_a_lost_store() {
    let host = ready().await;
    fs::rename(host.path("store.key"), host.path("key.away")).unwrap();
    let ran = host.runs(&["status"], "", 78).await;
    assert!(ran.out.contains("store.key"), "{}", ran.out);
    fs::rename(host.path("key.away"), host.path("store.key")).unwrap();
    fs::rename(host.path("store.age"), host.path("store.away")).unwrap();
    let ran = host.runs(&["status"], "", 78).await;
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.to_lowercase().contains("there is no store"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_leaves_the_first_alone() {
    let host = ready().await;
    let lock = host.path("state/locks/go.lock");
    let held = fs::OpenOptions::new().read(true).write(true).open(&lock).unwrap();
    held.lock().unwrap();
    let ran = host.runs(&["rotate"], "", 0).await;
    assert!(ran.err.contains("at work"), "{}", ran.err);
    drop(held);
    host.runs(&["rotate"], "", 0).await;
}

/// The number would be that of a file which the program opens itself, and its first line the secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_descriptor_that_nobody_passed_on_is_not_read() {
    let host = ready().await;
    let config = host.path("twinkey.toml");
    for fd in ["7", "8", "9"] {
        // Whoever runs the tests may have passed such a number on.
        let mut closed = tokio::process::Command::new("sh");
        closed.args(["-c", "exec \"$0\" \"$@\" 7<&- 8<&- 9<&-"]).arg(host.program());
        closed.arg("--config").arg(&config).args(["deposit", NAME, "--secret-fd", fd]);
        let ran = closed.stdin(std::process::Stdio::null()).output().await.unwrap();
        let told = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{told}");
        assert!(told.contains(&format!("--secret-fd {fd}: this descriptor is not open")), "{told}");
    }
    assert_eq!(host.phase().await, "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_file_that_is_not_ours_is_left_alone() {
    let host = ready().await;
    fs::write(host.path("live.json"), "{\"theirs\": true}").unwrap();
    let ran = host.run(&["rotate"], "").await;
    assert_eq!(ran.code, 78, "{}", ran.err);
    assert_eq!(fs::read_to_string(host.path("live.json")).unwrap(), "{\"theirs\": true}");
    fs::remove_file(host.path("live.json")).unwrap();
    host.runs(&["rotate"], "", 0).await;
    assert!(host.path("live.json").exists());
}
