//! One switch on real servers, by Twinkey's one-shot command or by a plain script that does the same: what consumers
//! wait for, and what it costs.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::process::Command;
use twinkey_core::{AttemptId, Client, Expected};
use twinkey_store::{Body, Freshness, Place};

use crate::harness::ground::{Ground, Kind, Plot};
use crate::harness::host::{Host, POST};
use crate::harness::line::Line;
use crate::harness::moto::python;
use crate::harness::provider::Provider;
use crate::harness::traffic::{Passage, Traffic, now};
use crate::stories::counted::DUE;

/// Who switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Twinkey,
    Script,
}

/// A host on a plot where a switch is due, and lines to store and provider.
pub struct Stage {
    pub(super) host: Host,
    kind: Kind,
    plot: Plot,
    store: Line,
    provider: Line,
    pub(super) traffic: Arc<Traffic>,
}

/// What one switch took.
pub struct Took {
    /// What went over the lines.
    pub passages: Vec<Passage>,
    /// From the start of the process until the answer to the write of the live pair was on its way back.
    pub seen: Duration,
    /// The how-many-th round trip that was; 0 where they are not told apart.
    pub seen_in_wave: usize,
    /// Until the process had ended.
    pub whole: Duration,
}

impl Stage {
    /// A stage whose lines take so long in each direction, where a switch is due.
    pub async fn set(ground: &Arc<Ground>, traffic: Arc<Traffic>, delay: Duration) -> Self {
        Self::scheduled(DUE, ground, traffic, delay).await
    }

    pub(super) async fn scheduled(
        schedule: &str,
        ground: &Arc<Ground>,
        traffic: Arc<Traffic>,
        delay: Duration,
    ) -> Self {
        let host = Host::new(Provider::sandbox().await, POST, schedule).await;
        let plot = ground.plot().await;
        host.in_another_store(&ground.config(&plot).unwrap());
        host.init().await;
        // For the script: what the next pair is.
        let (id, secret) = host.provider.pair(Client::B).await;
        let mut body = Body::new();
        body.set_text("client_id", SecretString::from(id));
        body.set_text("client_secret", SecretString::from(secret));
        let next = Place::parse("app/go-next").unwrap();
        let attempt = AttemptId::derive(&[b"next"]);
        host.opened().write(&next, &Expected::Absent, &body, attempt).await.unwrap();
        let store = Line::slow(&ground.address().unwrap(), &traffic, delay).await;
        let provider = Line::slow(&host.provider.address(), &traffic, delay).await;
        host.over(&store);
        host.over(&provider);
        Self { host, kind: ground.kind(), plot, store, provider, traffic }
    }

    /// The command that switches.
    fn command(&self, who: Who) -> Vec<String> {
        if who == Who::Twinkey {
            let config = self.host.path("twinkey.toml").display().to_string();
            return [&self.host.program().display().to_string(), "--config", &config, "rotate"]
                .map(str::to_owned)
                .into();
        }
        let token_url =
            self.host.provider.token_url().replace(self.provider.server(), self.provider.address());
        let (script, access) = match self.kind {
            Kind::OpenBao => ("rotate_hvac.py", vec!["root-of-the-tests".to_owned(), self.plot.clone()]),
            _ => ("rotate_boto3.py", vec![self.plot.clone()]),
        };
        let script = format!("{}/harness/{script}", env!("CARGO_MANIFEST_DIR"));
        let mut command = vec![python().display().to_string(), script, self.store.address().to_owned()];
        command.extend(access);
        command.push(token_url);
        command
    }

    /// One switch.
    pub async fn switch(&self, who: Who) -> Took {
        let command = self.command(who);
        let begun = now();
        let ran = quiet(&command).output().await.unwrap();
        let whole = begun.elapsed();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let passages = self.traffic.taken();
        let published = self.published(&passages).expect("the live pair was written");
        let (seen, seen_in_wave) = (published.ended - begun, published.wave);
        self.is_switched().await;
        Took { passages, seen, seen_in_wave, whole }
    }

    /// The write of the live pair.
    pub(super) fn published<'a>(&self, passages: &'a [Passage]) -> Option<&'a Passage> {
        let live = ["POST /v1/secret/data/app/go", "UpdateSecretVersionStage app/go"];
        passages.iter().find(|passage| {
            let name = passage.what.name.replace(&format!("/v1/{}", self.plot), "/v1/secret");
            passage.what.writes && live.contains(&name.as_str())
        })
    }

    /// Seconds of CPU and the peak of memory in kB of a switch.
    pub async fn costs(&self, who: Who) -> (f64, f64) {
        let account = format!("{}/harness/account.py", env!("CARGO_MANIFEST_DIR"));
        // Without what Python loads for itself, which would be a part of the figure.
        let python = python().display().to_string();
        let mut command = vec![python, "-I".to_owned(), "-S".to_owned(), account];
        command.extend(self.command(who));
        let ran = quiet(&command).output().await.unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let told = String::from_utf8(ran.stdout).unwrap();
        let figures: Vec<f64> = told.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
        let [cpu, peak, own] = figures[..] else { panic!("{told}") };
        assert!(peak > own, "only the peak of who started it was seen: {peak} kB, {own} kB");
        self.is_switched().await;
        (cpu, peak)
    }

    pub(super) async fn is_switched(&self) {
        let live = self.host.opened().read(&Host::live_place(), Freshness::Latest).await.unwrap().unwrap();
        let id = live.body.text("client_id").map(secrecy::ExposeSecret::expose_secret);
        assert_eq!(id, Some(self.host.provider.pair(Client::B).await.0.as_str()));
        self.traffic.taken();
    }

    /// How long it takes to put a line on the disk where the audit log is, and how many lines stand before the write of
    /// the live pair was answered.
    pub fn evidence(&self) -> (Duration, usize) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.host.path("measured")).unwrap();
        let mut took: Vec<Duration> = (0..31)
            .map(|_| {
                let begun = now();
                file.write_all(&[b'x'; 300]).unwrap();
                file.sync_data().unwrap();
                begun.elapsed()
            })
            .collect();
        took.sort();
        let log = std::fs::read_to_string(self.host.path("state/audit.jsonl")).unwrap();
        let lines: Vec<&str> = log.lines().collect();
        let of = |text: &str| lines.iter().rposition(|line| line.contains(text)).unwrap();
        let (published, probe) = (of("\"write-live-pair\""), of("\"publish\""));
        (took[took.len() / 2], published - probe)
    }
}

fn quiet(command: &[String]) -> Command {
    let mut quiet = Command::new(PathBuf::from(&command[0]));
    quiet.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    quiet.env_remove("RUST_LOG");
    quiet
}
