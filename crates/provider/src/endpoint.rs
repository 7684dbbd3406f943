//! One probe: the token request, then the API call.

use std::fmt;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use twinkey_core::{Answer, AnswerKind};
use twinkey_http::{check, retry_after};
use url::form_urlencoded::byte_serialize;

use crate::classify::{Received, api_answer, token_answer};
use crate::clean::line;
use crate::extras;
use crate::failure::failed;
use crate::headers::{clock_skew, from_cache};
use crate::settings::{ApiCall, ClientAuth, Grant, Settings, SettingsError};
use crate::transport::{Reply, exchange, head};

/// A token endpoint, ready to be asked.
pub struct TokenEndpoint {
    settings: Settings,
    headers: HeaderMap,
    client: Client,
    api: Option<(Method, ApiCall)>,
}

impl TokenEndpoint {
    /// Checks the settings and builds the HTTP client. Connects to nobody.
    ///
    /// # Errors
    /// The configuration's fault, or a host without certificate authorities.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        check("the token address", &settings.token_url)?;
        let api = settings.api_call.clone().map(method).transpose()?;
        let headers = extras::headers(&settings)?;
        extras::check_parameters(&settings)?;
        let urls: Vec<_> = api.iter().map(|(_, call)| &call.url).chain([&settings.token_url]).collect();
        let client = twinkey_http::client(&settings.way, &urls)?;
        Ok(Self { settings, headers, client, api })
    }

    /// Asks for one token with this id and secret and, where configured, calls the API once with it. Never
    /// retries and never fails: whatever happens is an [`Answer`]. `now` is compared with the provider's
    /// `Date`.
    pub async fn probe(&self, client_id: &str, client_secret: &SecretString, now: Timestamp) -> Answer {
        let reply = match exchange(self.token_request(client_id, client_secret)).await {
            Ok(reply) => reply,
            Err(error) => return failed(error, &self.settings.way.proxy),
        };
        let mut secrets = self.settings.secrets();
        secrets.push(client_secret);
        let (answer, token) = meaning(&reply, self.settings.scope.as_deref(), &secrets, now);
        let Some(token) = token else { return answer };
        match &self.api {
            Some((method, call)) => self.call_api(method, call, &token, answer, now).await,
            None => answer,
        }
    }

    fn token_request(&self, client_id: &str, client_secret: &SecretString) -> RequestBuilder {
        let settings = &self.settings;
        let mut form = url::form_urlencoded::Serializer::new(String::with_capacity(4096));
        match &settings.grant {
            Grant::ClientCredentials => {
                form.append_pair("grant_type", "client_credentials");
            }
            Grant::Password { username, password } => {
                form.append_pair("grant_type", "password");
                form.append_pair("username", username);
                form.append_pair("password", password.expose_secret());
            }
        }
        if settings.auth == ClientAuth::Post {
            form.append_pair("client_id", client_id);
            form.append_pair("client_secret", client_secret.expose_secret());
        }
        if let Some(scope) = &settings.scope {
            form.append_pair("scope", scope);
        }
        form.extend_pairs(&settings.extra);
        let request = self
            .client
            .post(settings.token_url.clone())
            .header(ACCEPT, "application/json")
            .header(CACHE_CONTROL, "no-store")
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish());
        match settings.auth {
            ClientAuth::Post => request,
            ClientAuth::BasicRaw => request.basic_auth(client_id, Some(client_secret.expose_secret())),
            ClientAuth::Basic => {
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                request.basic_auth(encoded(client_id), Some(encoded(client_secret.expose_secret())))
            }
        }
    }

    async fn call_api(
        &self,
        method: &Method,
        call: &ApiCall,
        token: &SecretString,
        mut answer: Answer,
        now: Timestamp,
    ) -> Answer {
        let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())) else {
            return Answer {
                kind: AnswerKind::Protocol,
                detail: "a token that no header can carry".to_owned(),
                ..answer
            };
        };
        bearer.set_sensitive(true);
        let request = self.client.request(method.clone(), call.url.clone()).header(AUTHORIZATION, bearer);
        match head(request.header(ACCEPT, "application/json")).await {
            Err(error) => {
                let failed = failed(error, &self.settings.way.proxy);
                let detail = line(&format!("a token, but from the API: {}", failed.detail));
                Answer { kind: failed.kind, detail, ..answer }
            }
            Ok(reply) => {
                let (kind, detail) = api_answer(reply.status, &call.accept);
                let dressed = dressed(kind, detail, &reply, now);
                (answer.kind, answer.detail) = (dressed.kind, dressed.detail);
                answer.clock_skew = answer.clock_skew.or(dressed.clock_skew);
                answer
            }
        }
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The HTTP client would show the proxy that the environment names.
        f.debug_struct("TokenEndpoint").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What one reply of a token endpoint says. Without a socket, for whoever has a reply already: the fuzz targets
/// read any bytes with it. `secrets` are those that were sent, and never show.
pub fn read(reply: &Reply, scope: Option<&str>, secrets: &[&SecretString], now: Timestamp) -> Answer {
    meaning(reply, scope, secrets, now).0
}

/// What a reply says, and the token that came with it.
fn meaning(
    reply: &Reply,
    scope: Option<&str>,
    secrets: &[&SecretString],
    now: Timestamp,
) -> (Answer, Option<SecretString>) {
    let received = Received {
        status: reply.status,
        content_type: content_type(reply),
        body: &reply.body,
        too_large: reply.too_large,
    };
    let meaning = token_answer(&received, scope, secrets);
    let mut answer = dressed(meaning.kind, meaning.detail, reply, now);
    let Some(issued) = meaning.issued else { return (answer, None) };
    answer.token_lifetime = issued.lifetime;
    answer.warnings.extend(issued.warnings);
    (answer, Some(issued.token))
}

/// What the headers add to a meaning.
fn dressed(kind: AnswerKind, detail: String, reply: &Reply, now: Timestamp) -> Answer {
    let kind = match kind {
        AnswerKind::Throttled { .. } => {
            AnswerKind::Throttled { retry_after: retry_after(&reply.headers, now) }
        }
        kind => kind,
    };
    let mut answer = Answer::new(kind, detail);
    answer.clock_skew = clock_skew(&reply.headers, now);
    if from_cache(&reply.headers) {
        answer.warnings.push("the answer came out of a cache (Age header): a proxy keeps tokens".to_owned());
    }
    answer
}

fn content_type(reply: &Reply) -> &str {
    reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn method(call: ApiCall) -> Result<(Method, ApiCall), SettingsError> {
    check("the API address", &call.url)?;
    let method =
        Method::from_bytes(call.method.as_bytes()).map_err(|_| SettingsError::Method(call.method.clone()))?;
    Ok((method, call))
}
