//! From the table to the settings.

use twinkey_provider::{ApiCall, ClientAuth};
use url::Url;

use super::{GrantSettings, ProviderSettings, address, fields};
use crate::config::presets::{self, Preset};
use crate::config::reader::Reader;
use crate::config::{keys, way};

/// Reads one provider.
pub(in crate::config) fn read(reader: &mut Reader<'_, '_>, _: &str) -> Option<ProviderSettings> {
    let preset = reader.word("preset", presets::ALL);
    let token_url = token_url(reader, preset);
    let grant = grant(reader);
    let auth = reader.word(
        "auth",
        &[("post", ClientAuth::Post), ("basic", ClientAuth::Basic), ("basic-raw", ClientAuth::BasicRaw)],
    );
    let scope = reader.text("scope").map(|scope| scope.value);
    let known_scope = || preset.and_then(|preset| preset.scope).map(str::to_owned);
    let parameters = fields::parameters(reader);
    let headers = fields::headers(reader);
    let way = way::read(reader);
    let api_host = region(reader, preset);
    let api_call = reader.table("api-call", keys::API_CALL, |reader| api_call(reader, api_host.as_ref()));
    let portal = portal(reader, preset);
    Some(ProviderSettings {
        token_url: token_url?,
        grant: grant?,
        auth: auth.unwrap_or(ClientAuth::Post),
        // An empty scope asks for none, also where the preset has one.
        scope: scope.or_else(known_scope).filter(|scope| !scope.is_empty()),
        parameters,
        headers,
        way: way?,
        api_call: api_call.flatten(),
        portal,
    })
}

fn token_url(reader: &mut Reader<'_, '_>, preset: Option<&Preset>) -> Option<Url> {
    if let Some(found) = reader.text("token-url") {
        return address::secure(reader, "token-url", &found);
    }
    // A preset that is misspelt is told; what it would have filled in is not missing.
    if !reader.has("token-url") && !reader.has("preset") {
        reader.missing("token-url");
    }
    preset.and_then(|preset| Url::parse(preset.token_url).ok())
}

fn grant(reader: &mut Reader<'_, '_>) -> Option<GrantSettings> {
    let with_password = reader.word("grant", &[("client-credentials", false), ("password", true)]);
    let username = reader.text("username").map(|found| found.value);
    let password = reader.secret("password");
    match with_password {
        Some(true) => {
            for key in ["username", "password"] {
                if !reader.has(key) {
                    reader.missing(key);
                }
            }
            Some(GrantSettings::Password { username: username?, password: password? })
        }
        // A misspelt grant is told; which keys it takes is not known.
        None if reader.has("grant") => None,
        _ => {
            for key in ["username", "password"] {
                if reader.has(key) {
                    let remedy = "set grant = \"password\", or take it out";
                    reader.problem(reader.at(key), key, "is given, and the grant takes none", remedy);
                }
            }
            Some(GrantSettings::ClientCredentials)
        }
    }
}

/// The address of the region's API.
fn region(reader: &mut Reader<'_, '_>, preset: Option<&Preset>) -> Option<Url> {
    let words: Vec<(&str, &str)> = presets::REGIONS.iter().map(|region| (*region, *region)).collect();
    let region = reader.word("region", &words)?;
    let known = preset.and_then(|preset| preset.regions.iter().find(|(name, _)| *name == region));
    if known.is_none() && (preset.is_some() || !reader.has("preset")) {
        let remedy = "set preset, or write api-call.url in full";
        reader.problem(reader.at("region"), "region", "is given, and there is no preset that has it", remedy);
    }
    known.and_then(|(_, address)| Url::parse(address).ok())
}

fn api_call(reader: &mut Reader<'_, '_>, host: Option<&Url>) -> Option<ApiCall> {
    let method = reader.text("method");
    if let Some(found) = &method
        && (found.value.is_empty() || !found.value.chars().all(|c| c.is_ascii_uppercase()))
    {
        reader.problem(found.span.clone(), "method", "is no HTTP method", "write it like GET");
    }
    let url = reader.needed("url").and_then(|found| address::on_host(reader, "url", &found, host));
    if !reader.has("accept") {
        reader.missing("accept");
    }
    let accept = reader.statuses("accept");
    let method = method.map_or_else(|| keys::METHOD.to_owned(), |found| found.value);
    Some(ApiCall { method, url: url?, accept: accept? })
}

/// What a person does in the portal, a sentence a step.
fn portal(reader: &mut Reader<'_, '_>, preset: Option<&Preset>) -> Vec<String> {
    let read = |reader: &mut Reader<'_, '_>| {
        let url = reader.text("url").and_then(|found| address::secure(reader, "url", &found));
        let steps = reader.texts("steps");
        if let Some(steps) = &steps
            && (steps.value.is_empty() || steps.value.iter().any(|step| step.value.trim().is_empty()))
        {
            let remedy = "write what to click, a step an item";
            reader.problem(steps.span.clone(), "steps", "is empty or holds an empty step", remedy);
        }
        (url, steps.map(|steps| steps.value.into_iter().map(|step| step.value).collect::<Vec<_>>()))
    };
    let (url, steps) = reader.table("portal", keys::PORTAL, read).unwrap_or_default();
    let known = || preset.map(|preset| preset.steps.iter().map(|step| (*step).to_owned()).collect());
    let mut all: Vec<String> = steps.or_else(known).unwrap_or_default();
    if let Some(url) = url {
        all.insert(0, format!("go to {url}"));
    }
    all
}
