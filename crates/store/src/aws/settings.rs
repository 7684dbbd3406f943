//! What a person decides about Secrets Manager.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

/// Where and as whom Secrets Manager is asked. Plain data: nothing is looked up before the first request.
///
/// What is left out is found as every AWS tool finds it, in the environment, the shared files, the container
/// or the instance: <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>. So are
/// proxies (`HTTPS_PROXY`, `NO_PROXY`) and the `use_fips_endpoint` kind of settings. An address that is found so
/// must be `https`, or `http` on loopback, as one that is given.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// The region that holds the secrets, such as `eu-west-2`; for a replicated secret the primary one.
    pub region: Option<String>,
    /// A profile of the shared files. Given, only this profile is asked for credentials: what happens to
    /// stand in the environment does not take its place.
    pub profile: Option<String>,
    /// A credentials file in the shared format instead of `~/.aws/credentials`, for a service whose secrets
    /// lie elsewhere (systemd's `$CREDENTIALS_DIRECTORY`). Only it and the shared config file are asked for
    /// credentials; the profile is [`AwsSettings::profile`] or the default one.
    pub credentials_file: Option<PathBuf>,
    /// A role to take on with the credentials found.
    pub assume_role: Option<AssumeRole>,
    /// Another address for Secrets Manager: a VPC endpoint without private DNS, or a test server. `http` on
    /// loopback only.
    pub endpoint: Option<Url>,
    /// Another address for STS, which is asked by `assume_role` and for who we are. `http` on loopback only.
    pub sts_endpoint: Option<Url>,
    /// The KMS key of secrets that Twinkey creates: id, ARN or alias. Without it AWS's own key
    /// `aws/secretsmanager`, which no other account can use. Secrets that exist keep theirs.
    pub kms_key: Option<String>,
    /// Tags, as name and value, of secrets that Twinkey creates. Secrets that exist keep theirs.
    pub tags: Vec<(String, String)>,
    /// How long a connection may take to stand. Default 5 s.
    pub connect_timeout: Duration,
    /// How long one request may take in all, the search for credentials included. Default 15 s.
    pub timeout: Duration,
}

/// A role to take on: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role's ARN.
    pub arn: String,
    /// The external id that the role's trust policy asks for, if it does. No secret, says AWS.
    pub external_id: Option<String>,
    /// How the session is called in CloudTrail and in [`Store::who`](crate::Store::who); `twinkey` if
    /// nothing is said.
    pub session_name: Option<String>,
}

impl Default for AwsSettings {
    fn default() -> Self {
        Self {
            region: None,
            profile: None,
            credentials_file: None,
            assume_role: None,
            endpoint: None,
            sts_endpoint: None,
            kms_key: None,
            tags: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
        }
    }
}
