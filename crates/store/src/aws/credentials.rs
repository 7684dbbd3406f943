//! Whether trouble with credentials may pass: whoever gives them out did not answer, or asks to wait.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;

use super::kind::Kind;
use super::trouble::{Trouble, in_chain, never_connected};

/// Where a provider of the SDK keeps the cause as a text only. The SDK takes an instance whose metadata do not
/// answer for a host that has none.
const SILENCE: [&str; 3] = ["timeout", "timed out", "could not communicate with IMDS"];

/// Whether it may pass without a person. `why`: the texts of all causes.
pub(super) fn passing(error: &(dyn Error + 'static), why: &str) -> bool {
    match in_chain::<CredentialsError>(error) {
        Some(CredentialsError::ProviderTimedOut(_)) => true,
        Some(CredentialsError::InvalidConfiguration(_)) => false,
        _ => match of_sts(error) {
            Some(Trouble::Refused(refusal)) => {
                // The identity provider that STS asks did not answer.
                Kind::of(&refusal) == Kind::Throttled || refusal.code == "IDPCommunicationError"
            }
            Some(Trouble::Credentials { passing, .. }) => passing,
            Some(Trouble::Failed(_) | Trouble::Lost(_) | Trouble::NoConnection(_)) => true,
            Some(Trouble::Unusable(_) | Trouble::Garbled(_)) => false,
            None => never_connected(error) || SILENCE.iter().any(|part| why.contains(part)),
        },
    }
}

/// What STS said when it was asked for a role.
fn of_sts(error: &(dyn Error + 'static)) -> Option<Trouble> {
    type Sts<E> = SdkError<E, HttpResponse>;
    in_chain::<Sts<AssumeRoleError>>(error)
        .map(Trouble::of)
        .or_else(|| in_chain::<Sts<AssumeRoleWithWebIdentityError>>(error).map(Trouble::of))
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
    use aws_sdk_sts::error::ErrorMetadata;

    use super::*;

    /// A request for which there were no credentials.
    fn trouble(cause: CredentialsError) -> Trouble {
        Trouble::of(&SdkError::<GetSecretValueError, HttpResponse>::construction_failure(cause))
    }

    fn passes(cause: CredentialsError) -> bool {
        match trouble(cause) {
            Trouble::Credentials { passing, .. } => passing,
            other => panic!("{other:?}"),
        }
    }

    fn answer(status: u16) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), "".into())
    }

    fn meta(code: &str) -> ErrorMetadata {
        ErrorMetadata::builder().code(code).build()
    }

    #[test]
    fn a_refusal_of_sts_is_a_persons_and_its_haste_and_failures_pass() {
        for (status, code, wanted) in [
            (403, "AccessDenied", false),
            (403, "ExpiredToken", false),
            (400, "Throttling", true),
            (429, "TooManyRequests", true),
            (400, "IDPCommunicationError", true),
            (500, "InternalFailure", true),
            (503, "ServiceUnavailable", true),
        ] {
            let role = AssumeRoleError::generic(meta(code));
            let role = CredentialsError::provider_error(SdkError::service_error(role, answer(status)));
            let web = AssumeRoleWithWebIdentityError::generic(meta(code));
            let web = CredentialsError::provider_error(SdkError::service_error(web, answer(status)));
            // A profile names its cause once more.
            assert_eq!(
                passes(CredentialsError::provider_error(web)),
                wanted,
                "{status} {code}, by a profile"
            );
            assert_eq!(passes(role), wanted, "{status} {code}");
        }
    }

    #[test]
    fn silence_passes_and_what_is_not_configured_does_not() {
        let unreachable = "no credentials found in chain. Attempted: Ec2InstanceMetadata: the credential \
                           provider was not enabled: could not communicate with IMDS: dispatch failure";
        assert!(passes(CredentialsError::not_loaded(unreachable)));
        assert!(passes(CredentialsError::provider_timed_out(std::time::Duration::from_secs(5))));
        assert!(passes(CredentialsError::provider_error("request has timed out")));
        assert!(!passes(CredentialsError::not_loaded("IMDS disabled by AWS_EC2_METADATA_DISABLED")));
        assert!(!passes(CredentialsError::invalid_configuration("no profile `nobody`, no timeout")));
        assert!(!passes(CredentialsError::provider_error("the process ended with 1")));
    }
}
