//! From the configuration to a world that runs can work on.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use twinkey_core::seen::{Audit, Host};
use twinkey_core::{Client, PerClient, Record, Salt, Seen, Wish};
use twinkey_provider::TokenEndpoint;
use twinkey_store::{AwsStore, FileStore, Store, StoreError, VaultStore};

use crate::audit::AuditLog;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Credential, StoreSettings};
use crate::documents::{Documents, pasted_seen};
use crate::exit::{self, Exit};
use crate::host::HostNotes;
use crate::lock::RunLock;
use crate::output::OutputFile;
use crate::run::{Mode, Report, Task, Watcher, run};
use crate::secret::paste;
use crate::text::{self, Names};
use crate::who;
use crate::world::{Provider, World};

/// A command that ends early: what to print on standard error, and the exit code.
#[derive(Debug)]
pub struct Stop {
    /// What to print; nothing where everything is said already.
    pub text: String,
    /// How to end.
    pub exit: Exit,
}

impl Stop {
    /// Ends with this text and code.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { text: text.into(), exit }
    }
}

/// One credential, ready for runs.
pub struct Opened {
    /// What the configuration says.
    pub credential: Credential,
    /// The seams.
    pub world: World,
    /// What this host remembers.
    pub notes: HostNotes,
    audit: Audit,
    /// Why the store did not say who we are.
    nameless: Option<StoreError>,
}

/// How long a person's command waits for another one at work on the same credential.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the configuration.
///
/// # Errors
/// All its problems at once, with exit code 78.
pub fn config(path: &Path) -> Result<Config, Stop> {
    Config::load(path, SystemClock.now())
        .map_err(|problems| Stop::new(Exit::Configuration, problems.to_string()))
}

/// The credentials of these names; all if none is named.
///
/// # Errors
/// A name that the configuration does not know, with the names that it does know.
pub fn select(config: &Config, names: &[String]) -> Result<Vec<Credential>, Stop> {
    if names.is_empty() {
        return Ok(config.credentials.clone());
    }
    names.iter().map(|name| named(config, name)).collect()
}

/// The credential of this name.
///
/// # Errors
/// As [`select`].
pub fn named(config: &Config, name: &str) -> Result<Credential, Stop> {
    let found = config.credentials.iter().find(|credential| credential.name == name);
    found.cloned().ok_or_else(|| {
        let known: Vec<&str> = config.credentials.iter().map(|credential| credential.name.as_str()).collect();
        Stop::new(Exit::Configuration, text::unknown_name(name, &known))
    })
}

/// The store of a credential. That it could not be reached is remembered on this host: if it is draining,
/// consumers may have kept what they had meanwhile, and the drain must count from the start again.
fn reached(config: &Config, credential: &Credential) -> Result<Arc<dyn Store>, Stop> {
    store(credential).map_err(|error| {
        let mut notes = HostNotes::load(&config.state_dir, &credential.name);
        notes.note_outage(SystemClock.now());
        // Without notes the drain still counts the staleness twice.
        let _ = notes.save();
        store_stop(&error)
    })
}

/// The store of a credential.
///
/// # Errors
/// The store's own words with their remedy.
pub fn store(credential: &Credential) -> Result<Arc<dyn Store>, StoreError> {
    match &credential.store {
        StoreSettings::File { path, key } => Ok(Arc::new(FileStore::open(path, key)?)),
        StoreSettings::Vault(vault) => {
            let settings = vault.settings(who::at_a_terminal()).map_err(|why| StoreError::Server {
                text: format!("no login for {}/: {why}", vault.mount()),
                remedy: "correct [store] in the configuration, or let this user read it".into(),
                class: twinkey_store::Class::Permission,
            })?;
            Ok(Arc::new(VaultStore::new(settings)?))
        }
        StoreSettings::Aws(aws) => Ok(Arc::new(AwsStore::new(aws.settings(who::at_a_terminal())))),
    }
}

