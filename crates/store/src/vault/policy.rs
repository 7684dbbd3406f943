//! The least policies, one for each role (<https://openbao.org/docs/concepts/policies/>).

use std::fmt::Write as _;

use crate::{Place, Places, Role};

/// The policy of one role for the documents of one credential, as HCL. The default policy of every token comes
/// on top: with it a token may look at itself and renew itself.
pub fn vault_policy(mount: &str, places: &Places, role: Role) -> String {
    let Places { live_pair, slots: [a, b], record } = places;
    match role {
        Role::Twinkey | Role::Operator => [live_pair, a, b, record]
            .map(|place| rule(mount, place, "\"create\", \"read\", \"update\""))
            .concat(),
        // Patching needs no reading: whoever deposits does not see the secrets that are there.
        Role::Depositor => [a, b].map(|place| rule(mount, place, "\"patch\"")).concat(),
        Role::Consumer => rule(mount, live_pair, "\"read\""),
    }
}

fn rule(mount: &str, place: &Place, capabilities: &str) -> String {
    let mut rule = String::new();
    let _ = writeln!(rule, "path \"{mount}/data/{place}\" {{\n  capabilities = [{capabilities}]\n}}");
    rule
}
