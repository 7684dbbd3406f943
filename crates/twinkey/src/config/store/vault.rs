//! A Vault or OpenBao.

use std::path::PathBuf;
use std::time::Duration;

use twinkey_store::{Authorities, VaultLogin, VaultSettings};
use url::Url;

use crate::config::credential::places;
use crate::config::keys;
use crate::config::provider::address;
use crate::config::reader::{Found, Reader};
use crate::config::secret_ref::{SecretRef, SecretRefError};
use crate::config::way::timeout;

/// A Vault or OpenBao as configured; its secrets are still references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultReference {
    address: Url,
    mount: String,
    namespace: Option<String>,
    login: Login,
    person: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    ca_only: bool,
    certificate: Option<SecretRef>,
    connect_timeout: Duration,
    timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Login {
    Own,
    TokenFile(PathBuf),
    AppRole { mount: String, role_id: String, secret_id: SecretRef, wrapped: bool },
    Certificate { mount: String, role: Option<String> },
}

impl VaultReference {
    /// The settings with their secrets and certificates read: the service's login, or that of a person.
    ///
    /// # Errors
    /// A secret or the CA file cannot be had; says where it was looked for.
    pub fn settings(&self, person: bool) -> Result<VaultSettings, SecretRefError> {
        let authorities = match &self.ca_file {
            None => Authorities::System,
            Some(path) => {
                let pem = std::fs::read(path)
                    .map_err(|why| SecretRefError::Authorities { path: path.clone(), why })?;
                if self.ca_only { Authorities::Only(pem) } else { Authorities::Also(pem) }
            }
        };
        Ok(VaultSettings {
            address: self.address.clone(),
            mount: self.mount.clone(),
            namespace: self.namespace.clone(),
            login: if person { self.persons() } else { self.service()? },
            authorities,
            identity: self.certificate_for(person).map(SecretRef::read).transpose()?,
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
        })
    }

    /// A certificate that is the service's login is nobody else's; one for a gate is everybody's.
    fn certificate_for(&self, person: bool) -> Option<&SecretRef> {
        let is_login = matches!(self.login, Login::Certificate { .. });
        self.certificate.as_ref().filter(|_| !(person && is_login))
    }

    fn persons(&self) -> VaultLogin {
        VaultLogin::TokenFile(self.person.clone().unwrap_or_else(own_token))
    }

    fn service(&self) -> Result<VaultLogin, SecretRefError> {
        Ok(match &self.login {
            Login::Own => VaultLogin::TokenFile(own_token()),
            Login::TokenFile(path) => VaultLogin::TokenFile(path.clone()),
            Login::AppRole { mount, role_id, secret_id, wrapped } => VaultLogin::AppRole {
                mount: mount.clone(),
                role_id: role_id.clone(),
                secret_id: secret_id.read()?,
                wrapped: *wrapped,
            },
            Login::Certificate { mount, role } => {
                VaultLogin::Certificate { mount: mount.clone(), role: role.clone() }
            }
        })
    }

    /// Server, namespace and mount.
    pub(super) fn identity(&self) -> String {
        format!("{}|{}|{}", self.address, self.namespace.as_deref().unwrap_or_default(), self.mount)
    }

    /// The mount, for messages.
    pub fn mount(&self) -> &str {
        &self.mount
    }
}

/// Where `bao login` and `vault login` put a person's token.
fn own_token() -> PathBuf {
    std::env::home_dir().unwrap_or_else(|| PathBuf::from("/")).join(".vault-token")
}

/// Reads a Vault or OpenBao.
pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<VaultReference> {
    super::nothing_else(
        reader,
        &[
            "address",
            "mount",
            "namespace",
            "auth",
            "ca-file",
            "ca-only",
            "client-certificate",
            "connect-timeout",
            "timeout",
        ],
        "a Vault or OpenBao",
    );
    let address = reader.text("address").and_then(|found| address::secure(reader, "address", &found));
    let mount = mount(reader, "mount", keys::MOUNT);
    let namespace = reader.text("namespace").map(|found| found.value.trim_matches('/').to_owned());
    let auth = match reader.has("auth") {
        true => reader.table("auth", keys::AUTH, auth)?,
        false => Some((Login::Own, None)),
    };
    let ca_file = reader.absolute_path("ca-file");
    let ca_only = reader.boolean("ca-only").unwrap_or(false);
    if ca_only && !reader.has("ca-file") {
        let remedy = "name the file with the authorities to believe";
        reader.problem(reader.at("ca-only"), "ca-only", "is true, and there is no ca-file", remedy);
    }
    let certificate = reader.secret("client-certificate");
    let connect_timeout = timeout(reader, "connect-timeout", keys::CONNECT_TIMEOUT);
    let timeout = timeout(reader, "timeout", keys::TIMEOUT);
    let (login, person) = auth?;
    if matches!(login, Login::Certificate { .. }) && !reader.has("client-certificate") {
        reader.missing("client-certificate");
    }
    Some(VaultReference {
        address: address?,
        mount: mount?,
        namespace: namespace.filter(|namespace| !namespace.is_empty()),
        login,
        person,
        ca_file,
        ca_only,
        certificate,
        connect_timeout,
        timeout,
    })
}

/// A mount's path becomes part of every path that is asked for.
fn mount(reader: &mut Reader<'_, '_>, key: &'static str, default: &str) -> Option<String> {
    let Some(found) = reader.text(key) else { return Some(default.to_owned()) };
    let trimmed = Found { value: found.value.trim_matches('/').to_owned(), span: found.span };
    places::place(reader, key, &trimmed).map(|mount| mount.to_string())
}

fn auth(reader: &mut Reader<'_, '_>) -> Option<(Login, Option<PathBuf>)> {
    let person = reader.table("person", keys::PERSON, |reader| reader.absolute_path("token-file")).flatten();
    let given: Vec<&str> =
        ["token-file", "approle", "certificate"].into_iter().filter(|key| reader.has(key)).collect();
    if given.len() > 1 {
        let remedy = "give one of token-file, approle, certificate";
        reader.problem(reader.span(), "", "names more than one login of the service", remedy);
    }
    let token_file = reader.absolute_path("token-file").map(Login::TokenFile);
    let approle = reader.table("approle", keys::APPROLE, approle).flatten();
    let certificate = reader.table("certificate", keys::CERTIFICATE, |reader| {
        let role = reader.text("role").map(|found| found.value);
        mount(reader, "mount", keys::CERTIFICATE_MOUNT).map(|mount| Login::Certificate { mount, role })
    });
    let login = token_file.or(approle).or(certificate.flatten());
    match (login, given.is_empty()) {
        (None, false) => None,
        (login, _) => Some((login.unwrap_or(Login::Own), person)),
    }
}

fn approle(reader: &mut Reader<'_, '_>) -> Option<Login> {
    let role_id = reader.needed("role-id").map(|found| found.value);
    if !reader.has("secret-id") {
        reader.missing("secret-id");
    }
    let secret_id = reader.secret("secret-id");
    let wrapped = reader.boolean("wrapped").unwrap_or(false);
    let mount = mount(reader, "mount", keys::APPROLE_MOUNT);
    Some(Login::AppRole { mount: mount?, role_id: role_id?, secret_id: secret_id?, wrapped })
}
