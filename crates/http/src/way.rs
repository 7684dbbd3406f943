//! Whose certificates are believed, through which proxy, how long anything may take, and what may be asked at all.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Url};

/// The way out.
#[derive(Clone, Debug)]
pub struct Way {
    /// Whose certificates are believed.
    pub trust: Trust,
    /// The proxy.
    pub proxy: Proxy,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long a request may take in all.
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
    /// As `HTTPS_PROXY` and `NO_PROXY` say. Straight where an address on loopback is asked over http.
    Environment,
    /// Through this proxy. What is asked over http can only go through a proxy on loopback.
    Url {
        /// Its address.
        url: Url,
        /// Name and password for it.
        login: Option<(String, SecretString)>,
    },
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Environment => f.write_str("Environment"),
            Self::Url { url, .. } => {
                let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
                write!(f, "Url({}{port})", url.host_str().unwrap_or_default())
            }
        }
    }
}

impl fmt::Display for Proxy {
    /// For people: which proxy it is, never its login.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("a proxy that is not configured"),
            Self::Environment => f.write_str("the proxy that the environment names"),
            Self::Url { url, .. } => write!(f, "the proxy {}", url.host_str().unwrap_or_default()),
        }
    }
}

/// A way that cannot be gone: the configuration's fault, or the host's where that is said. Shows no address, and no
/// login.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum WayError {
    /// What should be an address is none.
    #[error("{0} is no address: it must be a whole one that begins with https")]
    NoAddress(&'static str),
    /// A secret would travel in the clear.
    #[error("{0} must use https (http is for loopback addresses only)")]
    Insecure(&'static str),
    /// A name or password in an address would end up in logs.
    #[error("{0} must not hold a user name or password: give them on their own")]
    Userinfo(&'static str),
    /// The CA file holds no certificate.
    #[error("the CA file cannot be used: it must hold PEM certificates")]
    Ca,
    /// The proxy's address is none that can be used.
    #[error("the proxy cannot be used ({0}): give its address like http://proxy.example:3128")]
    Proxy(String),
    /// The host has no certificate authorities: the host's fault, not the configuration's.
    #[error(
        "no certificate authorities ({0}): install the host's ca-certificates package, or name a CA file"
    )]
    NoAuthorities(String),
}

/// Whether an address may be asked: https, or http on loopback, without a name and password.
///
/// # Errors
/// The configuration's fault; `what` says in the error whose address it is.
pub fn check(what: &'static str, url: &Url) -> Result<(), WayError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WayError::Userinfo(what));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(WayError::Insecure(what)),
        _ => Err(WayError::NoAddress(what)),
    }
}

/// Whether an address stays on this machine: `127.0.0.0/8`, `::1`, `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_on_this_machine() {
        let checked = |text: &str| check("it", &text.parse().unwrap());
        for fine in ["https://h.example/x", "http://127.0.0.9:1/x", "http://[::1]:1/", "http://localhost/"] {
            assert_eq!(checked(fine), Ok(()), "{fine}");
        }
        let cases = [
            ("http://h.example/", WayError::Insecure("it")),
            ("http://localhost.example/", WayError::Insecure("it")),
            ("https://name:canary@h.example/", WayError::Userinfo("it")),
            ("https://name@h.example/", WayError::Userinfo("it")),
            ("ftp://h.example/", WayError::NoAddress("it")),
        ];
        for (text, expected) in cases {
            assert_eq!(checked(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_login_never_shows() {
        let login = Some(("name".to_owned(), SecretString::from("canary")));
        let url = "http://canary:canary@proxy.example:3128/canary".parse().unwrap();
        let way = Way { proxy: Proxy::Url { url, login }, ..Way::default() };
        let shown = format!("{way:?} {}", way.proxy);
        assert!(shown.contains("proxy.example") && !shown.contains("canary"), "{shown}");
    }
}
