//! What our token says of itself.

use vaultrs::api::token::requests::LookupTokenSelfRequest;
use vaultrs::api::token::responses::LookupTokenResponse;

use super::VaultStore;
use super::answer::{Answer, Failed};
use super::fault::Doing;
use super::wire::With;
use crate::StoreError;

impl VaultStore {
    /// Its display name is the one that the server's own audit log has, such as `ldap-olga`.
    pub(super) async fn itself(&self) -> Result<LookupTokenResponse, StoreError> {
        let token = self.token().await?;
        let answer =
            self.wire.send(LookupTokenSelfRequest {}, With { token: Some(&token), newest: false }).await;
        let itself = answer.map_err(|failed| failed.error(Doing::Check, &self.server))?.data;
        itself.ok_or_else(|| Failed::Answered(Answer::odd()).error(Doing::Check, &self.server))
    }
}
