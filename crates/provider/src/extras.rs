//! Headers and form parameters that a configuration adds to the token request.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST,
    HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use secrecy::ExposeSecret;

use crate::settings::{ClientAuth, Settings, SettingsError};

/// What the request sets itself. Twice in one request, they would mean what the server likes.
const OWN_HEADERS: [HeaderName; 9] = [
    ACCEPT,
    ACCEPT_ENCODING,
    CACHE_CONTROL,
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HOST,
    PROXY_AUTHORIZATION,
    TRANSFER_ENCODING,
];

/// What the form holds already. A parameter must not be sent twice (RFC 6749 section 3.2).
const OWN_PARAMETERS: [&str; 6] =
    ["client_id", "client_secret", "grant_type", "password", "scope", "username"];

/// The headers of every token request.
pub(crate) fn headers(settings: &Settings) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        let unfit = || SettingsError::Header(name.clone());
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
        // With the secret in the form, a gateway before the provider may have a use for this one.
        if OWN_HEADERS.contains(&key) || (key == AUTHORIZATION && settings.auth != ClientAuth::Post) {
            return Err(SettingsError::ReservedHeader(name.clone()));
        }
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| unfit())?;
        value.set_sensitive(true);
        headers.append(key, value);
    }
    Ok(headers)
}

/// Refuses form parameters that the request sets itself.
pub(crate) fn check_parameters(settings: &Settings) -> Result<(), SettingsError> {
    let own =
        settings.extra.iter().map(|(name, _)| name).find(|name| OWN_PARAMETERS.contains(&name.as_str()));
    own.map_or(Ok(()), |name| Err(SettingsError::ReservedParameter(name.clone())))
}
