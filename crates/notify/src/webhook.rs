//! A webhook that takes our own JSON document, signed by the Standard Webhooks scheme.

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use twinkey_http::Way;

use crate::document::document;
use crate::post::Post;
use crate::settings::secret_address;
use crate::signature::signatures;
use crate::{Channel, Delivered, Fault, Notice, SettingsError, SigningKey, Undelivered};

/// A signed webhook.
pub struct Webhook {
    post: Post,
    keys: Vec<SigningKey>,
}

impl Webhook {
    /// A webhook at this address, which is a secret. With two keys both sign: while one replaces the other.
    ///
    /// # Errors
    /// The configuration's fault.
    pub fn new(address: &SecretString, keys: Vec<SigningKey>, way: &Way) -> Result<Self, SettingsError> {
        let url = secret_address("the address of the webhook", address)?;
        Ok(Self { post: Post::new(url, Fault::Login, way)?, keys })
    }
}

#[async_trait]
impl Channel for Webhook {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<Delivered, Undelivered> {
        let body = document(notice, now).to_string();
        let id = format!("msg_{}", notice.id());
        let headers = [
            ("webhook-timestamp", now.as_second().to_string()),
            ("webhook-signature", signatures(&self.keys, &id, now, &body)),
            ("webhook-id", id),
        ];
        let headers: HeaderMap = headers
            .into_iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
            })
            .collect();
        match self.post.json(None, body, headers, now).await {
            Ok(()) => Ok(Delivered::default()),
            Err(refusal) => Err(refusal.meaning),
        }
    }
}
