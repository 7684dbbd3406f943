//! What concerns a host and not one credential, and since when things stand: one failed poll is no incident.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Client;
use crate::ledger::Standing;
use crate::messages::Severity;

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
            Self::StoreUnreachable { .. } | Self::ProviderDown { .. } | Self::Unproven { .. } => 2,
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
    #[serde(default)]
    lasts: SignedDuration,
    severity: Severity,
}

impl Streaks {
    /// Takes over what one poll found. One good answer ends a streak, whatever else the same poll found; several bad
    /// ones about the same thing are one, as urgent as the worst of them.
    pub fn learn(&mut self, findings: &[Finding], now: Timestamp) {
        let mut bad: BTreeMap<String, &Alert> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.stands) {
            let worst = bad.entry(finding.about.key()).or_insert(&finding.about);
            if worst.severity() < finding.about.severity() {
                *worst = &finding.about;
            }
        }
        for good in findings.iter().filter(|finding| !finding.stands) {
            let key = good.about.key();
            bad.remove(&key);
            self.0.remove(&key);
        }
        for (key, alert) in bad {
            let before = self.0.get(&key);
            let streak = Streak {
                since: before.map_or(now, |before| before.since),
                polls: before.map_or(0, |before| before.polls).saturating_add(1),
                needed: alert.polls(),
                lasts: alert.lasts(),
                severity: alert.severity(),
            };
            self.0.insert(key, streak);
        }
    }

    /// Forgets what the configuration no longer knows.
    pub fn forget(&mut self, is_known: impl Fn(&str) -> bool) {
        self.0.retain(|key, _| is_known(key));
    }

    /// What should stand now, since it was first found.
    pub fn standing(&self, now: Timestamp) -> Vec<Standing> {
        let long = self.0.iter().filter(|(_, streak)| {
            streak.polls >= streak.needed && now.duration_since(streak.since) >= streak.lasts
        });
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
            Alert::LoginExpiring { store: name(), at_once: false },
            Alert::ProviderDown { provider: name() },
            Alert::Unproven { credential: "go".to_owned(), client: Client::B, active: false },
            Alert::ClockOff { bars: false },
            Alert::AuditUnwritable,
            Alert::ChannelFailing { channel: name() },
        ]
    }

    #[test]
    fn one_failed_poll_is_no_incident_and_two_are() {
        let mut streaks = Streaks::default();
        streaks.learn(&[provider(true)], at(0));
        assert_eq!(streaks.standing(at(900)), []);
        streaks.learn(&[provider(true)], at(300));
        let standing = streaks.standing(at(900));
        assert_eq!((standing[0].key.as_str(), standing[0].since), ("host/provider-down/gbg", at(0)));
    }

    #[test]
    fn one_good_poll_ends_it_and_what_was_not_looked_at_stays() {
        let mut streaks = Streaks::default();
        streaks.learn(&[provider(true)], at(0));
        streaks.learn(&[provider(false)], at(1));
        streaks.learn(&[provider(true)], at(2));
        assert_eq!(streaks.standing(at(900)), []);
        // The store is away, so nobody asks the provider.
        let store = Finding { about: Alert::StoreUnreachable { store: "vault".to_owned() }, stands: true };
        streaks.learn(&[store], at(3));
        streaks.learn(&[provider(true)], at(4));
        assert_eq!(streaks.standing(at(900)).len(), 1);
        streaks.learn(&[provider(false)], at(5));
        assert_eq!(streaks.standing(at(900)), []);
    }

    #[test]
    fn two_credentials_of_one_provider_are_one_alert_and_one_that_works_is_none() {
        let mut streaks = Streaks::default();
        streaks.learn(&[provider(true), provider(true)], at(0));
        assert_eq!(streaks.standing(at(900)), []);
        streaks.learn(&[provider(true), provider(true)], at(1));
        assert_eq!(streaks.standing(at(900)).len(), 1);
        streaks.learn(&[provider(true), provider(false), provider(true)], at(2));
        assert_eq!(streaks.standing(at(900)), []);
    }

    #[test]
    fn what_may_pass_by_itself_must_last_before_it_stands() {
        let mut streaks = Streaks::default();
        let about = Alert::Unproven { credential: "go".to_owned(), client: Client::B, active: false };
        let unproven = |stands| Finding { about: about.clone(), stands };
        let long = UNPROVEN_IS_LONG.as_secs();
        streaks.learn(&[unproven(true)], at(0));
        assert_eq!(streaks.standing(at(long)), [], "nobody has looked again");
        streaks.learn(&[unproven(true)], at(300));
        assert_eq!(streaks.standing(at(long - 1)), []);
        assert_eq!(streaks.standing(at(long))[0].key, "go/unproven/b");
        streaks.learn(&[unproven(false)], at(long + 1));
        assert_eq!(streaks.standing(at(long * 2)), []);
    }

    #[test]
    fn what_gets_worse_or_better_is_the_same_alert_and_as_urgent_as_it_is_now() {
        let mut streaks = Streaks::default();
        let off = |bars| Finding { about: Alert::ClockOff { bars }, stands: true };
        let mut urgency = |findings: &[Finding], second| {
            streaks.learn(findings, at(second));
            let standing = streaks.standing(at(second));
            assert_eq!((standing.len(), standing[0].since), (1, at(0)));
            standing[0].severity
        };
        assert_eq!(urgency(&[off(false)], 0), Severity::Warning);
        assert_eq!(urgency(&[off(true), off(false)], 1), Severity::Page, "the worst that was found");
        assert_eq!(urgency(&[off(false)], 2), Severity::Warning);
    }

    #[test]
    fn every_alert_has_a_key_of_its_own_and_survives_being_written_down() {
        let mut streaks = Streaks::default();
        for second in 0..2 {
            let findings: Vec<Finding> =
                all().into_iter().map(|about| Finding { about, stands: true }).collect();
            streaks.learn(&findings, at(second));
        }
        assert_eq!(all().len(), Alert::names().len());
        assert_eq!(streaks.standing(at(2_000)).len(), all().len());
        let text = serde_json::to_string(&streaks).unwrap();
        assert_eq!(serde_json::from_str::<Streaks>(&text).unwrap(), streaks);
        streaks.forget(|key| !key.ends_with("/x"));
        let kept: Vec<String> =
            streaks.standing(at(2_000)).into_iter().map(|standing| standing.key).collect();
        assert_eq!(kept, ["go/unproven/b", "host/audit-unwritable", "host/clock-off"]);
    }
}
