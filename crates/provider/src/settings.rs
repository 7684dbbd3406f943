//! How a provider wants to be asked.

use std::fmt;

use secrecy::SecretString;
use twinkey_http::{Proxy, Way, WayError};
use url::Url;

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
    /// The way out; its time limit holds for the token request, and for the API call again.
    pub way: Way,
    /// A harmless API call that shows whether the client has its role.
    pub api_call: Option<ApiCall>,
}

impl Settings {
    /// `client_credentials` in the form body, by the usual way.
    pub fn new(token_url: Url) -> Self {
        Self {
            token_url,
            grant: Grant::ClientCredentials,
            auth: ClientAuth::Post,
            scope: None,
            extra: Vec::new(),
            headers: Vec::new(),
            way: Way::default(),
            api_call: None,
        }
    }

    /// Everything that a server or a proxy might echo and that must not show.
    pub(crate) fn secrets(&self) -> Vec<&SecretString> {
        let mut secrets: Vec<&SecretString> = self.headers.iter().map(|(_, value)| value).collect();
        if let Grant::Password { password, .. } = &self.grant {
            secrets.push(password);
        }
        if let Proxy::Url { login: Some((_, password)), .. } = &self.way.proxy {
            secrets.push(password);
        }
        secrets
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
            .field("way", &self.way)
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
    /// The way out, or an address.
    #[error(transparent)]
    Way(#[from] WayError),
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
}

/// An address up to its path: user, password and query are left out.
fn shown(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}
