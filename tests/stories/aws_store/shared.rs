//! Others use the same secret: their labels, their fields, their deeds.

use super::*;

#[tokio::test]
async fn a_pending_label_of_aws_own_rotation_is_neither_used_nor_moved() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    written(&store, "0").await;
    let theirs = "11111111-2222-3333-4444-555555555555";
    let put = json!({ "SecretId": "app/gbg", "ClientRequestToken": theirs, "SecretString": "{}",
        "VersionStages": ["AWSPENDING"] });
    boto.secrets("put_secret_value", put);
    for value in ["1", "2"] {
        let version = written(&store, value).await;
        let labels = labels(&boto);
        assert_eq!((&*labels["AWSPENDING"], &*labels["AWSCURRENT"]), (theirs, version.as_str()));
    }
    let findings = store.check(&[place()]).await.unwrap();
    let pending = findings.iter().find(|finding| finding.text.contains("AWSPENDING")).unwrap();
    assert_eq!(pending.severity, Severity::Warning);
    assert!(pending.text.contains(theirs) && pending.text.contains("left alone"), "{pending:?}");
}

#[tokio::test]
async fn fields_that_others_put_into_the_secret_survive_our_writes() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    let theirs = r#"{ "url": "https://api.example", "n": 12345678901234567890123, "client_secret": "old", "l": [1.50] }"#;
    boto.secrets("create_secret", json!({ "Name": "app/gbg", "SecretString": theirs }));
    let mut found = read(&store).await.unwrap();
    found.body.set_text("client_secret", "new".into());
    let expected = Expected::Version(found.version);
    store.write(&place(), &expected, &found.body, attempt("ours")).await.unwrap();

    let text = boto.secrets("get_secret_value", json!({ "SecretId": "app/gbg" }))["SecretString"].clone();
    let wanted = Body::from_json(&theirs.replace("old", "new")).unwrap();
    assert!(Body::from_json(text.as_str().unwrap()).unwrap().same_meaning(&wanted), "{text}");
}

#[tokio::test]
async fn an_edit_by_hand_is_a_conflict_and_stays() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    let expected = Expected::Version(written(&store, "0").await);
    boto.secrets("put_secret_value", json!({ "SecretId": "app/gbg", "SecretString": r#"{"by":"hand"}"# }));
    let answer = store.write(&place(), &expected, &pair("1"), attempt("1")).await.unwrap();
    assert_eq!(answer, Written::Conflict);
    assert!(read(&store).await.unwrap().body.text("by").is_some());
}

#[tokio::test]
async fn a_secret_that_was_made_empty_gets_its_first_version_from_one_of_many() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let boto = server.boto();
    boto.secrets("create_secret", json!({ "Name": "app/gbg" }));
    assert!(read(&server.store()).await.is_none());

    let mut race = tokio::task::JoinSet::new();
    for writer in 0..6 {
        let store = server.store();
        race.spawn(async move {
            let value = writer.to_string();
            let answer = store.write(&place(), &Expected::Absent, &pair(&value), attempt(&value)).await;
            (value, answer.unwrap())
        });
    }
    let answers = race.join_all().await;
    let won: Vec<_> = answers.iter().filter(|(_, answer)| *answer != Written::Conflict).collect();
    let [(value, Written::Written(version))] = won[..] else { panic!("not one winner: {answers:?}") };
    let found = read(&server.store()).await.unwrap();
    assert_eq!((&secret(&found), &found.version), (&format!("secret-{value}"), version));
    assert_eq!(labels(&boto)["AWSCURRENT"], version.as_str());
    // The winner's attempt, repeated, is the same write; a loser's is still too late.
    let again = server.store().write(&place(), &Expected::Absent, &pair(value), attempt(value)).await;
    assert_eq!(again.unwrap(), Written::Written(version.clone()));
}

#[tokio::test]
async fn check_says_what_is_there_and_writes_nothing() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    written(&store, "0").await;
    let absent = Place::parse("twinkey/app/gbg/a").unwrap();
    server.operations().await;
    let findings = store.check(&[place(), absent]).await.unwrap();
    assert!(findings.iter().all(|finding| finding.severity == Severity::Note), "{findings:?}");
    let texts: Vec<_> = findings.iter().map(|finding| finding.text.as_str()).collect();
    assert!(texts.contains(&"there is no secret twinkey/app/gbg/a yet"), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("cannot be asked without writing")), "{texts:?}");
    let seen = server.operations().await;
    assert_eq!(seen, ["DescribeSecret", "GetSecretValue", "DescribeSecret"]);

    let rotate = json!({ "SecretId": "app/gbg", "RotationRules": { "AutomaticallyAfterDays": 30 },
        "RotateImmediately": false });
    boto.secrets("rotate_secret", rotate);
    let findings = store.check(&[place()]).await.unwrap();
    assert_eq!(findings[0].severity, Severity::Warning, "{findings:?}");
    assert!(findings[0].text.contains("AWS rotates the secret app/gbg itself"), "{findings:?}");
}

/// AWS does not replicate onto a secret that stands there already: that replica has failed, and its readers never get
/// what is written here.
#[tokio::test]
async fn a_replica_in_sync_follows_and_a_failed_one_does_not() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    assert!(store.is_followed(&place()).await.unwrap(), "nothing is there");
    written(&store, "0").await;
    assert!(store.is_followed(&place()).await.unwrap(), "it has no replica");
    let replicate = |region: &str| {
        let args = json!({ "SecretId": "app/gbg", "AddReplicaRegions": [{ "Region": region }] });
        boto.secrets("replicate_secret_to_regions", args);
    };
    replicate("eu-west-1");
    assert!(store.is_followed(&place()).await.unwrap(), "it follows");
    let there = AwsStore::new(AwsSettings { region: Some("us-east-1".into()), ..server.settings() });
    written(&there, "theirs").await;
    replicate("us-east-1");
    assert!(!store.is_followed(&place()).await.unwrap(), "its readers get what stood there");
}
