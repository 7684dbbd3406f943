//! The client: one request a connection, and nothing by itself.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder};
use secrecy::ExposeSecret;
use url::Url;

use crate::root_cause;
use crate::way::{Proxy, Trust, Way, WayError, is_loopback};

/// A client for these addresses: no pool, no redirects, no retries, no ambient proxy, no decompression.
///
/// # Errors
/// The way cannot be gone.
pub fn client(way: &Way, urls: &[&Url]) -> Result<Client, WayError> {
    let mut builder = Client::builder()
        .connect_timeout(way.connect_timeout)
        .timeout(way.timeout)
        .pool_max_idle_per_host(0)
        .pool_idle_timeout(Duration::ZERO)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connection_verbose(false)
        // One request a connection has no use for more.
        .http1_only()
        .user_agent(concat!("twinkey/", env!("CARGO_PKG_VERSION")));
    builder = trust(builder, way, urls)?;
    builder = proxy(builder, way, urls)?;
    // Certificates are the only thing that is still looked at here.
    builder.build().map_err(|error| match way.trust {
        Trust::System => WayError::NoAuthorities(root_cause(&error.without_url())),
        Trust::Only(_) | Trust::Also(_) => WayError::Ca,
    })
}

fn trust(builder: ClientBuilder, way: &Way, urls: &[&Url]) -> Result<ClientBuilder, WayError> {
    let certificates = |pem: &[u8]| match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(WayError::Ca),
    };
    Ok(match &way.trust {
        // A host without a CA store could not even build a client; plain http on loopback needs none.
        Trust::System if urls.iter().all(|url| in_the_clear(url)) => builder.tls_certs_only([]),
        Trust::System => builder,
        Trust::Only(pem) => builder.tls_certs_only(certificates(pem)?),
        Trust::Also(pem) => builder.tls_certs_merge(certificates(pem)?),
    })
}

/// What goes over http stays on this machine: no proxy elsewhere may read it.
fn proxy(builder: ClientBuilder, way: &Way, urls: &[&Url]) -> Result<ClientBuilder, WayError> {
    let clear = urls.iter().any(|url| in_the_clear(url));
    Ok(match &way.proxy {
        Proxy::None => builder.no_proxy(),
        Proxy::Environment if clear => builder.no_proxy(),
        Proxy::Environment => builder,
        Proxy::Url { url, login } => {
            if !url.username().is_empty() || url.password().is_some() {
                return Err(WayError::Userinfo("the proxy's address"));
            }
            if clear && !is_loopback(url) {
                return Err(WayError::Insecure("what goes through the proxy"));
            }
            let mut proxy = reqwest::Proxy::all(url.clone())
                .map_err(|error| WayError::Proxy(root_cause(&error.without_url())))?;
            if let Some((name, password)) = login {
                proxy = proxy.basic_auth(name, password.expose_secret());
            }
            builder.proxy(proxy)
        }
    })
}

fn in_the_clear(url: &Url) -> bool {
    url.scheme() == "http"
}
