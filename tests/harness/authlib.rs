//! A real OAuth2 authorization server: Authlib, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running server; dropped, it is ended.
pub struct Authlib {
    child: Child,
    port: u16,
}

/// Whether the stories on real servers were left out by `cargo xtask test --without-servers`, which says so.
pub fn left_out() -> bool {
    std::env::var_os("TWINKEY_WITHOUT_SERVERS").is_some()
}

impl Authlib {
    /// Starts a server whose tokens live this long.
    pub fn start(token_lifetime: u32) -> Self {
        let python = std::env::var_os("TWINKEY_TEST_PYTHON").map(PathBuf::from);
        let python = python.expect("the real server needs its virtual environment: run `cargo xtask test`");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/harness/authlib_server.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(token_lifetime.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the real server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the real server prints its port");
        Self { child, port }
    }

    pub fn token_url(&self) -> String {
        format!("http://127.0.0.1:{}/as/token.oauth2", self.port)
    }

    /// All clients with their current secrets, in order.
    pub async fn clients(&self) -> Vec<(String, String)> {
        let url = format!("http://127.0.0.1:{}/admin/clients", self.port);
        let text = http().get(url).send().await.unwrap().text().await.unwrap();
        let clients: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        clients.iter().map(pair).collect()
    }

    /// Adds a client with a chosen secret; one with this id loses its old secret at once.
    pub async fn put(&self, id: &str, secret: &str) {
        let url = format!("http://127.0.0.1:{}/admin/clients", self.port);
        let client = serde_json::json!({ "client_id": id, "client_secret": secret });
        http().post(url).json(&client).send().await.unwrap().error_for_status().unwrap();
    }

    /// Regenerates a client's secret; the old one is dead at once.
    pub async fn regenerate(&self, id: &str) -> String {
        let url = format!("http://127.0.0.1:{}/admin/clients/{id}/regenerate", self.port);
        let text = http().post(url).send().await.unwrap().text().await.unwrap();
        pair(&serde_json::from_str(&text).unwrap()).1
    }
}

fn pair(client: &serde_json::Value) -> (String, String) {
    let field = |name: &str| client[name].as_str().unwrap().to_owned();
    (field("client_id"), field("client_secret"))
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

impl Drop for Authlib {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
