//! What can be wrong with a host's surroundings, each with its key and how urgent it is.

use jiff::SignedDuration;

use crate::Client;
use crate::messages::Severity;

mod streaks;

pub use streaks::{Finding, Streaks};

/// What can be wrong with a host's surroundings. One for all credentials that suffer from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Alert {
    /// A store cannot be read. Consumers keep what they have; nothing is published.
    StoreUnreachable {
        /// Its name in the configuration.
        store: String,
    },
    /// A store or an output file can be read and not written: the next switch will fail.
    WriteDenied {
        /// Its name in the configuration.
        store: String,
    },
    /// The login at a store ends soon, and nothing renews it.
    LoginExpiring {
        /// The store's name in the configuration.
        store: String,
        /// Whether it ends before anybody has looked twice more.
        at_once: bool,
    },
    /// A provider gives nobody an answer that can be used: no credential is to blame.
    ProviderDown {
        /// Its name in the configuration.
        provider: String,
    },
    /// A provider cannot be asked from this host: a secret that it needs cannot be read, or its settings cannot work.
    ProviderUnusable {
        /// Its name in the configuration.
        provider: String,
    },
    /// A provider gives one client no answer that can be used, and others one: nothing proves that its secret works.
    Unproven {
        /// The credential's name.
        credential: String,
        /// Which client.
        client: Client,
        /// Whether it is the one that consumers use.
        active: bool,
    },
    /// This host's clock is off.
    ClockOff {
        /// Whether by so much that there is no scheduled switch and no permit.
        bars: bool,
    },
    /// The audit log cannot be written: no scheduled switch, no permit.
    AuditUnwritable,
    /// A channel to people fails; others are asked instead.
    ChannelFailing {
        /// Its name in the configuration.
        channel: String,
    },
}

impl Alert {
    /// The names of all kinds, as keys and runbooks have them.
    pub fn names() -> &'static [&'static str] {
        <Self as strum::VariantNames>::VARIANTS
    }

    /// The stable key of its messages: the same as long as it stands, and whenever it comes again.
    pub fn key(&self) -> String {
        let kind: &'static str = self.into();
        match self {
            Self::StoreUnreachable { store: name }
            | Self::WriteDenied { store: name }
            | Self::LoginExpiring { store: name, .. }
            | Self::ProviderDown { provider: name }
            | Self::ProviderUnusable { provider: name }
            | Self::ChannelFailing { channel: name } => format!("host/{kind}/{name}"),
            Self::Unproven { credential, client, .. } => format!("{credential}/{kind}/{client}"),
            Self::ClockOff { .. } | Self::AuditUnwritable => format!("host/{kind}"),
        }
    }

    /// How urgent it is. What stops switches by itself is to be mended in office hours; what may hide worse, now.
    pub fn severity(&self) -> Severity {
        match self {
            Self::StoreUnreachable { .. }
            | Self::ProviderDown { .. }
            | Self::ProviderUnusable { .. }
            | Self::WriteDenied { .. }
            | Self::LoginExpiring { at_once: true, .. }
            | Self::Unproven { active: true, .. }
            | Self::ClockOff { bars: true } => Severity::Page,
            Self::LoginExpiring { .. }
            | Self::Unproven { .. }
            | Self::ClockOff { .. }
            | Self::AuditUnwritable
            | Self::ChannelFailing { .. } => Severity::Warning,
        }
    }

    /// How many polls in a row must find it: what comes with the weather is asked twice.
    fn polls(&self) -> u32 {
        match self {
            Self::StoreUnreachable { .. }
            | Self::ProviderDown { .. }
            | Self::ProviderUnusable { .. }
            | Self::Unproven { .. } => 2,
            // A channel has failed more than once before it is called failing; the others do not come and go.
            _ => 1,
        }
    }

    /// For how long it must have been found: one node of a provider may be away while it is replaced.
    fn lasts(&self) -> SignedDuration {
        match self {
            Self::Unproven { .. } => UNPROVEN_IS_LONG,
            _ => SignedDuration::ZERO,
        }
    }
}

/// A client that has had no usable answer for this long, while others had, is worth a call.
pub const UNPROVEN_IS_LONG: SignedDuration = SignedDuration::from_mins(30);

/// A clock that is further off than this is worth a warning: tokens begin to look unborn or dead.
pub const CLOCK_IS_OFF: SignedDuration = SignedDuration::from_secs(30);
