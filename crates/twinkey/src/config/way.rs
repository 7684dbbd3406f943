//! The way out over HTTP, as providers and channels have it: `ca-file`, `ca-only`, `proxy`, `connect-timeout`,
//! `timeout`.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use twinkey_http::{Proxy, Trust, Way};
use url::Url;

use super::provider::address;
use super::reader::Reader;
use super::secret_ref::{SecretRef, SecretRefError};
use super::{keys, parse_duration};

/// The way out as configured; its secrets are still references.
#[derive(Clone, Debug)]
pub(super) struct WaySettings {
    ca_file: Option<PathBuf>,
    ca_only: bool,
    proxy: ProxySettings,
    connect_timeout: Duration,
    pub(super) timeout: Duration,
}

#[derive(Clone, Debug)]
enum ProxySettings {
    None,
    Environment,
    Url { url: Url, login: Option<(String, SecretRef)> },
}

impl WaySettings {
    /// The way, with its secrets and certificates read.
    ///
    /// # Errors
    /// A secret or the CA file cannot be had; says where it was looked for.
    pub(super) fn way(&self) -> Result<Way, SecretRefError> {
        Ok(Way {
            trust: self.trust()?,
            proxy: self.proxy()?,
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
        })
    }

    pub(super) fn trust(&self) -> Result<Trust, SecretRefError> {
        let Some(path) = &self.ca_file else { return Ok(Trust::System) };
        let pem =
            std::fs::read(path).map_err(|why| SecretRefError::Authorities { path: path.clone(), why })?;
        Ok(if self.ca_only { Trust::Only(pem) } else { Trust::Also(pem) })
    }

    fn proxy(&self) -> Result<Proxy, SecretRefError> {
        Ok(match &self.proxy {
            ProxySettings::None => Proxy::None,
            ProxySettings::Environment => Proxy::Environment,
            ProxySettings::Url { url, login } => {
                let login = login.as_ref().map(|(name, password)| Ok((name.clone(), password.read()?)));
                Proxy::Url { url: url.clone(), login: login.transpose()? }
            }
        })
    }
}

/// Reads the keys of the way out from the table of a provider or a channel.
pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<WaySettings> {
    let ca_file = reader.absolute_path("ca-file");
    let ca_only = reader.boolean("ca-only").unwrap_or(false);
    if ca_only && !reader.has("ca-file") {
        let remedy = "name the file with the authorities to believe";
        reader.problem(reader.at("ca-only"), "ca-only", "is true, and there is no ca-file", remedy);
    }
    let proxy = proxy(reader);
    let connect_timeout = timeout(reader, "connect-timeout", keys::CONNECT_TIMEOUT);
    let timeout = timeout(reader, "timeout", keys::TIMEOUT);
    Some(WaySettings { ca_file, ca_only, proxy: proxy?, connect_timeout, timeout })
}

fn proxy(reader: &mut Reader<'_, '_>) -> Option<ProxySettings> {
    if !reader.has("proxy") {
        return Some(ProxySettings::None);
    }
    if reader.is_text("proxy") {
        return reader.word("proxy", &[("env", ())]).map(|()| ProxySettings::Environment);
    }
    let read = |reader: &mut Reader<'_, '_>| {
        let url = reader.needed("url").and_then(|found| address::proxy(reader, "url", found));
        let username = reader.text("username").map(|found| found.value);
        let password = reader.secret("password");
        if reader.has("username") != reader.has("password") {
            let what = "has a name without password, or a password without name";
            reader.problem(reader.span(), "", what, "give both or neither");
        }
        Some(ProxySettings::Url { url: url?, login: username.zip(password) })
    };
    reader.table("proxy", keys::PROXY, read).flatten()
}

/// A time limit, within bounds.
pub(super) fn timeout(reader: &mut Reader<'_, '_>, key: &'static str, default: &str) -> Duration {
    let found = reader.duration_in(key, "100ms", "10m");
    let fallback = parse_duration(default).unwrap_or(SignedDuration::from_secs(15));
    found.unwrap_or(fallback).unsigned_abs()
}
