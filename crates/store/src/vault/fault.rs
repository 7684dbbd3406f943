//! What the server's answers mean, whose fault it is and what to do: each its own message.

use super::absent::{gone, no_engine};
use super::answer::{Answer, Failed};
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
            // Its login is shut like everything else: no secret id would open it.
            _ if self.is_dr_secondary() => said(
                format!("the server at {address} is a disaster recovery secondary, which answers nothing ({gerund})"),
                "give the address of the primary cluster, or promote this one if it is to take its place".into(),
                Class::Permanent,
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
                 other addresses, or `namespace` is another"
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
                "log in again, or give the token the default policy: it allows a token to look at itself. A token of \
                 another namespace is refused too: check `namespace`"
                    .into(),
                Class::Permission,
            ),
            (404, Doing::Login) => said(
                format!("there is no such login method on the server at {address}"),
                "check `mount` of `auth.approle` or `auth.certificate`, and `namespace`; `bao auth list` shows what is \
                 enabled"
                    .into(),
                Class::Permanent,
            ),
            (404, Doing::Check) => said(
                format!("the server at {address} knows no tokens there"),
                "check `namespace`, and the path of `address`; `bao token lookup` shows where a token is known".into(),
                Class::Permanent,
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

/// Settings that cannot work.
pub(super) fn unusable(text: &str) -> StoreError {
    let remedy = "correct [store] in the configuration".into();
    StoreError::Server { text: text.into(), remedy, class: Class::Permanent }
}

#[cfg(test)]
mod tests;
