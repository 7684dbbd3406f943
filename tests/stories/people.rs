//! What people do, too early, twice, or half: each gets a clear answer.

use twinkey_core::Client;

use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;

async fn awaiting() -> Host {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    host.switch().await;
    host.until("awaiting regeneration").await;
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_client_may_come_tomorrow() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let (a, secret_a) = host.provider.pair(Client::A).await;
    let (b, secret_b) = host.provider.pair(Client::B).await;
    host.runs(&["init", NAME, "--live", "a", "--id-a", &a], &format!("{secret_a}\n"), 0).await;
    assert_eq!(host.phase().await, "uninitialised");
    host.runs(&["rotate"], "", 4).await;
    host.runs(&["init", NAME, "--id-b", &b], &format!("{secret_b}\n"), 0).await;
    assert_eq!(host.phase().await, "ready");
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_has_one_holder_until_somebody_spoke_to_them() {
    let host = awaiting().await;
    let note = host.runs(&["permit", NAME, "--for", "Maria"], "", 0).await;
    assert!(note.out.contains("Maria"), "{}", note.out);
    let refused = host.runs(&["permit", NAME, "--for", "Otto"], "", 6).await;
    assert!(refused.err.contains("Maria"), "{}", refused.err);
    assert_eq!(host.phase().await, "permit open");
    host.runs(&["rollback", NAME, "--reason", "story"], "", 6).await;
    host.runs(&["cancel", NAME], "", 6).await;
    host.runs(&["cancel", NAME, "--spoke-to", "Otto"], "", 6).await;
    host.runs(&["cancel", NAME, "--spoke-to", "Maria"], "", 0).await;
    assert_eq!(host.phase().await, "awaiting regeneration");
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_about_to_be_clicked_is_compared() {
    let host = awaiting().await;
    let (b, _) = host.provider.pair(Client::B).await;
    let active = host.runs(&["regenerate", NAME, "--last4", &b[b.len() - 4..]], "", 6).await;
    assert!(active.err.contains("consumers use it"), "{}", active.err);
    host.runs(&["regenerate", NAME, "--last4", "zzzz"], "", 6).await;
    assert_eq!(host.phase().await, "awaiting regeneration");
}

#[tokio::test(flavor = "multi_thread")]
async fn slips_of_the_hand_are_refused_without_asking_the_provider() {
    let host = awaiting().await;
    host.runs(&["permit", NAME], "", 0).await;
    let (_, retired) = host.provider.pair(Client::A).await;
    let (_, active) = host.provider.pair(Client::B).await;
    let asked = host.provider.as_sandbox().requests().len();
    for slip in [
        retired.clone(),
        active,
        format!(" {retired}x"),
        "caf\u{e9}-secret".into(),
        "with\ttab".into(),
        String::new(),
    ] {
        let ran = host.runs(&["deposit", NAME], &format!("{slip}\n"), 6).await;
        assert!(!ran.err.is_empty());
    }
    assert_eq!(host.provider.as_sandbox().requests().len(), asked);
    assert_eq!(host.phase().await, "permit open");
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_publishes_the_retired_client_while_it_works() {
    let host = awaiting().await;
    host.runs(&["rollback", NAME, "--reason", "story"], "", 0).await;
    let (a, _) = host.provider.pair(Client::A).await;
    assert_eq!(host.live_id(), a);
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_until_restart_waits_for_a_persons_word() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let config = std::fs::read_to_string(host.path("twinkey.toml")).unwrap();
    std::fs::write(
        host.path("twinkey.toml"),
        config.replace("max-staleness = \"1s\"", "max-staleness = \"restart\""),
    )
    .unwrap();
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    host.switch().await;
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(host.phase().await, "draining");
    host.runs(&["permit", NAME], "", 6).await;
    host.runs(&["confirm-drained", NAME, "--switch", "00000000"], "", 6).await;
    let next = host.credential().await["next_command"].as_str().unwrap().to_owned();
    let args: Vec<&str> = next.split_whitespace().skip(1).collect();
    host.runs(&args, "", 0).await;
    assert_eq!(host.phase().await, "awaiting regeneration");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_role_is_no_proof() {
    let provider = Provider::sandbox().await;
    let api = provider.as_sandbox().api_url("eu");
    let form = format!("api-call = {{ url = \"{api}\", accept = [200] }}");
    let host = Host::new(provider, &form, "").await;
    let (b, _) = host.provider.pair(Client::B).await;
    host.provider.as_sandbox().set_role(&b, false);
    let (a, secret_a) = host.provider.pair(Client::A).await;
    let (_, secret_b) = host.provider.pair(Client::B).await;
    let secrets = format!("{secret_a}\n{secret_b}\n");
    let ran = host.runs(&["init", NAME, "--live", "a", "--id-a", &a, "--id-b", &b], &secrets, 6).await;
    assert!(ran.err.contains("role"), "{}", ran.err);
    host.provider.as_sandbox().set_role(&b, true);
    host.init().await;
}
