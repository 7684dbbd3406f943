//! The texts of bad stores, letter by letter.

use super::*;

#[test]
fn a_bad_store_is_told_what_is_wrong_and_what_to_do() {
    each(
        STORE,
        &[
            (r#"kye = "x""#, &[r#"2:1: [store.local.kye] is not known; did you mean "key"?"#]),
            (
                r#"key = "AGE-SECRET-KEY-1""#,
                &[
                    r#"2:7: [store.local.key] is no reference: secrets come by reference, never as text; write { file = "/PATH" } or { credential = "NAME" }"#,
                ],
            ),
            (
                r#"key = { file = "/k", credential = "k" }"#,
                &[
                    "2:7: [store.local.key] names no place, or more than one; give exactly one of file, credential, command",
                ],
            ),
            (
                r#"key = { command = ["/bin/cat", "/k"] }"#,
                &[
                    r#"2:7: [store.local.key] cannot come from a command; give { file = "/PATH" } or { credential = "NAME" }"#,
                ],
            ),
            (
                r#"key = { file = "/s/store.age" }"#,
                &["2:7: [store.local.key] is the store's own file; keep the key apart from what it opens"],
            ),
            (
                r#"file = "store.age""#,
                &[
                    "2:8: [store.local.file] is a relative path; write it from / on: cron and systemd run elsewhere",
                ],
            ),
            (
                r#"address = "https://vault.example""#,
                &[
                    "1:8: [store.local] is of two kinds at once; one store, one kind: file for the embedded store, address for a Vault or OpenBao, region for AWS Secrets Manager",
                ],
            ),
            (
                r#"mount = "secret""#,
                &["2:9: [store.local.mount] means nothing for the embedded store; leave it out"],
            ),
        ],
    );
}

const VAULT: &str = r#"[store.vault]
address = "https://vault.example:8200"
mount = "secret"
auth = { approle = { role-id = "4f0c", secret-id = { credential = "vault-secret-id" } } }
[provider.p]
preset = "gbg-go"
[credential.go]
store = "vault"
provider = "p"
live-pair = "app/go"
consumers.max-staleness = "1h"
"#;

#[test]
fn a_vault_is_read_and_a_bad_one_is_told_what_is_wrong_and_what_to_do() {
    let fine = |text: &str| assert!(parse(text).is_ok(), "{text}");
    fine(VAULT);
    let auth = r#"auth = { approle = { role-id = "4f0c", secret-id = { credential = "vault-secret-id" } } }"#;
    let with = |other: &str| VAULT.replace(auth, other);
    fine(&with(""));
    fine(&with(r#"auth = { person = { token-file = "/t" } }"#));
    let both = r#"auth = { token-file = "/t", approle = { role-id = "4", secret-id = { file = "/s" } } }"#;
    assert_told(
        &with(both),
        &[
            "4:8: [store.vault.auth] names more than one login of the service; give one of token-file, approle, certificate",
        ],
    );
    assert_told(
        &with("auth = { certificate = {} }"),
        &[
            "1:8: [store.vault.client-certificate] is missing; it is needed: a client certificate with its key, as PEM",
        ],
    );
    assert_told(
        &with("auth = { approle = { role-id = \"4\", secret-id = \"hunter2\" } }"),
        &[
            r#"4:49: [store.vault.auth.approle.secret-id] is no reference: secrets come by reference, never as text; write { file = "/PATH" }, { credential = "NAME" } or { command = ["PROGRAM", "ARG"] }"#,
        ],
    );
    assert_told(
        &with("key = { file = \"/k\" }\nca-only = true"),
        &[
            "4:7: [store.vault.key] means nothing for a Vault or OpenBao; leave it out",
            "5:11: [store.vault.ca-only] is true, and there is no ca-file; name the file with the authorities to believe",
        ],
    );
    assert_told(
        &VAULT.replace("https:", "http:").replace("\"secret\"", "\"a/../b\""),
        &[
            "2:11: [store.vault.address] would send secrets in the clear; use https (http is for loopback addresses only)",
            r#"3:9: [store.vault.mount] is no path in a store; write it out, without "." and "..""#,
        ],
    );
    assert_told(
        &VAULT.replace("address = \"https://vault.example:8200\"", ""),
        &[
            "1:8: [store.vault] does not say what kind of store it is; give file for the embedded store, address for a Vault or OpenBao, region for AWS Secrets Manager",
        ],
    );
}

#[test]
fn secrets_manager_is_read_and_a_bad_one_is_told_what_is_wrong_and_what_to_do() {
    let aws = r#"[store.aws]
region = "eu-west-2"
[provider.p]
preset = "gbg-go"
[credential.go]
store = "aws"
provider = "p"
live-pair = "app/go"
consumers.max-staleness = "1h"
"#;
    let with = |more: &str| aws.replace("\n[provider.p]", &format!("\n{more}\n[provider.p]"));
    assert!(parse(aws).is_ok());
    assert!(parse(&with(r#"assume-role = { arn = "arn:aws:iam::1:role/t" }"#)).is_ok());
    assert_told(
        &aws.replace("eu-west-2", "EU West"),
        &[r#"2:10: [store.aws.region] is no name of a region; write it like "eu-west-2""#],
    );
    assert_told(
        &with("mount = \"secret\"\nassume-role = {}"),
        &[
            "3:9: [store.aws.mount] means nothing for AWS Secrets Manager; leave it out",
            "4:15: [store.aws.assume-role.arn] is missing; it is needed: the ARN of the role",
        ],
    );
    assert_told(
        &with(r#"auth = { token-file = "/t" }"#),
        &[
            "3:23: [store.aws.auth.token-file] means nothing for AWS Secrets Manager; give profile, credentials-file or assume-role beside region",
        ],
    );
}

#[test]
fn a_path_that_a_policy_would_read_as_a_pattern_is_refused_on_a_server() {
    let told = r#"10:13: [credential.go.live-pair] is no path on a server; no * + ? " $ { } or backslash: a policy would read it as a pattern"#;
    assert_told(&VAULT.replace("\"app/go\"", "\"app/*\""), &[told]);
    let arn = VAULT.replace("\"app/go\"", "\"arn:aws:x\"");
    let told = "10:13: [credential.go.live-pair] is an ARN, and there is no state-path; give state-path: slots and record cannot be named after an ARN";
    assert_told(&arn, &[told]);
    assert!(parse(&arn.replace("provider = \"p\"", "provider = \"p\"\nstate-path = \"twinkey/go\"")).is_ok());
}
