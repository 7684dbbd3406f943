//! What the service costs, with many credentials on one OpenBao, and how soon it rescues.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use twinkey_core::Client;

use super::{Process, line, median, now, number};
use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, POST};
use crate::harness::openbao::OpenBao;
use crate::harness::provider::Provider;

/// As many as the service works on at once by default.
const AT_ONCE: usize = 16;
const SWEEPS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo xtask bench daemon"]
async fn daemon() {
    idle().await;
    let few = number("TWINKEY_CREDENTIALS", 1_000);
    let once = sweep(few).await;
    if let Some(many) = std::env::var("TWINKEY_MORE_CREDENTIALS").ok().and_then(|text| text.parse().ok()) {
        let ten = sweep(many).await;
        let ratio = (ten / many as f64) / (once / few as f64);
        line(&format!("time per credential, {many} : {few}"), ratio, "", "at most 1.1");
    }
    rescue().await;
}

/// A host that looks after so many credentials with the same two clients.
struct Many {
    host: Host,
    server: OpenBao,
    names: Vec<String>,
    /// What stands above the credentials in the configuration.
    head: String,
}

impl Many {
    async fn new(credentials: usize) -> Self {
        let server = OpenBao::dev().await;
        let host = Host::new(Provider::sandbox().await, POST, "").await.on_vault(&server, &server.root);
        let names: Vec<String> = (0..credentials).map(|number| format!("c{number}")).collect();
        let config = fs::read_to_string(host.path("twinkey.toml")).unwrap();
        let head = config.split("[credential.").next().unwrap().to_owned();
        let many = Self { host, server, names, head };
        many.configure("1h");
        many.init().await;
        many
    }

    /// Each credential is looked at this often, and its clients are asked no more often than that.
    fn configure(&self, often: &str) {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        fs::write(self.host.path("twinkey.toml"), self.configuration(&names, often)).unwrap();
    }

    fn configuration(&self, names: &[&str], often: &str) -> String {
        let mut text = self.head.clone();
        for name in names {
            write!(
                text,
                "[credential.{name}]\nstore = \"local\"\nprovider = \"p\"\nlive-pair = \"app/{name}\"\n\
                 consumers.max-staleness = \"20m\"\nlook-every = \"{often}\"\n\
                 verify = {{ settle = \"400ms\", tokens = 3, standby-every = \"{often}\", active-every = \"{often}\" }}\n"
            )
            .unwrap();
        }
        text
    }

    /// Each under a configuration of its own: ten thousand commands that each read ten thousand tables do little else.
    async fn init(&self) {
        let (a, secret_a) = self.host.provider.pair(Client::A).await;
        let (b, secret_b) = self.host.provider.pair(Client::B).await;
        let secrets = format!("{secret_a}\n{secret_b}\n");
        let places = Semaphore::new(AT_ONCE);
        let one = async |name: &str| {
            let _place = places.acquire().await.unwrap();
            let alone = self.host.path(&format!("{name}.toml"));
            fs::write(&alone, self.configuration(&[name], "1h")).unwrap();
            let config = alone.to_str().unwrap();
            let args = ["--config", config, "init", name, "--live", "a", "--id-a", &a, "--id-b", &b];
            self.host.runs(&args, &secrets, 0).await;
            fs::remove_file(alone).unwrap();
        };
        join_all(self.names.iter().map(|name| one(name))).await;
    }

    /// The documents of one credential, as a look reads them.
    fn documents(name: &str) -> [String; 4] {
        let of = |path: String| format!("/v1/secret/data/{path}");
        [
            of(format!("app/{name}")),
            of(format!("twinkey/app/{name}/record")),
            of(format!("twinkey/app/{name}/a")),
            of(format!("twinkey/app/{name}/b")),
        ]
    }

