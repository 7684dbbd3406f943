//! Reading a secret: id and content of one version from one answer.

use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_sdk_secretsmanager::operation::get_secret_value::builders::GetSecretValueFluentBuilder;
use twinkey_core::Version;
use zeroize::Zeroizing;

use super::client::Clients;
use super::fault::Doing;
use super::labels::CURRENT;
use super::trouble::Trouble;
use crate::{Body, Class, Place, StoreError, Versioned};

/// The version that consumers read; `None` if there is no secret, or none of its versions is current.
///
/// Secrets Manager has no read that is fresher than another, so there is nothing to do for `Freshness::Latest`.
/// AWS promises nothing about how soon a write is seen; the compare-and-set is made at the service, and what
/// a stale answer leads to is refused there.
pub(super) async fn current(clients: &Clients, place: &Place) -> Result<Option<Versioned>, StoreError> {
    one(place, clients.secrets.get_secret_value().version_stage(CURRENT)).await
}

/// One version by its id, whatever labels it has.
pub(super) async fn version(
    clients: &Clients,
    place: &Place,
    id: &str,
) -> Result<Option<Versioned>, StoreError> {
    one(place, clients.secrets.get_secret_value().version_id(id)).await
}

async fn one(place: &Place, request: GetSecretValueFluentBuilder) -> Result<Option<Versioned>, StoreError> {
    let doing = doing(place);
    match request.secret_id(place.as_str()).send().await {
        Ok(answer) => taken(answer, &doing).map(Some),
        Err(error) => match Trouble::of(&error) {
            trouble if trouble.code() == "ResourceNotFoundException" => Ok(None),
            trouble => Err(doing.failed(trouble)),
        },
    }
}

pub(super) fn doing(place: &Place) -> Doing<'_> {
    Doing {
        what: "reading",
        action: "secretsmanager:GetSecretValue",
        place: place.as_str(),
        carries_secret: false,
    }
}

/// The fields of an answer. Its text moves into a buffer that is wiped; what the SDK kept of it on the way is
/// wiped by the program's allocator.
fn taken(answer: GetSecretValueOutput, doing: &Doing<'_>) -> Result<Versioned, StoreError> {
    let (text, binary) = (answer.secret_string.map(Zeroizing::new), answer.secret_binary.is_some());
    let Some(version) = answer.version_id.map(Version::new) else {
        return Err(doing.failed(Trouble::Garbled("an answer without a version".into())));
    };
    let Some(text) = text else {
        let what = if binary { "binary data" } else { "nothing" };
        return Err(foreign(doing, format!("the secret holds {what} instead of text")));
    };
    match Body::from_json(&text) {
        Ok(body) => Ok(Versioned { version, body }),
        Err(error) => Err(foreign(doing, format!("the secret's text is {error}"))),
    }
}

fn foreign(doing: &Doing<'_>, text: String) -> StoreError {
    doing.fault(
        text,
        "Twinkey keeps fields in a JSON object, as the key/value editor of AWS's console does: put one there \
         (for a pair, with its two fields), or configure another secret",
        Class::Permanent,
    )
}
