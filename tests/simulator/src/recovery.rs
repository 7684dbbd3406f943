//! The end of a life: all faults cease, and somebody follows what `status` says until everything is ready.

use jiff::SignedDuration;
use secrecy::SecretString;
use twinkey_core::phase::Phase;
use twinkey_core::{Client, Remedy, Staleness, Wish, phase, remedy};

use crate::figures::Reached;
use crate::life::Life;
use crate::nature::*;
use crate::process::{Meant, Role};
use crate::wire::{Pid, lock};

/// How many commands may be needed, and how many days.
const MOST_COMMANDS: u32 = 80;
const MOST_TIME: SignedDuration = SignedDuration::from_hours(24 * 30);

impl Life {
    /// Everything works again.
    pub(crate) fn calm_down(&mut self) {
        self.calm = true;
        self.say("--", || "all faults cease".into());
        let now = self.now;
        self.store.away_until = now.min(self.store.away_until);
        self.store.no_reads_until = now;
        self.store.no_writes_until = now;
        self.store.busy_until = now;
        self.store.slow_until = now;
        self.portal.mood = None;
        self.portal.false_refusals = 0;
        self.portal.nameless_lifetimes = 0;
        for client in Client::BOTH {
            self.portal.rows[client].locked_until = now;
            self.portal.rows[client].roleless_until = now;
        }
        {
            let mut wire = lock(&self.wire);
            for (host, outside) in wire.hosts.iter_mut().enumerate() {
                outside.full_until = now;
                outside.offset = self.nature.offsets[host];
            }
        }
        self.wake_all();
        // Whatever was under way ends, or lands.
        self.pass(MINUTE * 30);
        self.land_all();
        let waiting: Vec<Pid> = self.processes.keys().copied().collect();
        for pid in waiting {
            self.finish(pid);
        }
    }

    /// Follows `status` until it says ready. I10: that takes a bounded number of commands and days.
    pub(crate) fn recover(&mut self) {
        self.calm_down();
        let began = self.now;
        let mut told = Vec::new();
        let mut last_answer = None;
        for _ in 0..MOST_COMMANDS {
            if self.broken.is_some() {
                return;
            }
            let host = DESKS[0];
            self.status_is_true(host);
            let (seen, now) = (self.status(host), self.host_clock(host));
            let (said, what) =
                (phase(&self.nature.policy, &seen, now), remedy(&self.nature.policy, &seen, now));
            let ready = matches!(said, Phase::Ready { .. });
            if ready && self.live_works() && self.standby_works() {
                if self.now.duration_since(began) > MOST_TIME {
                    self.breaks(format!("I10: ready only after {:#}", self.now.duration_since(began)));
                }
                return;
            }
            self.say("status", || format!("{said:?} -> {what:?}"));
            told.push(format!("{said:?} -> {what:?}"));
            let answer = (said.name(), what.as_ref().map(std::mem::discriminant));
            let again = last_answer.replace(answer) == Some(answer);
            self.follow(what.as_ref());
            self.figures.reach(Reached::Followed);
            // The rounds of the timer go on beside whatever a person does. Where its host has seen a record that
            // nobody else knows, it stops, and its own status says so; then rounds by hand go on elsewhere.
            let (seen, now) = (self.status(TIMER), self.host_clock(TIMER));
            let pid = match remedy(&self.nature.policy, &seen, now) {
                Some(Remedy::Resolve | Remedy::PutOurs) => self.round(DESKS[0], Role::Timer, "olga"),
                _ => self.round(TIMER, Role::Timer, "timer"),
            };
            if let Some(pid) = pid {
                self.finish(pid);
            }
            // Whoever gets the same answer twice looks again later: a refused secret is asked seldom.
            self.pass(if again { HOUR } else { MINUTE * 5 });
        }
        let last = told.split_off(told.len().saturating_sub(6)).join("\n    ");
        self.breaks(format!("I10: never ready again:\n    {last}"));
    }

    fn standby_works(&self) -> bool {
        let Some(record) = &self.record else { return false };
        let Some(active) = &record.active else { return false };
        let other = active.client.other();
        let current = self.salt_of(&self.portal.rows[other].secret);
        record.clients[other].proven.is_some_and(|proven| proven.secret == current) || !self.obeyed
    }

    fn salt_of(&self, text: &str) -> twinkey_core::Mac {
        let salt = self.record.as_ref().map_or(self.salt, |record| record.salt);
        salt.mac(text.as_bytes())
    }

