//! `[provider.NAME]`.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use twinkey_provider::{ApiCall, ClientAuth, Grant, Proxy, Settings, Trust};
use url::Url;

use super::keys;
use super::parse_duration;
use super::presets;
use super::reader::{Found, Reader};
use super::secret_ref::{SecretRef, SecretRefError};

/// A provider as configured; its secrets are still references.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    token_url: Url,
    grant: GrantSettings,
    auth: ClientAuth,
    scope: Option<String>,
    parameters: Vec<(String, String)>,
    headers: Vec<(String, String)>,
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
enum ProxySettings {
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
        settings.headers =
            self.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        settings.trust = self.trust()?;
        settings.proxy = match &self.proxy {
            ProxySettings::None => Proxy::None,
            ProxySettings::Environment => Proxy::Environment,
            ProxySettings::Url { url, login } => {
                let login = login
                    .as_ref()
                    .map(|(name, password)| Ok((name.clone(), password.read()?)))
                    .transpose()?;
                Proxy::Url { url: url.clone(), login }
            }
        };
        (settings.connect_timeout, settings.timeout) = (self.connect_timeout, self.timeout);
        settings.api_call = self.api_call.clone();
        Ok(settings)
    }

    fn trust(&self) -> Result<Trust, SecretRefError> {
        let Some(path) = &self.ca_file else { return Ok(Trust::System) };
        let pem =
            std::fs::read(path).map_err(|source| SecretRefError::File { path: path.clone(), source })?;
        Ok(if self.ca_only { Trust::Only(pem) } else { Trust::Also(pem) })
    }

    /// The host that is asked for tokens, for people.
    pub fn host(&self) -> &str {
        self.token_url.host_str().unwrap_or_default()
    }
}

/// Reads one provider.
pub(super) fn read(reader: &mut Reader<'_, '_>, _: &str) -> Option<ProviderSettings> {
    let preset = reader.word("preset", &[("gbg-go", "gbg-go")]).and_then(presets::named);
    let token_url = token_url(reader, preset.map(|preset| preset.token_url));
    let grant = grant(reader);
    let auth = reader.word(
        "auth",
        &[("post", ClientAuth::Post), ("basic", ClientAuth::Basic), ("basic-raw", ClientAuth::BasicRaw)],
    );
    let scope = reader.text("scope").map(|scope| scope.value);
    let parameters = reader.pairs("parameters");
    let headers = reader.pairs("headers");
    let ca_file = reader.absolute_path("ca-file");
    let ca_only = reader.boolean("ca-only").unwrap_or(false);
    if ca_only && !reader.has("ca-file") {
        let span = reader.span();
        reader.problem(
            span,
            "ca-only",
            "is true, and there is no ca-file",
            "name the file with the authorities to believe",
        );
    }
    let proxy = proxy(reader);
    let connect_timeout = timeout(reader, "connect-timeout", keys::CONNECT_TIMEOUT);
    let timeout = timeout(reader, "timeout", keys::TIMEOUT);
    let api_call = reader.table("api-call", keys::API_CALL, api_call).flatten();
    let portal = reader.texts("portal").map(|list| list.value.into_iter().map(|step| step.value).collect());
    let known = preset.map(|preset| preset.portal.iter().map(|step| (*step).to_owned()).collect());
    Some(ProviderSettings {
        token_url: token_url?,
        grant: grant?,
        auth: auth.unwrap_or(ClientAuth::Post),
        scope: scope
            .or(preset.and_then(|preset| preset.scope).map(str::to_owned))
            .filter(|scope| !scope.is_empty()),
        parameters,
        headers,
        ca_file,
        ca_only,
        proxy: proxy?,
        connect_timeout,
        timeout,
        api_call,
        portal: portal.or(known).unwrap_or_default(),
    })
}

