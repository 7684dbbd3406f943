//! One HTTP exchange: a fresh connection, no redirect, a capped body; and what its failures mean.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};
use secrecy::ExposeSecret;
use twinkey_core::{Answer, AnswerKind};

use crate::settings::{Proxy, Settings, SettingsError, Trust, is_loopback};

/// The most that is read of any answer, in bytes.
pub(crate) const MOST: usize = 64 * 1024;

/// An answer's head and as much of its body as is read.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the body went on beyond [`MOST`].
    pub(crate) too_large: bool,
}

/// Builds the HTTP client: no pool, no redirects, no retries, no ambient proxy, no decompression.
pub(crate) fn client(settings: &Settings) -> Result<Client, SettingsError> {
    let mut builder = Client::builder()
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .pool_max_idle_per_host(0)
        .pool_idle_timeout(Duration::ZERO)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connection_verbose(false)
        .user_agent(concat!("twinkey/", env!("CARGO_PKG_VERSION")));
    builder = trust(builder, settings)?;
    builder = proxy(builder, settings)?;
    builder.build().map_err(|error| match root_cause(&error.without_url()) {
        cause if !matches!(settings.trust, Trust::System) && cause.contains("certificate") => {
            SettingsError::Ca
        }
        cause => SettingsError::Client(cause),
    })
}

fn trust(builder: ClientBuilder, settings: &Settings) -> Result<ClientBuilder, SettingsError> {
    let certificates = |pem: &[u8]| match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(SettingsError::Ca),
    };
    Ok(match &settings.trust {
        // A host without a CA store could not even build a client; plain http on loopback needs none.
        Trust::System if settings.token_url.scheme() == "http" && is_loopback(&settings.token_url) => {
            match &settings.api_call {
                Some(call) if call.url.scheme() == "https" => builder,
                _ => builder.tls_certs_only([]),
            }
        }
        Trust::System => builder,
        Trust::Only(pem) => builder.tls_certs_only(certificates(pem)?),
        Trust::Also(pem) => builder.tls_certs_merge(certificates(pem)?),
    })
}

/// What goes over http stays on this machine: no proxy elsewhere may read it.
fn proxy(builder: ClientBuilder, settings: &Settings) -> Result<ClientBuilder, SettingsError> {
    Ok(match &settings.proxy {
        Proxy::None => builder.no_proxy(),
        Proxy::Environment if settings.asks_in_the_clear() => builder.no_proxy(),
        Proxy::Environment => builder,
        Proxy::Url { url, login } => {
            if !url.username().is_empty() || url.password().is_some() {
                return Err(SettingsError::Userinfo("the proxy's address"));
            }
            if settings.asks_in_the_clear() && !is_loopback(url) {
                return Err(SettingsError::Insecure("what goes through the proxy"));
            }
            let mut proxy = reqwest::Proxy::all(url.clone())
                .map_err(|error| SettingsError::Client(root_cause(&error.without_url())))?;
            if let Some((name, password)) = login {
                proxy = proxy.basic_auth(name, password.expose_secret());
            }
            builder.proxy(proxy)
        }
    })
}

/// Sends one request and reads its answer up to [`MOST`].
///
/// # Errors
/// The transport failed: an [`Answer`] that says how.
pub(crate) async fn exchange(request: RequestBuilder) -> Result<Reply, Answer> {
    let mut response = request.send().await.map_err(failed)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let (body, too_large) = read(&mut response).await.map_err(failed)?;
    Ok(Reply { status, headers, body, too_large })
}

async fn read(response: &mut Response) -> reqwest::Result<(Vec<u8>, bool)> {
    let mut body = Vec::with_capacity(8 * 1024);
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MOST {
            body.extend_from_slice(&chunk[..MOST - body.len()]);
            return Ok((body, true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, false))
}

/// What a failed exchange means. Certificates and proxies that refuse are a matter of configuration; the
/// rest may pass.
fn failed(error: reqwest::Error) -> Answer {
    let error = error.without_url();
    let cause = root_cause(&error);
    let lower = cause.to_ascii_lowercase();
    let certificate = lower.contains("certificate") || lower.contains("unknownissuer");
    if certificate {
        return Answer::new(
            AnswerKind::Misconfigured,
            crate::clean::line(&format!("the provider's TLS certificate is not accepted: {cause}")),
        );
    }
    if lower.contains("tunnel error: unsuccessful") || lower.contains("proxy auth") {
        return Answer::new(
            AnswerKind::Misconfigured,
            crate::clean::line(&format!("the proxy refused: {cause}")),
        );
    }
    if error.is_builder() {
        return Answer::new(
            AnswerKind::Misconfigured,
            crate::clean::line(&format!("the request cannot be sent: {cause}")),
        );
    }
    let what = if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        format!("no connection: {cause}")
    } else {
        format!("the connection broke: {cause}")
    };
    Answer::new(AnswerKind::Unavailable, crate::clean::line(&what))
}

/// The innermost reason: the layers above it only repeat that something failed.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