impl Opened {
    /// Opens everything that a credential's runs need.
    ///
    /// # Errors
    /// The store, the provider's secrets or this host's folder cannot be used.
    pub async fn open(config: &Config, credential: Credential) -> Result<Self, Stop> {
        let store = reached(config, &credential)?;
        let provider = provider(&credential)?;
        let mut opened = Self::with(config, credential, store, provider);
        match opened.world.store.who().await {
            Ok(Some(name)) => opened.world.who = who::attested(&name, &opened.world.who),
            Ok(None) => {}
            Err(error) => opened.nameless = Some(error),
        }
        Ok(opened)
    }

    /// Opens what only shows: a provider that cannot be built does not matter.
    ///
    /// # Errors
    /// The store cannot be used.
    pub fn open_to_show(config: &Config, credential: Credential) -> Result<Self, Stop> {
        let store = reached(config, &credential)?;
        let provider: Arc<dyn Provider> = Arc::new(NoProvider);
        Ok(Self::with(config, credential, store, provider))
    }

    fn with(
        config: &Config,
        credential: Credential,
        store: Arc<dyn Store>,
        provider: Arc<dyn Provider>,
    ) -> Self {
        let chain = who::host();
        let (log, audit) = open_audit(&config.state_dir, &chain);
        let notes = HostNotes::load(&config.state_dir, &credential.name);
        let documents = Documents {
            live: credential.live_pair.clone(),
            slots: PerClient { a: credential.state.a.clone(), b: credential.state.b.clone() },
            record: credential.state.record.clone(),
            id_field: credential.fields.id.clone(),
            secret_field: credential.fields.secret.clone(),
        };
        let output = credential.output.as_ref().map(|output| OutputFile {
            path: output.path.clone(),
            format: output.format,
            mode: output.mode,
            id_field: credential.fields.id.clone(),
            secret_field: credential.fields.secret.clone(),
        });
        let world = World {
            name: credential.name.clone(),
            policy: credential.policy.clone(),
            documents,
            store,
            provider,
            audit: log,
            chain,
            clock: Arc::new(SystemClock),
            output,
            who: who::person(),
        };
        Self { credential, world, notes, audit, nameless: None }
    }

    /// What people call things.
    pub fn names(&self) -> Names<'_> {
        Names::of(&self.credential)
    }

    /// What this host knows, for a run.
    pub fn host(&self) -> Host {
        Host { audit: self.audit.clone(), ..self.notes.host() }
    }

    /// One run, alone on this host, and its traces in this host's notes.
    ///
    /// # Errors
    /// Another process is at work on this credential for longer than ten seconds.
    pub async fn run(&mut self, order: Order, watcher: &mut dyn Watcher) -> Result<Report, Stop> {
        // A round goes on without a name. A permit under another name than yesterday's would be somebody else's.
        let about_permits =
            matches!(order.wish, Wish::Permit { .. } | Wish::Deposit(_) | Wish::Cancel { .. });
        if let Some(error) = self.nameless.as_ref().filter(|_| about_permits) {
            return Err(store_stop(error));
        }
        let _lock = match order.mode {
            Mode::Live | Mode::Brief => Some(self.lock(&order.wish)?),
            Mode::Dry => None,
        };
        let task = Task {
            wish: order.wish,
            host: self.host(),
            pasted: order.pasted,
            salt: order.salt,
            mode: order.mode,
        };
        let report = run(&self.world, task, watcher).await;
        self.audit = report.seen.host.audit.clone();
        self.notes.learn(&report.seen, order.mode == Mode::Dry, self.world.clock.now());
        if let Err(error) = self.notes.save() {
            tracing::warn!(credential = self.world.name, %error, "this host's notes cannot be written");
        }
        Ok(report)
    }

    /// The record that was looked at.
    ///
    /// # Errors
    /// The store cannot be read, or the credential is not set up yet.
    pub fn record_of<'s>(&self, seen: &'s Seen) -> Result<&'s Record, Stop> {
        seen.record().ok_or_else(|| match &seen.trouble {
            Some(trouble) => Stop::new(exit::of_trouble(trouble), trouble.text.clone()),
            None => Stop::new(Exit::Refused, text::not_set_up(&self.names())),
        })
    }

    /// Stores a pasted secret as candidate of a client, with its new client id if there is one, and proves it.
    ///
    /// # Errors
    /// The credential is not set up or the store cannot be read, or another process is at work.
    pub async fn hand_over(
        &mut self,
        seen: &Seen,
        handed: HandedOver,
        raw: &SecretString,
        mode: Mode,
        watcher: &mut dyn Watcher,
    ) -> Result<Report, Stop> {
        let record = self.record_of(seen)?;
        let client = handed.client;
        let (secret, findings) = paste(raw);
        if findings.trimmed_line_ends > 1 {
            let _ = writeln!(anstream::stderr(), "{}", text::trimmed(findings.trimmed_line_ends));
        }
        let wish = Wish::Deposit(twinkey_core::wish::Deposit {
            client,
            client_id: handed.client_id,
            spoke_to: handed.spoke_to,
            secret: pasted_seen(&secret, &record.salt),
        });
        let mut pasted = PerClient::default();
        pasted[client] = Some(secret);
        self.run(Order { wish, pasted, salt: None, mode }, watcher).await
    }

    fn lock(&self, wish: &Wish) -> Result<RunLock, Stop> {
        let patience = if *wish == Wish::Keep { Duration::ZERO } else { PATIENCE };
        RunLock::take(self.notes.state_dir(), &self.world.name, patience).map_err(|busy| {
            let exit = if *wish == Wish::Keep { Exit::Fine } else { Exit::Temporary };
            Stop::new(exit, text::busy(&self.world.name, &busy.to_string()))
        })
    }
}

