use super::*;

/// The error that comes of an answer, with its remedy, and its class.
fn told(status: u16, said: &str, doing: Doing<'_>) -> (String, Class) {
    let server = Server { address: "https://vault.example".into(), mount: "secret".into() };
    let answer = Answer { status, errors: Some(vec![said.into()]), gone: None };
    let error = Failed::Answered(answer).error(doing, &server);
    (format!("{error}\n{}", error.remedy()), error.class())
}

#[test]
fn a_disaster_recovery_secondary_is_not_taken_for_a_refused_login() {
    let place = Place::parse("app/go").unwrap();
    for doing in [Doing::Login, Doing::Read(&place), Doing::Write(&place), Doing::Engine, Doing::Check] {
        let (told, class) = told(400, "path disabled in replication DR secondary mode", doing);
        assert!(told.contains("is a disaster recovery secondary") && !told.contains("login"), "{told}");
        assert!(told.contains("the address of the primary cluster"), "{told}");
        assert_eq!(class, Class::Permanent);
    }
}

#[test]
fn what_is_not_known_is_named_as_the_configuration_names_it() {
    let unknown = "no handler for route";
    for (doing, parts) in [
        (Doing::Login, ["no such login method", "`mount` of `auth.approle`"]),
        (Doing::Check, ["knows no tokens there", "`namespace`"]),
        (Doing::Engine, ["no KV engine at secret/", "`mount` and `namespace`"]),
    ] {
        let (told, class) = told(404, unknown, doing);
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
        assert_eq!(class, Class::Permanent);
    }
}

#[test]
fn a_refused_token_may_be_one_of_another_namespace() {
    let (told, class) = told(403, "permission denied", Doing::Check);
    assert!(told.contains("refuses our token") && told.contains("`namespace`"), "{told}");
    assert_eq!(class, Class::Permission);
}
