use aws_sdk_secretsmanager::types::ReplicationStatusType;

use super::*;

fn place() -> Place {
    Place::parse("app/gbg").unwrap()
}

fn found(secret: &DescribeSecretOutput) -> Vec<(Severity, String)> {
    let mut findings = Vec::new();
    describe(&place(), secret, &mut findings);
    findings.into_iter().map(|finding| (finding.severity, finding.text)).collect()
}

#[test]
fn an_ordinary_secret_is_not_spoken_of() {
    let secret = DescribeSecretOutput::builder()
        .arn("arn:aws:secretsmanager:eu-west-2:123456789012:secret:app/gbg-AbCdEf")
        .primary_region("eu-west-2")
        .rotation_enabled(false)
        .version_ids_to_stages("one", vec!["AWSPREVIOUS".into()])
        // A rotation that has ended leaves its label on the current version.
        .version_ids_to_stages(
            "two",
            vec!["AWSCURRENT".into(), "AWSPENDING".into(), "TWINKEY_PENDING".into()],
        )
        .replication_status(ReplicationStatusType::builder().status(StatusType::InSync).build())
        .build();
    assert_eq!(found(&secret), []);
}

#[test]
fn a_stray_pending_label_names_its_version() {
    let secret = DescribeSecretOutput::builder()
        .version_ids_to_stages("one", vec!["AWSCURRENT".into()])
        .version_ids_to_stages("two", vec!["AWSPENDING".into()])
        .build();
    let [(Severity::Warning, text)] = &found(&secret)[..] else { panic!("one warning") };
    assert!(text.contains("AWSPENDING on version two") && text.contains("left alone"), "{text}");
}

#[test]
fn a_failed_replica_and_a_replica_are_said() {
    let region = |status| ReplicationStatusType::builder().status(status).region("eu-west-1").build();
    for (status, severity, part) in [
        (StatusType::Failed, Severity::Problem, "app/gbg to eu-west-1 has failed"),
        (StatusType::InProgress, Severity::Note, "app/gbg to eu-west-1 is under way"),
    ] {
        let secret = DescribeSecretOutput::builder().replication_status(region(status)).build();
        let [(found, text)] = &found(&secret)[..] else { panic!("one finding") };
        assert!(*found == severity && text.contains(part), "{found:?} {text}");
    }

    let replica = DescribeSecretOutput::builder()
        .arn("arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/gbg-AbCdEf")
        .primary_region("eu-west-2")
        .build();
    let [(Severity::Problem, text)] = &found(&replica)[..] else { panic!("one problem") };
    assert!(text.contains("its primary region is eu-west-2"), "{text}");
}

#[test]
fn names_that_aws_does_not_take_or_advises_against_are_said() {
    let severity = |name_: &str| name(&Place::parse(name_).unwrap()).map(|finding| finding.severity);
    assert_eq!(severity("twinkey/app/gbg_1+=.@-/a"), None);
    assert_eq!(severity("app:gbg"), Some(Severity::Problem));
    assert_eq!(severity("app/my-secret"), Some(Severity::Warning));
    assert_eq!(severity("arn:aws:secretsmanager:eu-west-2:123456789012:secret:app/gbg-AbCdEf"), None);
}
