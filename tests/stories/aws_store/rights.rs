//! Who we are at AWS, and what the printed policies allow there.

use std::collections::BTreeSet;

use twinkey_store::{AssumeRole, AwsPolicy, Places, Role};

use super::*;

#[tokio::test]
async fn who_is_the_callers_arn_also_in_a_role() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let who = server.store().who().await.unwrap().unwrap();
    assert!(who.personal && who.name.starts_with("arn:aws:sts::123456789012:user/"), "{who:?}");

    let role = AssumeRole {
        arn: "arn:aws:iam::123456789012:role/twinkey-writer".into(),
        external_id: Some("from-the-trust-policy".into()),
        session_name: None,
    };
    let store = AwsStore::new(AwsSettings { assume_role: Some(role), ..server.settings() });
    let who = store.who().await.unwrap().unwrap();
    assert!(!who.personal, "the session is named after the program: {who:?}");
    assert_eq!(who.name, "arn:aws:sts::123456789012:assumed-role/twinkey-writer");
    written(&store, "0").await;
}

/// moto enforces no policy on single secrets, so what is shown is that the service's policy names the actions
/// that a whole life takes, and no other.
#[tokio::test]
async fn the_services_policy_allows_what_the_store_does_and_no_more() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let store = AwsStore::new(AwsSettings { tags: vec![("a".into(), "b".into())], ..server.settings() });
    for value in ["0", "1"] {
        written(&store, value).await;
    }
    store.check(&[place()]).await.unwrap();
    let mut used: BTreeSet<String> =
        server.operations().await.iter().map(|operation| format!("secretsmanager:{operation}")).collect();
    // AWS asks for this one beside CreateSecret where there are tags.
    used.insert("secretsmanager:TagResource".into());

    let at = |path: &str| Place::parse(path).unwrap();
    let policy = AwsPolicy {
        account: "123456789012".into(),
        region: "eu-west-2".into(),
        places: Places {
            live_pair: place(),
            slots: [at("twinkey/app/gbg/a"), at("twinkey/app/gbg/b")],
            record: at("twinkey/app/gbg/record"),
        },
        kms_key: None,
    };
    let text: Value = serde_json::from_str(&policy.text(Role::Twinkey)).unwrap();
    let allowed = text["Statement"][0]["Action"].as_array().unwrap();
    assert_eq!(
        allowed.iter().map(|action| action.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        used
    );
}

#[tokio::test]
async fn a_secret_named_by_its_arn_is_written_and_never_created() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    let write = async |place: &str, expected: &Expected, value: &str| {
        store.write(&Place::parse(place).unwrap(), expected, &pair(value), attempt(value)).await
    };
    let absent = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:app/none-AbCdEf";
    let error = write(absent, &Expected::Absent, "0").await.unwrap_err();
    assert_eq!(error.class(), Class::Permanent);
    assert!(error.to_string().contains("none can be created under an ARN"), "{error}");

    let made = boto.secrets("create_secret", json!({ "Name": "app/gbg" }));
    let arn = made["ARN"].as_str().unwrap();
    let Written::Written(version) = write(arn, &Expected::Absent, "1").await.unwrap() else { panic!() };
    write(arn, &Expected::Version(version), "2").await.unwrap();
    assert_eq!(secret(&read(&store).await.unwrap()), "secret-2");
}
