//! The words for each kind of message in one line: that it stands, and that it has ended.

use twinkey_core::ledger::Tell;

use super::paint::visible;

/// One line that can stand alone, for what is said about the end, and where nobody can look.
pub(super) fn subject(owner: &str, kind: &str, tell: Tell) -> String {
    let (kind, name) = kind.split_once('/').unwrap_or((kind, ""));
    let name = visible(name);
    let (stands, ended) = match kind {
        "regenerate" => {
            ("a secret waits to be regenerated".to_owned(), "no secret waits to be regenerated".to_owned())
        }
        "permit-open" => {
            ("a permit has been open for more than an hour".to_owned(), "the permit is closed".to_owned())
        }
        "standby-refused" => {
            ("the standby is refused".to_owned(), "the standby is no longer refused".to_owned())
        }
        "active-refused" => {
            ("the ACTIVE client is refused".to_owned(), "the active client is no longer refused".to_owned())
        }
        "failed-over" => (
            "the active client was refused, and the other one was published".to_owned(),
            "the client that was refused is proven again".to_owned(),
        ),
        "unproven" => (
            format!(
                "{} gets no usable answer while others do; its secret is not to blame",
                name.to_uppercase()
            ),
            format!("{} gets usable answers again", name.to_uppercase()),
        ),
        "misconfigured" => {
            ("both clients are refused".to_owned(), "the provider issues tokens again".to_owned())
        }
        "diverged" => {
            ("somebody else changed the live pair".to_owned(), "the live pair is settled".to_owned())
        }
        "blocked" => ("Twinkey is blocked".to_owned(), "Twinkey is no longer blocked".to_owned()),
        "overdue" => ("a switch is overdue".to_owned(), "no switch is overdue any more".to_owned()),
        "old-secret-alive" => ("an old secret still works".to_owned(), "the old secret is dead".to_owned()),
        "store-unreachable" => {
            (format!("the store {name} cannot be read"), format!("the store {name} can be read again"))
        }
        "write-denied" => (
            format!("writing to the store {name} is denied: the next switch would fail"),
            format!("writing to the store {name} is no longer denied"),
        ),
        "login-expiring" => (
            format!("the login at the store {name} ends soon"),
            format!("the login at the store {name} was renewed"),
        ),
        "provider-down" => (
            format!("the provider {name} gives nobody a usable answer; no credential is to blame"),
            format!("the provider {name} answers again"),
        ),
        "provider-unusable" => (
            format!("this host cannot ask the provider {name}; no credential is to blame"),
            format!("this host can ask the provider {name} again"),
        ),
        "clock-off" => {
            ("the clock of this host is off".to_owned(), "the clock of this host is right again".to_owned())
        }
        "audit-unwritable" => (
            "the audit log cannot be written: no scheduled switch, no permit".to_owned(),
            "the audit log can be written again".to_owned(),
        ),
        "channel-failing" => (
            format!("the channel {name} fails, others are asked instead"),
            format!("the channel {name} works again"),
        ),
        other => (format!("{other} stands"), format!("{other} has ended")),
    };
    let said = if tell == Tell::Stands { stands } else { ended };
    if owner == "host" { said } else { format!("{}: {said}", visible(owner)) }
}
