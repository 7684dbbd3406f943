//! What the server's answers mean, whose fault it is and what to do: each its own message.

use super::answer::{Answer, Failed};
use super::endpoints::VersionMetadata;
use crate::{Class, Place, StoreError};

/// What was being done.
#[derive(Clone, Copy)]
pub(super) enum Doing<'a> {
    Login,
    Read(&'a Place),
    Write(&'a Place),
    /// Looking what kind of engine the mount is.
    Engine,
    Check,
}

/// What stands in messages about the server.
pub(super) struct Server {
    /// Its address.
    pub(super) address: String,
    /// The mount of the KV engine.
    pub(super) mount: String,
}

impl Doing<'_> {
    fn gerund(&self, server: &Server) -> String {
        match self {
            Self::Login => "logging in".into(),
            Self::Read(place) => format!("reading {}/{place}", server.mount),
            Self::Write(place) => format!("writing {}/{place}", server.mount),
            Self::Engine => format!("looking at {}/", server.mount),
            Self::Check => "checking".into(),
        }
    }
}

impl Failed {
    /// As an error of what was being done.
    pub(super) fn error(self, doing: Doing<'_>, server: &Server) -> StoreError {
        match self {
            Self::NotSent(why) | Self::Unclear(why) => StoreError::Unreachable {
                doing: format!("{} on the server at {}: {why}", doing.gerund(server), server.address),
                source: why.into(),
            },
            Self::Answered(answer) => answer.error(doing, server),
        }
    }
}

impl Answer {
    /// Why nobody knows whether the write was done.
    pub(super) fn doubt(self, place: &Place, server: &Server) -> String {
        if !self.is_redirect() {
            return format!("the server answered {}", self.status);
        }
        let error = self.error(Doing::Write(place), server);
        format!("{error}; {}", error.remedy())
    }

    fn error(self, doing: Doing<'_>, server: &Server) -> StoreError {
        let Server { address, mount } = server;
        let gerund = doing.gerund(server);
        let said = |text: String, remedy: String, class| StoreError::Server { text, remedy, class };
        match (self.status, doing) {
            _ if self.is_sealed() => said(
                format!("the server at {address} is sealed: nobody can read or write there ({gerund})"),
                "unseal it; what consumers hold goes on working meanwhile, and nothing is published".into(),
                Class::Temporary,
            ),
            (400..=499, _) if self.errors.is_none() && self.gone.is_none() => said(
                format!(
                    "what answers at {address} says {} and does not speak as Vault ({gerund}): a gate, or another server",
                    self.status
                ),
                "it is tried again; if it stays, check the address, and what stands before the server".into(),
                Class::Temporary,
            ),
            (400, _) if self.says("Upgrading") => said(
                format!("the server at {address} is turning {mount}/ into version 2 ({gerund})"),
                "it is tried again: this takes moments".into(),
                Class::Temporary,
            ),
            (408 | 412, _) => said(
                format!("the server at {address} is not ready to answer ({}, {gerund})", self.status),
                "it is tried again".into(),
                Class::Temporary,
            ),
            (300..=399, _) => said(
                format!("the server at {address} answers with a redirect ({}): a standby node, or a gate before it", self.status),
                "if it stays, give the address of the cluster or of its active node; redirects are not followed, \
                 because the token would go along"
                    .into(),
                // A standby node sends 307 for as long as it does not reach the active one.
                if self.status == 307 { Class::Temporary } else { Class::Permanent },
            ),
            (429, _) => said(
                format!("the server at {address} refuses requests beyond its rate limit quota ({gerund})"),
                "it is tried again; if it stays, look at the server's quotas (sys/quotas/rate-limit)".into(),
                Class::Temporary,
            ),
            (400 | 403, Doing::Login) => said(
                format!("the server at {address} refuses our login ({})", self.status),
                "check the configured login: role, secret id or certificate may be expired, used up, or bound to \
                 other addresses"
                    .into(),
                Class::Permission,
            ),
            (403, Doing::Read(place)) => denied(&gerund, &format!("{mount}/data/{place}"), "read"),
            (403, Doing::Write(place)) => denied(&gerund, &format!("{mount}/data/{place}"), "create and update"),
            // Without any right below the mount the server does not even tell that it is there.
            (403, Doing::Engine) => said(
                format!("the server at {address} refuses our token, or there is nothing below {mount}/ that it may use"),
                "log in again; if that does not help, check `mount`, and give the token what `twinkey policy vault` \
                 prints"
                    .into(),
                Class::Permission,
            ),
            (403, Doing::Check) => said(
                format!("the server at {address} refuses our token"),
                "log in again, or give the token the default policy: it allows a token to look at itself".into(),
                Class::Permission,
            ),
            (404, Doing::Read(place) | Doing::Write(place)) if self.gone.is_some() => gone(&self, mount, place),
            (404, _) => no_engine(address, mount),
            (0, _) => said(
                format!("what answers at {address} speaks neither as Vault nor as OpenBao ({gerund})"),
                "it is tried again; if it stays, check the address and what stands before the server".into(),
                Class::Temporary,
            ),
            (500..=599, _) => said(
                format!("the server at {address} failed with {} ({gerund})", self.status),
                "it is tried again; if it stays, look at the server's log".into(),
                Class::Temporary,
            ),
            (status, _) => said(
                format!("the server at {address} answers {status} ({gerund})"),
                "look at the server's log and audit log for the reason".into(),
                Class::Permanent,
            ),
        }
    }
}

fn denied(gerund: &str, path: &str, capability: &str) -> StoreError {
    StoreError::Server {
        text: format!("permission denied for {gerund}"),
        remedy: format!(
            "our token needs {capability} on {path}: `twinkey policy vault` prints the whole policy; \
             `twinkey check` shows what it may do now"
        ),
        class: Class::Permission,
    }
}

/// The three shapes of "not there" (<https://openbao.org/docs/secrets/kv/kv-v2/>): never written is no error.
fn gone(answer: &Answer, mount: &str, place: &Place) -> StoreError {
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

fn no_engine(address: &str, mount: &str) -> StoreError {
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

/// Settings that cannot work.
pub(super) fn unusable(text: &str) -> StoreError {
    let remedy = "correct [store] in the configuration".into();
    StoreError::Server { text: text.into(), remedy, class: Class::Permanent }
}
