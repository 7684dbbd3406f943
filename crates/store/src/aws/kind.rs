//! Kinds of refusals: AWS's codes, and its texts where one code stands for several things.

use super::trouble::Refusal;

/// Kinds of refusals that need different deeds of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Throttled,
    Denied,
    Key,
    Credentials,
    Clock,
    Deleted,
    Replica,
    Managed,
    Limit,
    Other,
}

impl Kind {
    pub(super) fn of(refusal: &Refusal) -> Self {
        let text = refusal.message.to_ascii_lowercase();
        let says = |part: &str| text.contains(part);
        match refusal.code.as_str() {
            _ if refusal.status == 429 => Self::Throttled,
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "SlowDown"
            | "PriorRequestNotComplete" => Self::Throttled,
            code if code.ends_with("ThrottlingException") => Self::Throttled,
            "DecryptionFailure" | "EncryptionFailure" => Self::Key,
            code if code.starts_with("KMS") => Self::Key,
            // A key of another account or without a grant comes as AccessDenied, with KMS in the text.
            "AccessDeniedException" | "AccessDenied" if says("kms") && !says("secretsmanager:") => Self::Key,
            "AccessDeniedException"
            | "AccessDenied"
            | "UnauthorizedOperation"
            | "NotAuthorized"
            | "OptInRequired" => Self::Denied,
            "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "RequestExpired"
            | "RequestTimeTooSkewed"
                if says("expired") || says("not yet current") || says("skew") =>
            {
                Self::Clock
            }
            "ExpiredToken"
            | "ExpiredTokenException"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "InvalidAccessKeyId"
            | "RequestExpired"
            | "RequestTimeTooSkewed" => Self::Credentials,
            "LimitExceededException" => Self::Limit,
            "InvalidRequestException" | "InvalidParameterException" if says("replica") => Self::Replica,
            "InvalidRequestException" if says("delet") => Self::Deleted,
            "InvalidRequestException" if says("managed by") || says("owning service") => Self::Managed,
            _ => Self::Other,
        }
    }
}
