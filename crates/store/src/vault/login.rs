//! Logging in, and staying so.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use vaultrs::api::auth::approle::requests::LoginWithApproleRequest;
use vaultrs::api::sys::requests::UnwrapRequest;
use vaultrs::api::token::requests::RenewTokenSelfRequest;

use super::VaultStore;
use super::answer::Failed;
use super::endpoints::LoginWithCertificate;
use super::fault::{Doing, unusable};
use super::settings::VaultLogin;
use super::wire::{Auth, With};
use crate::StoreError;

/// A token, and until when it holds.
pub(super) struct Session {
    pub(super) token: SecretString,
    /// When to renew it, as [`since_boot`]; `None` for a token without end.
    renew_at: Option<Duration>,
    /// When it ends.
    ends_at: Option<Duration>,
    /// How long it was to hold at its login.
    lives: Duration,
    renewable: bool,
    /// Whether it could neither be renewed nor be made anew when its time had come.
    orphaned: bool,
}

/// What a look-up of a token from a file has told.
pub(super) struct LookedUp {
    at: Duration,
    token: SecretString,
    /// When it ends, if that is soon.
    ends_at: Option<Duration>,
}

/// How long a login that cannot be made anew is used before that is tried again, and how long a look-up counts.
const AGAIN: Duration = Duration::from_secs(60);

/// A token that ends within this time is worth a word: longer than a weekend.
const SOON: Duration = Duration::from_secs(4 * 24 * 3600);

impl VaultStore {
    /// Our token: as it is, renewed after two thirds of its time, or by a new login. Where neither works the old one
    /// is used as long as it holds: somebody is told, and has time.
    pub(super) async fn token(&self) -> Result<SecretString, StoreError> {
        if let VaultLogin::TokenFile(path) = &self.settings.login {
            return token_file(path);
        }
        let mut session = self.session.lock().await;
        if let Some(current) = session.as_mut() {
            if current.renew_at.is_none_or(|at| since_boot() < at) {
                return Ok(current.token.clone());
            }
            let renewed = if current.renewable { self.renewed(&current.token).await } else { None };
            if renewed.is_some_and(|renewed| current.renew(renewed)) {
                return Ok(current.token.clone());
            }
        }
        match self.logged_in().await {
            Ok(fresh) => Ok(session.insert(fresh).token.clone()),
            Err(error) => {
                let Some(current) = session.as_mut().filter(|current| current.left().is_some()) else {
                    return Err(error);
                };
                current.orphaned = true;
                current.renew_at = Some(since_boot() + AGAIN);
                Ok(current.token.clone())
            }
        }
    }

    /// How long our token still holds, if it ends soon and nothing renews it. Whoever renews a token file does so
    /// while a third of its time is left; one that has less than a quarter was forgotten.
    pub(super) async fn ends_soon(&self) -> Result<Option<Duration>, StoreError> {
        if !matches!(self.settings.login, VaultLogin::TokenFile(_)) {
            self.token().await?;
            let session = self.session.lock().await;
            return Ok(session.as_ref().filter(|session| session.orphaned).and_then(Session::left));
        }
        // Many credentials of one store ask once: the file is the same for all of them.
        let mut looked_up = self.looked_up.lock().await;
        let known =
            looked_up.as_ref().filter(|known| since_boot() < known.at + AGAIN && self.is_of_now(known));
        if let Some(known) = known {
            return Ok(known.ends_at.and_then(|ends| ends.checked_sub(since_boot())));
        }
        let token = self.token().await?;
        let itself = self.itself().await?;
        let (left, whole) = (Duration::from_secs(itself.ttl), Duration::from_secs(itself.creation_ttl));
        let soon = (itself.ttl > 0 && left < SOON.min(whole / 4)).then_some(left);
        let at = since_boot();
        *looked_up = Some(LookedUp { at, token, ends_at: soon.map(|left| at + left) });
        Ok(soon)
    }

    /// Whether the file still holds the token that was looked up.
    fn is_of_now(&self, known: &LookedUp) -> bool {
        let VaultLogin::TokenFile(path) = &self.settings.login else { return false };
        token_file(path).is_ok_and(|token| token.expose_secret() == known.token.expose_secret())
    }

    /// After a refusal: the token may have been revoked, and the next request logs in again.
    pub(super) async fn forget_token(&self) {
        *self.session.lock().await = None;
    }

    /// `None` where the server renews it no further: then we log in again.
    async fn renewed(&self, token: &SecretString) -> Option<Session> {
        let endpoint = RenewTokenSelfRequest::builder().build().ok()?;
        let answer = self.wire.send(endpoint, With { token: Some(token), newest: false }).await.ok()?;
        answer.auth.map(Session::of)
    }

