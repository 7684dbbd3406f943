//! A switch with the documents in an OpenBao that runs in a container, as most people first meet it.

use twinkey_core::Client;

use crate::harness::authlib::left_out;
use crate::harness::consumer::Consumer;
use crate::harness::host::NAME;
use crate::harness::openbao::OpenBao;
use crate::stories::on_vault::{host, live};

/// The image that `cargo xtask test` made or was told; none where no engine answers, which its last line says.
fn image() -> Option<String> {
    if left_out() || std::env::var_os("TWINKEY_WITHOUT_ENGINE").is_some() {
        return None;
    }
    let image = std::env::var("TWINKEY_TEST_OPENBAO_IMAGE");
    Some(image.expect(
        "the story in a container needs its image: run `cargo xtask test`, or set TWINKEY_WITHOUT_ENGINE=1",
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_in_a_container_shows_no_consumer_a_dead_credential() {
    let Some(image) = image() else { return };
    let server = OpenBao::in_container(&image).await;
    let host = host(&server).await;
    host.init().await;
    let consumer = Consumer::start(host.path("live.json"), host.consumer_settings());
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    host.switch().await;
    host.until("awaiting regeneration").await;
    let told = host.regenerates(Client::A).await;
    assert_eq!(told.code, 0, "{told:?}");
    let now = live(&server).await;
    assert_eq!(now["metadata"]["version"], 2, "one version for the first entry, one for the switch");
    assert_eq!(now["data"]["client_id"], host.live_id());
    let (asked, failed) = consumer.counts();
    assert!(asked > 0 && failed == 0, "{failed} of {asked}");
    host.no_secret_showed();
}
