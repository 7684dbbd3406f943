//! A provider with two clients: the sandbox, or the real server that we did not write.

use twinkey_core::Client;
use twinkey_sandbox::{ErrorStyle, Options, Sandbox};

use super::authlib::Authlib;

/// A provider with clients `a` and `b`.
pub enum Provider {
    Sandbox(Sandbox),
    Real(Authlib),
}

impl Provider {
    pub async fn sandbox() -> Self {
        Self::with(Options::default()).await
    }

    /// A sandbox that answers a wrong secret as the provider's page documents it.
    pub async fn documented() -> Self {
        Self::with(Options { error_style: ErrorStyle::Documented, ..Options::default() }).await
    }

    pub async fn with(options: Options) -> Self {
        let token_lifetime = std::time::Duration::from_secs(1);
        Self::Sandbox(Sandbox::start(Options { token_lifetime, ..options }).await.unwrap())
    }

    pub fn real() -> Self {
        Self::Real(Authlib::start(1))
    }

    pub fn as_sandbox(&self) -> &Sandbox {
        match self {
            Self::Sandbox(sandbox) => sandbox,
            Self::Real(_) => panic!("this story needs the sandbox"),
        }
    }

    pub fn token_url(&self) -> String {
        match self {
            Self::Sandbox(sandbox) => sandbox.token_url(),
            Self::Real(server) => server.token_url(),
        }
    }

    /// The address without a path.
    pub fn address(&self) -> String {
        let url: url::Url = self.token_url().parse().unwrap();
        url.origin().ascii_serialization()
    }

    /// A client's id and current secret, as somebody would have copied them.
    pub async fn pair(&self, client: Client) -> (String, String) {
        let at = usize::from(client == Client::B);
        match self {
            Self::Real(server) => server.clients().await.swap_remove(at),
            Self::Sandbox(sandbox) => {
                let id = sandbox.clients()[at].id.clone();
                let secret = sandbox.secret_of(&id).unwrap();
                (id, secret)
            }
        }
    }

    /// The click in the portal.
    pub async fn regenerate(&self, client: Client) -> String {
        let (id, _) = self.pair(client).await;
        match self {
            Self::Sandbox(sandbox) => sandbox.regenerate(&id).unwrap(),
            Self::Real(server) => server.regenerate(&id).await,
        }
    }
}
