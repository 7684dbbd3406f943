//! How a provider wants to be asked.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Url};

/// How a provider wants to be asked for a token.
#[derive(Clone)]
pub struct Settings {
    /// The token endpoint (RFC 6749 section 3.2): https, or http on a loopback address.
    pub token_url: Url,
    /// The grant.
    pub grant: Grant,
    /// How the client proves itself.
    pub auth: ClientAuth,
    /// The scope to ask for (RFC 6749 section 3.3).
    pub scope: Option<String>,
    /// Further form parameters. They are not secret.
    pub extra: Vec<(String, String)>,
    /// Further headers. Their values are treated as secrets.
    pub headers: Vec<(String, SecretString)>,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// The way out.
    pub proxy: Proxy,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long the token request may take in all, and the API call again.
    pub timeout: Duration,
    /// A harmless API call that shows whether the client has its role.
    pub api_call: Option<ApiCall>,
}

impl Settings {
    /// `client_credentials` in the form body, with the usual limits: 5 s for a connection, 15 s in all.
    pub fn new(token_url: Url) -> Self {
        Self {
            token_url,
            grant: Grant::ClientCredentials,
            auth: ClientAuth::Post,
            scope: None,
            extra: Vec::new(),
            headers: Vec::new(),
            trust: Trust::System,
            proxy: Proxy::None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
            api_call: None,
        }
    }

    /// Everything that a server or a proxy might echo and that must not show.
    pub(crate) fn secrets(&self) -> Vec<&SecretString> {
        let mut secrets: Vec<&SecretString> = self.headers.iter().map(|(_, value)| value).collect();
        if let Grant::Password { password, .. } = &self.grant {
            secrets.push(password);
        }
        if let Proxy::Url { login: Some((_, password)), .. } = &self.proxy {
            secrets.push(password);
        }
        secrets
    }

    /// Whether something is asked without TLS, which only loopback may be.
    pub(crate) fn asks_in_the_clear(&self) -> bool {
        let api = self.api_call.as_ref().map(|call| &call.url);
        api.into_iter().chain([&self.token_url]).any(|url| url.scheme() == "http")
    }
}

impl fmt::Debug for Settings {
    /// Without what may hold a secret: names of headers and parameters, addresses up to their path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("token_url", &shown(&self.token_url))
            .field("grant", &self.grant)
            .field("auth", &self.auth)
            .field("scope", &self.scope)
            .field("extra", &self.extra.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("trust", &self.trust)
            .field("proxy", &self.proxy)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("api_call", &self.api_call)
            .finish()
    }
}

/// The grant that is asked for.
#[derive(Clone)]
pub enum Grant {
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 6749 section 4.3.
    Password {
        /// The resource owner's name.
        username: String,
        /// The resource owner's password.
        password: SecretString,
    },
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCredentials => "ClientCredentials",
            Self::Password { .. } => "Password { .. }",
        })
    }
}

/// How the client proves itself (RFC 6749 section 2.3.1). One form only: asking in another one after a
/// refusal would double the refusals that a provider counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// Id and secret in the form body.
    Post,
    /// HTTP Basic with both form-urlencoded first, as the RFC has it.
    Basic,
    /// HTTP Basic with both as they are, as several providers want it.
    BasicRaw,
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

/// The way out. Ambient proxy variables are ignored unless asked for.
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
            Self::Url { url, .. } => f.debug_struct("Url").field("url", &shown(url)).finish_non_exhaustive(),
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

/// A harmless API call with the fresh token: a token can be issued to a client that lacks its role.
#[derive(Clone)]
pub struct ApiCall {
    /// The method, usually `GET`.
    pub method: String,
    /// The address: https, or http on a loopback address.
    pub url: Url,
    /// The statuses that show that the client has its role.
    pub accept: Vec<u16>,
}

impl fmt::Debug for ApiCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiCall")
            .field("method", &self.method)
            .field("url", &shown(&self.url))
            .field("accept", &self.accept)
            .finish()
    }
}

/// Settings that cannot work. The configuration's fault, or the host's where that is said; the text says what
/// to change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// A secret would travel in the clear.
    #[error("{0} must use https (http is for loopback addresses only)")]
    Insecure(&'static str),
    /// A name or password in an address would end up in logs.
    #[error("{0} must not hold a user name or password: give them on their own")]
    Userinfo(&'static str),
    /// The CA file holds no certificate.
    #[error("the CA file cannot be used: it must hold PEM certificates")]
    Ca,
    /// A header that HTTP does not allow.
    #[error("the header {0:?} cannot be sent: its name or value is not allowed in HTTP")]
    Header(String),
    /// A header that the request sets itself.
    #[error("the header {0:?} is set by the token request itself: leave it out")]
    ReservedHeader(String),
    /// A form parameter that the request sets itself.
    #[error("the form parameter {0:?} is set by the token request itself: leave it out")]
    ReservedParameter(String),
    /// A method that HTTP does not allow.
    #[error("{0:?} is no HTTP method")]
    Method(String),
    /// The proxy's address is none that can be used.
    #[error("the proxy cannot be used ({0}): give its address like http://proxy.example:3128")]
    Proxy(String),
    /// The host has no certificate authorities: the host's fault, not the configuration's.
    #[error(
        "no certificate authorities ({0}): install the host's ca-certificates package, or name a CA file"
    )]
    NoAuthorities(String),
}

/// An address up to its path: user, password and query are left out.
fn shown(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

pub(crate) fn check_url(what: &'static str, url: &Url) -> Result<(), SettingsError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SettingsError::Userinfo(what));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err(SettingsError::Insecure(what)),
    }
}

/// Whether an address stays on this machine: `127.0.0.0/8`, `::1`, `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
