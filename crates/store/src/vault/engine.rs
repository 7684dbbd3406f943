//! What kind of engine the mount is.

use secrecy::SecretString;

use super::VaultStore;
use super::absent::wrong_engine;
use super::answer::{Answer, Failed};
use super::endpoints::Mount;
use super::fault::Doing;
use super::wire::With;
use crate::StoreError;

impl VaultStore {
    /// On version 1 of the engine `cas` is ignored without a word: looked at once, beside the first read and
    /// before anything is written.
    pub(super) async fn engine(&self, token: &SecretString) -> Result<(), StoreError> {
        self.engine.get_or_try_init(|| self.look_at_the_engine(token)).await.copied()
    }

    async fn look_at_the_engine(&self, token: &SecretString) -> Result<(), StoreError> {
        let endpoint = Mount { mount: &self.settings.mount };
        let answer = self.wire.send(endpoint, With { token: Some(token), newest: false }).await;
        let found = answer.map_err(|failed| failed.error(Doing::Engine, &self.server))?.data;
        let odd = || Failed::Answered(Answer::odd()).error(Doing::Engine, &self.server);
        let found = found.ok_or_else(odd)?;
        let version = found.options.as_ref().and_then(|options| options.get("version"));
        match (found.kind.as_str(), version.map(String::as_str)) {
            ("kv", Some("2")) => Ok(()),
            (kind, version) => Err(wrong_engine(&self.settings.mount, kind, version)),
        }
    }
}
