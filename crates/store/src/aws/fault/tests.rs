use super::*;

const READING: Doing<'_> = Doing {
    what: "reading",
    action: "secretsmanager:GetSecretValue",
    place: "app/gbg",
    carries_secret: false,
};
const WRITING: Doing<'_> = Doing {
    what: "writing",
    action: "secretsmanager:PutSecretValue",
    place: "app/gbg",
    carries_secret: true,
};

fn refusal(code: &str, message: &str) -> Refusal {
    Refusal { code: code.into(), message: message.into(), status: 400 }
}

fn refused(doing: &Doing<'_>, code: &str, message: &str) -> StoreError {
    doing.failed(Trouble::Refused(refusal(code, message)))
}

#[test]
fn each_refusal_has_its_own_words_and_class() {
    let deleted = "You can't perform this operation on the secret because it was marked for deletion.";
    let replica =
        "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
    let kms = "Access to KMS is not allowed";
    let old = "Signature expired: 20261128T100000Z is now earlier than 20261128T110000Z";
    let cases = [
        ("ThrottlingException", "Rate exceeded", Class::Temporary, "slow down"),
        ("LimitExceededException", "", Class::Temporary, "a limit"),
        ("AccessDeniedException", "no", Class::Permission, "does not allow secretsmanager:GetSecretValue"),
        ("AccessDeniedException", kms, Class::Permission, "KMS key"),
        ("DecryptionFailure", "", Class::Permission, "KMS key"),
        ("KMSInvalidStateException", "", Class::Permission, "KMS key"),
        ("ExpiredTokenException", "", Class::Permission, "does not take the credentials"),
        ("UnrecognizedClientException", "", Class::Permission, "does not take the credentials"),
        ("InvalidSignatureException", old, Class::Permanent, "clock"),
        ("InvalidRequestException", deleted, Class::Permanent, "scheduled for deletion"),
        ("InvalidParameterException", replica, Class::Permanent, "replica"),
        ("InvalidParameterException", "", Class::Permanent, "refused with InvalidParameterException"),
    ];
    let mut seen: Vec<(String, String)> = Vec::new();
    for (code, message, class, part) in cases {
        let error = refused(&READING, code, message);
        let text = error.to_string();
        assert_eq!(error.class(), class, "{code}");
        assert!(text.starts_with("reading app/gbg: ") && text.contains(part), "{text}");
        // The same words are the same deed, and another deed has other words.
        for (other_part, other_remedy) in &seen {
            assert_eq!(other_part == part, *other_remedy == error.remedy(), "{code}");
        }
        seen.push((part.to_owned(), error.remedy()));
    }
}

#[test]
fn a_missing_right_names_the_action_and_the_secret() {
    let message = "User: arn:aws:sts::123456789012:assumed-role/twinkey/i-1 is not authorized to perform: \
                   secretsmanager:PutSecretValue on resource: app/gbg because no identity-based policy allows it";
    let error = refused(&WRITING, "AccessDeniedException", message);
    assert_eq!(error.class(), Class::Permission);
    assert!(error.to_string().contains("AWS does not allow secretsmanager:PutSecretValue"), "{error}");
    assert!(error.to_string().contains("assumed-role/twinkey"), "{error}");
    assert!(error.remedy().contains("allow secretsmanager:PutSecretValue on app/gbg"));
}

#[test]
fn the_services_text_is_not_repeated_where_it_may_repeat_a_secret() {
    let message = "Value 'canary-7f31' at 'secretString' failed to satisfy constraint";
    for code in ["ValidationException", "InvalidParameterException", "DecryptionFailure"] {
        let error = refused(&WRITING, code, message);
        assert!(!format!("{error} {error:?} {}", error.remedy()).contains("canary"), "{error}");
    }
    let long = format!("a\r\n\u{1b}[31m{}", "x".repeat(1000));
    let text = refused(&READING, "InvalidParameterException", &long).to_string();
    assert!(text.len() < 600 && !text.contains(['\n', '\r', '\u{1b}']), "{text}");
}

#[test]
fn what_passes_is_temporary_and_what_a_person_must_mend_is_not() {
    let class = |trouble| READING.failed(trouble).class();
    let why = String::new;
    assert_eq!(class(Trouble::NoConnection(why())), Class::Temporary);
    assert_eq!(class(Trouble::Lost(why())), Class::Temporary);
    assert_eq!(class(Trouble::Failed(why())), Class::Temporary);
    assert_eq!(class(Trouble::Credentials { why: why(), passing: true }), Class::Temporary);
    assert_eq!(class(Trouble::Credentials { why: why(), passing: false }), Class::Permission);
    assert_eq!(class(Trouble::Unusable(why())), Class::Permanent);
    assert_eq!(class(Trouble::Garbled(why())), Class::Permanent);
}

#[test]
fn only_what_was_sent_and_not_refused_is_in_doubt() {
    let why = String::new;
    for trouble in [Trouble::Lost(why()), Trouble::Failed(why()), Trouble::Garbled(why())] {
        assert!(trouble.in_doubt(), "{trouble:?}");
    }
    for trouble in [
        Trouble::Refused(refusal("ThrottlingException", "")),
        Trouble::NoConnection(why()),
        Trouble::Unusable(why()),
        Trouble::Credentials { why: why(), passing: true },
    ] {
        assert!(!trouble.in_doubt(), "{trouble:?}");
    }
}