    /// The same requests, sent by a loop that does nothing else.
    async fn bare_loop(&self) -> f64 {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let begun = now();
        let mut looks = JoinSet::new();
        for name in &self.names {
            let place = Arc::clone(&places).acquire_owned().await.unwrap();
            let (client, address, root) = (client.clone(), self.server.address(), self.server.root.clone());
            let documents = Self::documents(name);
            looks.spawn(async move {
                let reads = documents.map(|path| {
                    let request = client.get(format!("{address}{path}")).header("X-Vault-Token", &root);
                    async move {
                        let answer = request.send().await.unwrap();
                        assert_eq!(answer.status(), 200);
                        answer.json::<Value>().await.unwrap();
                    }
                });
                join_all(reads).await;
                drop(place);
            });
        }
        while looks.join_next().await.is_some() {}
        begun.elapsed().as_secs_f64()
    }
}

/// A service that has nothing to do.
async fn idle() {
    let credentials = 100;
    let seconds = number("TWINKEY_IDLE_SECONDS", 300);
    let many = Many::new(credentials).await;
    let service = Daemon::start(&many.host).await;
    let process = Process(service.pid());
    let ready = process.cpu();
    process.rests().await;
    let before = process.cpu();
    tokio::time::sleep(Duration::from_secs(seconds as u64)).await;
    let used = (process.cpu() - before).as_secs_f64();
    println!("\n{credentials} credentials, idle for {seconds} s");
    line("CPU until it says that it is ready", ready.as_secs_f64() * 1e3, "ms", "at most 200");
    line("resident memory", process.memory().0, "MB", "at most 20");
    line("CPU, of a core", used / seconds as f64 * 100.0, "%", "at most 0.05");
    service.ends(&many.host, Signal::TERM).await;
}

/// Everything is looked at once, at a word.
async fn sweep(credentials: usize) -> f64 {
    let many = Many::new(credentials).await;
    let service = Daemon::start(&many.host).await;
    let process = Process(service.pid());
    process.rests().await;
    let (mut sweeps, mut loops, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SWEEPS {
        loops.push(many.bare_loop().await);
        let (begun, before) = (now(), process.cpu());
        service.signal(Signal::HUP);
        let ended = process.rests().await;
        sweeps.push((ended - begun).as_secs_f64());
        costs.push((process.cpu() - before).as_secs_f64());
    }
    let (sweep, bare, cost) = (median(sweeps), median(loops), median(costs));
    println!(
        "\n{credentials} credentials on one OpenBao, a full sweep, {AT_ONCE} at once, medians of {SWEEPS}"
    );
    line("a sweep", sweep, "s", "");
    line("a bare loop with the same requests", bare, "s", "");
    line("a sweep : the bare loop", sweep / bare, "", "at most 1.3");
    line("CPU per request of a sweep", cost / (credentials * 4) as f64 * 1e6, "us", "");
    let (memory, most) = process.memory();
    let goal = if credentials <= 1_000 { "at most 64" } else { "" };
    line("resident memory", memory, "MB", goal);
    line("resident memory, the most", most, "MB", "");
    service.ends(&many.host, Signal::TERM).await;
    sweep
}

/// Somebody regenerates the active client by mistake.
async fn rescue() {
    let mut figures = Vec::new();
    for _ in 0..3 {
        figures.push(one_rescue().await);
    }
    println!("\nthe active client regenerated by mistake, asked every 30 s, medians of 3");
    line("from the probe that noticed to the switch", median(figures), "s", "at most 10");
}

async fn one_rescue() -> f64 {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let config = fs::read_to_string(host.path("twinkey.toml")).unwrap();
    let config = config.replace("active-every = \"1s\"", "active-every = \"30s\"");
    fs::write(host.path("twinkey.toml"), config).unwrap();
    host.looked_after_every("30s");
    host.init().await;
    let service = Daemon::start(&host).await;
    Process(service.pid()).rests().await;
    let before = host.live_id();
    host.provider.regenerate(Client::A).await;
    while host.live_id() == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    #[expect(clippy::disallowed_methods, reason = "measures, against the sandbox's own log")]
    let switched = SystemTime::now();
    let requests = host.provider.as_sandbox().requests();
    let noticed = requests.iter().find(|request| request.status == 401).expect("a refusal").at;
    service.ends(&host, Signal::TERM).await;
    switched.duration_since(noticed).unwrap_or_default().as_secs_f64()
}
