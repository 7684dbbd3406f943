//! Who regenerates the secret has the portal and no shell: a note, a slot, and a message when it is proven.

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use twinkey_core::Client;
use twinkey_sandbox::receiver::Receiver;

use crate::harness::authlib::left_out;
use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::openbao::OpenBao;
use crate::harness::provider::Provider;
use crate::harness::smtp::MailServer;
use crate::stories::called::{SIGNING_KEY, told};
use crate::stories::on_vault::{patches, policy};

/// A host on this server, as the service: it calls Maria by mail and the others by a webhook.
async fn host(server: &OpenBao, mail: &MailServer, hook: &Receiver) -> Host {
    // The policies are printed by a host that has no login yet.
    let first = Host::new(Provider::sandbox().await, POST, "").await.on_vault(server, &server.root);
    let token = server.token_with(&policy(&first, "twinkey").await).await;
    let host = Host::new(Provider::sandbox().await, POST, "").await.on_vault(server, &token);
    let address = host.secret_file("hook", &hook.url("/webhook/c4n4ry-hook"));
    let key = host.secret_file("key", SIGNING_KEY);
    host.add(&format!(
        "[notify.maria]\nmail = \"localhost:{}\"\ntls = \"none\"\nfrom = \"Twinkey <twinkey@example.com>\"\n\
         to = [\"maria@example.com\"]\n[notify.hook]\nwebhook = {address}\nsigning-key = {key}\n",
        mail.port("plain")
    ));
    host.looked_after_every("1s");
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_without_a_shell_is_asked_helped_and_told_that_it_is_proven() {
    if left_out() {
        return;
    }
    let (server, mail, hook) = (OpenBao::dev().await, MailServer::start(), Receiver::start().await.unwrap());
    let host = host(&server, &mail, &hook).await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    let service = Daemon::start(&host).await;
    host.switch().await;
    host.until("awaiting regeneration").await;
    let asked = next(&mail, "can be regenerated");
    assert!(asked.contains("Do not press anything in the portal yet"), "{asked}");

    // Somebody with a shell opens the permit for Maria, and sends her the note.
    let note = host.runs(&["permit", NAME, "--for", "Maria"], "", 0).await.out;
    let (id, _) = host.provider.pair(Client::A).await;
    for part in ["To Maria", "GO API Client A", &id[id.len() - 4..], "twinkey/app/go/a", "candidate"] {
        assert!(note.contains(part), "{part} is missing:\n{note}");
    }
    next(&mail, "Resolved: go: no secret waits to be regenerated");

    // Maria clicks, and puts the secret into the slot, under a login that can do this and read nothing.
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    let maria = server.token_with(&policy(&host, "depositor").await).await;
    let slot = "secret/data/twinkey/app/go/a";
    assert_eq!(patches(&server, slot, &maria, &json!({ "data": { "candidate": secret } })).await, 200);
    assert_eq!(server.asks(Method::GET, slot, &maria, &Value::Null).await.0, 403);

    host.until("ready").await;
    let proven = next(&mail, "the new secret of A is proven");
    let keys = [("trigger", "regenerate"), ("resolve", "regenerate"), ("change", "proven")];
    for (event, kind) in keys {
        let expected = (event.to_owned(), format!("{NAME}/{kind}"));
        assert_eq!(told(&hook).iter().filter(|told| **told == expected).count(), 1, "{:?}", told(&hook));
    }
    let (status, _, said) = service.ends(&host, Signal::TERM).await;
    assert!(status.success() && said.err.contains("told"), "{}", said.err);
    let bodies: Vec<String> = hook.taken().iter().map(|taken| taken.body.to_string()).collect();
    host.heard(Some(0), [asked, note, proven, bodies.concat()].concat().as_bytes(), b"");
    assert_eq!(hook.complaints(), [""; 0]);
    host.no_secret_showed();
}

/// The next mail with this in it; those between tell of other things, such as the switch.
fn next(server: &MailServer, part: &str) -> String {
    loop {
        let mail = server.mail();
        assert_eq!(mail["to"], json!(["maria@example.com"]));
        let text = mail["text"].as_str().unwrap().replace("=\r\n", "").replace("\r\n ", " ");
        if text.contains(part) {
            return text;
        }
    }
}
