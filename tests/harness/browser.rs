//! A real browser: Chromium, by the protocol that browsers are driven by (<https://www.w3.org/TR/webdriver2/>).

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::tool::found;

/// A browser with one window; dropped, it is ended with everything it started.
pub struct Browser {
    driver: Child,
    http: reqwest::Client,
    /// Where the session of the window is.
    session: String,
    _profile: TempDir,
}

/// The browser runs as root in tests, and keeps to itself.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

impl Browser {
    /// A browser with an empty profile; `None` if it was left out by `cargo xtask test`, which says so.
    pub async fn start() -> Option<Self> {
        let driver = found("chromedriver")?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let profile = tempfile::tempdir().unwrap();
        let driver = started(driver, port);
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let mut browser = Self { driver, http, session: base.clone(), _profile: profile };
        browser.answers().await;
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", browser._profile.path().display()));
        let options = json!({ "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let session = browser.asks(Method::POST, "/session", &wanted).await;
        browser.session = format!("{base}/session/{}", session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    /// Opens a page and waits until it is loaded.
    pub async fn opens(&self, url: &str) {
        self.asks(Method::POST, "/url", &json!({ "url": url })).await;
    }

    /// What a script comes to, within the page.
    pub async fn runs(&self, script: &str) -> Value {
        self.asks(Method::POST, "/execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Waits until a script comes to `true`.
    pub async fn until(&self, script: &str) {
        for _ in 0..300 {
            if self.runs(script).await == json!(true) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let text = self.runs("return document.body.innerText").await;
        panic!("never {script}\n{}", text.as_str().unwrap_or_default());
    }

    /// Presses keys, as a person does. The names of keys without a character stand in the standard.
    pub async fn presses(&self, keys: &[&str]) {
        let strokes = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let actions = json!([{ "type": "key", "id": "keys", "actions": strokes.collect::<Vec<_>>() }]);
        self.asks(Method::POST, "/actions", &json!({ "actions": actions })).await;
    }

    /// A command of the browser's own (<https://chromedevtools.github.io/devtools-protocol/>).
    pub async fn is_told(&self, command: &str, params: Value) {
        self.asks(Method::POST, "/goog/cdp/execute", &json!({ "cmd": command, "params": params })).await;
    }

    async fn asks(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.session)).json(body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].clone()
    }

    async fn answers(&self) {
        for _ in 0..300 {
            if self.http.get(format!("{}/status", self.session)).send().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("chromedriver does not answer");
    }
}

fn started(driver: PathBuf, port: u16) -> Child {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(driver);
    command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own: what it starts ends with it.
    command.process_group(0).spawn().expect("chromedriver starts")
}

impl Drop for Browser {
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = i32::try_from(self.driver.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.driver.wait();
    }
}
