//! Somebody regenerates the active client: the other one is published, and the lost secret is taken in.

use twinkey_core::Client;

use crate::harness::authlib::left_out;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;

async fn rescued(host: Host) {
    host.init().await;
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    host.runs(&["rotate"], "", 0).await;
    let (id_b, _) = host.provider.pair(Client::B).await;
    assert_eq!(host.live_id(), id_b);

    host.until("awaiting regeneration").await;
    let ran = host.runs(&["deposit", NAME, "--client", "a"], &format!("{secret}\n"), 0).await;
    assert_eq!(host.phase().await, "ready", "{}{}", ran.out, ran.err);
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_click_is_rescued_on_the_sandbox() {
    rescued(Host::new(Provider::sandbox().await, POST, "").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_click_is_rescued_where_a_wrong_secret_is_a_plain_400() {
    rescued(Host::new(Provider::documented().await, POST, "").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_click_is_rescued_on_a_real_server() {
    if left_out() {
        return;
    }
    rescued(Host::new(Provider::real(), POST, "").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_failover_alert_nothing_is_published_and_a_person_is_called() {
    let host = Host::new(Provider::sandbox().await, POST, "failover = \"alert\"").await;
    host.init().await;
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    host.runs(&["rotate"], "", 4).await;
    let (id_a, _) = host.provider.pair(Client::A).await;
    assert_eq!(host.live_id(), id_a);
    assert_eq!(host.phase().await, "active rejected");
    let checked = host.runs(&["check"], "", 4).await;
    let said = checked.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let next = host.typed("status");
    assert!(said.contains(&format!("it is the LIVE one: consumers fail. next: {next}")), "{said}");
    // The mend: the active client's own new secret.
    host.runs(&["deposit", NAME, "--client", "a"], &format!("{secret}\n"), 0).await;
    assert_eq!(host.phase().await, "ready");
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_from_the_wrong_row_is_recognised_and_nothing_is_published() {
    let host = Host::new(Provider::sandbox().await, POST, "failover = \"alert\"").await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    host.switch().await;
    host.until("awaiting regeneration").await;
    host.runs(&["permit", NAME], "", 0).await;
    let secret = host.provider.regenerate(Client::B).await;
    host.listen_for(&secret);
    let ran = host.runs(&["deposit", NAME], &format!("{secret}\n"), 6).await;
    assert!(ran.err.contains("ACTIVE"), "{}", ran.err);
    let (id_b, _) = host.provider.pair(Client::B).await;
    assert_eq!(host.live_id(), id_b);
    host.runs(&["deposit", NAME, "--client", "b"], &format!("{secret}\n"), 0).await;
    host.no_secret_showed();
}
