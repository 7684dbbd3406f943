//! Where a Vault or OpenBao is, and how we log in.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Where a Vault or OpenBao is, and how we log in. Nothing is taken from the environment.
#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// The address, with a path prefix where a proxy gives it one: `https://gate.example/vault`.
    pub address: Url,
    /// Where the KV engine (version 2) is mounted.
    pub mount: String,
    /// The namespace of the mount and of the login.
    pub namespace: Option<String>,
    /// How we log in.
    pub login: VaultLogin,
    /// Whom we believe.
    pub authorities: Authorities,
    /// A client certificate with its key, as PEM: for a gate in front, and for [`VaultLogin::Certificate`].
    pub identity: Option<SecretString>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long a request may take in all.
    pub timeout: Duration,
}

/// Which certificate authorities are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorities {
    /// Those of this host.
    System,
    /// Those of this host, and these (PEM).
    Also(Vec<u8>),
    /// These only (PEM).
    Only(Vec<u8>),
}

impl PartialEq for VaultSettings {
    /// With the secrets that were read: the same settings lead to the same login.
    fn eq(&self, other: &Self) -> bool {
        let Self { address, mount, namespace, login, authorities, identity, connect_timeout, timeout } = self;
        *address == other.address
            && *mount == other.mount
            && *namespace == other.namespace
            && *login == other.login
            && *authorities == other.authorities
            && exposed(identity) == exposed(&other.identity)
            && *connect_timeout == other.connect_timeout
            && *timeout == other.timeout
    }
}

fn exposed(secret: &Option<SecretString>) -> Option<&str> {
    secret.as_ref().map(ExposeSecret::expose_secret)
}

/// How we log in.
#[derive(Clone, Debug)]
pub enum VaultLogin {
    /// A token from a file that somebody else keeps fresh: Vault Agent's sink, or `~/.vault-token`. Read again
    /// at every session.
    TokenFile(PathBuf),
    /// AppRole (<https://openbao.org/docs/auth/approle/>).
    AppRole {
        /// Where the method is mounted: `approle`.
        mount: String,
        /// The role id.
        role_id: String,
        /// The secret id, or a wrapping token for it.
        secret_id: SecretString,
        /// Whether the secret id is wrapped: a wrapping token is good for one use.
        wrapped: bool,
    },
    /// The client certificate (<https://openbao.org/docs/auth/cert/>).
    Certificate {
        /// Where the method is mounted: `cert`.
        mount: String,
        /// The role, where the certificate does not decide alone.
        role: Option<String>,
    },
}

impl PartialEq for VaultLogin {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::TokenFile(ours), Self::TokenFile(theirs)) => ours == theirs,
            (
                Self::AppRole { mount, role_id, secret_id, wrapped },
                Self::AppRole { mount: its, role_id: theirs, secret_id: secret, wrapped: whether },
            ) => {
                let same = secret_id.expose_secret() == secret.expose_secret();
                same && mount == its && role_id == theirs && wrapped == whether
            }
            (Self::Certificate { mount, role }, Self::Certificate { mount: its, role: theirs }) => {
                mount == its && role == theirs
            }
            _ => false,
        }
    }
}
