//! The way out: whose certificates are believed, through which proxy, how long anything may take.

use std::fmt;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// The way out of a channel over HTTP.
#[derive(Clone, Debug)]
pub struct Way {
    /// Whose certificates are believed.
    pub trust: Trust,
    /// The proxy.
    pub proxy: Proxy,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long a delivery may take in all.
    pub timeout: Duration,
}

impl Default for Way {
    /// Straight, by the host's authorities, with the usual limits: 5 s for a connection, 15 s in all.
    fn default() -> Self {
        Self {
            trust: Trust::System,
            proxy: Proxy::None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
        }
    }
}

/// Whose certificates are believed. There is no way to believe all.
#[derive(Clone)]
pub enum Trust {
    /// The host's certificate authorities.
    System,
    /// Only the authorities in this PEM text.
    Only(Vec<u8>),
    /// The host's authorities and those in this PEM text.
    Also(Vec<u8>),
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Only(pem) => write!(f, "Only({} bytes)", pem.len()),
            Self::Also(pem) => write!(f, "Also({} bytes)", pem.len()),
        }
    }
}

/// The proxy. Ambient variables are ignored unless asked for.
#[derive(Clone)]
pub enum Proxy {
    /// Straight.
    None,
    /// As `HTTPS_PROXY` and `NO_PROXY` say.
    Environment,
    /// Through this proxy.
    Url {
        /// Its address.
        url: Url,
        /// Name and password for it.
        login: Option<(String, SecretString)>,
    },
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Environment => "Environment",
            Self::Url { .. } => "Url { .. }",
        })
    }
}

/// Settings that cannot work: the configuration's fault, or the host's where that is said. Shows no address and no
/// key.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// What should be an address is none.
    #[error("{0} is no address: it must be a whole one that begins with https")]
    NoAddress(&'static str),
    /// A message would travel in the clear.
    #[error("{0} must use https (http is for loopback addresses only)")]
    Insecure(&'static str),
    /// A name or password in an address would end up in logs.
    #[error("{0} must not hold a user name or password")]
    Userinfo(&'static str),
    /// The CA file holds no certificate.
    #[error("the CA file cannot be used: it must hold PEM certificates")]
    Ca,
    /// The proxy's address is none that can be used.
    #[error("the proxy cannot be used: give its address like http://proxy.example:3128")]
    Proxy,
    /// The host has no certificate authorities: the host's fault, not the configuration's.
    #[error("no certificate authorities: install the host's ca-certificates package, or name a CA file")]
    NoAuthorities,
    /// A signing key that is none.
    #[error("the signing key is none of Standard Webhooks: whsec_ and 24 to 64 bytes in base64")]
    SigningKey,
    /// A key that no header or document can hold.
    #[error("{0} holds characters that no key has")]
    Key(&'static str),
    /// A mail address that is none.
    #[error("{0:?} is no mail address: write it like ops@example.com, or Ops <ops@example.com>")]
    MailAddress(String),
    /// A message would travel in the clear.
    #[error("mail must go by TLS (without TLS is for loopback addresses only)")]
    MailInTheClear,
}

/// The address of a webhook, read from a secret.
pub(crate) fn secret_address(what: &'static str, text: &SecretString) -> Result<Url, SettingsError> {
    let url = Url::parse(text.expose_secret().trim()).map_err(|_| SettingsError::NoAddress(what))?;
    address(what, &url)?;
    Ok(url)
}

/// https, or http on loopback; no name and password.
pub(crate) fn address(what: &'static str, url: &Url) -> Result<(), SettingsError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SettingsError::Userinfo(what));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(SettingsError::Insecure(what)),
        _ => Err(SettingsError::NoAddress(what)),
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Builds the HTTP client: no pool, no redirects, no retries, no ambient proxy, no decompression.
pub(crate) fn client(way: &Way, url: &Url) -> Result<Client, SettingsError> {
    let mut builder = Client::builder()
        .connect_timeout(way.connect_timeout)
        .timeout(way.timeout)
        .pool_max_idle_per_host(0)
        .pool_idle_timeout(Duration::ZERO)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connection_verbose(false)
        .http1_only()
        .user_agent(concat!("twinkey/", env!("CARGO_PKG_VERSION")));
    builder = trust(builder, way, url)?;
    builder = proxy(builder, way, url)?;
    builder.build().map_err(|_| match way.trust {
        Trust::System => SettingsError::NoAuthorities,
        Trust::Only(_) | Trust::Also(_) => SettingsError::Ca,
    })
}

fn trust(builder: ClientBuilder, way: &Way, url: &Url) -> Result<ClientBuilder, SettingsError> {
    let certificates = |pem: &[u8]| match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(SettingsError::Ca),
    };
    Ok(match &way.trust {
        // A host without a CA store could not even build a client; plain http on loopback needs none.
        Trust::System if url.scheme() == "http" => builder.tls_certs_only([]),
        Trust::System => builder,
        Trust::Only(pem) => builder.tls_certs_only(certificates(pem)?),
        Trust::Also(pem) => builder.tls_certs_merge(certificates(pem)?),
    })
}

/// What goes over http stays on this machine: no proxy may read it.
fn proxy(builder: ClientBuilder, way: &Way, url: &Url) -> Result<ClientBuilder, SettingsError> {
    if url.scheme() == "http" {
        return Ok(builder.no_proxy());
    }
    Ok(match &way.proxy {
        Proxy::None => builder.no_proxy(),
        Proxy::Environment => builder,
        Proxy::Url { url, login } => {
            let mut proxy = reqwest::Proxy::all(url.clone()).map_err(|_| SettingsError::Proxy)?;
            if let Some((name, password)) = login {
                proxy = proxy.basic_auth(name, password.expose_secret());
            }
            builder.proxy(proxy)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_loopback_and_never_shown() {
        let read = |text: &str| secret_address("the address", &SecretString::from(text));
        for fine in ["https://hooks.example/T0/c4n4ry", "http://127.0.0.1:9/x", " https://h.example/x\n"] {
            assert!(read(fine).is_ok(), "{fine}");
        }
        let cases = [
            ("http://hooks.example/c4n4ry", SettingsError::Insecure("the address")),
            ("https://u:c4n4ry@hooks.example/", SettingsError::Userinfo("the address")),
            ("hooks.example/c4n4ry", SettingsError::NoAddress("the address")),
            ("ftp://hooks.example/c4n4ry", SettingsError::NoAddress("the address")),
            ("", SettingsError::NoAddress("the address")),
        ];
        for (text, expected) in cases {
            let error = read(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("c4n4ry"));
            assert_eq!(error, expected, "{text}");
        }
    }
}
