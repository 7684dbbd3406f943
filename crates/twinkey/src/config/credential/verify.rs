//! `verify`: how secrets are proven and watched.

use jiff::SignedDuration;
use twinkey_core::policy::Settle;

use super::or_default;
use crate::config::keys;
use crate::config::reader::Reader;

pub(super) struct Verify {
    pub(super) settle: Settle,
    pub(super) standby_every: SignedDuration,
    pub(super) active_every: SignedDuration,
}

pub(super) fn default() -> Verify {
    Verify {
        settle: Settle { tokens: keys::TOKENS, over: or_default(None, keys::SETTLE) },
        standby_every: or_default(None, keys::STANDBY_EVERY),
        active_every: or_default(None, keys::ACTIVE_EVERY),
    }
}

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Verify {
    Verify {
        settle: Settle {
            over: or_default(reader.duration_in("settle", "0s", "1h"), keys::SETTLE),
            tokens: reader.integer("tokens", 1..=20).unwrap_or(keys::TOKENS),
        },
        standby_every: or_default(reader.duration_in("standby-every", "1s", "4w"), keys::STANDBY_EVERY),
        active_every: or_default(reader.duration_in("active-every", "1s", "1d"), keys::ACTIVE_EVERY),
    }
}
