//! A real mail server: aiosmtpd, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

pub use super::authlib::left_out;

pub const USER: &str = "twinkey";
pub const PASSWORD: &str = "c4n4ry-mail-password";

/// A running server; dropped, it is ended.
pub struct MailServer {
    child: Child,
    ports: Value,
    mails: Receiver<Value>,
    folder: TempDir,
}

impl MailServer {
    /// Starts a server whose certificate is for `localhost`.
    pub fn start() -> Self {
        let python = std::env::var_os("TWINKEY_TEST_PYTHON").map(PathBuf::from);
        let python = python.expect("the real server needs its virtual environment: run `cargo xtask test`");
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/harness/smtp_server.py"))
            .args([&certificate, &key])
            .args([USER, PASSWORD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the real server starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ports = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let (sender, mails) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, ports, mails, folder }
    }

    /// The port of one of its three ways: `starttls`, `implicit`, `plain`.
    pub fn port(&self, way: &str) -> u16 {
        self.ports[way].as_u64().unwrap().try_into().unwrap()
    }

    /// The file with its certificate.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// The next mail that it took.
    pub fn mail(&self) -> Value {
        self.mails.recv_timeout(Duration::from_secs(10)).expect("a mail arrives")
    }

    /// Whether a mail came that nobody has asked for yet.
    pub fn has_more(&self) -> bool {
        self.mails.recv_timeout(Duration::from_millis(200)).is_ok()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
