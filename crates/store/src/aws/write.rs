//! The compare-and-set: put a version aside, then move `AWSCURRENT` to it from exactly the expected one.
//!
//! Secrets Manager has no conditional put. It has a conditional *move*: `UpdateSecretVersionStage` takes a
//! label off the version that is named, and fails if the label sits elsewhere
//! (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>). So a
//! write is two requests, and only the second one is seen by consumers. A crash between them leaves a version
//! that nobody reads. `AWSPREVIOUS` follows the move by itself.
//!
//! A version's id is the attempt's: AWS takes the `ClientRequestToken` for it, and the same token with the
//! same text is no second version. That is what makes an attempt one write however often it is sent.

use twinkey_core::{AttemptId, Version};
use twinkey_kill::Point;

use super::client::Clients;
use super::fault::Doing;
use super::kind::Kind;
use super::labels::{CURRENT, OURS};
use super::read;
use super::step::{Ended, Step, answer, conflict, ended, unclear};
use super::trouble::Trouble;
use crate::{Body, Class, Place, StoreError, Written};

/// One write on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write<'a> {
    pub(super) clients: &'a Clients,
    pub(super) place: &'a Place,
    pub(super) body: &'a Body,
    pub(super) attempt: AttemptId,
}

/// Where `AWSCURRENT` sits after a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Put {
    /// On the version just put: it was put before and moved, or it is the secret's first.
    Current,
    /// Elsewhere: the version waits aside.
    Aside,
}

impl Write<'_> {
    /// Replaces the version that is expected to be current.
    ///
    /// One gap is AWS's: the very first version of a secret becomes current by itself. If somebody deleted
    /// this secret and made an empty one in its place since the expected version was read, the put alone
    /// publishes. No fields of anybody are lost by it.
    pub(super) async fn replace(&self, expected: &Version) -> Result<Written, StoreError> {
        // AWS's ids have 32 to 64 characters. Another name (from another store, say) was never current here.
        if !(32..=64).contains(&expected.as_str().len()) {
            return Ok(Written::Conflict);
        }
        answer(self.put_and_move(Some(expected)).await)
    }

    pub(super) async fn put_and_move(&self, expected: Option<&Version>) -> Step<Written> {
        match twinkey_kill::step(Point::PutAside, self.put()).await? {
            Put::Current => Ok(self.written()),
            Put::Aside => self.move_current(expected).await,
        }
    }

    /// Puts the version aside, under our own label.
    async fn put(&self) -> Step<Put> {
        let doing = self.doing("writing", "secretsmanager:PutSecretValue", true);
        let request = self
            .clients
            .secrets
            .put_secret_value()
            .secret_id(self.place.as_str())
            .client_request_token(self.attempt.to_string())
            .version_stages(OURS)
            // The SDK wants a text of its own; the program's allocator wipes it.
            .secret_string(self.body.to_json().as_str());
        match request.send().await {
            Ok(answer) if answer.version_id() != Some(self.attempt.to_string().as_str()) => {
                Err(unclear(&doing, "the answer names another version"))
            }
            Ok(answer) if answer.version_stages().iter().any(|label| label == CURRENT) => Ok(Put::Current),
            Ok(_) => Ok(Put::Aside),
            Err(error) => match Trouble::of(&error) {
                trouble if trouble.code() == "ResourceNotFoundException" => Err(self.not_there(&doing)),
                // The attempt has a version, and its text is another.
                trouble if trouble.code() == "ResourceExistsException" => self.same_meaning().await,
                trouble => Err(ended(&doing, self.too_long(trouble))),
            },
        }
    }

    /// Nothing stands where something was expected. An ARN is AWS's to give: what is not there is not created.
    fn not_there(&self, doing: &Doing<'_>) -> Ended {
        if !self.is_arn() {
            return conflict();
        }
        Ended::Error(doing.fault(
            "there is no such secret, and none can be created under an ARN".into(),
            "create the secret in its account, or name it without the ARN",
            Class::Permanent,
        ))
    }

    pub(super) fn is_arn(&self) -> bool {
        self.place.as_str().starts_with("arn:")
    }

    /// Another spelling of the same fields is the same write; other fields are not.
    async fn same_meaning(&self) -> Step<Put> {
        let id = self.attempt.to_string();
        match read::version(self.clients, self.place, &id).await {
            Ok(Some(found)) if found.body.same_meaning(self.body) => Ok(Put::Aside),
            Ok(_) => Err(conflict()),
            // An earlier sending of this attempt may stand.
            Err(error) => {
                let doing = self.doing("writing", "secretsmanager:GetSecretValue", false);
                Err(unclear(&doing, &format!("it was sent before, and then: {error}")))
            }
        }
    }

    /// Moves `AWSCURRENT` here from the expected version; without one, from nowhere, which AWS refuses as
    /// well if it sits anywhere.
    async fn move_current(&self, expected: Option<&Version>) -> Step<Written> {
        let doing = self.doing("publishing", "secretsmanager:UpdateSecretVersionStage", false);
        let request = self
            .clients
            .secrets
            .update_secret_version_stage()
            .secret_id(self.place.as_str())
            .version_stage(CURRENT)
            .move_to_version_id(self.attempt.to_string())
            .set_remove_from_version_id(expected.map(|version| version.as_str().to_owned()));
        let Err(error) = request.send().await else { return Ok(self.written()) };
        match Trouble::of(&error) {
            Trouble::Refused(refusal)
                if Kind::of(&refusal) == Kind::Other || refusal.code == "ResourceNotFoundException" =>
            {
                self.after_refusal(expected, &doing, Trouble::Refused(refusal)).await
            }
            trouble => Err(ended(&doing, trouble)),
        }
    }

    /// AWS refused the move. Its texts are not a promise, so the reason is looked up: the label is here already
    /// (this attempt was sent before), elsewhere, or still on the expected version.
    async fn after_refusal(
        &self,
        expected: Option<&Version>,
        doing: &Doing<'_>,
        refused: Trouble,
    ) -> Step<Written> {
        let found = match read::current(self.clients, self.place).await {
            Ok(found) => found.map(|found| found.version),
            // An earlier sending of this attempt may stand.
            Err(error) => return Err(unclear(doing, &format!("refused, and then: {error}"))),
        };
        if found.as_ref().is_some_and(|found| found.as_str() == self.attempt.to_string()) {
            return Ok(self.written());
        }
        if found.as_ref() == expected {
            // Refused for another reason, or the look was stale and an earlier sending of this attempt stands.
            return Err(unclear(doing, &doing.failed(refused).to_string()));
        }
        Err(conflict())
    }

    /// The answer to a write that stands.
    pub(super) fn written(&self) -> Written {
        Written::Written(Version::new(self.attempt.to_string()))
    }

    pub(super) fn doing(&self, what: &'static str, action: &'static str, carries_secret: bool) -> Doing<'_> {
        Doing { what, action, place: self.place.as_str(), carries_secret }
    }

    /// Says of a refused text that it is too long, where it is: AWS says so in several ways.
    pub(super) fn too_long(&self, trouble: Trouble) -> Trouble {
        const LONGEST: usize = 65_536;
        let bytes = self.body.to_json().len();
        match trouble {
            Trouble::Refused(mut refusal) if Kind::of(&refusal) == Kind::Other && bytes > LONGEST => {
                refusal.code = format!("{}: {bytes} bytes, and a secret holds {LONGEST}", refusal.code);
                Trouble::Refused(refusal)
            }
            trouble => trouble,
        }
    }
}
