//! A race: several real processes rotate one credential at once. Each is a host of its own; of four, two are on one.

use std::fs;
use std::process::Stdio;
use std::sync::Arc;

use secrecy::ExposeSecret;
use serde_json::Value;
use twinkey::documents::Documents;
use twinkey_core::seen::RecordSeen;
use twinkey_core::{Client, What};
use twinkey_store::{Freshness, Place};

use crate::harness::ground::{Ground, Plot};
use crate::harness::host::{Host, POST, Ran};
use crate::harness::provider::Provider;
use crate::stories::counted::DUE;

/// What came of the rounds.
#[derive(Debug, Default)]
pub struct Tally {
    /// Rounds; each ended with exactly one switch, in one new version of the live pair.
    pub rounds: u32,
    /// Processes that ran.
    pub runs: u32,
    /// Rounds in which a compare-and-set was refused.
    pub contested: u32,
    /// Compare-and-sets that were refused.
    pub refused: u32,
    /// Runs that were outrun, and said by whom.
    pub outrun: u32,
    /// Runs that found another process of their host at work, and said so.
    pub busy: u32,
}

/// One round on a plot of its own. Panics unless all is as it must be.
pub async fn round(ground: &Arc<Ground>, tally: &mut Tally) {
    let host = Host::new(Provider::sandbox().await, POST, DUE).await;
    let plot = ground.plot().await;
    if let Some(lines) = ground.config(&plot) {
        host.in_another_store(&lines);
    }
    host.init().await;
    let processes = 2 + tally.rounds % 3;
    let folders: Vec<String> = (0..processes.min(3)).map(|number| format!("state-{number}")).collect();
    for folder in &folders {
        let config = fs::read_to_string(host.path("twinkey.toml")).unwrap();
        let config = config.replace("/state\"", &format!("/{folder}\""));
        fs::write(host.path(folder).with_extension("toml"), config).unwrap();
    }
    let started: Vec<_> = (0..processes as usize)
        .map(|number| {
            let config = host.path(&folders[number % 3]).with_extension("toml");
            let mut command = host.command(&["--config", config.to_str().unwrap(), "rotate"]);
            command.env_remove("RUST_LOG").stdin(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let mut ended = Vec::new();
    for process in started {
        let output = process.wait_with_output().await.unwrap();
        ended.push(host.heard(output.status.code(), &output.stdout, &output.stderr));
    }
    is_switched_once(ground, &plot, &host, &ended).await;
    count(&host, &folders, &ended, tally);
    host.no_secret_showed();
}

/// Whoever took part, and in whatever order: there is one switch, and it is whole.
async fn is_switched_once(ground: &Arc<Ground>, plot: &Plot, host: &Host, ended: &[Ran]) {
    assert!(ended.iter().all(|ran| ran.code == 0), "{ended:?}");
    let (store, record) = (host.opened(), Place::parse("twinkey/app/go/record").unwrap());
    let record = store.read(&record, Freshness::Latest).await.unwrap();
    let RecordSeen::Here { record, .. } = Documents::record_seen(record.as_ref()) else {
        panic!("no record")
    };
    let switches = record.transitions.iter().filter(|it| matches!(it.what, What::Published { .. })).count();
    assert_eq!((switches, &record.intent), (1, &None), "{ended:?}");
    assert_eq!(record.active.as_ref().unwrap().client, Client::B);
    assert_eq!(record.drain.as_ref().unwrap().retired, Client::A);

    let live = store.read(&Host::live_place(), Freshness::Latest).await.unwrap().unwrap();
    assert_eq!(record.active.as_ref().unwrap().version, live.version);
    let versions = ground.count(plot, "app/go", &live.version).await;
    assert_eq!(versions, 2, "one for the first entry, one for the switch: {ended:?}");
    let text = |field: &str| live.body.text(field).unwrap().expose_secret().to_owned();
    assert_eq!((text("client_id"), text("client_secret")), host.provider.pair(Client::B).await);
}

/// What each host's log tells, and whether whoever lost has said to whom.
fn count(host: &Host, folders: &[String], ended: &[Ran], tally: &mut Tally) {
    let mut refused = 0;
    for (number, folder) in folders.iter().enumerate() {
        let log = fs::read_to_string(host.path(folder).join("audit.jsonl")).unwrap_or_default();
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let conflicts = lines.iter().filter(|line| line["detail"]["outcome"] == "conflict").count();
        refused += conflicts as u32;
        let ended_it = lines.windows(2).any(|two| {
            two[0]["detail"]["change"]["what"] == "published" && two[1]["detail"]["outcome"] == "written"
        });
        // The log of a host on which two ran is that of both.
        let alone = ended.len() < 4 || number > 0;
        assert_eq!(
            alone && conflicts > 0 && !ended_it,
            alone && ended[number].err.contains("another run was faster: "),
            "{:?}\n{log}",
            ended[number]
        );
    }
    let saying = |text: &str| ended.iter().filter(|ran| ran.err.contains(text)).count() as u32;
    let (outrun, busy) = (saying("another run was faster"), saying("another twinkey"));
    let silent = ended.iter().filter(|ran| ran.err.is_empty()).count() as u32;
    assert_eq!(outrun + busy + silent, ended.len() as u32, "{ended:?}");
    tally.rounds += 1;
    tally.runs += ended.len() as u32;
    tally.contested += u32::from(refused > 0);
    tally.refused += refused;
    tally.outrun += outrun;
    tally.busy += busy;
}
