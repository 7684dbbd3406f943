//! How a sandbox is set up.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::Misbehaviour;

/// The user of the password grant, unless [`Options::user`] names another.
pub const USERNAME: &str = "api-user";
/// That user's password. It is public: the sandbox is no place for real secrets.
pub const PASSWORD: &str = "sandbox-password";

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 is a free one. Anything but loopback is refused.
    pub address: SocketAddr,
    /// The seed of ids, secrets, tokens and late nodes: the same seed, the same values.
    pub seed: u64,
    /// How long a token lives; whole seconds are told to who asks for one.
    pub token_lifetime: Duration,
    /// Whether a regeneration also ends the tokens issued to that client. The provider does not document
    /// it; by default they live on until they expire.
    pub regeneration_ends_tokens: bool,
    /// How a wrong secret is answered.
    pub error_style: ErrorStyle,
    /// Who may use the password grant.
    pub user: User,
    /// Whether HTTP Basic is read as it is, instead of decoded as RFC 6749 section 2.3.1 says.
    pub basic_raw: bool,
    /// How many nodes answer token requests: each new connection meets the next one.
    pub nodes: u32,
    /// How many of them learn late of a regeneration, drawn by the seed each time; `None`: all but the first.
    pub late_nodes: Option<u32>,
    /// How long a late node knows only the old secret.
    pub late: Duration,
    /// How far the provider's clock is ahead, in seconds; negative: behind.
    pub clock_ahead: i64,
    /// A seeded stream of faults.
    pub misbehaviour: Option<Misbehaviour>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            token_lifetime: Duration::from_secs(3600),
            regeneration_ends_tokens: false,
            error_style: ErrorStyle::InvalidClient,
            user: User::default(),
            basic_raw: false,
            nodes: 1,
            late_nodes: None,
            late: Duration::ZERO,
            clock_ahead: 0,
            misbehaviour: None,
        }
    }
}

/// How a wrong secret is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorStyle {
    /// 401 with `invalid_client`, as RFC 6749 section 5.2 has it.
    InvalidClient,
    /// 400 that names no `invalid_client`, as the provider's page documents it.
    Documented,
}

/// The user of the password grant (RFC 6749 section 4.3).
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl Default for User {
    fn default() -> Self {
        Self { name: USERNAME.to_owned(), password: PASSWORD.to_owned() }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}
