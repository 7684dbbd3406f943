//! What became of a request that did not end well: refused, never sent, or in doubt.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use super::credentials;

/// Why a request has no good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The service refused: certainly nothing was done.
    Refused(Refusal),
    /// Never sent: there are no usable credentials. `passing`: whoever gives them out did not answer, or asks to
    /// wait.
    Credentials { why: String, passing: bool },
    /// Never sent: no connection came to stand.
    NoConnection(String),
    /// Never sent: the request could not be made.
    Unusable(String),
    /// Sent, and no answer came.
    Lost(String),
    /// Sent, and the service failed over it.
    Failed(String),
    /// Sent, and what answered does not speak as Secrets Manager does.
    Garbled(String),
}

/// The service's own refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The error code, such as `AccessDeniedException`.
    pub(super) code: String,
    /// The service's text. It may repeat what was sent.
    pub(super) message: String,
    /// The HTTP status.
    pub(super) status: u16,
}

impl Trouble {
    /// Reads an error of the SDK.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ConstructionFailure(_) => without_request(error),
            SdkError::DispatchFailure(_) => match in_chain::<CredentialsError>(error) {
                Some(_) => without_request(error),
                None if never_connected(error) => Self::NoConnection(chain(error)),
                None => Self::Lost(chain(error)),
            },
            SdkError::TimeoutError(_) => Self::Lost(chain(error)),
            SdkError::ServiceError(answer) => {
                let meta = answer.err().meta();
                let status = answer.raw().status().as_u16();
                match meta.code() {
                    Some(code) if (400..500).contains(&status) && code != "InternalServiceError" => {
                        Self::Refused(Refusal {
                            code: code.to_owned(),
                            message: meta.message().unwrap_or_default().to_owned(),
                            status,
                        })
                    }
                    _ if status >= 500 || meta.code().is_some() => {
                        Self::Failed(format!("HTTP {status} {}", meta.code().unwrap_or_default()))
                    }
                    // A page of a proxy, a load balancer, another service.
                    _ => Self::Garbled(format!("HTTP {status} without an error code of AWS")),
                }
            }
            SdkError::ResponseError(answer) => {
                Self::Garbled(format!("HTTP {}, in no form that is known", answer.raw().status().as_u16()))
            }
            _ => Self::Lost(chain(error)),
        }
    }

    /// Whether it may have been done all the same, or may yet be.
    pub(super) fn in_doubt(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Failed(_) | Self::Garbled(_))
    }

    /// The error code of a refusal; empty otherwise.
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.code,
            _ => "",
        }
    }
}

/// Nothing was sent: the credentials are missing, or the settings make no request.
fn without_request<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> Trouble {
    let why = chain(error);
    match in_chain::<CredentialsError>(error) {
        Some(_) => Trouble::Credentials { passing: credentials::passing(error, &why), why },
        None => Trouble::Unusable(why),
    }
}

/// Whether the connection never stood, so that nothing can have been sent. The SDK keeps this in its HTTP
/// client's own error. Should that ever be another type, the answer is no and a write is in doubt: the careful
/// side. The story about a wrong port would fail then.
pub(super) fn never_connected(error: &(dyn Error + 'static)) -> bool {
    in_chain::<hyper_util::client::legacy::Error>(error).is_some_and(|error| error.is_connect())
}

/// The first error of this kind among the causes.
pub(super) fn in_chain<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// All causes in a line. Their `Debug` texts hold whole answers, so only `Display` is used.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        let text = error.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        next = error.source();
    }
    texts.join(": ")
}
