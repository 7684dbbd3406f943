//! A host with a provider of its own, both to be copied: each case begins where the scenario's set-up ended.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use twinkey::config::Credential;
use twinkey_core::{Client, Record, Version};
use twinkey_sandbox::{ErrorStyle, Options};
use twinkey_store::{Freshness, Place, Store};

use crate::harness::ground::{Ground, Kind, Plot};
use crate::harness::host::{Host, NAME, POST, Ran, killable};
use crate::harness::provider::Provider;

/// How long consumers may keep a pair: no drain ends by its time, however slow the machine.
pub const LONG: &str = "max-staleness = \"1h\"";

/// Where a scenario begins behind the end of a drain.
pub const SHORT: &str = "max-staleness = \"1s\"";

/// A late node that never learns, as far as a case lasts.
const NEVER: Duration = Duration::from_secs(3600);

/// Where no server listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A host with a provider of its own.
pub struct Stage {
    pub host: Host,
    ground: Arc<Ground>,
    plot: Mutex<Plot>,
    style: ErrorStyle,
    /// What was done at the provider: its seed and this make another one that stands alike.
    done: Mutex<Vec<AtProvider>>,
}

#[derive(Clone, Copy)]
enum AtProvider {
    Regenerated(Client),
    Disabled(Client),
    RegeneratedLate(Client),
}

/// A command with what is typed into it.
#[derive(Clone)]
pub struct Order {
    pub args: Vec<String>,
    pub stdin: String,
}

/// What a command came to, and the signal that ended it, if one did.
pub struct Ended {
    pub ran: Ran,
    pub signal: Option<i32>,
}

impl Stage {
    pub async fn new(ground: &Arc<Ground>, style: ErrorStyle, settings: &[(&str, &str)]) -> Self {
        let provider = Provider::with(Options { error_style: style, ..Options::default() }).await;
        let host = Host::new(provider, POST, "").await.with_program(killable());
        let plot = ground.plot().await;
        if let Some(lines) = ground.config(&plot) {
            host.in_another_store(&lines);
        }
        let (ground, plot) = (Arc::clone(ground), Mutex::new(plot));
        let stage = Self { host, ground, plot, style, done: Mutex::default() };
        let quick = [
            (SHORT, LONG),
            ("drain-margin = \"500ms\"", "drain-margin = \"100ms\""),
            ("settle = \"400ms\", tokens = 3", "settle = \"100ms\", tokens = 2"),
            (
                "standby-every = \"1s\", active-every = \"1s\"",
                "standby-every = \"1h\", active-every = \"1h\"",
            ),
        ];
        for (from, to) in quick.iter().chain(settings) {
            stage.set(from, to);
        }
        stage
    }

    /// Changes the configuration.
    pub fn set(&self, from: &str, to: &str) {
        self.host.change(from, to);
    }

    /// Another one that stands alike.
    pub async fn copied(&self) -> Self {
        let options = Options { error_style: self.style, ..Options::default() };
        let provider = Provider::with(options).await;
        let done = self.done.lock().unwrap().clone();
        let host = self.host.copied(provider);
        let (ground, plot) = (Arc::clone(&self.ground), Mutex::new(self.plot()));
        let copy = Self { host, ground, plot, style: self.style, done: Mutex::default() };
        copy.moves_to(self.ground.copied(&self.plot()).await);
        for deed in done {
            copy.does(deed);
        }
        copy
    }

    fn plot(&self) -> Plot {
        self.plot.lock().unwrap().clone()
    }

    fn moves_to(&self, plot: Plot) {
        if self.kind() != Kind::File {
            self.set(&self.plot(), &plot);
        }
        *self.plot.lock().unwrap() = plot;
    }

    pub fn kind(&self) -> Kind {
        self.ground.kind()
    }

    /// The how-many-th version of a document this is.
    pub async fn count(&self, place: &Place, version: &Version) -> u64 {
        self.ground.count(&self.plot(), place.as_str(), version).await
    }

    /// A round comes while the store is away.
    pub async fn round_without_store(&self) {
        let store = self.ground.address().unwrap_or(self.host.path("store.age").display().to_string());
        let nowhere = if self.kind() == Kind::File { format!("{store}-away") } else { NOWHERE.to_owned() };
        self.set(&store, &nowhere);
        self.runs(&Order::rotate(), &[]).await;
        self.set(&nowhere, &store);
    }

