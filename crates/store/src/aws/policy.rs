//! The least IAM policies, a role each.
//!
//! Actions and what they can be limited to:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>.

use serde::Serialize;

use crate::{Place, Places, Role};

/// What the policies of one credential speak of.
#[derive(Clone, Debug)]
pub struct AwsPolicy {
    /// The account with the secrets: 12 digits, or a placeholder.
    pub account: String,
    /// The region of the secrets, or a placeholder.
    pub region: String,
    /// The documents.
    pub places: Places,
    /// The key of the secrets, if it is not AWS's own: id, ARN or alias. AWS's own needs no rights.
    pub kms_key: Option<String>,
}

const READ: &[&str] = &["secretsmanager:GetSecretValue"];
const DEPOSIT: &[&str] = &["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"];
/// `DescribeSecret` is for `check` and shows whether replicas follow, `TagResource` for creating with tags; the first write of each secret
/// creates it.
const ALL: &[&str] = &[
    "secretsmanager:CreateSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:TagResource",
    "secretsmanager:UpdateSecretVersionStage",
];

impl AwsPolicy {
    /// The policy of one role as JSON, to be attached to its IAM user or role.
    pub fn text(&self, role: Role) -> String {
        let Places { live_pair, slots: [a, b], record } = &self.places;
        let (sid, actions, places): (_, _, Vec<&Place>) = match role {
            Role::Twinkey => ("Twinkey", ALL, vec![live_pair, a, b, record]),
            Role::Operator => ("TwinkeyOperator", ALL, vec![live_pair, a, b, record]),
            Role::Depositor => ("TwinkeyDepositor", DEPOSIT, vec![a, b]),
            Role::Consumer => ("TwinkeyConsumer", READ, vec![live_pair]),
        };
        let secrets = Statement {
            sid: sid.to_owned(),
            effect: "Allow",
            action: actions.to_vec(),
            resource: places.into_iter().map(|place| self.arn(place)).collect(),
            condition: None,
        };
        let key = self.kms_key.as_deref().map(|key| self.key(key, format!("{sid}Key"), actions != READ));
        let policy = Policy { version: "2012-10-17", statement: [secrets].into_iter().chain(key).collect() };
        // No member of it is a map with keys that JSON does not know.
        serde_json::to_string_pretty(&policy).unwrap_or_default()
    }

    /// AWS hangs a hyphen and six characters of its own on each name, known only after the creation.
    fn arn(&self, place: &Place) -> String {
        if place.as_str().starts_with("arn:") {
            return place.to_string();
        }
        let (partition, region, account) = (self.partition(), &self.region, &self.account);
        format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{place}-??????")
    }

    /// Rights on the key, for Secrets Manager's use of it only. A policy cannot name a key by its alias: it
    /// names all keys that have this alias.
    fn key(&self, key: &str, sid: String, writes: bool) -> Statement {
        let (partition, region, account) = (self.partition(), &self.region, &self.account);
        let keys = format!("arn:{partition}:kms:{region}:{account}:key/");
        let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        let alias = key.find("alias/").map(|at| key[at..].to_owned());
        let resource = match (&alias, key.starts_with("arn:")) {
            (Some(_), _) => format!("{keys}*"),
            (None, true) => key.to_owned(),
            (None, false) => format!("{keys}{key}"),
        };
        Statement {
            sid,
            effect: "Allow",
            action: if writes { vec!["kms:Decrypt", "kms:GenerateDataKey"] } else { vec!["kms:Decrypt"] },
            resource: vec![resource],
            condition: Some(Condition {
                string_equals: ViaService { via: format!("secretsmanager.{region}.{suffix}") },
                any_alias: alias.map(|alias| Aliases { alias }),
            }),
        }
    }

    fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: String,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

#[derive(Serialize)]
struct Condition {
    #[serde(rename = "StringEquals")]
    string_equals: ViaService,
    #[serde(rename = "ForAnyValue:StringEquals", skip_serializing_if = "Option::is_none")]
    any_alias: Option<Aliases>,
}

#[derive(Serialize)]
struct ViaService {
    #[serde(rename = "kms:ViaService")]
    via: String,
}

#[derive(Serialize)]
struct Aliases {
    #[serde(rename = "kms:ResourceAliases")]
    alias: String,
}

#[cfg(test)]
mod tests;
