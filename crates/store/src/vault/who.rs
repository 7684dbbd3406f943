//! What our token says of itself.

use vaultrs::api::token::requests::LookupTokenSelfRequest;
use vaultrs::api::token::responses::LookupTokenResponse;

use super::VaultStore;
use super::answer::{Answer, Failed};
use super::fault::Doing;
use super::wire::With;
use crate::{Caller, StoreError};

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

/// Who a token is. Its display name begins with the path of the method, which says nothing about persons; the path of the
/// login does: methods that know people put the name into it, and single sign-on comes back from one. What AppRole, a
/// certificate or another token made may be a whole team's.
pub(super) fn caller(display_name: String, path: &str) -> Caller {
    let named = path.rsplit_once("/login/").is_some_and(|(_, name)| !name.is_empty());
    Caller { name: display_name, personal: named || path.ends_with("/oidc/callback") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_logged_in_by_name_is_a_person() {
        let personal = |path| caller("x-olga".to_owned(), path).personal;
        for path in ["auth/ldap/login/olga", "auth/corp/users/login/olga", "auth/oidc/oidc/callback"] {
            assert!(personal(path), "{path}");
        }
        for path in ["auth/ops-approle/login", "auth/token/create", "auth/token/root", "auth/cert/login"] {
            assert!(!personal(path), "{path}");
        }
    }
}
