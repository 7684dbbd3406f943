//! Since when things stand: one failed poll is no incident.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Alert;
use crate::ledger::Standing;
use crate::messages::Severity;

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
    use crate::Client;
    use crate::alerts::UNPROVEN_IS_LONG;

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
            Alert::ProviderUnusable { provider: name() },
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
        assert_eq!(urgency(&[off(false), off(true)], 2), Severity::Page, "in whatever order");
        assert_eq!(urgency(&[off(false)], 3), Severity::Warning);
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
