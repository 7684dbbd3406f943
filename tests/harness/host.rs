//! A host of a story's own: a folder, a configuration, the real binary, and an ear for leaked secrets.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Build, Stdio};
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use twinkey_core::Client;
use twinkey_provider::Settings;
use twinkey_store::{FileStore, Place};

use super::line::Line;
use super::moto::Moto;
use super::openbao::OpenBao;
use super::provider::Provider;

/// The credential's name in all stories.
pub const NAME: &str = "go";

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A host of a story's own.
pub struct Host {
    folder: TempDir,
    /// Secrets that the host was given as files.
    given: TempDir,
    pub provider: Provider,
    /// Everything that programs printed.
    printed: Mutex<String>,
    /// Every secret that was ever handled.
    secrets: Mutex<BTreeSet<String>>,
    /// What runs: the real binary, as people have it or with its kill points.
    program: &'static Path,
}

/// The form of the token request, as the configuration writes it.
pub const POST: &str = "";

impl Host {
    /// A host with a configuration; `form` and `extra` are lines for the provider's and the credential's
    /// table.
    pub async fn new(provider: Provider, form: &str, extra: &str) -> Self {
        let host = Self {
            folder: fresh_folder(),
            given: fresh_folder(),
            provider,
            printed: Mutex::default(),
            secrets: Mutex::default(),
            program: binary(),
        };
        host.configure(form, extra);
        for client in Client::BOTH {
            let (_, secret) = host.provider.pair(client).await;
            host.listen_for(&secret);
        }
        host
    }

    /// The same host whose documents lie in Secrets Manager.
    pub fn on_aws(self, server: &Moto) -> Self {
        self.in_another_store(&server.config());
        self
    }

    /// The same host whose documents lie in a Vault: each command logs in with this token.
    pub fn on_vault(self, server: &OpenBao, token: &str) -> Self {
        let auth = format!("auth = {{ token-file = \"{}\" }}", server.token_file(token).display());
        self.in_another_store(&format!("address = \"{}\"\n{auth}\n", server.address()));
        self.listen_for(token);
        self
    }

    /// From now on the host reaches what this line leads to over the line.
    pub fn over(&self, line: &Line) {
        self.change(line.server(), line.address());
    }

    /// Changes the configuration.
    pub fn change(&self, from: &str, to: &str) {
        let path = self.path("twinkey.toml");
        let config = fs::read_to_string(&path).unwrap();
        assert!(config.contains(from), "{from}");
        fs::write(path, config.replace(from, to)).unwrap();
    }

    /// The same host with these lines for its store.
    pub fn in_another_store(&self, lines: &str) {
        let (config, folder) = (self.path("twinkey.toml"), self.folder.path().display());
        let embedded = format!("file = \"{folder}/store.age\"\nkey = {{ file = \"{folder}/store.key\" }}\n");
        let text = fs::read_to_string(&config).unwrap();
        assert!(text.contains(&embedded), "{text}");
        fs::write(config, text.replace(&embedded, lines)).unwrap();
    }

    /// The same host with another build of the binary.
    pub fn with_program(self, program: &'static Path) -> Self {
        Self { program, ..self }
    }

