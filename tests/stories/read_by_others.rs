//! Consumers that we did not write read all along: OpenBao's own agent, which renders a template, and AWS's own client.
//! They never see half a pair, and what they hold always gets a token.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use twinkey_core::Client;

use crate::harness::authlib::left_out;
use crate::harness::consumer::Consumer;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::moto::Moto;
use crate::harness::openbao::{OpenBao, program};
use crate::harness::provider::Provider;

/// Client id and secret.
type Pair = (String, String);

/// What a consumer saw, and what it holds now.
#[derive(Clone, Default)]
struct Sight(Arc<Mutex<(BTreeSet<Pair>, Option<Pair>)>>);

impl Sight {
    fn sees(&self, json: &Value) -> Option<Pair> {
        let text = |field: &str| json[field].as_str().map(str::to_owned);
        let pair = (text("client_id")?, text("client_secret")?);
        let mut sight = self.0.lock().unwrap();
        sight.0.insert(pair.clone());
        sight.1 = Some(pair.clone());
        Some(pair)
    }

    fn seen(&self) -> BTreeSet<Pair> {
        self.0.lock().unwrap().0.clone()
    }

    fn holds(&self) -> Option<Pair> {
        self.0.lock().unwrap().1.clone()
    }
}

/// An agent renders what it has read anew every second.
const STALENESS: &str = "max-staleness = \"2s\"";

/// Two whole cycles; every pair that was ever right.
async fn two_cycles(host: &Host) -> BTreeSet<Pair> {
    let mut right = BTreeSet::new();
    for client in Client::BOTH {
        right.insert(host.provider.pair(client).await);
    }
    for client in Client::BOTH {
        host.switch().await;
        host.until("awaiting regeneration").await;
        assert_eq!(host.regenerates(client).await.code, 0);
        right.insert(host.provider.pair(client).await);
        host.runs(&["rotate"], "", 0).await;
        assert_eq!(host.phase().await, "ready");
    }
    host.switch().await;
    right
}

/// It saw whole pairs only, the new ones among them, and none of its requests failed.
fn is_well_served(sight: &Sight, right: &BTreeSet<Pair>, consumer: &Consumer) {
    let seen = sight.seen();
    assert!(seen.is_subset(right), "half a pair");
    assert!(seen.len() >= 3, "it saw {} pairs", seen.len());
    let (asked, failed) = consumer.counts();
    assert!(asked > 20 && failed == 0, "{failed} of {asked}");
}

async fn set_up(host: &Host) {
    host.change("max-staleness = \"1s\"", STALENESS);
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_openbao_renders_whole_pairs_that_get_tokens() {
    if left_out() {
        return;
    }
    let server = OpenBao::dev().await;
    let host = Host::new(Provider::sandbox().await, POST, "").await.on_vault(&server, &server.root);
    set_up(&host).await;
    let folder = tempfile::tempdir().unwrap();
    let rendered = folder.path().join("pair.json");
    let config = format!(
        r#"vault {{ address = "{}" }}
auto_auth {{ method "token_file" {{ config = {{ token_file_path = "{}" }} }} }}
template_config {{ static_secret_render_interval = "1s" }}
template {{
  contents = <<END
{{{{ with secret "secret/data/app/go" }}}}{{"client_id":{{{{ .Data.data.client_id | toJSON }}}},"client_secret":{{{{ .Data.data.client_secret | toJSON }}}}}}{{{{ end }}}}
END
  destination = "{}"
}}
"#,
        server.address(),
        server.token_file(&server.root).display(),
        rendered.display()
    );
    let agent = folder.path().join("agent.hcl");
    fs::write(&agent, config).unwrap();
    let log = fs::File::create(folder.path().join("agent.log")).unwrap();
    let mut agent = Command::new(program())
        .arg("agent")
        .arg(format!("-config={}", agent.display()))
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let sight = Sight::default();
    let read = {
        let (sight, rendered) = (sight.clone(), rendered.clone());
        move || {
            let (sight, rendered) = (sight.clone(), rendered.clone());
            async move { sight.sees(&serde_json::from_str(&fs::read_to_string(rendered).ok()?).ok()?) }
        }
    };
    let consumer = Consumer::reading(read, host.consumer_settings());
    consumer.has_asked().await;
    let right = two_cycles(&host).await;
    // The agent comes again within its second.
    while sight.holds() != Some(host.provider.pair(Client::B).await) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    is_well_served(&sight, &right, &consumer);
    agent.kill().unwrap();
    agent.wait().unwrap();
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_own_client_reads_whole_pairs_that_get_tokens() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let host = Host::new(Provider::sandbox().await, POST, "").await.on_aws(&server);
    set_up(&host).await;
    let (sight, boto) = (Sight::default(), server.boto());
    let reading = std::thread::spawn({
        let sight = sight.clone();
        move || {
            // Until nobody but this thread is interested any more.
            while Arc::strong_count(&sight.0) > 1 {
                let found = boto.secrets("get_secret_value", json!({ "SecretId": "app/go" }));
                sight.sees(&serde_json::from_str(found["SecretString"].as_str().unwrap()).unwrap());
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        }
    });
    let holds = {
        let sight = sight.clone();
        move || std::future::ready(sight.holds())
    };
    let consumer = Consumer::reading(holds, host.consumer_settings());
    consumer.has_asked().await;
    let right = two_cycles(&host).await;
    while sight.holds() != Some(host.provider.pair(Client::B).await) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    is_well_served(&sight, &right, &consumer);
    drop((consumer, sight));
    reading.join().unwrap();
    host.no_secret_showed();
}
