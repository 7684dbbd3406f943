//! No consumer fails through a whole cycle: switch, drain, regenerate, prove.

use twinkey_core::Client;

use crate::harness::authlib::left_out;
use crate::harness::consumer::Consumer;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;

/// One whole cycle, with a consumer asking all along where it speaks the provider's form.
async fn a_cycle(host: Host, consumer_speaks: bool) {
    host.init().await;
    assert_eq!(host.phase().await, "ready");
    // After an adoption somebody may still use the other client; here nobody does.
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    let consumer = consumer_speaks.then(|| Consumer::start(host.path("live.json"), host.consumer_settings()));

    host.switch().await;
    let (id_b, _) = host.provider.pair(Client::B).await;
    assert_eq!(host.live_id(), id_b);
    assert_eq!(host.phase().await, "draining");
    let not_yet = host.runs(&["permit", NAME], "", 6).await;
    assert!(not_yet.err.contains("NOT YET"), "{}", not_yet.err);

    host.until("awaiting regeneration").await;
    let ran = host.regenerates(Client::A).await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(host.phase().await, "ready");

    // The evidence: the old secret is dead, and the log is whole.
    host.runs(&["rotate"], "", 0).await;
    let history = host.runs(&["history", NAME], "", 0).await;
    assert!(history.out.contains("dead"), "{}", history.out);
    host.runs(&["history", NAME, "--verify"], "", 0).await;

    if let Some(consumer) = consumer {
        let (asked, failed) = consumer.counts();
        assert!(asked > 20, "{asked}");
        assert_eq!(failed, 0, "of {asked}");
    }
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_consumer_fails_through_a_cycle_on_the_sandbox() {
    a_cycle(Host::new(Provider::sandbox().await, POST, "").await, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_consumer_fails_where_a_wrong_secret_is_a_plain_400() {
    a_cycle(Host::new(Provider::documented().await, POST, "").await, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_consumer_fails_through_a_cycle_on_a_real_server() {
    if left_out() {
        return;
    }
    a_cycle(Host::new(Provider::real(), POST, "").await, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_holds_on_a_real_server_with_basic_authentication() {
    if left_out() {
        return;
    }
    a_cycle(Host::new(Provider::real(), "auth = \"basic-raw\"", "").await, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_holds_on_a_real_server_with_the_password_grant() {
    if left_out() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "api-password\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&password, mode).unwrap();
    let form = format!(
        "grant = \"password\"\nusername = \"api-user\"\npassword = {{ file = \"{}\" }}",
        password.display()
    );
    let host = Host::new(Provider::real(), &form, "").await;
    host.listen_for("api-password");
    a_cycle(host, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_switch_is_quiet_and_happens_once() {
    let host = Host::new(Provider::sandbox().await, POST, "min-interval = \"1s\"").await;
    host.init().await;
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    let dry = host.runs(&["rotate", "--dry-run", "--detailed-exitcode"], "", 3).await;
    assert!(dry.out.contains("would"), "{}", dry.out);
    assert_eq!(host.phase().await, "ready", "a dry run changes nothing");
    let ran = host.runs(&["rotate"], "", 0).await;
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""), "quiet under cron");
    assert_eq!(host.phase().await, "draining");
    host.runs(&["rotate"], "", 0).await;
    let history = host.runs(&["history", NAME, "--csv"], "", 0).await;
    assert_eq!(history.out.matches("published").count(), 1, "{}", history.out);
    host.no_secret_showed();
}
