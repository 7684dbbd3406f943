//! `policy`: the least rights for each role, to be given to the store's administrator.

use std::io::Write;
use std::path::Path;

use twinkey_store::{Places, Role, vault_policy};

use super::{Policy, PolicyRole};
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
        match &credential.store {
            StoreSettings::Vault(vault) => printed.push_str(&of_vault(&credential, vault.mount(), args.role)),
            StoreSettings::File { .. } if args.names.is_empty() => {}
            StoreSettings::File { .. } => {
                return Err(Stop::new(Exit::Configuration, text::no_server(&credential.name)));
            }
        }
    }
    if printed.is_empty() {
        return Err(Stop::new(Exit::Configuration, text::no_credential_on_a_server()));
    }
    let _ = write!(anstream::stdout(), "{}", printed.trim_start());
    Ok(Exit::Fine)
}

fn of_vault(credential: &Credential, mount: &str, only: Option<PolicyRole>) -> String {
    let places = Places {
        live_pair: credential.live_pair.clone(),
        slots: [credential.state.a.clone(), credential.state.b.clone()],
        record: credential.state.record.clone(),
    };
    let wanted = ROLES.iter().filter(|(word, _, _)| only.is_none_or(|only| only == *word));
    let texts = wanted.map(|(_, role, whom)| {
        format!("\n# {}, {whom}\n{}", credential.name, vault_policy(mount, &places, *role))
    });
    texts.collect()
}
