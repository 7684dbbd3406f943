//! Trouble with Secrets Manager in words: whose fault it is and what to do.
//!
//! Codes and their meaning: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html>
//! and the page of each action beside it.

use super::kind::Kind;
use super::trouble::{Refusal, Trouble};
use crate::{Class, StoreError};

/// What was tried, for the words of a fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doing<'a> {
    /// As a gerund: `reading`.
    pub(super) what: &'static str,
    /// The action that a policy must allow.
    pub(super) action: &'static str,
    /// The secret; for STS, empty.
    pub(super) place: &'a str,
    /// Whether the request carried a secret, so that the service's text may repeat it.
    pub(super) carries_secret: bool,
}

impl Doing<'_> {
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.what, self.place).trim_end().to_owned()
    }

    /// A fault in the words of this store.
    pub(super) fn fault(&self, text: String, remedy: impl Into<String>, class: Class) -> StoreError {
        StoreError::Server { text: format!("{}: {text}", self.text()), remedy: remedy.into(), class }
    }

    /// The error for trouble that a person has to know about.
    pub(super) fn failed(&self, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Refused(refusal) => self.refused(&refusal),
            Trouble::Credentials { why, passing: true } => self.fault(
                format!("AWS credentials cannot be had just now ({why})"),
                "it is tried again; if it stays, look at the way to STS or to the instance's metadata; where there is \
                 no instance, log in, or give the service a role, `profile`, or `credentials-file`",
                Class::Temporary,
            ),
            Trouble::Credentials { why, passing: false } => self.fault(
                format!("there are no AWS credentials that can be used ({why})"),
                "log in (`aws sso login` with a credential process, or the person's profile), or give the \
                 service a role, `profile`, or `credentials-file`; `aws sts get-caller-identity` shows what AWS sees",
                Class::Permission,
            ),
            Trouble::NoConnection(why) => {
                StoreError::Unreachable { doing: format!("{} (no connection)", self.text()), source: why.into() }
            }
            Trouble::Lost(why) => StoreError::Unreachable { doing: self.text(), source: why.into() },
            Trouble::Failed(why) => self.fault(
                format!("AWS itself failed ({why})"),
                "it is tried again; if it stays, look at https://health.aws.amazon.com",
                Class::Temporary,
            ),
            Trouble::Unusable(why) => self.fault(
                format!("no request can be made of the settings ({why})"),
                "check `region` and `endpoint` of the store",
                Class::Permanent,
            ),
            Trouble::Garbled(why) => self.fault(
                format!("what answered is not AWS Secrets Manager ({why})"),
                "check `endpoint` and `region` of the store, and any proxy on the way",
                Class::Permanent,
            ),
        }
    }

    fn refused(&self, refusal: &Refusal) -> StoreError {
        let (action, place) = (self.action, self.place);
        let quote = self.quote(refusal);
        match Kind::of(refusal) {
            Kind::Throttled => self.fault(
                "AWS asks to slow down".into(),
                "it is tried again; if it stays, other programs use up this account's request rate",
                Class::Temporary,
            ),
            Kind::Key => self.fault(
                format!("the KMS key of this secret cannot be used{quote}"),
                "allow kms:Decrypt and kms:GenerateDataKey on that key, in the policy and in the key's own, and \
                 look whether the key is disabled or about to be deleted",
                Class::Permission,
            ),
            Kind::Denied => self.fault(
                format!("AWS does not allow {action}{quote}"),
                format!(
                    "allow {action} on {place} (`twinkey policy aws` prints the policy); a policy of the \
                     organisation, the secret or the VPC endpoint may forbid it too"
                ),
                Class::Permission,
            ),
            Kind::Clock => self.fault(
                "AWS does not take the signature: the clock of this host is wrong".into(),
                "set the clock (`timedatectl` shows whether it is synchronised)",
                Class::Permanent,
            ),
            Kind::Credentials => self.fault(
                format!("AWS does not take the credentials ({})", refusal.code),
                "renew them: log in again, or give the service new keys; `aws sts get-caller-identity` shows whether \
                 they work",
                Class::Permission,
            ),
            Kind::Deleted => self.fault(
                "the secret is scheduled for deletion".into(),
                format!("if it is still needed, run `aws secretsmanager restore-secret --secret-id {place}`"),
                Class::Permanent,
            ),
            Kind::Replica => self.fault(
                "the secret is a replica here, and replicas take no writes".into(),
                "set `region` of the store to the primary region, or promote the replica for good",
                Class::Permanent,
            ),
            Kind::Limit => self.fault(
                "a limit of Secrets Manager is reached".into(),
                "it passes within a day: a secret keeps its newest 100 versions and all of the last 24 hours, so look \
                 who writes so often. An account may also hold too many secrets, which a person must clear up",
                Class::Temporary,
            ),
            Kind::Managed => self.fault(
                "another AWS service manages this secret and allows no writes".into(),
                "give Twinkey a secret of its own",
                Class::Permanent,
            ),
            Kind::Other => self.fault(
                format!("AWS refused with {} (HTTP {}){quote}", refusal.code, refusal.status),
                "check the secret's name, `kms-key`, `tags`, `region` and `endpoint` of the store",
                Class::Permanent,
            ),
        }
    }

    /// The service's own text, where it cannot repeat a secret: one line, and not too long.
    fn quote(&self, refusal: &Refusal) -> String {
        // The refusal of a right names who, what and where. Others may repeat what was sent.
        if refusal.message.is_empty() || self.carries_secret && Kind::of(refusal) != Kind::Denied {
            return String::new();
        }
        let line: String = refusal.message.chars().filter(|c| !c.is_control()).take(400).collect();
        format!(": \"{line}\"")
    }
}

#[cfg(test)]
mod tests;
