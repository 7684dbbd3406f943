//! The service, as systemd would run it, without systemd.

use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::task::JoinHandle;

use super::host::{Host, Ran};

/// A running service; dropped, it is killed.
pub struct Daemon {
    child: Child,
    told: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Daemon {
    /// Starts it and waits until it says that it is ready.
    pub async fn start(host: &Host) -> Self {
        Self::start_as(host, "twinkey.toml").await
    }

    /// The same with another configuration of the host: another host, as it were.
    pub async fn start_as(host: &Host, config: &str) -> Self {
        let config = host.path(config);
        let mut command = host.command(&["--config", config.to_str().unwrap(), "run"]);
        let mut child = command.env("RUST_LOG", "info").spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = Arc::new(Mutex::new(String::new()));
        let reader = tokio::spawn({
            let told = Arc::clone(&told);
            async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    *told.lock().unwrap() += &format!("{line}\n");
                }
            }
        });
        let daemon = Self { child, told, reader };
        daemon.says("\"message\":\"ready\"").await;
        daemon
    }

    /// Its process, as the kernel numbers it.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// What it has told so far.
    pub fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// Waits until it has told this.
    pub async fn says(&self, text: &str) {
        for _ in 0..12_000 {
            if self.told.lock().unwrap().contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never told {text:?} but\n{}", self.told());
    }

    /// Where it listens.
    pub async fn address(&self) -> String {
        self.says("\"message\":\"listening\"").await;
        let told = self.told();
        let line = told.lines().find(|line| line.contains("\"message\":\"listening\"")).unwrap();
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["address"].as_str().unwrap().to_owned()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().expect("it runs")).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Sends a signal and waits for the end; how it ended, how long that took, and what it has told.
    pub async fn ends(mut self, host: &Host, signal: Signal) -> (ExitStatus, Duration, Ran) {
        self.signal(signal);
        #[expect(clippy::disallowed_methods, reason = "how long a program takes to end")]
        let begun = Instant::now();
        let status = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await.unwrap().unwrap();
        let took = begun.elapsed();
        self.reader.await.unwrap();
        let told = self.told.lock().unwrap().clone();
        (status, took, host.heard(status.code(), b"", told.as_bytes()))
    }
}
