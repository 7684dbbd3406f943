//! Who AWS says we are.

use super::client::Clients;
use super::fault::Doing;
use super::trouble::Trouble;
use crate::{Caller, StoreError};

/// The caller's ARN. It needs no right:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
pub(super) async fn who(clients: &Clients) -> Result<Option<Caller>, StoreError> {
    let doing = Doing {
        what: "asking AWS who we are",
        action: "sts:GetCallerIdentity",
        place: "",
        carries_secret: false,
    };
    let answer = clients.sts.get_caller_identity().send().await;
    let arn = answer.map_err(|error| doing.failed(Trouble::of(&error)))?.arn;
    Ok(arn.map(caller))
}

/// A user is a person or a program, and so is a session of single sign-on or one that bears a mail address. Other
/// sessions of a role are named after the host, the program or the moment, and so are another one in the next command:
/// the role alone is told, and it is everybody's.
fn caller(arn: String) -> Caller {
    match arn.rsplit_once('/') {
        Some((role, session)) if arn.contains(":assumed-role/") => {
            let personal = session.contains('@') || role.contains("/AWSReservedSSO_");
            Caller { name: if personal { arn } else { role.to_owned() }, personal }
        }
        _ => Caller { personal: arn.contains("user/"), name: arn },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_everybodys_and_a_user_or_a_named_session_is_not() {
        let role = "arn:aws:sts::1:assumed-role";
        for arn in [
            &format!("{role}/AWSReservedSSO_Admin_0/olga"),
            &format!("{role}/ops/olga@example.org"),
            "arn:aws:iam::1:user/olga",
            "arn:aws:sts::1:federated-user/olga",
        ] {
            assert_eq!(caller(arn.to_owned()), Caller { name: arn.to_owned(), personal: true });
        }
        for session in ["i-0abc", "twinkey", "botocore-session-1764360000"] {
            let name = format!("{role}/ops");
            assert_eq!(caller(format!("{role}/ops/{session}")), Caller { name, personal: false });
        }
        assert!(!caller("arn:aws:iam::1:root".to_owned()).personal);
    }
}
