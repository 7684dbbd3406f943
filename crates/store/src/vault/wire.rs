//! Requests to the server. The endpoints are vaultrs' where it has them; the client around them is ours, because
//! vaultrs' own takes settings from the environment, loses a path prefix, panics on an odd token, and merges
//! given authorities with the host's.

use std::str::FromStr as _;

use http::{HeaderName, HeaderValue, Request, Response, Uri};
use rustify::clients::reqwest::Client as Sender;
use rustify::endpoint::{Endpoint, MiddleWare, Wrapper};
use rustify::errors::ClientError;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::{Answer, Failed};
use super::settings::{Authorities, VaultSettings};
use crate::StoreError;

/// Sends requests.
pub(super) struct Wire {
    sender: Sender,
    prefix: String,
    namespace: Option<HeaderValue>,
}

/// What a request says beside its endpoint.
#[derive(Clone, Copy, Default)]
pub(super) struct With<'a> {
    /// The token, if there is one.
    pub(super) token: Option<&'a SecretString>,
    /// Whether the active node must answer, and none that may lag behind.
    pub(super) newest: bool,
}

/// The envelope of every answer (<https://openbao.org/api-docs/>).
#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) data: Option<T>,
    pub(super) auth: Option<Auth>,
}

impl<T: DeserializeOwned + Send + Sync> Wrapper for Envelope<T> {
    type Value = T;
}

/// A login.
#[derive(Deserialize)]
pub(super) struct Auth {
    pub(super) client_token: SecretString,
    /// Seconds; 0 for a token without end.
    pub(super) lease_duration: u64,
    pub(super) renewable: bool,
}

impl Wire {
    /// # Errors
    /// The configuration's fault: certificates that are none, a namespace that no header can hold.
    pub(super) fn new(settings: &VaultSettings) -> Result<Self, StoreError> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            // The token would go along to wherever a redirect points.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .user_agent(concat!("twinkey/", env!("CARGO_PKG_VERSION")));
        let certificates = |pem: &[u8]| match reqwest::Certificate::from_pem_bundle(pem) {
            Ok(certificates) if !certificates.is_empty() => Ok(certificates),
            _ => Err(super::fault::unusable("the file with certificate authorities holds no certificate")),
        };
        builder = match &settings.authorities {
            // A host without authorities of its own could not even build a client.
            Authorities::System if settings.address.scheme() == "http" => builder.tls_certs_only([]),
            Authorities::System => builder,
            Authorities::Also(pem) => builder.tls_certs_merge(certificates(pem)?),
            Authorities::Only(pem) => builder.tls_certs_only(certificates(pem)?),
        };
        if let Some(pem) = &settings.identity {
            let identity = reqwest::Identity::from_pem(pem.expose_secret().as_bytes());
            let text = "the client certificate is not a PEM file with certificate and key";
            builder = builder.identity(identity.map_err(|_| super::fault::unusable(text))?);
        }
        let client = builder
            .build()
            .map_err(|_| super::fault::unusable("this host has no certificate authorities to believe"))?;
        let namespace = settings.namespace.as_deref().map(HeaderValue::from_str).transpose();
        let namespace =
            namespace.map_err(|_| super::fault::unusable("the namespace holds odd characters"))?;
        let origin = settings.address.origin().ascii_serialization();
        let prefix = settings.address.path().trim_matches('/').to_owned();
        Ok(Self { sender: Sender::new(&origin, client), prefix, namespace })
    }

    /// Sends one request and reads the answer.
    pub(super) async fn send<E: Endpoint>(
        &self,
        endpoint: E,
        with: With<'_>,
    ) -> Result<Envelope<E::Response>, Failed> {
        let headers = Headers { wire: self, with };
        let answer = endpoint.with_middleware(&headers).exec(&self.sender).await.map_err(Failed::of)?;
        if answer.response.body().is_empty() {
            return Ok(Envelope { data: None, auth: None });
        }
        answer.wrap().map_err(|_| Failed::Answered(Answer::odd()))
    }
}

/// Puts path and headers right.
struct Headers<'a> {
    wire: &'a Wire,
    with: With<'a>,
}

impl MiddleWare for Headers<'_> {
    fn request<E: Endpoint>(&self, _: &E, request: &mut Request<Vec<u8>>) -> Result<(), ClientError> {
        let odd =
            |what: &'static str| ClientError::GenericError { source: std::io::Error::other(what).into() };
        let uri = request.uri();
        let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.authority().map(|it| it.as_str()));
        let query = uri.query().filter(|query| !query.is_empty()).map(|query| format!("?{query}"));
        // vaultrs writes some of its paths with a slash, and one with a tab, in front.
        let path = uri.path().trim_start_matches('/');
        let path = path.strip_prefix("%09").unwrap_or(path).trim_start_matches('/');
        let prefix =
            if self.wire.prefix.is_empty() { String::new() } else { format!("/{}", self.wire.prefix) };
        let whole =
            format!("{scheme}://{}{prefix}/v1/{path}{}", host.unwrap_or_default(), query.unwrap_or_default());
        *request.uri_mut() = Uri::from_str(&whole).map_err(|_| odd("no address comes of this path"))?;
        let headers = request.headers_mut();
        headers.insert(HeaderName::from_static("x-vault-request"), HeaderValue::from_static("true"));
        if let Some(token) = self.with.token {
            let value = HeaderValue::from_str(token.expose_secret());
            let mut value = value.map_err(|_| odd("the token holds characters that no header can"))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static("x-vault-token"), value);
        }
        if let Some(namespace) = &self.wire.namespace {
            headers.insert(HeaderName::from_static("x-vault-namespace"), namespace.clone());
        }
        if self.with.newest {
            // Standby nodes of OpenBao and of Vault Enterprise read for themselves, and may lag.
            let value = HeaderValue::from_static("active-node");
            headers.insert(HeaderName::from_static("x-vault-forward"), value);
        }
        Ok(())
    }

    fn response<E: Endpoint>(&self, _: &E, _: &mut Response<Vec<u8>>) -> Result<(), ClientError> {
        Ok(())
    }
}
