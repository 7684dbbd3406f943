//! A receiver of webhooks in a process of its own, which is killed and starts again; its book survives.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A message that was noted.
#[derive(Clone, Debug)]
pub struct Noted {
    /// When it came, in seconds of the epoch.
    pub at: f64,
    /// When it was sent, by its own words, in whole seconds of the epoch.
    pub sent: f64,
    /// The name of this very message.
    pub id: String,
    /// `trigger`, `resolve`, `change`.
    pub event: String,
    /// What it is about.
    pub key: String,
}

/// The receiver; dropped, it is ended.
pub struct Book {
    folder: TempDir,
    running: Child,
    port: u16,
}

impl Book {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (running, port) = started(0, folder.path().join("book"));
        Self { folder, running, port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/c4n4ry-book", self.port)
    }

    /// The process ends as if its host had lost its power.
    pub fn kill(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }

    /// Starts again, at the same address.
    pub fn start_again(&mut self) {
        self.running = started(self.port, self.folder.path().join("book")).0;
    }

    /// Everything that was noted, in order.
    pub fn noted(&self) -> Vec<Noted> {
        let text = fs::read_to_string(self.folder.path().join("book")).unwrap_or_default();
        let line = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |at: usize| line[at].as_str().unwrap().to_owned();
            let number = |at: usize| line[at].as_f64().unwrap();
            let event = text(3).trim_start_matches("twinkey.").to_owned();
            Noted { at: number(0), sent: number(1), id: text(2), event, key: text(4) }
        };
        text.lines().map(line).collect()
    }
}

fn started(port: u16, book: PathBuf) -> (Child, u16) {
    let python = std::env::var_os("TWINKEY_TEST_PYTHON").map(PathBuf::from);
    let python = python.expect("the receiver needs its virtual environment: run `cargo xtask test`");
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/harness/receiver_server.py"))
        .arg(port.to_string())
        .arg(book)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the receiver starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().parse().expect("the receiver tells its port");
    (child, port)
}

impl Drop for Book {
    fn drop(&mut self) {
        self.kill();
    }
}
