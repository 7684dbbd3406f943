//! Who asks: client id and secret of a token request (RFC 6749 section 2.3.1). No `Debug`: it holds them.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A token request, read.
pub(crate) struct Asked {
    /// `None`: no client authentication in it.
    pub(crate) client: Option<(String, String)>,
    /// Whether it came as HTTP Basic.
    pub(crate) by_basic: bool,
    form: BTreeMap<String, String>,
}

impl Asked {
    /// Reads a request; `None` if it is malformed: no form, a parameter twice (RFC 6749 section 3.2), client
    /// authentication twice (section 2.3), or a header that says nothing.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8], basic_raw: bool) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        let mut form = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body).into_owned() {
            if form.insert(name, value).is_some() {
                return None;
            }
        }
        let Some(header) = headers.get(AUTHORIZATION) else {
            let client = form.get("client_id").cloned().zip(form.get("client_secret").cloned());
            return Some(Self { client, by_basic: false, form });
        };
        if form.contains_key("client_secret") {
            return None;
        }
        let client = basic(header.to_str().ok()?, basic_raw)?;
        Some(Self { client: Some(client), by_basic: true, form })
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.client.as_ref().map(|(id, _)| id.as_str())
    }

    /// A parameter; one without a value counts as omitted (RFC 6749 section 3.2).
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Id and secret from the header (RFC 7617), each form-decoded unless read raw.
fn basic(header: &str, raw: bool) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some(if raw { (id.to_owned(), secret.to_owned()) } else { (decoded(id), decoded(secret)) })
}

fn decoded(text: &str) -> String {
    // A bare `&` or `=` belongs to the text: there is one value here, not a list of pairs.
    let text = text.replace('&', "%26").replace('=', "%3D");
    let (value, _) = url::form_urlencoded::parse(text.as_bytes()).next().unwrap_or_default();
    value.into_owned()
}
