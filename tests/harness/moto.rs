//! A real server that speaks as AWS Secrets Manager does: moto, in a process of its own.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use twinkey_store::{AwsSettings, AwsStore};

pub use super::authlib::left_out;

/// Keys that moto takes as it takes any.
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_KEY: &str = "not-checked";

/// A running server; dropped, it is ended.
pub struct Moto {
    child: Child,
    port: u16,
    /// Credentials of the tests: the environment of a test is everybody's.
    home: TempDir,
}

impl Moto {
    /// Starts a server without secrets.
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/harness/moto_server.py");
        let mut child = Command::new(python())
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the real server starts");
        let port = line(&mut BufReader::new(child.stdout.take().unwrap()));
        let home = tempfile::tempdir().unwrap();
        let port = port.trim().parse().expect("the server prints its port");
        let keys = format!("[default]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET_KEY}\n");
        std::fs::write(home.path().join("credentials"), keys).unwrap();
        Self { child, port, home }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Forgets all secrets.
    pub async fn reset(&self) {
        let url = format!("{}/moto-api/reset", self.url());
        http().post(url).send().await.unwrap().error_for_status().unwrap();
    }

    /// Settings that lead here.
    pub fn settings(&self) -> AwsSettings {
        let url: url::Url = self.url().parse().unwrap();
        AwsSettings {
            region: Some("eu-west-2".into()),
            credentials_file: Some(self.home.path().join("credentials")),
            endpoint: Some(url.clone()),
            sts_endpoint: Some(url),
            ..AwsSettings::default()
        }
    }

    /// The lines of a configuration that lead here.
    pub fn config(&self) -> String {
        let (url, file) = (self.url(), self.home.path().join("credentials"));
        let file = file.display();
        format!(
            "region = \"eu-west-2\"\ncredentials-file = \"{file}\"\nendpoint = \"{url}\"\nsts-endpoint = \"{url}\"\n"
        )
    }

    /// A handle of its own, as another process has it.
    pub fn store(&self) -> AwsStore {
        AwsStore::new(self.settings())
    }

    /// The vendor's own client.
    pub fn boto(&self) -> Boto {
        Boto::start(&[&self.url(), KEY_ID, SECRET_KEY])
    }

    /// Makes the secrets of one region those of another one too, with all their versions.
    pub async fn copy(&self, from: &str, to: &str) {
        let url = format!("{}/twinkey/copy", self.url());
        let regions = json!({ "from": from, "to": to });
        http().post(url).json(&regions).send().await.unwrap().error_for_status().unwrap();
    }

    /// How many versions of a secret were ever current.
    pub async fn were_current(&self, region: &str, secret: &str) -> u64 {
        let url = format!("{}/twinkey/were-current", self.url());
        let asked = http().post(url).json(&json!({ "region": region, "secret": secret })).send().await;
        asked.unwrap().json().await.unwrap()
    }

    /// Arms one fault: see `moto_server.py`.
    pub async fn fault(&self, fault: Value) {
        let url = format!("{}/twinkey/fault", self.url());
        http().post(url).json(&fault).send().await.unwrap().error_for_status().unwrap();
    }

    /// The next request of this operation is refused.
    pub async fn refuse(&self, operation: &str, status: u16, code: &str, message: &str) {
        let how = json!({ "operation": operation, "how": "refuse", "status": status, "code": code, "message": message });
        self.fault(how).await;
    }

    /// The operations since this was last asked.
    pub async fn operations(&self) -> Vec<String> {
        let url = format!("{}/twinkey/operations", self.url());
        serde_json::from_str(&http().get(url).send().await.unwrap().text().await.unwrap()).unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// boto3 in a process of its own.
pub struct Boto {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Boto {
    fn start(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/harness/boto3_client.py");
        let mut child = Command::new(python())
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the vendor's client starts");
        let pipes = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, pipes: RefCell::new(pipes) }
    }

    /// One call of Secrets Manager.
    pub fn secrets(&self, call: &str, args: Value) -> Value {
        let (input, output) = &mut *self.pipes.borrow_mut();
        writeln!(input, "{}", json!({ "call": call, "args": args })).unwrap();
        serde_json::from_str(&line(output)).expect("the call works")
    }
}

impl Drop for Boto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python that has the servers and the vendors' clients.
pub fn python() -> PathBuf {
    let python = std::env::var_os("TWINKEY_TEST_PYTHON").map(PathBuf::from);
    python.expect("the real server needs its virtual environment: run `cargo xtask test`")
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    line
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}
