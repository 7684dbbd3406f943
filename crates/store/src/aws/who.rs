//! Who AWS says we are.

use super::client::Clients;
use super::fault::Doing;
use super::trouble::Trouble;
use crate::StoreError;

/// The caller's ARN. It needs no right:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
pub(super) async fn who(clients: &Clients) -> Result<Option<String>, StoreError> {
    let doing = Doing {
        what: "asking AWS who we are",
        action: "sts:GetCallerIdentity",
        place: "",
        carries_secret: false,
    };
    let answer = clients.sts.get_caller_identity().send().await;
    Ok(answer.map_err(|error| doing.failed(Trouble::of(&error)))?.arn)
}
