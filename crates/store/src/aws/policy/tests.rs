use serde_json::{Value, json};

use super::*;

const ALL_OF_US: [Role; 4] = [Role::Twinkey, Role::Operator, Role::Depositor, Role::Consumer];

fn policy() -> AwsPolicy {
    let place = |path: &str| Place::parse(path).unwrap();
    AwsPolicy {
        account: "123456789012".into(),
        region: "eu-west-2".into(),
        places: Places {
            live_pair: place("app/gbg"),
            slots: [place("twinkey/app/gbg/a"), place("twinkey/app/gbg/b")],
            record: place("twinkey/app/gbg/record"),
        },
        kms_key: None,
    }
}

fn statements(policy: &AwsPolicy, role: Role) -> Vec<Value> {
    let text: Value = serde_json::from_str(&policy.text(role)).unwrap();
    assert_eq!(text["Version"], "2012-10-17");
    text["Statement"].as_array().unwrap().clone()
}

fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-2:123456789012:secret:{name}-??????")
}

#[test]
fn a_consumer_reads_the_live_pair_and_nothing_else() {
    let text = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "TwinkeyConsumer",
      "Effect": "Allow",
      "Action": [
        "secretsmanager:GetSecretValue"
      ],
      "Resource": [
        "arn:aws:secretsmanager:eu-west-2:123456789012:secret:app/gbg-??????"
      ]
    }
  ]
}"#;
    assert_eq!(policy().text(Role::Consumer), text);
}

#[test]
fn a_depositor_fills_slots_and_sees_neither_the_live_pair_nor_the_record() {
    let [statement] = statements(&policy(), Role::Depositor).try_into().unwrap();
    assert_eq!(statement["Resource"], json!([arn("twinkey/app/gbg/a"), arn("twinkey/app/gbg/b")]));
    assert_eq!(
        statement["Action"],
        json!(["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"])
    );
}

#[test]
fn the_service_and_operators_write_all_four_and_delete_nothing() {
    for role in [Role::Twinkey, Role::Operator] {
        let [statement] = statements(&policy(), role).try_into().unwrap();
        assert_eq!(statement["Resource"].as_array().unwrap().len(), 4);
        assert_eq!(statement["Action"].as_array().unwrap().len(), ALL.len());
    }
    for role in ALL_OF_US {
        let text = policy().text(role);
        assert!(!text.contains("Delete") && !text.contains('*'), "{text}");
    }
}

#[test]
fn a_key_of_ones_own_is_opened_through_secrets_manager_only() {
    let mut policy = policy();
    for (key, resource) in [
        ("1234abcd-12ab", "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab"),
        ("arn:aws:kms:eu-west-2:999999999999:key/1", "arn:aws:kms:eu-west-2:999999999999:key/1"),
        ("alias/twinkey", "arn:aws:kms:eu-west-2:123456789012:key/*"),
    ] {
        policy.kms_key = Some(key.into());
        for role in ALL_OF_US {
            let [_, statement] = statements(&policy, role).try_into().unwrap();
            assert_eq!(statement["Resource"], json!([resource]));
            let condition = &statement["Condition"];
            let via = &condition["StringEquals"]["kms:ViaService"];
            assert_eq!(via, "secretsmanager.eu-west-2.amazonaws.com");
            let alias = &condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"];
            assert_eq!(alias.as_str(), key.starts_with("alias/").then_some(key));
            let writes = statement["Action"].as_array().unwrap().contains(&json!("kms:GenerateDataKey"));
            assert_eq!(writes, role != Role::Consumer);
        }
    }
}

#[test]
fn other_partitions_and_secrets_named_by_arn_are_named_as_aws_does() {
    let text_in = |region: &str| AwsPolicy { region: region.into(), ..policy() }.text(Role::Consumer);
    assert!(text_in("cn-north-1").contains("arn:aws-cn:secretsmanager:cn-north-1:"));
    assert!(text_in("us-gov-west-1").contains("arn:aws-us-gov:secretsmanager:us-gov-west-1:"));
    assert!(text_in("us-east-1").contains("arn:aws:secretsmanager:us-east-1:"));
    let whole = "arn:aws:secretsmanager:eu-west-2:999999999999:secret:app/gbg-AbCdEf";
    let mut policy = policy();
    policy.places.live_pair = Place::parse(whole).unwrap();
    assert_eq!(statements(&policy, Role::Consumer)[0]["Resource"], json!([whole]));
}
