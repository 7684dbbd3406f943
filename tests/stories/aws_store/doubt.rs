//! A line that breaks: what may have arrived is in doubt, a look resolves it, and nothing is written twice.

use std::time::Duration;

use super::*;

/// Breaks one request of a write, looks, repeats the write; says whether the new pair stood after the break.
async fn stands(server: &Moto, boto: &Boto, operation: &str, how: &str) -> bool {
    server.reset().await;
    let first = operation == "CreateSecret";
    let store = AwsStore::new(AwsSettings { timeout: Duration::from_secs(2), ..server.settings() });
    if !first {
        written(&store, "old").await;
    }
    let before = read(&store).await;
    let expected = before.as_ref().map_or(Expected::Absent, |found| Expected::Version(found.version.clone()));
    server.fault(json!({ "operation": operation, "how": how })).await;
    let answer = store.write(&place(), &expected, &pair("new"), attempt("new")).await.unwrap();
    let Written::Unclear(why) = &answer else { panic!("{operation} {how}: {answer:?}") };
    assert!(why.contains("app/gbg") && !why.contains("secret-new"), "{why}");

    let after = read(&store).await;
    let stands = after.as_ref().is_some_and(|found| secret(found) == "secret-new");
    assert!(
        stands || after.as_ref().map(secret) == before.as_ref().map(secret),
        "neither the old pair nor the new one stands after {operation} {how}"
    );
    // Whatever became of it: the same attempt again is the same write.
    let again = server.store().write(&place(), &expected, &pair("new"), attempt("new")).await.unwrap();
    let found = read(&store).await.unwrap();
    assert_eq!((again, secret(&found)), (Written::Written(found.version), "secret-new".to_owned()));
    let versions = boto.secrets("list_secret_version_ids", json!({ "SecretId": "app/gbg" }));
    assert_eq!(versions["Versions"].as_array().unwrap().len(), if first { 1 } else { 2 });
    stands
}

#[tokio::test]
async fn a_write_whose_line_breaks_is_unclear_and_a_look_shows_what_became_of_it() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let boto = server.boto();
    for operation in ["CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"] {
        // A put alone publishes nothing.
        let done = operation != "PutSecretValue";
        assert_eq!(stands(&server, &boto, operation, "lose-answer").await, done);
        for how in ["lose-request", "page", "stall"] {
            assert!(!stands(&server, &boto, operation, how).await, "{operation} {how}");
        }
    }
}

#[tokio::test]
async fn a_version_left_between_put_and_move_stays_out_and_its_label_goes_with_the_next_write() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let (store, boto) = (server.store(), server.boto());
    let old = written(&store, "old").await;
    let from_old = Expected::Version(old.clone());

    // A writer puts its version and is gone.
    server.fault(json!({ "operation": "UpdateSecretVersionStage", "how": "lose-request" })).await;
    let answer = store.write(&place(), &from_old, &pair("crashed"), attempt("crashed")).await.unwrap();
    assert!(matches!(answer, Written::Unclear(_)), "{answer:?}");
    let crashed = attempt("crashed").to_string();
    assert_eq!(
        (&labels(&boto)["AWSCURRENT"], &labels(&boto)["TWINKEY_PENDING"]),
        (&old.to_string(), &crashed)
    );
    assert_eq!(secret(&read(&store).await.unwrap()), "secret-old");

    // Another one wins; the first comes back and is too late.
    let next = written(&store, "next").await.to_string();
    let late = store.write(&place(), &from_old, &pair("crashed"), attempt("crashed")).await.unwrap();
    assert_eq!(late, Written::Conflict);
    assert_eq!(secret(&read(&store).await.unwrap()), "secret-next");

    let last = written(&store, "last").await.to_string();
    let labels = labels(&boto);
    let wanted = [("AWSCURRENT", &last), ("AWSPREVIOUS", &next), ("TWINKEY_PENDING", &last)];
    assert_eq!(labels, wanted.map(|(label, version)| (label.to_owned(), version.clone())).into());
}

#[tokio::test]
async fn a_read_without_an_answer_is_temporary_and_one_that_makes_no_sense_is_not() {
    if left_out() {
        return;
    }
    let server = Moto::start();
    let store = AwsStore::new(AwsSettings { timeout: Duration::from_secs(2), ..server.settings() });
    written(&store, "0").await;
    for (how, class) in
        [("lose-request", Class::Temporary), ("stall", Class::Temporary), ("page", Class::Permanent)]
    {
        server.fault(json!({ "operation": "GetSecretValue", "how": how })).await;
        let error = store.read(&place(), Freshness::Latest).await.unwrap_err();
        assert_eq!(error.class(), class, "{how}: {error}");
    }
    server.refuse("GetSecretValue", 500, "InternalServiceError", "").await;
    let error = store.read(&place(), Freshness::Latest).await.unwrap_err();
    assert_eq!(error.class(), Class::Temporary, "{error}");
    assert!(error.to_string().contains("AWS itself failed"), "{error}");
}