/// What is handed over beside the secret.
pub struct HandedOver {
    /// Whose secret it is.
    pub client: Client,
    /// A new client id, where the old client was deleted in the portal.
    pub client_id: Option<String>,
    /// The permit's holder, if it is somebody else.
    pub spoke_to: Option<String>,
}

impl From<Client> for HandedOver {
    /// This client's secret, with its id as it was, by the permit's holder.
    fn from(client: Client) -> Self {
        Self { client, client_id: None, spoke_to: None }
    }
}

/// What to run for.
pub struct Order {
    /// The wish.
    pub wish: Wish,
    /// What a person has entered.
    pub pasted: PerClient<Option<SecretString>>,
    /// The salt for a first entry.
    pub salt: Option<Salt>,
    /// For real or dry.
    pub mode: Mode,
}

impl Order {
    /// A run for a wish that needs nothing entered.
    pub fn new(wish: Wish) -> Self {
        Self { wish, pasted: PerClient::default(), salt: None, mode: Mode::Live }
    }
}

/// The provider of a credential.
///
/// # Errors
/// A secret that cannot be read, or settings that cannot work.
pub fn provider(credential: &Credential) -> Result<Arc<dyn Provider>, Stop> {
    let settings =
        credential.provider.settings().map_err(|error| Stop::new(Exit::Configuration, error.to_string()))?;
    let endpoint =
        TokenEndpoint::new(settings).map_err(|error| Stop::new(Exit::Configuration, error.to_string()))?;
    Ok(Arc::new(endpoint))
}

/// A store error as the end of a command.
pub fn store_stop(error: &StoreError) -> Stop {
    use twinkey_store::Class;
    let exit = match error.class() {
        Class::Temporary => Exit::Temporary,
        Class::Permission => Exit::Permission,
        Class::Permanent => Exit::Configuration,
    };
    Stop::new(exit, format!("{error}\n  {}", error.remedy()))
}

fn open_audit(state_dir: &Path, chain: &str) -> (Arc<Mutex<dyn crate::world::Audit>>, Audit) {
    let path = state_dir.join(crate::audit::FILE_NAME);
    match AuditLog::open(&path) {
        Ok(log) => {
            let head = log.head();
            (Arc::new(Mutex::new(log)), Audit { chain: chain.to_owned(), head, unwritable: false })
        }
        Err(error) => {
            tracing::error!(%error, "the audit log cannot be opened");
            let state = Audit { chain: chain.to_owned(), head: None, unwritable: true };
            (Arc::new(Mutex::new(crate::world::NoAudit(path))), state)
        }
    }
}

/// Stands in where nothing is asked.
struct NoProvider;

#[async_trait::async_trait]
impl Provider for NoProvider {
    async fn probe(&self, _: &str, _: &SecretString, _: Timestamp) -> twinkey_core::Answer {
        twinkey_core::Answer::new(twinkey_core::AnswerKind::Unavailable, "this command asks nobody")
    }
}