    /// What stands now is kept as a backup, this is done, and then the backup is put back.
    pub async fn puts_back_what_stood_before(&self, deed: Order) {
        let (store, backup) = (self.host.path("store.age"), self.host.path("backup"));
        let plot = self.ground.copied(&self.plot()).await;
        if self.kind() == Kind::File {
            std::fs::copy(&store, &backup).unwrap();
        }
        let ended = self.runs(&deed, &[]).await;
        assert_eq!(ended.ran.code, 0, "{}{}", ended.ran.out, ended.ran.err);
        if self.kind() == Kind::File {
            std::fs::rename(&backup, &store).unwrap();
        }
        self.moves_to(plot);
    }

    /// The click in the portal.
    pub fn regenerates(&self, client: Client) -> String {
        self.does(AtProvider::Regenerated(client));
        self.secret(client)
    }

    /// The click, of which the only node that answers does not hear.
    pub fn regenerates_unheard(&self, client: Client) {
        self.does(AtProvider::RegeneratedLate(client));
    }

    /// The client gets no token any more.
    pub fn disables(&self, client: Client) {
        self.does(AtProvider::Disabled(client));
    }

    fn does(&self, deed: AtProvider) {
        let sandbox = self.host.provider.as_sandbox();
        match deed {
            AtProvider::Disabled(client) => {
                sandbox.set_disabled(&self.id(client), true);
            }
            AtProvider::Regenerated(client) => {
                sandbox.regenerate(&self.id(client)).unwrap();
            }
            AtProvider::RegeneratedLate(client) => {
                sandbox.set_late_nodes(1, 1, NEVER);
                sandbox.regenerate(&self.id(client)).unwrap();
            }
        }
        for client in Client::BOTH {
            self.host.listen_for(&self.secret(client));
        }
        self.done.lock().unwrap().push(deed);
    }

    pub fn id(&self, client: Client) -> String {
        let at = usize::from(client == Client::B);
        self.host.provider.as_sandbox().clients()[at].id.clone()
    }

    /// A client's current secret, as the portal showed it.
    pub fn secret(&self, client: Client) -> String {
        self.host.provider.as_sandbox().secret_of(&self.id(client)).unwrap()
    }

    /// Runs a command, which dies where `at` says, or writes to `log` what it passes.
    pub async fn runs(&self, order: &Order, env: &[(&str, &str)]) -> Ended {
        let args: Vec<&str> = order.args.iter().map(String::as_str).collect();
        let mut command = self.host.command(&args);
        let mut child = command.envs(env.iter().copied()).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // It may die before it reads.
        let _ = input.write_all(order.stdin.as_bytes()).await;
        drop(input);
        let output = child.wait_with_output().await.unwrap();
        let ran = self.host.heard(output.status.code(), &output.stdout, &output.stderr);
        Ended { ran, signal: output.status.signal() }
    }

    /// The credential, as the configuration has it.
    pub fn credential(&self) -> Credential {
        let config = twinkey::open::config(&self.host.path("twinkey.toml")).unwrap();
        twinkey::open::named(&config, NAME).unwrap()
    }

    /// The store, if there is one yet.
    pub fn store(&self) -> Option<Arc<dyn Store>> {
        twinkey::shared::open_store(&self.credential()).ok()
    }

    /// The record, if there is one yet.
    pub async fn record(&self) -> Option<Record> {
        let read = self.store()?.read(&self.credential().state.record, Freshness::Latest).await.unwrap();
        match twinkey::documents::Documents::record_seen(read.as_ref()) {
            twinkey_core::seen::RecordSeen::Here { record, .. } => Some(*record),
            _ => None,
        }
    }
}

impl Order {
    pub fn new(args: &[&str]) -> Self {
        Self { args: args.iter().map(|arg| (*arg).to_owned()).collect(), stdin: String::new() }
    }

    /// With these lines typed into it.
    pub fn typing(self, lines: &[&str]) -> Self {
        Self { stdin: lines.iter().map(|line| format!("{line}\n")).collect(), ..self }
    }

    /// The round.
    pub fn rotate() -> Self {
        Self::new(&["rotate"])
    }
}
