//! What does not stand where it was looked for: deleted, another engine, no document.

use super::answer::Answer;
use super::endpoints::VersionMetadata;
use crate::{Class, Place, StoreError};

/// The three shapes of "not there" (<https://openbao.org/docs/secrets/kv/kv-v2/>): never written is no error.
pub(super) fn gone(answer: &Answer, mount: &str, place: &Place) -> StoreError {
    let Some(VersionMetadata { version, deletion_time, destroyed, .. }) = &answer.gone else {
        return no_engine("that path", mount);
    };
    let (text, remedy) = if *destroyed {
        (
            format!("version {version} of {mount}/{place} was destroyed"),
            format!(
                "nothing brings it back. If it was ours: restore the server's backup, or begin anew with \
                 `bao kv metadata delete -mount={mount} {place}` and `twinkey init`"
            ),
        )
    } else {
        (
            format!("version {version} of {mount}/{place} was deleted on {deletion_time}"),
            format!("bring it back: bao kv undelete -mount={mount} -versions={version} {place}"),
        )
    };
    StoreError::Server { text, remedy, class: Class::Permanent }
}

pub(super) fn no_engine(address: &str, mount: &str) -> StoreError {
    StoreError::Server {
        text: format!("there is no KV engine at {mount}/ on the server at {address}"),
        remedy:
            "check `mount` and `namespace` in the configuration; `bao secrets list` shows what is mounted"
                .into(),
        class: Class::Permanent,
    }
}

/// On version 1 of the engine the server ignores the condition of a write without a word.
pub(super) fn wrong_engine(mount: &str, kind: &str, version: Option<&str>) -> StoreError {
    let what = version.map_or_else(|| kind.to_owned(), |version| format!("{kind} version {version}"));
    StoreError::Server {
        text: format!("{mount}/ is an engine of type {what}, and Twinkey needs KV version 2"),
        remedy: format!(
            "`bao kv enable-versioning {mount}` turns version 1 into 2 and keeps what is there; consumers then read \
             below {mount}/data/"
        ),
        class: Class::Permanent,
    }
}

/// What is stored is no document of ours.
pub(super) fn no_document(mount: &str, place: &Place, why: &str) -> StoreError {
    StoreError::Server {
        text: format!("{mount}/{place} holds no document: {why}"),
        remedy: format!("look at it with `bao kv get -mount={mount} {place}`"),
        class: Class::Permanent,
    }
}