    pub(crate) fn follow(&mut self, what: Option<&Remedy>) {
        let pid = match what {
            None | Some(Remedy::Rotate) => self.round(DESKS[0], Role::Timer, "olga"),
            Some(Remedy::Init) => self.init(0, true),
            Some(Remedy::WaitUntil(until)) => {
                let left = until.duration_since(self.host_clock(DESKS[0])).max(SignedDuration::ZERO);
                self.pass(left + SECOND);
                None
            }
            Some(Remedy::ConfirmDrained(_)) => {
                if self.nature.policy.staleness == Staleness::Restart {
                    self.confirm(0);
                }
                self.people[0].waits_for
            }
            Some(Remedy::ConfirmNotInUse(_)) => self.command(0, Wish::ConfirmNotInUse, Meant::Other, None),
            Some(Remedy::Regenerate(client)) => return self.regenerate(0, *client),
            Some(Remedy::FinishPermit(permit)) => {
                let who = usize::from(permit.holder == self.people[1].name);
                // The holder's host may have seen more: its own status counts there.
                let (seen, now) = (self.status(DESKS[who]), self.host_clock(DESKS[who]));
                return match remedy(&self.nature.policy, &seen, now) {
                    Some(Remedy::Resolve | Remedy::PutOurs) => self.resolve(who),
                    _ => self.regenerate(who, permit.client),
                };
            }
            Some(Remedy::Deposit(client)) => {
                let secret = self.portal.rows[*client].secret.clone();
                self.hand_over(0, *client, &secret, None)
            }
            Some(Remedy::Resolve | Remedy::PutOurs) => return self.resolve(0),
            Some(Remedy::Check) => return self.check_everything(),
            Some(Remedy::Update) => {
                // The newer program is installed: here, its record is put back as this one writes it.
                return self.put_record_back();
            }
        };
        if let Some(pid) = pid {
            self.finish(pid);
        }
    }

    /// `regenerate`, both halves, by somebody who is not interrupted.
    fn regenerate(&mut self, who: usize, client: Client) {
        if let Some(pid) = self.ask(who, client) {
            self.finish(pid);
        }
        if self.people[who].safe != Some(client) || self.broken.is_some() {
            return;
        }
        let fresh = self.people[who]
            .fresh
            .clone()
            .filter(|(of, secret)| *of == client && self.portal.rows[client].secret == *secret);
        let secret = match fresh {
            Some((_, secret)) => secret,
            None => {
                self.press(who, client);
                self.portal.rows[client].secret.clone()
            }
        };
        if let Some(pid) = self.hand_over(who, client, &secret, self.new_id(client)) {
            self.finish(pid);
        }
    }

    /// The client's id as the portal shows it, where the slot does not know it.
    fn new_id(&self, client: Client) -> Option<String> {
        use secrecy::ExposeSecret;
        let server = self.server();
        let known = server.read(&self.documents.slots[client]);
        let known =
            known.and_then(|slot| slot.body.text("client_id")).map(|id| id.expose_secret().to_owned());
        let id = self.portal.rows[client].id.clone();
        (known.as_deref() != Some(id.as_str())).then_some(id)
    }

    /// The command about a live pair that is not ours, as `status` names it; `None` if it names another.
    fn offered(&mut self, who: usize) -> Option<Remedy> {
        let (seen, now) = (self.status(DESKS[who]), self.host_clock(DESKS[who]));
        let named = remedy(&self.nature.policy, &seen, now);
        named.filter(|named| matches!(named, Remedy::Resolve | Remedy::PutOurs))
    }

    /// What `status` offers, in its order; else the active client's pair is written by hand and taken.
    fn resolve(&mut self, who: usize) {
        for wish in [Wish::TakeTheirs { client: None }, Wish::PutOurs] {
            let Some(offered) = self.offered(who) else { return };
            if offered == Remedy::PutOurs && wish != Wish::PutOurs {
                continue;
            }
            if let Some(pid) = self.command(who, wish, Meant::Other, None) {
                self.finish(pid);
            }
        }
        if self.offered(who).is_none() {
            return;
        }
        let Some(client) = self.active() else { return };
        let row = self.portal.rows[client].clone();
        let place = self.documents.live.clone();
        let mut body = self.server().read(&place).map(|live| live.body.clone()).unwrap_or_default();
        body.set_text("client_id", SecretString::from(row.id));
        body.set_text("client_secret", SecretString::from(row.secret));
        let now = self.now;
        let version = self.server().edit(&place, Some(body), now);
        self.foreign.insert(version.as_str().into());
        self.say(self.people[who].name, || "writes the live pair by hand".into());
        if let Some(pid) = self.command(who, Wish::TakeTheirs { client: Some(client) }, Meant::Other, None) {
            self.finish(pid);
        }
    }

    /// `check`: a damaged record comes back from a backup; and where the configuration is found to be right,
    /// both secrets are dead after all.
    fn check_everything(&mut self) {
        let seen = self.status(DESKS[0]);
        if matches!(seen.record, twinkey_core::seen::RecordSeen::Unusable(_)) {
            return self.put_record_back();
        }
        let Some(client) = self.active() else { return };
        let secret = self.portal.rows[client].secret.clone();
        if let Some(pid) = self.hand_over(0, client, &secret, None) {
            self.finish(pid);
        }
    }

    fn put_record_back(&mut self) {
        let Some(record) = &self.record else { return };
        let record = twinkey_core::Record { schema: twinkey_core::record::Schema::OURS, ..record.clone() };
        let body = twinkey::documents::Documents::record_body(&record);
        let (place, now) = (self.documents.record.clone(), self.now);
        self.server().edit(&place, Some(body), now);
        self.say("olga", || "puts the record back".into());
    }
}
