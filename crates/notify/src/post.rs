//! One POST, and what its answer means.

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response};
use rustls::CertificateError;
use twinkey_http::{Way, client, find, retry_after, root_cause};
use url::Url;

use crate::clean::excerpt;
use crate::{Fault, SettingsError, Undelivered};

/// The most that is read of any answer, in bytes.
const MOST: usize = 4 * 1024;

/// The shortest part of an address that is looked for in what a receiver says: shorter ones are words like `v2`.
const SECRET_PART: usize = 8;

/// A place to post to. It has no `Debug`: the address may be a secret.
pub(crate) struct Post {
    client: Client,
    url: Url,
    /// What a 401 or a 403 means: a wrong key, or, where the address is all there is, a wrong address.
    pub(crate) unknown: Fault,
    secrets: Vec<String>,
}

/// An answer that took nothing.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// What the receiver said: printable, cut, and without the address.
    pub(crate) said: String,
    /// What it means.
    pub(crate) meaning: Undelivered,
}

impl Post {
    pub(crate) fn new(url: Url, unknown: Fault, way: &Way) -> Result<Self, SettingsError> {
        let client = client(way, &[&url])?;
        let secrets = parts(&url);
        Ok(Self { client, url, unknown, secrets })
    }

    /// Another thing that a receiver might echo and that must not show.
    pub(crate) fn hiding(mut self, secret: &str) -> Self {
        self.secrets.insert(0, secret.to_owned());
        self
    }

    /// Posts a JSON document to the address, or to a path of its host.
    pub(crate) async fn json(
        &self,
        path: Option<&str>,
        body: String,
        headers: HeaderMap,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut url = self.url.clone();
        if let Some(path) = path {
            url.set_path(path);
        }
        let request = self.client.post(url).headers(headers).body(body);
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(Refusal { status: 0, said: String::new(), meaning: broken(error) }),
        };
        let status = response.status().as_u16();
        if response.status().is_success() {
            return Ok(());
        }
        let headers = response.headers().clone();
        let said = excerpt(&read(response).await, &self.secrets);
        let meaning = self.meaning(status, &said, &headers, now);
        Err(Refusal { status, said, meaning })
    }

    fn meaning(&self, status: u16, said: &str, headers: &HeaderMap, now: Timestamp) -> Undelivered {
        let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
        let answered = format!("the receiver answered {status}{said}");
        match status {
            429 | 408 | 500..=599 => Undelivered::later(retry_after(headers, now), answered),
            300..=399 => {
                let text = format!("{answered}: a redirect, which is not followed");
                Undelivered::failed(Fault::Address, text)
            }
            401 | 403 => Undelivered::failed(self.unknown, answered),
            404 | 410 => Undelivered::failed(Fault::Address, answered),
            407 => Undelivered::failed(Fault::Connection, "the proxy wants another name or password"),
            _ => Undelivered::failed(Fault::Message, answered),
        }
    }
}

/// Everything of an address that gives the right to post: all of it, its longer parts, its parameters.
fn parts(url: &Url) -> Vec<String> {
    let mut parts = vec![url.to_string()];
    parts.extend(url.query().map(str::to_owned));
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()).filter(|v| v.len() >= SECRET_PART));
    let path = url.path().trim_matches('/');
    if path.len() >= SECRET_PART {
        parts.push(path.to_owned());
    }
    parts.extend(path.split('/').filter(|part| part.len() >= SECRET_PART).map(str::to_owned));
    // The longest first: taking out one that is a part of another would leave the rest of that one.
    parts.sort_unstable_by_key(|part| std::cmp::Reverse(part.len()));
    parts
}

/// The beginning of a body, as far as it comes.
async fn read(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MOST - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MOST {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// What a failed exchange means. Certificates and proxies that refuse are a matter of configuration; the rest may
/// pass. The address is left out.
fn broken(error: reqwest::Error) -> Undelivered {
    let error = error.without_url();
    if let Some(rustls::Error::InvalidCertificate(why)) = find::<rustls::Error>(&error) {
        let why = of_certificate(why);
        return Undelivered::failed(
            Fault::Connection,
            format!("the receiver's certificate is not accepted: {why}"),
        );
    }
    let cause = root_cause(&error);
    // The type of these two is private to the HTTP library.
    if cause.contains("proxy authorization required") {
        return Undelivered::failed(Fault::Connection, "the proxy wants another name or password");
    }
    if cause.contains("tunnel error: unsuccessful") {
        return Undelivered::failed(Fault::Connection, "the proxy does not let us through");
    }
    if error.is_builder() {
        return Undelivered::failed(Fault::Connection, "the request cannot be sent");
    }
    if error.is_connect() {
        return Undelivered::later(None, format!("no connection: {}", excerpt(&cause, &[])));
    }
    if error.is_timeout() {
        return Undelivered::unclear("no answer in time");
    }
    Undelivered::unclear(format!("the connection broke: {}", excerpt(&cause, &[])))
}

/// Why a certificate is not accepted; without names, which are parts of an address.
pub(crate) fn of_certificate(error: &CertificateError) -> &'static str {
    match error {
        // Another authority of the same name has another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its issuer is not trusted (a company's own authority? name its CA file)"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has ended",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it has not begun, or our clock is wrong"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is another host's"
        }
        CertificateError::Revoked => "it was revoked",
        _ => "it is not valid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gives_the_right_to_post_is_known_in_all_its_parts() {
        let url =
            "https://h.example/workflows/0123456789/triggers?sp=x&sig=S3cret-signature".parse().unwrap();
        let parts = parts(&url);
        for part in ["0123456789", "S3cret-signature", "workflows/0123456789/triggers"] {
            assert!(parts.iter().any(|known| known == part), "{part}");
        }
        assert!(parts.is_sorted_by_key(|part| std::cmp::Reverse(part.len())));
    }
}