    /// What runs.
    pub fn program(&self) -> &'static Path {
        self.program
    }

    /// Another host on which everything stands as on this one, with a provider of its own.
    pub fn copied(&self, provider: Provider) -> Self {
        let folder = fresh_folder();
        copy(self.folder.path(), folder.path());
        let config = fs::read_to_string(self.path("twinkey.toml")).unwrap();
        let config = config
            .replace(&self.folder.path().display().to_string(), &folder.path().display().to_string())
            .replace(&self.provider.token_url(), &provider.token_url());
        fs::write(folder.path().join("twinkey.toml"), config).unwrap();
        let secrets = Mutex::new(self.secrets.lock().unwrap().clone());
        let given = fresh_folder();
        Self { folder, given, provider, printed: Mutex::default(), secrets, program: self.program }
    }

    /// Writes the configuration anew.
    pub fn configure(&self, form: &str, extra: &str) {
        let folder = self.folder.path().display();
        let token_url = self.provider.token_url();
        let config = format!(
            r#"state-dir = "{folder}/state"
[watch]
listen = "127.0.0.1:0"
[store.local]
file = "{folder}/store.age"
key = {{ file = "{folder}/store.key" }}
[provider.p]
token-url = "{token_url}"
scope = "gbg.token"
{form}
[credential.{NAME}]
store = "local"
provider = "p"
live-pair = "app/go"
labels = {{ a = "GO API Client A", b = "GO API Client B" }}
consumers.max-staleness = "1s"
consumers.output = {{ path = "{folder}/live.json" }}
drain-margin = "500ms"
look-every = "cron"
{extra}
verify = {{ settle = "400ms", tokens = 3, standby-every = "1s", active-every = "1s" }}
"#
        );
        fs::write(self.path("twinkey.toml"), config).unwrap();
    }

    /// These lines in the table that says how Twinkey itself is watched.
    pub fn watched_by(&self, lines: &str) {
        let config = self.path("twinkey.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(config, text.replace("[watch]\n", &format!("[watch]\n{lines}\n"))).unwrap();
    }

    /// A file with a secret that only its owner may read, apart from what is searched for secrets; the reference to
    /// it, as the configuration takes one.
    pub fn secret_file(&self, name: &str, secret: &str) -> String {
        let path = self.given.path().join(name);
        fs::write(&path, format!("{secret}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.listen_for(secret);
        format!("{{ file = \"{}\" }}", path.display())
    }

    /// These tables beside the configuration.
    pub fn add(&self, tables: &str) {
        let config = self.path("twinkey.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(config, format!("{text}\n{tables}\n")).unwrap();
    }

    /// From now on a daemon looks this often, instead of cron.
    pub fn looked_after_every(&self, often: &str) {
        let config = self.path("twinkey.toml");
        let lines = fs::read_to_string(&config).unwrap();
        let line = format!("look-every = \"{often}\"");
        let change = |old: &str| if old.starts_with("look-every") { line.clone() } else { old.to_owned() };
        let lines: Vec<String> = lines.lines().map(change).collect();
        fs::write(config, lines.join("\n") + "\n").unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A secret that must never show.
    pub fn listen_for(&self, secret: &str) {
        self.secrets.lock().unwrap().insert(secret.to_owned());
    }

    /// The settings of a consumer in the simplest form.
    pub fn consumer_settings(&self) -> Settings {
        let mut settings = Settings::new(self.provider.token_url().parse().unwrap());
        settings.scope = Some("gbg.token".to_owned());
        settings
    }

    /// A command about the credential, as texts say it: with the configuration, which is not the usual one.
    pub fn typed(&self, verb: &str) -> String {
        format!("twinkey --config {} {verb} {NAME}", self.path("twinkey.toml").display())
    }

    /// Runs a command to its end, with this on standard input.
    pub async fn run(&self, args: &[&str], stdin: &str) -> Ran {
        let mut child = self.command(args).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let text = stdin.to_owned();
        let write = tokio::spawn(async move {
            let _ = input.write_all(text.as_bytes()).await;
        });
        let output = child.wait_with_output().await.unwrap();
        write.await.unwrap();
        self.heard(output.status.code(), &output.stdout, &output.stderr)
    }

    /// Runs a command and asserts its exit code.
    pub async fn runs(&self, args: &[&str], stdin: &str, code: i32) -> Ran {
        let ran = self.run(args, stdin).await;
        assert_eq!(ran.code, code, "twinkey {}\n{}{}", args.join(" "), ran.out, ran.err);
        ran
    }

    /// Runs `regenerate` as a person does: waits for SAFE, clicks, pastes.
    pub async fn regenerates(&self, client: Client) -> Ran {
        let (id, _) = self.provider.pair(client).await;
        let last4 = &id[id.len() - 4..];
        let mut child = self.command(&["regenerate", NAME, "--last4", last4]).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut err = String::new();
        while !err.contains("SAFE") {
            assert!(lines.read_line(&mut err).await.unwrap() > 0, "no SAFE: {err}");
        }
        let secret = self.provider.regenerate(client).await;
        self.listen_for(&secret);
        input.write_all(format!("{secret}\n").as_bytes()).await.unwrap();
        drop(input);
        lines.read_to_string(&mut err).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        self.heard(output.status.code(), &output.stdout, err.as_bytes())
    }

    /// Sets the credential up with both clients, `a` live.
    pub async fn init(&self) -> Ran {
        let (a, secret_a) = self.provider.pair(Client::A).await;
        let (b, secret_b) = self.provider.pair(Client::B).await;
        let secrets = format!("{secret_a}\n{secret_b}\n");
        self.runs(&["init", NAME, "--live", "a", "--id-a", &a, "--id-b", &b], &secrets, 0).await
    }

    /// A switch, at once.
    pub async fn switch(&self) -> Ran {
        self.runs(&["rotate", NAME, "--now", "--reason", "story", "--confirm", NAME], "", 0).await
    }

    /// The phase, as `status --json` names it.
    pub async fn phase(&self) -> String {
        self.credential().await["phase"].as_str().unwrap().to_owned()
    }

    /// The credential, as `status --json` shows it.
    pub async fn credential(&self) -> serde_json::Value {
        let ran = self.run(&["status", "--json"], "").await;
        let mut json: serde_json::Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
        json["credentials"][0].take()
    }

    /// Waits until the credential stands in this phase.
    pub async fn until(&self, phase: &str) {
        for _ in 0..200 {
            if self.phase().await == phase {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("never {phase:?} but {:?}", self.phase().await);
    }

    /// The client id in the output file.
    pub fn live_id(&self) -> String {
        let json: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(self.path("live.json")).unwrap()).unwrap();
        json["client_id"].as_str().unwrap().to_owned()
    }

    /// The embedded store, to do what only somebody else would do.
    pub fn store(&self) -> FileStore {
        FileStore::open(&self.path("store.age"), &self.path("store.key")).unwrap()
    }

    /// The store, as the configuration has it.
    pub fn opened(&self) -> std::sync::Arc<dyn twinkey_store::Store> {
        let config = twinkey::open::config(&self.path("twinkey.toml")).unwrap();
        twinkey::shared::open_store(&twinkey::open::named(&config, NAME).unwrap()).unwrap()
    }

    /// The live pair's place.
    pub fn live_place() -> Place {
        Place::parse("app/go").unwrap()
    }

    /// The binary with its configuration and nothing of ours in its environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command
            .arg("--config")
            .arg(self.path("twinkey.toml"))
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("RUST_LOG", "trace")
            .env("SSLKEYLOGFILE", self.path("sslkeylog"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub fn heard(&self, code: Option<i32>, out: &[u8], err: &[u8]) -> Ran {
        let ran = Ran {
            code: code.unwrap_or(-1),
            out: String::from_utf8_lossy(out).into_owned(),
            err: String::from_utf8_lossy(err).into_owned(),
        };
        self.printed.lock().unwrap().push_str(&format!("{}\n{}\n", ran.out, ran.err));
        ran
    }

    /// The end of every story: no secret in anything that was printed or left on the disk unencrypted, in
    /// any spelling. The output file is for consumers and holds one by right.
    pub fn no_secret_showed(&self) {
        let secrets = self.secrets.lock().unwrap();
        assert!(secrets.len() >= 2);
        let printed = self.printed.lock().unwrap();
        assert!(!printed.is_empty());
        let mut texts = vec![("what was printed".to_owned(), printed.clone())];
        collect(self.folder.path(), &mut texts);
        for secret in secrets.iter() {
            for spelling in spellings(secret) {
                for (place, text) in &texts {
                    assert!(!text.contains(&spelling), "a secret shows in {place}, spelled {spelling}");
                }
            }
        }
    }
}

fn fresh_folder() -> TempDir {
    tempfile::Builder::new().prefix("twinkey-story-").tempdir().unwrap()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn collect(folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, texts);
        } else if path.file_name().is_some_and(|name| name != "live.json") {
            // What is no text is replaced; spellings are ASCII and stay as they are.
            let bytes = fs::read(&path).unwrap_or_default();
            texts.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

fn spellings(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = |skip: usize| {
        let bytes = &secret.as_bytes()[skip..];
        base64::engine::general_purpose::STANDARD.encode(&bytes[..bytes.len() / 3 * 3])
    };
    vec![secret.to_owned(), form, percent, hex, base64(0), base64(1), base64(2)]
}

/// The real binary, built once; the one that is measured, where something is measured.
pub fn binary() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let measured = || std::env::var_os("TWINKEY_MEASURED").map(PathBuf::from);
    BUILT.get_or_init(|| measured().unwrap_or_else(|| build("twinkey", &[])))
}

/// The same with its kill points, built once, under a name of its own.
pub fn killable() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("twinkey-killable", &["--features", "twinkey/kill-points"]))
}

fn build(name: &str, features: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Selected like this, dependencies have the features that they have in `cargo test --workspace`, and are not built
    // once more; the small test is named because only a test counts what tests depend on.
    let args = ["build", "--quiet", "--workspace", "--bin", name, "--test", "loopback"];
    let built = Build::new(cargo).args(args).args(features).current_dir(root).status();
    assert!(built.unwrap().success(), "the binary does not build");
    // The test binary lies in target/PROFILE/deps.
    let deps = std::env::current_exe().unwrap();
    deps.parent().unwrap().parent().unwrap().join(name)
}
