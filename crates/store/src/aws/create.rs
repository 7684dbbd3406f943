//! The first version of a secret, where none is expected.
//!
//! A secret that does not exist is created with its first version, which becomes current by itself. A secret
//! that exists without a current version (made empty, by Terraform for instance) gets its first version by a
//! put: under our own label, so that of two writers who both saw it empty only one becomes current, the one
//! that AWS takes for the first. The other one's move, from nowhere, is refused.

use aws_sdk_secretsmanager::types::Tag;

use super::AwsSettings;
use super::read;
use super::step::{Ended, Step, answer, conflict, ended, unclear};
use super::trouble::Trouble;
use super::write::Write;
use crate::{Class, StoreError, Written};

impl Write<'_> {
    /// Writes where nothing is expected.
    pub(super) async fn first(&self, settings: &AwsSettings) -> Result<Written, StoreError> {
        if self.is_arn() {
            return answer(self.in_existing().await);
        }
        let step = match self.create(settings).await {
            Ok(Created::Done) => self.confirm().await,
            Ok(Created::Existed) => self.in_existing().await,
            Err(ended) => Err(ended),
        };
        answer(step)
    }

    async fn create(&self, settings: &AwsSettings) -> Step<Created> {
        let doing = self.doing("creating", "secretsmanager:CreateSecret", true);
        let tags = settings.tags.iter().map(|(name, value)| Tag::builder().key(name).value(value).build());
        let request = self
            .clients
            .secrets
            .create_secret()
            .name(self.place.as_str())
            .client_request_token(self.attempt.to_string())
            .secret_string(self.body.to_json().as_str())
            .set_kms_key_id(settings.kms_key.clone())
            .set_tags((!settings.tags.is_empty()).then(|| tags.collect()));
        match request.send().await {
            Ok(_) => Ok(Created::Done),
            Err(error) => match Trouble::of(&error) {
                trouble if trouble.code() == "ResourceExistsException" => Ok(Created::Existed),
                trouble => Err(ended(&doing, self.too_long(trouble))),
            },
        }
    }

    /// AWS answers a repeated creation like the first one, even when the version is long past. So the current
    /// version is looked at: one request more, once in a secret's life.
    async fn confirm(&self) -> Step<Written> {
        let doing = self.doing("creating", "secretsmanager:CreateSecret", true);
        match read::current(self.clients, self.place).await {
            Ok(Some(found)) if found.version.as_str() == self.attempt.to_string() => Ok(self.written()),
            Ok(Some(_)) => Err(conflict()),
            Ok(None) => Err(unclear(&doing, "it was created and cannot be seen yet")),
            Err(error) => Err(unclear(&doing, &format!("it was created, and then: {error}"))),
        }
    }

    async fn in_existing(&self) -> Step<Written> {
        let found = match read::current(self.clients, self.place).await {
            Ok(found) => found,
            // A document in another form is nobody's attempt; otherwise an earlier sending may stand.
            Err(error) if error.class() == Class::Permanent => return Err(Ended::Error(error)),
            Err(error) => {
                let doing = self.doing("creating", "secretsmanager:GetSecretValue", true);
                return Err(unclear(&doing, &format!("it exists, and then: {error}")));
            }
        };
        match found {
            // This very attempt, sent before. With other fields it is another write.
            Some(found)
                if found.version.as_str() == self.attempt.to_string()
                    && found.body.same_meaning(self.body) =>
            {
                Ok(self.written())
            }
            Some(_) => Err(conflict()),
            None => self.put_and_move(None).await,
        }
    }
}

/// What a creation came to.
enum Created {
    /// The secret was created, now or by an earlier sending of this attempt.
    Done,
    /// There is a secret of this name already.
    Existed,
}
