//! The sign of life to somebody outside: an address that is asked after each good cycle. Who hears nothing for too
//! long knows that this host, or its way out, is gone.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};

use crate::board::Board;
use crate::config::SecretRef;

/// How long a ping may take; it holds up nobody.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Beats after each cycle in which every credential had a good run.
pub(crate) struct Heart {
    address: Option<SecretRef>,
    last: Timestamp,
}

impl Heart {
    /// A heart that has not beaten yet.
    pub(crate) fn new(address: Option<SecretRef>, now: Timestamp) -> Self {
        Self { address, last: now }
    }

    /// Another address from now on, or none.
    pub(crate) fn configure(&mut self, address: Option<SecretRef>) {
        self.address = address;
    }

    /// Beats, beside everything else, where a cycle has just become complete.
    pub(crate) fn beats_if_all_is_well(&mut self, board: &Board, now: Timestamp) {
        let Some(address) = self.address.as_ref().filter(|_| board.all_good_since(self.last)) else { return };
        self.last = now;
        let address = address.clone();
        tokio::spawn(async move { beat(&address).await });
    }
}

/// Reads the address and sends one ping. One that does not arrive is said; whoever waits for it will ask.
pub(crate) async fn beat(address: &SecretRef) {
    let sent = match address.read() {
        Ok(address) => send(&address).await,
        Err(error) => Err(error.to_string()),
    };
    if let Err(why) = sent {
        tracing::warn!("the ping did not arrive: {why}");
    }
}

/// Sends one ping.
///
/// # Errors
/// Why it did not arrive, without the address: whoever knows it can pretend that all is well.
async fn send(address: &SecretString) -> Result<(), String> {
    let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().timeout(TIMEOUT).build();
    let client = client.map_err(|error| error.without_url().to_string())?;
    let answer = client.get(address.expose_secret()).send().await;
    let answer = answer.map_err(|error| error.without_url().to_string())?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("the answer is {}", answer.status())) }
}
