//! From the configuration to a world that runs can work on.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use twinkey_core::seen::{Audit, Host, RecordSeen};
use twinkey_core::{Client, PerClient, Record, Salt, Seen, Wish};
use twinkey_store::{Store, StoreError};

use crate::board::Login;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Credential};
use crate::documents::{Documents, pasted_seen};
use crate::exit::{self, Exit};
use crate::host::HostNotes;
use crate::lock::RunLock;
use crate::output::OutputFile;
use crate::run::{Mode, Report, Task, Watcher, run};
use crate::secret::paste;
use crate::shared::Shared;
use crate::text::{self, Names};
use crate::who;
use crate::world::{Provider, World};

/// A command that ends early: what to print on standard error, and the exit code.
#[derive(Clone, Debug)]
pub struct Stop {
    /// What to print; nothing where everything is said already.
    pub text: String,
    /// How to end.
    pub exit: Exit,
    /// What was in the way.
    pub cause: Cause,
}

/// What was in the way of a command that ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The store.
    Store,
    /// A provider that cannot be asked from this host: a secret cannot be read, or the settings cannot work.
    Provider,
    /// Whoever asked, the configuration, or another process at work.
    Other,
}

impl Stop {
    /// Ends with this text and code.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { text: text.into(), exit, cause: Cause::Other }
    }

    /// The same for this cause.
    #[must_use]
    pub fn because(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        store_stop(&error)
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
    /// Since when this process has looked at the store without a gap; `None` for one that looks once.
    pub watching: Option<Timestamp>,
    audit: Audit,
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

impl Opened {
    /// Opens everything that a credential's runs need. That the store could not be opened is remembered on this host: if
    /// it is draining, consumers may have kept what they had meanwhile, and the drain must count from the start again.
    ///
    /// # Errors
    /// The store, the provider's secrets or this host's folder cannot be used.
    pub fn open(shared: &Shared, credential: Credential) -> Result<Self, Stop> {
        let store = shared.store(&credential).inspect_err(|_| {
            let mut notes = HostNotes::load(shared.state_dir(), &credential.name);
            notes.note_outage(SystemClock.now());
            // Without notes the drain still counts the staleness twice.
            let _ = notes.save();
        })?;
        let provider = shared.provider(&credential)?;
        Ok(Self::with(shared, credential, store, provider))
    }

    /// Opens what only shows: a provider that cannot be built does not matter, and nothing is noted.
    ///
    /// # Errors
    /// The store cannot be used.
    pub fn open_to_show(shared: &Shared, credential: Credential) -> Result<Self, StoreError> {
        let store = shared.store(&credential)?;
        let provider: Arc<dyn Provider> = Arc::new(NoProvider);
        Ok(Self::with(shared, credential, store, provider))
    }

    fn with(
        shared: &Shared,
        credential: Credential,
        store: Arc<dyn Store>,
        provider: Arc<dyn Provider>,
    ) -> Self {
        let log = shared.log();
        let notes = HostNotes::load(shared.state_dir(), &credential.name);
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
            audit: log.audit,
            chain: log.stands.chain.clone(),
            clock: Arc::new(SystemClock),
            output,
            who: shared.who(&credential),
        };
        Self { credential, world, notes, audit: log.stands, watching: None }
    }

    /// What people call things.
    pub fn names(&self) -> Names<'_> {
        Names::of(&self.credential)
    }

    /// What this host knows, for a run.
    pub fn host(&self) -> Host {
        Host { audit: self.audit.clone(), watching: self.watching, ..self.notes.host() }
    }

    /// How our login at the store stands. After a run that the store has stopped nobody asks it more.
    pub async fn login(&self, report: &Report) -> Login {
        if report.seen.trouble.is_some() {
            return Login::Unknown;
        }
        match self.world.store.login_ends().await {
            Ok(None) => Login::Holds,
            Ok(Some(left)) => Login::Ends(left),
            Err(_) => Login::Unknown,
        }
    }

    /// Who we are, for what must not begin without a name: a permit under another name than yesterday's would be
    /// somebody else's.
    ///
    /// # Errors
    /// The store does not say.
    pub async fn who(&self) -> Result<String, Stop> {
        let name = self.world.who.ask(self.world.store.who(), self.world.clock.now()).await;
        name.map(str::to_owned).map_err(|error| store_stop(&error))
    }

    /// One run, alone on this host, and its traces in this host's notes.
    ///
    /// # Errors
    /// Another process is at work on this credential for longer than ten seconds; or, where it is about permits, the
    /// store does not say who we are.
    pub async fn run(&mut self, order: Order, watcher: &mut dyn Watcher) -> Result<Report, Stop> {
        // A round goes on without a name.
        if matches!(order.wish, Wish::Permit { .. } | Wish::Deposit(_) | Wish::Cancel { .. }) {
            self.who().await?;
        }
        let _lock = match order.mode {
            Mode::Live | Mode::Brief => Some(self.lock(&order.wish)?),
            Mode::Dry => None,
        };
        // What was read before a person had answered, or before the lock, is old by now.
        self.notes = self.notes.again();
        let task = Task {
            wish: order.wish,
            host: self.host(),
            pasted: order.pasted,
            salt: order.salt,
            mode: order.mode,
        };
        let outage = task.host.unreachable;
        let report = run(&self.world, task, watcher).await;
        self.audit = report.seen.host.audit.clone();
        self.watching = report.seen.host.watching;
        self.notes = self.notes.again();
        self.notes.learn(&report.seen, outage, order.mode == Mode::Dry);
        // Somebody who runs it by hand has not set up that it runs.
        let by_itself = report.seen.wish == Wish::Keep && order.mode == Mode::Live && !who::at_a_terminal();
        let noted = self.notes.save();
        let stamped = if by_itself && report.seen.trouble.is_none() {
            self.notes.note_round(self.world.clock.now())
        } else {
            Ok(())
        };
        for error in [noted, stamped].into_iter().filter_map(Result::err) {
            tracing::warn!(credential = self.world.name, %error, "this host's notes cannot be written");
        }
        Ok(report)
    }

    /// The record that was looked at.
    ///
    /// # Errors
    /// The store cannot be read, the record cannot be used, or the credential is not set up yet.
    pub fn record_of<'s>(&self, seen: &'s Seen) -> Result<&'s Record, Stop> {
        seen.record().ok_or_else(|| match (&seen.trouble, &seen.record) {
            (Some(trouble), _) => Stop::new(exit::of_trouble(trouble), trouble.text.clone()),
            (None, RecordSeen::Unusable(error)) => {
                let place = self.credential.state.record.as_str();
                Stop::new(Exit::Configuration, text::unusable(&self.names(), place, error))
            }
            (None, _) => Stop::new(Exit::Refused, text::not_set_up(&self.names())),
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

/// A store error as the end of a command.
pub fn store_stop(error: &StoreError) -> Stop {
    use twinkey_store::Class;
    let exit = match error.class() {
        Class::Temporary => Exit::Temporary,
        Class::Permission => Exit::Permission,
        Class::Permanent => Exit::Configuration,
    };
    Stop::new(exit, format!("{error}\n  {}", error.remedy())).because(Cause::Store)
}

/// Stands in where nothing is asked.
struct NoProvider;

#[async_trait::async_trait]
impl Provider for NoProvider {
    async fn probe(&self, _: &str, _: &SecretString, _: Timestamp) -> twinkey_core::Answer {
        twinkey_core::Answer::new(twinkey_core::AnswerKind::Unavailable, "this command asks nobody")
    }
}
