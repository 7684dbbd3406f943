//! The chapters of a life: somebody acts, something begins to go wrong, and time passes.

use jiff::SignedDuration;
use secrecy::SecretString;
use twinkey::daemon::Pace;
use twinkey_core::AnswerKind;

use crate::faults::Fault;
use crate::life::{Event, Life};
use crate::nature::*;
use crate::process::Role;
use crate::runs::STRAY;
use crate::wire::lock;

impl Life {
    /// From birth to just before the end.
    pub(crate) fn live(&mut self) {
        self.begin();
        for _ in 0..self.nature.chapters {
            if self.broken.is_some() {
                return;
            }
            self.chapter();
            let pause = self.pause();
            if pause >= DAY && self.record.as_ref().is_some_and(|record| record.permit.is_some()) {
                self.met(Fault::NobodyReacts);
            }
            self.pass(pause);
            if self.rng.u32(..4) == 0 {
                let host = self.rng.usize(..HOSTS);
                self.status_is_true(host);
            }
        }
    }

    fn begin(&mut self) {
        if self.nature.adopted {
            let row = self.portal.rows.a.clone();
            let mut body = twinkey_store::Body::from_json(r#"{"note":[1,{"kept":true}]}"#).expect("a body");
            body.set_text("client_id", SecretString::from(row.id));
            body.set_text("client_secret", SecretString::from(row.secret));
            let (place, now) = (self.documents.live.clone(), self.now);
            self.server().edit(&place, Some(body), now);
        }
        self.consumers_begin();
        let faultless = self.rng.u32(..5) > 0;
        let both = self.rng.u32(..4) > 0;
        self.calm = faultless;
        if let Some(pid) = self.init(0, both) {
            self.finish(pid);
        }
        self.calm = false;
        // Most lives begin where the work begins: a proven standby that nobody else uses, a switch due soon.
        if self.rng.u32(..3) > 0 {
            self.command(0, twinkey_core::Wish::ConfirmNotInUse, crate::process::Meant::Other, None);
            let pause = self.nature.policy.min_interval - MINUTE * 5;
            self.pass(pause);
        }
    }

    fn chapter(&mut self) {
        match self.rng.u32(..100) {
            0..26 => {
                self.round(TIMER, Role::Timer, "timer");
            }
            26..36 if self.nature.daemon => {
                let rounds = self.rng.u32(4..16);
                self.after(SECOND, Event::Tick(rounds));
            }
            36..72 => {
                let who = self.rng.usize(..2);
                self.person_acts(who);
            }
            72..90 => self.trouble(),
            90..93 if !self.nature.obedient => self.somebody_errs(),
            93 => {
                let stray = crate::process::Order {
                    wish: twinkey_core::Wish::Keep,
                    who: STRAY.into(),
                    role: Role::Timer,
                    pasted: Default::default(),
                    salt: None,
                    mode: twinkey::run::Mode::Live,
                };
                if self.start(TIMER, stray).is_some() {
                    self.met(Fault::OtherPlace);
                }
            }
            _ => {}
        }
    }

    fn pause(&mut self) -> SignedDuration {
        let length = match self.rng.u32(..100) {
            0..12 => SignedDuration::ZERO,
            12..30 => SECOND * self.rng.i32(1..10),
            30..50 => SECOND * self.rng.i32(60..240),
            50..66 => MINUTE * self.rng.i32(10..30),
            66..80 => MINUTE * self.rng.i32(40..90),
            80..90 => HOUR * self.rng.i32(2..7),
            90..98 => DAY,
            _ => DAY * 6,
        };
        length + SignedDuration::from_millis(self.rng.i64(0..1000))
    }

    /// Something begins to go wrong, for a while.
    fn trouble(&mut self) {
        let now = self.now;
        match self.rng.u32(..20) {
            0..5 => self.store_goes_away(),
            5 => {
                let time = self.while_();
                self.store.no_reads_until = now + time;
            }
            6 => {
                let time = self.while_();
                self.store.no_writes_until = now + time;
            }
            7 => self.store.busy_until = now + SECOND * self.rng.i32(5..60),
            8 => self.store.slow_until = now + MINUTE * 5,
            9..12 => {
                let retry_after = self.rng.bool().then_some(SECOND * 30);
                let mood = pick(
                    &mut self.rng,
                    &[
                        AnswerKind::Throttled { retry_after },
                        AnswerKind::Unavailable,
                        AnswerKind::Unavailable,
                        AnswerKind::Protocol,
                        AnswerKind::Misconfigured,
                        AnswerKind::Refused,
                    ],
                );
                let time = self.while_();
                self.portal.mood = Some((mood, now + time));
            }
            12 | 13 => self.portal.false_refusals = self.rng.u32(1..3),
            14 => {
                let client = pick(&mut self.rng, &twinkey_core::Client::BOTH);
                let time = self.while_();
                if self.rng.bool() {
                    self.portal.rows[client].locked_until = now + time;
                } else {
                    self.portal.rows[client].roleless_until = now + time;
                }
            }
            15 => self.portal.nameless_lifetimes = self.rng.u32(1..5),
            16 => {
                let (host, time) = (self.rng.usize(..HOSTS), self.while_());
                lock(&self.wire).hosts[host].full_until = now + time;
            }
            17 => self.host_burns(),
            _ => self.clock_jumps(),
        }
    }

    fn while_(&mut self) -> SignedDuration {
        pick(&mut self.rng, &[MINUTE, MINUTE * 4, MINUTE * 20, HOUR, HOUR * 5, DAY])
    }

    /// The store is away for everybody. Two outages have a few minutes between them.
    fn store_goes_away(&mut self) {
        if self.now < self.store.away_until + MINUTE * 3 {
            return;
        }
        let time = match self.rng.u32(..10) {
            0 => pick(&mut self.rng, &[HOUR * 2, HOUR * 9, DAY * 2]),
            1..4 => SECOND * self.rng.i32(5..240),
            _ => MINUTE * self.rng.i32(4..20),
        };
        self.store.away_until = self.now + time;
        self.say("store", || format!("goes away for {time:#}"));
    }

    fn host_burns(&mut self) {
        let host = self.rng.usize(..HOSTS);
        if let Some(pid) = self.hosts[host].busy {
            self.kill(pid);
        }
        self.hosts[host].notes = twinkey_core::seen::Host::default();
        self.hosts[host].notes.audit.chain = HOST_NAMES[host].into();
        self.hosts[host].pace = Pace::new(self.host_clock(host));
        lock(&self.wire).hosts[host].head = None;
        self.met(Fault::HostBurnt);
        self.say(HOST_NAMES[host], || "burns down, and a new one takes its place".into());
    }

    /// A clock that jumps is put right after a while. Only where the provider's answers carry a date can
    /// anybody tell.
    fn clock_jumps(&mut self) {
        if !self.nature.dates {
            return;
        }
        let host = self.rng.usize(..HOSTS);
        let far = pick(&mut self.rng, &[MINUTE * 12, MINUTE * 40, HOUR * 3, DAY, DAY * 20]);
        let ahead = self.rng.bool();
        let offset = if ahead { far } else { -far };
        lock(&self.wire).hosts[host].offset = offset;
        self.met(if ahead { Fault::ClockAhead } else { Fault::ClockBack });
        self.say(HOST_NAMES[host], || format!("its clock is off by {offset:#}"));
        let time = self.while_();
        self.after(time, Event::ClockRight(host));
    }
}
