//! What came back in place of what was asked for.

use rustify::errors::ClientError;
use serde::Deserialize;

use super::endpoints::VersionMetadata;

/// A request that did not bring what was asked for.
pub(super) enum Failed {
    /// It certainly never reached the server.
    NotSent(String),
    /// It may have reached the server.
    Unclear(String),
    /// The server answered.
    Answered(Answer),
}

/// An answer that is none of the good ones.
pub(super) struct Answer {
    /// The HTTP status; 0 where the body made no sense.
    pub(super) status: u16,
    /// What the server says; `None` where the body is not a Vault's: a gate answered, or another server.
    pub(super) errors: Option<Vec<String>>,
    /// What stands at the path, if the server tells.
    pub(super) gone: Option<VersionMetadata>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    errors: Option<Vec<String>>,
    data: Option<Inner>,
}

#[derive(Deserialize)]
struct Inner {
    metadata: Option<VersionMetadata>,
}

impl Failed {
    /// Never shows an address with its query, nor a body.
    pub(super) fn of(error: ClientError) -> Self {
        match error {
            ClientError::ServerResponseError { code, content } => {
                let body: Body =
                    content.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
                let gone = body.data.and_then(|data| data.metadata);
                Self::Answered(Answer { status: code, errors: body.errors, gone })
            }
            ClientError::RequestError { source, .. } => match source.downcast::<reqwest::Error>() {
                Ok(error) if error.is_connect() => Self::NotSent(root(&error.without_url())),
                Ok(error) if error.is_timeout() => Self::Unclear("no answer in time".into()),
                Ok(error) => Self::Unclear(root(&error.without_url())),
                Err(_) => Self::Unclear("the connection broke".into()),
            },
            ClientError::ResponseError { .. } => Self::Unclear("the answer broke off".into()),
            ClientError::GenericError { source } => Self::NotSent(source.to_string()),
            _ => Self::NotSent("no request could be made of it".into()),
        }
    }
}

impl Answer {
    /// A body that makes no sense: no Vault, or a proxy before it.
    pub(super) fn odd() -> Self {
        Self { status: 0, errors: None, gone: None }
    }

    /// The compare-and-set was refused.
    pub(super) fn is_conflict(&self) -> bool {
        self.status == 400 && self.says("check-and-set")
    }

    /// The server lets nobody choose the node that answers.
    pub(super) fn refuses_forwarding(&self) -> bool {
        self.status == 400 && self.says("forwarding via header")
    }

    /// Whether nothing was written for certain. A sealed server has not even looked; a gate that gave up waiting
    /// does not know, and a standby node redirects when the active node had the request and its answer was lost.
    pub(super) fn is_certain(&self) -> bool {
        ((400..500).contains(&self.status) && self.status != 408) || self.is_sealed()
    }

    pub(super) fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// There is nothing, and never was: `{"errors":[]}` and no other 404, least of all a gate's own.
    pub(super) fn is_absent(&self) -> bool {
        self.status == 404 && self.errors.as_ref().is_some_and(Vec::is_empty) && self.gone.is_none()
    }

    pub(super) fn is_denied(&self) -> bool {
        self.status == 403
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.status == 503 && self.says("sealed")
    }

    /// A cluster that only follows another one, on Vault Enterprise.
    pub(super) fn is_dr_secondary(&self) -> bool {
        self.status == 400 && self.says("DR secondary")
    }

    pub(super) fn says(&self, word: &str) -> bool {
        self.errors.iter().flatten().any(|error| error.contains(word))
    }
}

fn root(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
