//! The stage: a sandbox, a temporary folder, a configuration with everything shortened to seconds.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use tempfile::TempDir;
use twinkey_core::wish::{Entry, Init};
use twinkey_core::{Client, PerClient, Salt, Wish};
use twinkey_provider::{Settings, TokenEndpoint};
use twinkey_sandbox::{Options, Sandbox};
use twinkey_store::FileStore;

use crate::documents::pasted_seen;
use crate::exit::Exit;
use crate::open::{self, Opened, Stop};
use crate::shared::Shared;

/// How long the consumer uses what it has read.
pub(super) const STALENESS: Duration = Duration::from_secs(2);
/// How long the sandbox's tokens live.
const TOKENS: Duration = Duration::from_secs(2);
/// The credential's name.
pub(super) const NAME: &str = "go-demo";

/// Where the demo plays.
pub(super) struct Stage {
    folder: TempDir,
    sandbox: Sandbox,
    seed: u64,
}

impl Stage {
    /// Sets the stage.
    pub(super) async fn set(seed: u64) -> Result<Self, Stop> {
        let options = Options { seed, token_lifetime: TOKENS, ..Options::default() };
        let sandbox =
            Sandbox::start(options).await.map_err(|error| failed("the sandbox cannot be started", &error))?;
        let folder = tempfile::Builder::new()
            .prefix("twinkey-demo-")
            .tempdir()
            .map_err(|error| failed("there is no temporary folder", &error))?;
        let stage = Self { folder, sandbox, seed };
        fs::write(stage.config_file(), stage.config())
            .map_err(|error| failed("the configuration cannot be written", &error))?;
        Ok(stage)
    }

    /// The same stage, fresh: what came before leaves no trace.
    pub(super) async fn again(self) -> Result<Self, Stop> {
        let seed = self.seed;
        self.strike().await;
        Self::set(seed).await
    }

    /// Opens the credential as any command does, with a fresh store.
    pub(super) async fn open(&self) -> Result<Opened, Stop> {
        let config = open::config(&self.config_file())?;
        FileStore::create(&self.path("store.age"), &self.path("store.key"))
            .map_err(|error| open::store_stop(&error))?;
        Opened::open(&Shared::new(&config), open::named(&config, NAME)?)
    }

    /// What a person enters for `init`: both clients, client `a` first.
    pub(super) fn first_entry(&self) -> (Wish, PerClient<Option<SecretString>>, Salt) {
        let salt = Salt::from_bytes([7; 16]);
        let entry = |client| {
            let (client_id, secret) = self.pair(client);
            Entry { client_id, secret: pasted_seen(&SecretString::from(secret), &salt) }
        };
        let entries = PerClient::from_fn(|client| Some(entry(client)));
        let pasted = PerClient::from_fn(|client| Some(SecretString::from(self.pair(client).1)));
        (Wish::Init(Init { salt, live: Client::A, entries }), pasted, salt)
    }

    /// A client's id and secret, as somebody would have copied them from the portal.
    pub(super) fn pair(&self, client: Client) -> (String, String) {
        let id = self.id(client);
        let secret = self.sandbox.secret_of(&id).unwrap_or_default();
        (id, secret)
    }

    /// The click: Regenerate Secret. The old secret is dead from now on.
    pub(super) fn click_regenerate(&self, client: Client) -> String {
        self.sandbox.regenerate(&self.id(client)).unwrap_or_default()
    }

    fn id(&self, client: Client) -> String {
        let at = usize::from(client == Client::B);
        self.sandbox.clients().get(at).map_or_else(String::new, |client| client.id.clone())
    }

    /// A token endpoint of the consumer's own.
    pub(super) fn endpoint(&self) -> Result<TokenEndpoint, Stop> {
        let url = self
            .sandbox
            .token_url()
            .parse()
            .map_err(|_| Stop::new(Exit::Unexpected, "the sandbox has no address"))?;
        let mut settings = Settings::new(url);
        settings.scope = Some("gbg.token".to_owned());
        TokenEndpoint::new(settings).map_err(|error| Stop::new(Exit::Unexpected, error.to_string()))
    }

    pub(super) fn live_file(&self) -> PathBuf {
        self.path("live.json")
    }

    pub(super) fn script_file(&self) -> PathBuf {
        self.path("rotate.sh")
    }

    pub(super) fn config_file(&self) -> PathBuf {
        self.path("twinkey.toml")
    }

    pub(super) fn portal_url(&self) -> String {
        self.sandbox.portal_url()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Ends the sandbox and removes the folder.
    pub(super) async fn strike(self) {
        self.sandbox.stop().await;
    }

    fn config(&self) -> String {
        let folder = self.folder.path().display();
        let token_url = self.sandbox.token_url();
        let staleness = STALENESS.as_secs();
        format!(
            r#"# Written by `twinkey demo`. Everything is shortened to seconds.
state-dir = "{folder}/state"

[store.demo]
file = "{folder}/store.age"
key = {{ file = "{folder}/store.key" }}

[provider.sandbox]
preset = "gbg-go"
token-url = "{token_url}"

[credential.{NAME}]
store = "demo"
provider = "sandbox"
live-pair = "app/gbg"
labels = {{ a = "GO API Client A", b = "GO API Client B" }}
consumers.max-staleness = "{staleness}s"
consumers.output = {{ path = "{folder}/live.json" }}
drain-margin = "1s"
look-every = "cron"
verify = {{ settle = "2s", tokens = 3, standby-every = "5s", active-every = "1s" }}
"#
        )
    }
}

/// Something that the demo stands on does not hold.
pub(super) fn failed(what: &str, error: &std::io::Error) -> Stop {
    Stop::new(Exit::Unexpected, format!("{what}: {error}"))
}
