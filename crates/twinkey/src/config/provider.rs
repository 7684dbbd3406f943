//! `[provider.NAME]`.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use twinkey_provider::{ApiCall, ClientAuth, Grant, Proxy, Settings, Trust};
use url::Url;

use super::secret_ref::{SecretRef, SecretRefError};

pub(super) mod address;
mod fields;
mod read;

pub(super) use read::{proxy, read, timeout};

/// A provider as configured; its secrets are still references.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    token_url: Url,
    grant: GrantSettings,
    auth: ClientAuth,
    scope: Option<String>,
    parameters: Vec<(String, String)>,
    headers: Vec<(String, SecretString)>,
    ca_file: Option<PathBuf>,
    ca_only: bool,
    proxy: ProxySettings,
    connect_timeout: Duration,
    timeout: Duration,
    api_call: Option<ApiCall>,
    pub(super) portal: Vec<String>,
}

#[derive(Clone, Debug)]
enum GrantSettings {
    ClientCredentials,
    Password { username: String, password: SecretRef },
}

#[derive(Clone, Debug)]
pub(super) enum ProxySettings {
    None,
    Environment,
    Url { url: Url, login: Option<(String, SecretRef)> },
}

impl ProviderSettings {
    /// The settings with their secrets and certificates read.
    ///
    /// # Errors
    /// A secret or the CA file cannot be had; says where it was looked for.
    pub fn settings(&self) -> Result<Settings, SecretRefError> {
        let mut settings = Settings::new(self.token_url.clone());
        settings.grant = match &self.grant {
            GrantSettings::ClientCredentials => Grant::ClientCredentials,
            GrantSettings::Password { username, password } => {
                Grant::Password { username: username.clone(), password: password.read()? }
            }
        };
        settings.auth = self.auth;
        settings.scope = self.scope.clone();
        settings.extra = self.parameters.clone();
        settings.headers = self.headers.clone();
        settings.trust = self.trust()?;
        settings.proxy = self.proxy()?;
        (settings.connect_timeout, settings.timeout) = (self.connect_timeout, self.timeout);
        settings.api_call = self.api_call.clone();
        Ok(settings)
    }

    fn trust(&self) -> Result<Trust, SecretRefError> {
        let Some(path) = &self.ca_file else { return Ok(Trust::System) };
        let pem =
            std::fs::read(path).map_err(|why| SecretRefError::Authorities { path: path.clone(), why })?;
        Ok(if self.ca_only { Trust::Only(pem) } else { Trust::Also(pem) })
    }

    fn proxy(&self) -> Result<Proxy, SecretRefError> {
        Ok(match &self.proxy {
            ProxySettings::None => Proxy::None,
            ProxySettings::Environment => Proxy::Environment,
            ProxySettings::Url { url, login: None } => Proxy::Url { url: url.clone(), login: None },
            ProxySettings::Url { url, login: Some((name, password)) } => {
                Proxy::Url { url: url.clone(), login: Some((name.clone(), password.read()?)) }
            }
        })
    }

    /// The host that is asked for tokens, for people.
    pub fn host(&self) -> &str {
        self.token_url.host_str().unwrap_or_default()
    }
}
