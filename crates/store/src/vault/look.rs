//! A look at a document, by the active node where no other will do.

use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;

use super::absent::no_document;
use super::answer::Failed;
use super::endpoints::{Found, Read};
use super::fault::Doing;
use super::wire::{Envelope, With};
use super::{VaultStore, version};
use crate::{Body, Place, StoreError, Versioned};

/// Whether the server takes `X-Vault-Forward`. OpenBao does. HashiCorp's Vault does where its configuration says
/// `allow_forwarding_via_header`, which only the Enterprise edition has.
pub(super) struct Forwarding(AtomicBool);

/// Why a look showed no document.
pub(super) struct NotSeen {
    pub(super) error: StoreError,
    /// Whether somebody has deleted what stood there.
    pub(super) gone: bool,
}

impl Default for Forwarding {
    fn default() -> Self {
        Self(AtomicBool::new(true))
    }
}

impl From<StoreError> for NotSeen {
    fn from(error: StoreError) -> Self {
        Self { error, gone: false }
    }
}

impl VaultStore {
    pub(super) async fn found(&self, place: &Place, newest: bool) -> Result<Option<Versioned>, StoreError> {
        self.looked(place, newest).await.map_err(|not_seen| not_seen.error)
    }

    pub(super) async fn looked(&self, place: &Place, newest: bool) -> Result<Option<Versioned>, NotSeen> {
        let token = self.token().await?;
        // One round trip for both: a read harms nothing, and is believed only once the engine is known.
        let (engine, answer) = tokio::join!(self.engine(&token), self.send_read(place, &token, newest));
        engine?;
        let answer = match answer {
            Ok(answer) => answer,
            Err(Failed::Answered(answer)) if answer.is_absent() => return Ok(None),
            Err(failed) => {
                let gone = matches!(&failed, Failed::Answered(answer) if answer.gone.is_some());
                let error = self.failed(failed, Doing::Read(place), &token).await;
                return Err(NotSeen { error, gone });
            }
        };
        let mount = &self.settings.mount;
        let Some(Found { data: Some(data), metadata }) = answer.data else {
            return Err(no_document(mount, place, "the answer is empty").into());
        };
        let body = Body::from_json(data.get()).map_err(|why| no_document(mount, place, &why.to_string()))?;
        let version = version::of(&metadata);
        self.remember(place, &version);
        Ok(Some(Versioned { version, body }))
    }

    /// A server that does not take the header is asked without it, then and from now on. Its standby nodes hand every
    /// request to the active node anyway, or answer with a redirect; only Enterprise's performance standbys read for
    /// themselves. Nothing was done by the first request, and a read changes nothing: this is no retry of a write.
    async fn send_read(
        &self,
        place: &Place,
        token: &SecretString,
        newest: bool,
    ) -> Result<Envelope<Found>, Failed> {
        let read = || Read { mount: &self.settings.mount, path: place.as_str() };
        let newest = newest && self.forwarding.0.load(Ordering::Relaxed);
        match self.wire.send(read(), With { token: Some(token), newest }).await {
            Err(Failed::Answered(answer)) if newest && answer.refuses_forwarding() => {
                self.forwarding.0.store(false, Ordering::Relaxed);
                self.wire.send(read(), With { token: Some(token), newest: false }).await
            }
            answer => answer,
        }
    }
}
