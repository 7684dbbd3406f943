//! What concerns a host and not one credential, and since when things stand: one failed poll is no incident.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ledger::Standing;
use crate::messages::Severity;

/// What can be wrong with a host's surroundings. One for all credentials that suffer from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    },
    /// A provider gives nobody an answer that can be used: no credential is to blame.
    ProviderDown {
        /// Its name in the configuration.
        provider: String,
    },
    /// This host's clock is off: no scheduled switch, no permit.
    ClockOff,
    /// The audit log cannot be written: no scheduled switch, no permit.
    AuditUnwritable,
    /// A channel to people fails; others are asked instead.
    ChannelFailing {
        /// Its name in the configuration.
        channel: String,
    },
}

impl Alert {
    /// The stable key of its messages.
    pub fn key(&self) -> String {
        match self {
            Self::StoreUnreachable { store } => format!("host/store-unreachable/{store}"),
            Self::WriteDenied { store } => format!("host/write-denied/{store}"),
            Self::LoginExpiring { store } => format!("host/login-expiring/{store}"),
            Self::ProviderDown { provider } => format!("host/provider-down/{provider}"),
            Self::ClockOff => "host/clock-off".to_owned(),
            Self::AuditUnwritable => "host/audit-unwritable".to_owned(),
            Self::ChannelFailing { channel } => format!("host/channel-failing/{channel}"),
        }
    }

    /// How urgent it is. What stops switches by itself is to be mended in office hours; what may hide worse, now.
    pub fn severity(&self) -> Severity {
        match self {
            Self::StoreUnreachable { .. } | Self::ProviderDown { .. } | Self::WriteDenied { .. } => {
                Severity::Page
            }
            Self::LoginExpiring { .. }
            | Self::ClockOff
            | Self::AuditUnwritable
            | Self::ChannelFailing { .. } => Severity::Warning,
        }
    }

    /// How many polls in a row must find it: what comes with the weather is asked twice.
    fn polls(&self) -> u32 {
        match self {
            Self::StoreUnreachable { .. } | Self::ProviderDown { .. } => 2,
            // A channel has failed more than once before it is called failing; the others do not come and go.
            _ => 1,
        }
    }
}

/// A login that ends within this time is worth a warning: longer than a weekend.
pub const LOGIN_ENDS_SOON: SignedDuration = SignedDuration::from_hours(24 * 4);

/// What one poll found out about one thing. What was not looked at is not mentioned, and stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// About what.
    pub about: Alert,
    /// Whether it is so.
    pub stands: bool,
}

/// Since when, and how often in a row, things were found to stand. It is kept between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streaks(BTreeMap<String, Streak>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Streak {
    since: Timestamp,
    polls: u32,
    needed: u32,
    severity: Severity,
}

impl Streaks {
    /// Takes over what one poll found. One good answer ends a streak, whatever else the same poll found; several bad
    /// ones about the same thing are one.
    pub fn learn(&mut self, findings: &[Finding], now: Timestamp) {
        let mut bad: BTreeMap<String, &Finding> = BTreeMap::new();
        bad.extend(findings.iter().map(|finding| (finding.about.key(), finding)));
        for good in findings.iter().filter(|finding| !finding.stands) {
            let key = good.about.key();
            bad.remove(&key);
            self.0.remove(&key);
        }
        for (key, finding) in bad {
            let fresh = Streak {
                since: now,
                polls: 0,
                needed: finding.about.polls(),
                severity: finding.about.severity(),
            };
            let streak = self.0.entry(key).or_insert(fresh);
            streak.polls = streak.polls.saturating_add(1);
        }
    }

    /// Forgets what the configuration no longer knows.
    pub fn forget(&mut self, is_known: impl Fn(&str) -> bool) {
        self.0.retain(|key, _| is_known(key));
    }

    /// What should stand now, since it was first found.
    pub fn standing(&self) -> Vec<Standing> {
        let long = self.0.iter().filter(|(_, streak)| streak.polls >= streak.needed);
        long.map(|(key, streak)| Standing {
            key: key.clone(),
            since: streak.since,
            severity: streak.severity,
            rung: 0,
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn provider(stands: bool) -> Finding {
        Finding { about: Alert::ProviderDown { provider: "gbg".to_owned() }, stands }
    }

    fn all() -> Vec<Alert> {
        let name = || "x".to_owned();
        vec![
            Alert::StoreUnreachable { store: name() },
            Alert::WriteDenied { store: name() },
            Alert::LoginExpiring { store: name() },
            Alert::ProviderDown { provider: name() },
            Alert::ClockOff,
            Alert::AuditUnwritable,
            Alert::ChannelFailing { channel: name() },
        ]
    }

    #[test]
    fn one_failed_poll_is_no_incident_and_two_are() {
        let mut streaks = Streaks::default();
        streaks.learn(&[provider(true)], at(0));
        assert_eq!(streaks.standing(), []);
        streaks.learn(&[provider(true)], at(300));
        let standing = streaks.standing();
        assert_eq!((standing[0].key.as_str(), standing[0].since), ("host/provider-down/gbg", at(0)));
    }

    #[test]
    fn one_good_poll_ends_it_and_what_was_not_looked_at_stays() {
        let mut streaks = Streaks::default();
        streaks.learn(&[provider(true)], at(0));
        streaks.learn(&[provider(false)], at(1));
        streaks.learn(&[provider(true)], at(2));
        assert_eq!(streaks.standing(), []);
        // The store is away, so nobody asks the provider.
        let store = Finding { about: Alert::StoreUnreachable { store: "vault".to_owned() }, stands: true };
        streaks.learn(&[store], at(3));
        streaks.learn(&[provider(true)], at(4));
        assert_eq!(streaks.standing().len(), 1);
        streaks.learn(&[provider(false)], at(5));
        assert_eq!(streaks.standing(), []);
    }

    #[test]
    fn two_credentials_of_one_provider_are_one_alert_and_one_that_works_is_none() {
        let mut streaks = Streaks::default();
        streaks.learn(&[provider(true), provider(true)], at(0));
        assert_eq!(streaks.standing(), []);
        streaks.learn(&[provider(true), provider(true)], at(1));
        assert_eq!(streaks.standing().len(), 1);
        streaks.learn(&[provider(true), provider(false), provider(true)], at(2));
        assert_eq!(streaks.standing(), []);
    }

    #[test]
    fn every_alert_has_a_key_of_its_own_and_survives_being_written_down() {
        let mut streaks = Streaks::default();
        for second in 0..2 {
            let findings: Vec<Finding> =
                all().into_iter().map(|about| Finding { about, stands: true }).collect();
            streaks.learn(&findings, at(second));
        }
        assert_eq!(streaks.standing().len(), all().len());
        let text = serde_json::to_string(&streaks).unwrap();
        assert_eq!(serde_json::from_str::<Streaks>(&text).unwrap(), streaks);
        streaks.forget(|key| !key.ends_with("/x"));
        assert_eq!(streaks.standing().len(), 2);
    }
}
