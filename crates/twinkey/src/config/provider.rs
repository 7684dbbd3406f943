//! `[provider.NAME]`.

use secrecy::SecretString;
use twinkey_provider::{ApiCall, ClientAuth, Grant, Settings};
use url::Url;

use super::secret_ref::{SecretRef, SecretRefError};
use super::way::WaySettings;

pub(super) mod address;
mod fields;
mod read;

pub(super) use read::read;

/// A provider as configured; its secrets are still references.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    token_url: Url,
    grant: GrantSettings,
    auth: ClientAuth,
    scope: Option<String>,
    parameters: Vec<(String, String)>,
    headers: Vec<(String, SecretString)>,
    way: WaySettings,
    api_call: Option<ApiCall>,
    pub(super) portal: Vec<String>,
}

#[derive(Clone, Debug)]
enum GrantSettings {
    ClientCredentials,
    Password { username: String, password: SecretRef },
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
        settings.way = self.way.way()?;
        settings.api_call = self.api_call.clone();
        Ok(settings)
    }

    /// The host that is asked for tokens, for people.
    pub fn host(&self) -> &str {
        self.token_url.host_str().unwrap_or_default()
    }
}
