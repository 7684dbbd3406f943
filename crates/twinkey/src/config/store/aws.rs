//! AWS Secrets Manager.

use std::path::PathBuf;
use std::time::Duration;

use twinkey_store::{AssumeRole, AwsSettings};
use url::Url;

use crate::config::keys;
use crate::config::provider::address;
use crate::config::reader::Reader;
use crate::config::way::timeout;

/// AWS Secrets Manager as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsReference {
    region: String,
    profile: Option<String>,
    credentials_file: Option<PathBuf>,
    assume_role: Option<AssumeRole>,
    persons_profile: Option<String>,
    endpoint: Option<Url>,
    sts_endpoint: Option<Url>,
    kms_key: Option<String>,
    tags: Vec<(String, String)>,
    connect_timeout: Duration,
    timeout: Duration,
}

impl AwsReference {
    /// The settings: with the service's login, or that of a person.
    pub fn settings(&self, person: bool) -> AwsSettings {
        let service = !person;
        AwsSettings {
            region: Some(self.region.clone()),
            profile: if person { self.persons_profile.clone() } else { self.profile.clone() },
            credentials_file: self.credentials_file.clone().filter(|_| service),
            assume_role: self.assume_role.clone().filter(|_| service),
            endpoint: self.endpoint.clone(),
            sts_endpoint: self.sts_endpoint.clone(),
            kms_key: self.kms_key.clone(),
            tags: self.tags.clone(),
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
        }
    }

    /// Region, and the address if it is another one. Which account it is only AWS knows.
    pub(super) fn identity(&self) -> String {
        format!("{}|{}", self.region, self.endpoint.as_ref().map_or("", Url::as_str))
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The key of secrets that Twinkey creates.
    pub fn kms_key(&self) -> Option<&str> {
        self.kms_key.as_deref()
    }
}

/// Reads AWS Secrets Manager.
pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<AwsReference> {
    super::nothing_else(
        reader,
        &[
            "region",
            "profile",
            "credentials-file",
            "assume-role",
            "auth",
            "endpoint",
            "sts-endpoint",
            "kms-key",
            "tags",
            "connect-timeout",
            "timeout",
        ],
        "AWS Secrets Manager",
    );
    let region = reader.text("region").and_then(|found| {
        let fits = found
            .value
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if found.value.is_empty() || !fits {
            reader.problem(found.span, "region", "is no name of a region", "write it like \"eu-west-2\"");
            return None;
        }
        Some(found.value)
    });
    let profile = reader.text("profile").map(|found| found.value);
    let credentials_file = reader.absolute_path("credentials-file");
    let assume_role = match reader.has("assume-role") {
        true => Some(reader.table("assume-role", keys::ASSUME_ROLE, assume_role)??),
        false => None,
    };
    let persons_profile = reader.table("auth", keys::AUTH, person).flatten();
    let endpoint = reader.text("endpoint");
    let endpoint = endpoint.and_then(|found| address::secure(reader, "endpoint", &found));
    let sts_endpoint = reader.text("sts-endpoint");
    let sts_endpoint = sts_endpoint.and_then(|found| address::secure(reader, "sts-endpoint", &found));
    let kms_key = reader.text("kms-key").map(|found| found.value);
    let tags = reader.pairs("tags");
    let connect_timeout = timeout(reader, "connect-timeout", keys::CONNECT_TIMEOUT);
    let timeout = timeout(reader, "timeout", keys::TIMEOUT);
    Some(AwsReference {
        region: region?,
        profile,
        credentials_file,
        assume_role,
        persons_profile,
        endpoint,
        sts_endpoint,
        kms_key,
        tags: tags.into_iter().map(|(name, value)| (name.value, value)).collect(),
        connect_timeout,
        timeout,
    })
}

fn assume_role(reader: &mut Reader<'_, '_>) -> Option<AssumeRole> {
    let arn = reader.needed("arn").map(|found| found.value);
    let external_id = reader.text("external-id").map(|found| found.value);
    let session_name = reader.text("session-name").map(|found| found.value);
    Some(AssumeRole { arn: arn?, external_id, session_name })
}

/// Of `auth` only the person is of AWS: the service's login has keys of its own.
fn person(reader: &mut Reader<'_, '_>) -> Option<String> {
    for key in ["token-file", "approle", "certificate"] {
        if reader.has(key) {
            let remedy = "give profile, credentials-file or assume-role beside region";
            reader.problem(reader.at(key), key, "means nothing for AWS Secrets Manager", remedy);
        }
    }
    reader.table("person", keys::PERSON, |reader| reader.text("profile").map(|found| found.value)).flatten()
}