    async fn logged_in(&self) -> Result<Session, StoreError> {
        let failed = |failed: Failed| failed.error(Doing::Login, &self.server);
        let answer = match &self.settings.login {
            VaultLogin::TokenFile(path) => return token_file(path).map(Session::endless),
            VaultLogin::AppRole { mount, role_id, secret_id, wrapped } => {
                let secret_id = match wrapped {
                    // Kept, because a later login needs it again.
                    true => self.unwrapped.get_or_try_init(|| self.unwrap(secret_id)).await?.clone(),
                    false => secret_id.clone(),
                };
                let endpoint = LoginWithApproleRequest::builder()
                    .mount(mount)
                    .role_id(role_id)
                    .secret_id(secret_id.expose_secret())
                    .build()
                    .map_err(|_| unusable("role id and secret id make no login"))?;
                self.wire.send(endpoint, With::default()).await.map_err(failed)?.auth
            }
            VaultLogin::Certificate { mount, role } => {
                let endpoint = LoginWithCertificate { mount, role: role.as_deref() };
                self.wire.send(endpoint, With::default()).await.map_err(failed)?.auth
            }
        };
        answer.map(Session::of).ok_or_else(|| failed(Failed::Answered(super::answer::Answer::odd())))
    }

    /// A wrapping token is good once: a second use means that somebody else has had the secret id.
    async fn unwrap(&self, wrapping: &SecretString) -> Result<SecretString, StoreError> {
        let endpoint = UnwrapRequest { token: None };
        let answer = self.wire.send(endpoint, With { token: Some(wrapping), newest: false }).await;
        let data = match answer {
            Ok(answer) => answer.data,
            Err(Failed::Answered(answer)) if (400..500).contains(&answer.status) => {
                return Err(StoreError::Server {
                    text: format!("the server at {} does not unwrap the secret id", self.server.address),
                    remedy:
                        "the wrapping token is expired, or was used already. If not by you, by whom? Then \
                             destroy the secret id, and have a new one wrapped"
                            .into(),
                    class: crate::Class::Permission,
                });
            }
            Err(other) => return Err(other.error(Doing::Login, &self.server)),
        };
        let secret_id = data.as_ref().and_then(|data| data.get("secret_id")).and_then(Value::as_str);
        secret_id.map(SecretString::from).ok_or_else(|| unusable("the wrapping token wraps no secret id"))
    }
}

impl Session {
    fn of(auth: Auth) -> Self {
        let Auth { client_token, lease_duration, renewable } = auth;
        let lives = Duration::from_secs(lease_duration);
        let ends = |part: Duration| (lease_duration > 0).then(|| since_boot() + part);
        let (renew_at, ends_at) = (ends(lives * 2 / 3), ends(lives));
        Self { token: client_token, renew_at, ends_at, lives, renewable, orphaned: false }
    }

    fn endless(token: SecretString) -> Self {
        let lives = Duration::ZERO;
        Self { token, renew_at: None, ends_at: None, lives, renewable: false, orphaned: false }
    }

    /// Takes over a renewal. A server renews up to a last moment, and what it gives towards that is less and less:
    /// then it is time to log in anew, and the answer is no.
    fn renew(&mut self, renewed: Self) -> bool {
        (self.ends_at, self.token) = (renewed.ends_at, renewed.token);
        let is_whole = renewed.lives * 2 > self.lives;
        if is_whole {
            (self.renew_at, self.renewable) = (renewed.renew_at, renewed.renewable);
            self.orphaned = false;
        }
        is_whole
    }

    /// How long it still holds; `None` for one that has ended, or never does.
    fn left(&self) -> Option<Duration> {
        self.ends_at?.checked_sub(since_boot()).filter(|left| !left.is_zero())
    }
}

/// Tokens grow old while the host sleeps, and a clock that is put right must not make them younger.
fn since_boot() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds)
}

/// Read anew each time: whoever writes it replaces it before the old one ends.
fn token_file(path: &Path) -> Result<SecretString, StoreError> {
    let text = fs::read_to_string(path).map(SecretString::from).map_err(|why| StoreError::Server {
        text: format!("the token file {} cannot be read: {why}", path.display()),
        remedy: "log in (`bao login`, `vault login`), or start the agent that writes it".into(),
        class: crate::Class::Permission,
    })?;
    let token = text.expose_secret().trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unusable(&format!("the token file {} holds no token", path.display())));
    }
    Ok(SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(seconds: u64) -> Session {
        Session::of(Auth { client_token: "t".into(), lease_duration: seconds, renewable: true })
    }

    #[test]
    fn a_login_that_was_given_up_is_fine_again_once_it_is_renewed_for_its_whole_time() {
        let mut session = given(3600);
        session.orphaned = true;
        assert!(!session.renew(given(600)), "the last moment is near: it is time to log in anew");
        assert!(session.orphaned);
        assert!(session.renew(given(3600)));
        assert!(!session.orphaned);
    }
}
