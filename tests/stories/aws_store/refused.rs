//! Refusals and wrong set-ups: an error means that nothing was written, and says what to do.

use super::*;

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable_and_nothing_is_in_doubt() {
    if left_out() {
        return;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Moto::start();
    let settings = AwsSettings {
        endpoint: Some(format!("http://127.0.0.1:{port}").parse().unwrap()),
        ..server.settings()
    };
    let store = AwsStore::new(settings);
    let read = store.read(&place(), Freshness::Latest).await.unwrap_err();
    let first = store.write(&place(), &Expected::Absent, &pair("1"), attempt("1")).await.unwrap_err();
    let version = Expected::Version(Version::new(attempt("0").to_string()));
    let next = store.write(&place(), &version, &pair("1"), attempt("1")).await.unwrap_err();
    for error in [read, first, next] {
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Temporary);
    }
}

#[tokio::test]
async fn a_refused_request_is_an_error_and_nothing_was_written() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let store = server.store();
    let canary = "secret-new";
    let denied = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: it";
    let replica =
        "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
    let deleted = "You can't perform this operation on the secret because it was marked for deletion.";
    for operation in ["CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"] {
        if operation == "PutSecretValue" {
            written(&store, "old").await;
        }
        for (status, code, message, class, part) in [
            (400, "ThrottlingException", "Rate exceeded", Class::Temporary, "slow down"),
            (400, "LimitExceededException", canary, Class::Temporary, "limit"),
            (400, "AccessDeniedException", denied, Class::Permission, operation),
            (400, "EncryptionFailure", canary, Class::Permission, "KMS key"),
            (400, "ExpiredTokenException", "", Class::Permission, "credentials"),
            (400, "InvalidRequestException", deleted, Class::Permanent, "scheduled for deletion"),
            (400, "InvalidParameterException", replica, Class::Permanent, "replica"),
        ] {
            server.refuse(operation, status, code, message).await;
            let before = read(&store).await.map(|found| found.version);
            let error = write(&store, "new").await.unwrap_err();
            let shown = format!("{error} {error:?} {}", error.remedy());
            assert_eq!(error.class(), class, "{operation} {code}: {shown}");
            assert!(error.to_string().contains(part), "{operation} {code}: {shown}");
            assert!(operation == "UpdateSecretVersionStage" || !shown.contains(canary), "{shown}");
            assert_eq!(read(&store).await.map(|found| found.version), before);
        }
    }
    // A refusal that nobody foresaw, and the label seems to sit where it was expected: the look may be stale.
    server.refuse("UpdateSecretVersionStage", 400, "InvalidParameterException", "something new").await;
    let answer = write(&store, "new").await.unwrap();
    assert!(
        matches!(&answer, Written::Unclear(why) if why.contains("InvalidParameterException")),
        "{answer:?}"
    );
    assert_eq!(secret(&read(&store).await.unwrap()), "secret-old");
}

#[tokio::test]
async fn a_refused_read_says_which_right_is_missing() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let store = server.store();
    for (code, class, part) in [
        ("ThrottlingException", Class::Temporary, "slow down"),
        ("AccessDeniedException", Class::Permission, "secretsmanager:GetSecretValue"),
        ("DecryptionFailure", Class::Permission, "KMS key"),
    ] {
        server.refuse("GetSecretValue", 400, code, "").await;
        let error = store.read(&place(), Freshness::Latest).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.to_string().contains(part) && error.to_string().contains("app/gbg"), "{error}");
    }
}

#[tokio::test]
async fn a_secret_scheduled_for_deletion_is_not_taken_for_absent() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let store = server.store();
    written(&store, "0").await;
    server.boto().secrets("delete_secret", json!({ "SecretId": "app/gbg", "RecoveryWindowInDays": 7 }));
    let read = store.read(&place(), Freshness::Latest).await.unwrap_err();
    let create = store.write(&place(), &Expected::Absent, &pair("1"), attempt("1")).await.unwrap_err();
    for error in [read, create] {
        assert_eq!(error.class(), Class::Permanent);
        assert!(error.to_string().contains("scheduled for deletion"), "{error}");
        assert!(error.remedy().contains("restore-secret --secret-id app/gbg"));
    }
    let findings = store.check(&[place()]).await.unwrap();
    assert_eq!(findings[0].severity, Severity::Problem, "{findings:?}");
    assert!(findings[0].text.contains("scheduled for deletion"), "{findings:?}");
}

#[tokio::test]
async fn a_secret_in_another_form_is_said_and_not_overwritten() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    boto.secrets("create_secret", json!({ "Name": "app/gbg", "SecretString": "canary-7f31" }));
    let error = store.read(&place(), Freshness::Latest).await.unwrap_err();
    assert_eq!(error.class(), Class::Permanent);
    assert!(error.to_string().contains("no JSON object"), "{error}");
    assert!(!format!("{error} {error:?} {}", error.remedy()).contains("canary"), "{error:?}");
    let error = store.write(&place(), &Expected::Absent, &pair("1"), attempt("1")).await.unwrap_err();
    assert!(error.to_string().contains("no JSON object"), "{error}");

    boto.secrets("put_secret_value", json!({ "SecretId": "app/gbg", "SecretBinary": "AAEC" }));
    let error = store.read(&place(), Freshness::Latest).await.unwrap_err();
    assert!(error.to_string().contains("binary data"), "{error}");
}

#[tokio::test]
async fn settings_that_lead_nowhere_say_so() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let read = async |settings| AwsStore::new(settings).read(&place(), Freshness::Latest).await.unwrap_err();
    let nobody = AwsSettings { profile: Some("nobody".into()), ..server.settings() };
    let error = read(nobody).await;
    assert_eq!(error.class(), Class::Permission, "{error}");
    assert!(error.to_string().contains("no AWS credentials"), "{error}");

    let open = AwsSettings { endpoint: Some("http://192.0.2.1/".parse().unwrap()), ..server.settings() };
    let error = read(open).await;
    assert_eq!(error.class(), Class::Permanent);
    assert!(error.to_string().contains("must be https"), "{error}");
}