fn token_url(reader: &mut Reader<'_, '_>, preset: Option<&str>) -> Option<Url> {
    match (reader.text("token-url"), preset) {
        (Some(found), _) => address(reader, "token-url", &found),
        (None, Some(preset)) if !reader.has("token-url") => Url::parse(preset).ok(),
        _ => {
            if !reader.has("token-url") {
                reader.missing("token-url");
            }
            None
        }
    }
}

fn grant(reader: &mut Reader<'_, '_>) -> Option<GrantSettings> {
    let with_password =
        reader.word("grant", &[("client-credentials", false), ("password", true)]).unwrap_or(false);
    let username = reader.text("username");
    let password = reader.secret("password");
    if !with_password {
        for (key, there) in [("username", username.is_some()), ("password", password.is_some())] {
            if there {
                let span = reader.span();
                reader.problem(
                    span,
                    key,
                    "is given, and the grant takes none",
                    "set grant = \"password\", or take it out",
                );
            }
        }
        return Some(GrantSettings::ClientCredentials);
    }
    if username.is_none() && !reader.has("username") {
        reader.missing("username");
    }
    if password.is_none() && !reader.has("password") {
        reader.missing("password");
    }
    Some(GrantSettings::Password { username: username?.value, password: password? })
}

fn proxy(reader: &mut Reader<'_, '_>) -> Option<ProxySettings> {
    if !reader.has("proxy") {
        return Some(ProxySettings::None);
    }
    if reader.is_text("proxy") {
        return reader.word("proxy", &[("env", ())]).map(|()| ProxySettings::Environment);
    }
    reader
        .table("proxy", keys::PROXY, |reader| {
            let url = reader.needed("url");
            let url = url.and_then(|found| match Url::parse(&found.value) {
                Ok(url) if url.username().is_empty() && url.password().is_none() => Some(url),
                Ok(_) => {
                    reader.problem(
                        found.span,
                        "url",
                        "holds a user name or password",
                        "give them as username and password",
                    );
                    None
                }
                Err(_) => {
                    reader.problem(
                        found.span,
                        "url",
                        "is no address",
                        "write it like http://proxy.example:3128",
                    );
                    None
                }
            });
            let username = reader.text("username").map(|found| found.value);
            let password = reader.secret("password");
            if username.is_some() != password.is_some() {
                let span = reader.span();
                reader.problem(
                    span,
                    "",
                    "has a name without password, or a password without name",
                    "give both or neither",
                );
            }
            Some(ProxySettings::Url { url: url?, login: username.zip(password) })
        })
        .flatten()
}

fn api_call(reader: &mut Reader<'_, '_>) -> Option<ApiCall> {
    let method = reader.text("method").map_or_else(|| "GET".to_owned(), |method| method.value);
    let url = reader.needed("url").and_then(|found| address(reader, "url", &found));
    if !reader.has("accept") {
        reader.missing("accept");
    }
    let accept = reader.statuses("accept");
    Some(ApiCall { method, url: url?, accept: accept? })
}

/// An address to which secrets may be sent. What is wrong with one is told without showing it.
fn address(reader: &mut Reader<'_, '_>, key: &'static str, found: &Found<String>) -> Option<Url> {
    let Ok(url) = Url::parse(&found.value) else {
        reader.problem(
            found.span.clone(),
            key,
            "is no address",
            "write it like https://auth.example/as/token.oauth2",
        );
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        reader.problem(
            found.span.clone(),
            key,
            "holds a user name or password",
            "take them out: addresses end up in logs",
        );
        return None;
    }
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && loopback) {
        return Some(url);
    }
    reader.problem(
        found.span.clone(),
        key,
        "would send secrets in the clear",
        "use https (http is for loopback addresses only)",
    );
    None
}

fn timeout(reader: &mut Reader<'_, '_>, key: &'static str, default: &str) -> Duration {
    let found = reader.duration_in(key, "100ms", "10m");
    let fallback = parse_duration(default).unwrap_or(SignedDuration::from_secs(15));
    found.unwrap_or(fallback).unsigned_abs()
}
