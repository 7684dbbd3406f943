//! What the credentials of one process share: the audit log, and one client for each store and each provider.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use twinkey_core::seen::Audit;
use twinkey_provider::TokenEndpoint;
use twinkey_store::{AwsStore, Class, FileStore, Store, StoreError, VaultSettings, VaultStore};

use crate::audit::{AuditLog, FILE_NAME};
use crate::config::{Config, Credential, StoreSettings, VaultReference};
use crate::exit::Exit;
use crate::open::{Cause, Stop};
use crate::text;
use crate::who::{self, Identity};
use crate::world::{self, NoAudit, Provider};

/// Opened once in a process; what cannot be opened is tried again when the next credential asks for it.
pub struct Shared {
    state_dir: PathBuf,
    log: Mutex<Option<Log>>,
    stores: Mutex<BTreeMap<String, Arc<dyn Store>>>,
    logins: Arc<Mutex<BTreeMap<String, LoggedIn>>>,
    names: Mutex<BTreeMap<String, Arc<Identity>>>,
    providers: Mutex<BTreeMap<String, Arc<dyn Provider>>>,
}

/// A store with a login of its own, and from what it was made.
struct LoggedIn {
    settings: VaultSettings,
    store: Arc<VaultStore>,
}

/// The audit log of this host, and how it stands.
#[derive(Clone)]
pub struct Log {
    /// Where lines go.
    pub audit: Arc<Mutex<dyn world::Audit>>,
    /// Its chain and head, and whether it can be written.
    pub stands: Audit,
}

impl Shared {
    /// Nothing is opened yet.
    pub fn new(config: &Config) -> Self {
        Self {
            state_dir: config.state_dir.clone(),
            log: Mutex::default(),
            stores: Mutex::default(),
            logins: Arc::default(),
            names: Mutex::default(),
            providers: Mutex::default(),
        }
    }

    /// The same under a configuration that was read anew: everything is opened anew, but a login that would be made from
    /// the same settings and secrets stays. A wrapped secret id, or one for a single use, is good for no second one.
    #[must_use]
    pub fn anew(&self, config: &Config) -> Self {
        lock(&self.logins)
            .retain(|name, _| config.credentials.iter().any(|it| it.policy.place.store == *name));
        Self { logins: Arc::clone(&self.logins), ..Self::new(config) }
    }

    /// This host's folder.
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// The audit log. One that could not be opened is tried again: the folder may be there by now.
    pub fn log(&self) -> Log {
        let mut log = lock(&self.log);
        match &*log {
            Some(log) if !log.stands.unwritable => log.clone(),
            _ => log.insert(open_log(&self.state_dir)).clone(),
        }
    }

    /// The store of a credential.
    ///
    /// # Errors
    /// The store's own words with their remedy.
    pub fn store(&self, credential: &Credential) -> Result<Arc<dyn Store>, StoreError> {
        let name = &credential.policy.place.store;
        if let Some(store) = lock(&self.stores).get(name) {
            return Ok(Arc::clone(store));
        }
        let opened = self.open(name, credential)?;
        Ok(Arc::clone(lock(&self.stores).entry(name.clone()).or_insert(opened)))
    }

    fn open(&self, name: &str, credential: &Credential) -> Result<Arc<dyn Store>, StoreError> {
        let StoreSettings::Vault(vault) = &credential.store else { return open_store(credential) };
        let settings = settings_of(vault)?;
        let mut logins = lock(&self.logins);
        if let Some(before) = logins.get(name).filter(|before| before.settings == settings) {
            return Ok(Arc::clone(&before.store) as Arc<dyn Store>);
        }
        let store = Arc::new(VaultStore::new(settings.clone())?);
        logins.insert(name.to_owned(), LoggedIn { settings, store: Arc::clone(&store) });
        Ok(store)
    }

    /// The provider of a credential.
    ///
    /// # Errors
    /// A secret that cannot be read, or settings that cannot work.
    pub fn provider(&self, credential: &Credential) -> Result<Arc<dyn Provider>, Stop> {
        if let Some(provider) = lock(&self.providers).get(&credential.provider_name) {
            return Ok(Arc::clone(provider));
        }
        let wrong = |error: &dyn std::fmt::Display| {
            let text = text::provider_unusable(&credential.provider_name, &error.to_string());
            Stop::new(Exit::Configuration, text).because(Cause::Provider)
        };
        let settings = credential.provider.settings().map_err(|error| wrong(&error))?;
        let endpoint: Arc<dyn Provider> =
            Arc::new(TokenEndpoint::new(settings).map_err(|error| wrong(&error))?);
        let mut providers = lock(&self.providers);
        Ok(Arc::clone(providers.entry(credential.provider_name.clone()).or_insert(endpoint)))
    }

    /// Who we are to the store of a credential: asked once, by the first run that looks there.
    pub fn who(&self, credential: &Credential) -> Arc<Identity> {
        let mut names = lock(&self.names);
        let name = names.entry(credential.policy.place.store.clone());
        Arc::clone(name.or_insert_with(|| Arc::new(Identity::of(who::person()))))
    }
}

/// The store of a credential, opened for it alone.
///
/// # Errors
/// The store's own words with their remedy.
pub fn open_store(credential: &Credential) -> Result<Arc<dyn Store>, StoreError> {
    match &credential.store {
        StoreSettings::File { path, key } => Ok(Arc::new(FileStore::open(path, key)?)),
        StoreSettings::Vault(vault) => Ok(Arc::new(VaultStore::new(settings_of(vault)?)?)),
        StoreSettings::Aws(aws) => Ok(Arc::new(AwsStore::new(aws.settings(who::at_a_terminal())))),
    }
}

fn settings_of(vault: &VaultReference) -> Result<VaultSettings, StoreError> {
    vault.settings(who::at_a_terminal()).map_err(|why| StoreError::Server {
        text: format!("no login for {}/: {why}", vault.mount()),
        remedy: "correct [store] in the configuration, or let this user read it".into(),
        class: Class::Permission,
    })
}

fn open_log(state_dir: &Path) -> Log {
    let path = state_dir.join(FILE_NAME);
    let chain = who::host();
    match AuditLog::open(&path) {
        Ok(log) => {
            let stands = Audit { chain, head: log.head(), unwritable: false };
            Log { audit: Arc::new(Mutex::new(log)), stands }
        }
        Err(error) => {
            tracing::error!(%error, "the audit log cannot be opened");
            let stands = Audit { chain, head: None, unwritable: true };
            Log { audit: Arc::new(Mutex::new(NoAudit(path))), stands }
        }
    }
}

/// What a panicking thread left behind is still what it was.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
