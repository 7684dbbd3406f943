//! `policy`: the least rights for each role, to be given to the store's administrator.

use std::io::Write;
use std::path::Path;

use twinkey_store::{AwsPolicy, Places, Role, vault_policy};

use super::{Policy, PolicyKind, PolicyRole};
use crate::config::{Credential, StoreSettings};
use crate::exit::Exit;
use crate::open::{Stop, config, select};
use crate::text;

/// Every role, with its word on the command line and whom it is for.
const ROLES: [(PolicyRole, Role, &str); 4] = [
    (PolicyRole::Twinkey, Role::Twinkey, "twinkey: the service"),
    (PolicyRole::Operator, Role::Operator, "operator: a person who runs Twinkey's commands"),
    (
        PolicyRole::Depositor,
        Role::Depositor,
        "depositor: a person without a shell, who puts a secret into a slot",
    ),
    (PolicyRole::Consumer, Role::Consumer, "consumer: what uses the credential"),
];

/// Prints policies; asks nobody.
pub(super) fn policy(path: &Path, args: &Policy) -> Result<Exit, Stop> {
    let config = config(path)?;
    let mut printed = String::new();
    for credential in select(&config, &args.names)? {
        match (&credential.store, args.kind) {
            (StoreSettings::Vault(vault), PolicyKind::Vault) => {
                let of = |places: &Places, role| vault_policy(vault.mount(), places, role);
                printed.push_str(&each(&credential, args.role, of));
            }
            (StoreSettings::Aws(aws), PolicyKind::Aws) => {
                let of = |places: &Places, role| {
                    let policy = AwsPolicy {
                        account: args.account.clone(),
                        region: aws.region().to_owned(),
                        places: places.clone(),
                        kms_key: aws.kms_key().map(str::to_owned),
                    };
                    policy.text(role) + "\n"
                };
                printed.push_str(&each(&credential, args.role, of));
            }
            _ if args.names.is_empty() => {}
            _ => return Err(Stop::new(Exit::Configuration, text::another_store(&credential.name))),
        }
    }
    if printed.is_empty() {
        return Err(Stop::new(Exit::Configuration, text::no_credential_on_a_server()));
    }
    let _ = write!(anstream::stdout(), "{}", printed.trim_start());
    Ok(Exit::Fine)
}

/// The wanted roles of one credential. One alone comes without a heading: it can be piped on as it is.
fn each(
    credential: &Credential,
    only: Option<PolicyRole>,
    policy: impl Fn(&Places, Role) -> String,
) -> String {
    let places = Places {
        live_pair: credential.live_pair.clone(),
        slots: [credential.state.a.clone(), credential.state.b.clone()],
        record: credential.state.record.clone(),
    };
    let wanted = ROLES.iter().filter(|(word, _, _)| only.is_none_or(|only| only == *word));
    let texts = wanted.map(|(_, role, whom)| {
        let heading = only.is_none().then(|| format!("\n# {}, {whom}\n", credential.name));
        heading.unwrap_or_default() + &policy(&places, *role)
    });
    texts.collect()
}
