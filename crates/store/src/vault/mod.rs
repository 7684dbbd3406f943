//! Vault and OpenBao: the KV engine, version 2.
//!
//! A version is the engine's number and the moment at which it was made: after somebody has deleted a document
//! with its history the numbers begin again. The engine compares the number alone, so the moment is compared
//! here, with what the look before the write has shown.

mod absent;
mod answer;
mod check;
mod endpoints;
mod engine;
mod fault;
mod limits;
mod login;
mod look;
mod policy;
mod settings;
mod version;
mod who;
mod wire;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use twinkey_core::seen::Freshness;
use twinkey_core::{AttemptId, Expected, Version};
use vaultrs::api::token::requests::LookupTokenSelfRequest;

pub use policy::vault_policy;
pub use settings::{Authorities, VaultLogin, VaultSettings};

use crate::{Body, Caller, Finding, Place, Store, StoreError, Versioned, Written};
use answer::Failed;
use endpoints::{VersionMetadata, Write};
use fault::{Doing, Server};
use login::{LookedUp, Session};
use look::{Forwarding, NotSeen};
use wire::{Wire, With};

/// The KV engine (version 2) of a Vault or OpenBao.
///
/// # Expected flow
/// As [`Store`]. Opening asks nobody: the first request logs in, and looks once what kind of engine the mount is.
///
/// # Guarantees
/// Every write carries `cas`. A document whose newest version is deleted or destroyed is an error and never
/// "absent": somebody did that, and nothing is written over it. After an unclear write the look goes to the active
/// node, where the server lets us ask for that.
///
/// # Caveats
/// The engine keeps no names of attempts. The same body over the same version counts as the same attempt:
/// the documents of Twinkey tell attempts apart by what stands in them, and two equal writes are one.
pub struct VaultStore {
    settings: VaultSettings,
    server: Server,
    wire: Wire,
    session: tokio::sync::Mutex<Option<Session>>,
    looked_up: tokio::sync::Mutex<Option<LookedUp>>,
    unwrapped: tokio::sync::OnceCell<SecretString>,
    engine: tokio::sync::OnceCell<()>,
    forwarding: Forwarding,
    /// What was seen last, by place.
    seen: Mutex<HashMap<Place, Version>>,
}

impl VaultStore {
    /// A store on this server. Asks nobody yet.
    ///
    /// # Errors
    /// The configuration's fault: certificates, namespace or address cannot work.
    pub fn new(settings: VaultSettings) -> Result<Self, StoreError> {
        let address = settings.address.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            wire: Wire::new(&settings)?,
            server: Server { address, mount: settings.mount.clone() },
            settings,
            session: tokio::sync::Mutex::default(),
            looked_up: tokio::sync::Mutex::default(),
            unwrapped: tokio::sync::OnceCell::new(),
            engine: tokio::sync::OnceCell::new(),
            forwarding: Forwarding::default(),
            seen: Mutex::default(),
        })
    }

    /// A refusal may be of this path, or of the token: it may have been revoked. Then the next request logs in anew.
    async fn failed(&self, failed: Failed, doing: Doing<'_>, token: &SecretString) -> StoreError {
        if matches!(&failed, Failed::Answered(answer) if answer.is_denied()) {
            let itself =
                self.wire.send(LookupTokenSelfRequest {}, With { token: Some(token), newest: false });
            if matches!(itself.await, Err(Failed::Answered(answer)) if answer.is_denied()) {
                self.forget_token().await;
            }
        }
        failed.error(doing, &self.server)
    }

    fn remember(&self, place: &Place, version: &Version) {
        if let Ok(mut seen) = self.seen.lock() {
            seen.insert(place.clone(), version.clone());
        }
    }

    /// Whether the number stands for another version by now. A read may have been stale, so the active node is
    /// asked before a version is called past.
    async fn begins_again(&self, place: &Place, expected: &Version) -> Result<bool, StoreError> {
        if self.is_another(place, expected) {
            self.found(place, true).await?;
        }
        Ok(self.is_another(place, expected))
    }

    /// Whether the look before showed the same number for another version.
    fn is_another(&self, place: &Place, expected: &Version) -> bool {
        let seen = self.seen.lock().ok().and_then(|seen| seen.get(place).cloned());
        seen.is_some_and(|seen| version::number(&seen) == version::number(expected) && seen != *expected)
    }

    /// The condition did not hold: somebody else was first, or we were, and did not hear it.
    async fn refused(&self, place: &Place, cas: u64, body: &Body) -> Result<Written, StoreError> {
        let found = match self.looked(place, true).await {
            Ok(found) => found,
            // Deleted by somebody: nothing of ours stands there.
            Err(NotSeen { error, gone: true }) => return Err(error),
            // An earlier sending of this attempt may stand.
            Err(NotSeen { error, .. }) => {
                return Ok(Written::Unclear(format!("refused, and then: {error}")));
            }
        };
        let ours = found.filter(|found| {
            version::number(&found.version) == Some(cas + 1) && found.body.same_meaning(body)
        });
        Ok(ours.map_or(Written::Conflict, |found| Written::Written(found.version)))
    }
}

#[async_trait]
impl Store for VaultStore {
    async fn read(&self, place: &Place, freshness: Freshness) -> Result<Option<Versioned>, StoreError> {
        self.found(place, freshness == Freshness::Latest).await
    }

    async fn write(
        &self,
        place: &Place,
        expected: &Expected,
        body: &Body,
        _attempt: AttemptId,
    ) -> Result<Written, StoreError> {
        let cas = match expected {
            Expected::Absent => 0,
            Expected::Version(version) => match version::number(version) {
                Some(number) if !self.begins_again(place, version).await? => number,
                // Or a version of another kind of store.
                _ => return Ok(Written::Conflict),
            },
        };
        let token = self.token().await?;
        self.engine(&token).await?;
        let data = body.to_json();
        let endpoint = Write { mount: &self.settings.mount, path: place.as_str(), cas, data };
        match self.wire.send(endpoint, With { token: Some(&token), newest: false }).await {
            Ok(answer) => Ok(answer.data.map_or_else(
                || Written::Unclear("the server took it and did not say which version it is".into()),
                |metadata: VersionMetadata| {
                    let version = version::of(&metadata);
                    self.remember(place, &version);
                    Written::Written(version)
                },
            )),
            Err(Failed::Answered(answer)) if answer.is_conflict() => self.refused(place, cas, body).await,
            Err(Failed::Answered(answer)) if !answer.is_certain() => {
                Ok(Written::Unclear(answer.doubt(place, &self.server)))
            }
            Err(Failed::Unclear(why)) => Ok(Written::Unclear(why)),
            Err(failed) => Err(self.failed(failed, Doing::Write(place), &token).await),
        }
    }

    async fn check(&self, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        self.findings(places).await
    }

    async fn who(&self) -> Result<Option<Caller>, StoreError> {
        let itself = self.itself().await?;
        Ok(Some(who::caller(itself.display_name, &itself.path)))
    }

    async fn login_ends(&self) -> Result<Option<Duration>, StoreError> {
        self.ends_soon().await
    }
}
