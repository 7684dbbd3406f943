//! Addresses to which secrets may be sent. What is wrong with one is told without showing it.

use std::ops::Range;

use url::{Host, Url};

use crate::config::reader::{Found, Reader};

/// An address: https, or http on loopback; without name and password.
pub(in crate::config) fn secure(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    found: &Found<String>,
) -> Option<Url> {
    let Ok(url) = Url::parse(&found.value) else {
        let remedy = "write it like https://auth.example/as/token.oauth2";
        reader.problem(found.span.clone(), key, "is no address", remedy);
        return None;
    };
    refuse_login(reader, key, found.span.clone(), &url, "take them out: addresses end up in logs")?;
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && loopback) {
        return Some(url);
    }
    let remedy = "use https (http is for loopback addresses only)";
    reader.problem(found.span.clone(), key, "would send secrets in the clear", remedy);
    None
}

/// An address, or a path on a region's API host.
pub(super) fn on_host(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    found: &Found<String>,
    host: Option<&Url>,
) -> Option<Url> {
    if Url::parse(&found.value) != Err(url::ParseError::RelativeUrlWithoutBase) {
        return secure(reader, key, found);
    }
    let joined = host.and_then(|host| Some((host, host.join(&found.value).ok()?)));
    match joined {
        // A path such as //other.example/x would name another host.
        Some((host, url)) if url.origin() == host.origin() && url.username().is_empty() => Some(url),
        _ => {
            let remedy = "write it like https://api.example/ping; a path alone needs a preset and its region";
            reader.problem(found.span.clone(), key, "is no address", remedy);
            None
        }
    }
}

/// A proxy's address. What passes through it is encrypted, except towards loopback.
pub(in crate::config) fn proxy(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    found: Found<String>,
) -> Option<Url> {
    let url = Url::parse(&found.value).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    let Some(url) = url else {
        reader.problem(found.span, key, "is no address", "write it like http://proxy.example:3128");
        return None;
    };
    refuse_login(reader, key, found.span, &url, "give them as username and password")?;
    Some(url)
}

fn refuse_login(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    span: Range<usize>,
    url: &Url,
    remedy: &str,
) -> Option<()> {
    if url.username().is_empty() && url.password().is_none() {
        return Some(());
    }
    reader.problem(span, key, "holds a user name or password", remedy);
    None
}
