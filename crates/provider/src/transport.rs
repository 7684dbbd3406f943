//! One HTTP exchange: a fresh connection, no redirect, a capped body.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};
use secrecy::ExposeSecret;

use crate::failure::root_cause;
use crate::settings::{Proxy, Settings, SettingsError, Trust, is_loopback};

/// The most that is read of any answer, in bytes.
pub(crate) const MOST: usize = 64 * 1024;

/// An answer's head and as much of its body as is read.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or its first 64 KiB. It may hold a token, so there is no `Debug`.
    pub body: Vec<u8>,
    /// Whether the body went on.
    pub too_large: bool,
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
        // One request a connection has no use for more.
        .http1_only()
        .user_agent(concat!("twinkey/", env!("CARGO_PKG_VERSION")));
    builder = trust(builder, settings)?;
    builder = proxy(builder, settings)?;
    // Certificates are the only thing that is still looked at here.
    builder.build().map_err(|error| match settings.trust {
        Trust::System => SettingsError::NoAuthorities(root_cause(&error.without_url())),
        Trust::Only(_) | Trust::Also(_) => SettingsError::Ca,
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
                .map_err(|error| SettingsError::Proxy(root_cause(&error.without_url())))?;
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
/// The transport failed; [`crate::failure`] knows what that means.
pub(crate) async fn exchange(request: RequestBuilder) -> reqwest::Result<Reply> {
    let mut response = request.send().await?;
    let (body, too_large) = read(&mut response).await?;
    Ok(Reply { body, too_large, ..head_of(&response) })
}

/// Sends one request and reads nothing of its answer but the head.
///
/// # Errors
/// As [`exchange`].
pub(crate) async fn head(request: RequestBuilder) -> reqwest::Result<Reply> {
    Ok(head_of(&request.send().await?))
}

fn head_of(response: &Response) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, body: Vec::new(), too_large: false }
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
