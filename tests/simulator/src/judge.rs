//! The properties, judged from outside at everything that lands: I1 to I8, the evidence, the budget, and
//! whether a consumer holds what is dead.

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use twinkey_core::record::{MAX_BYTES, Permit, Why};
use twinkey_core::step::{LiveContent, Step};
use twinkey_core::{Client, DrainEnd, Phase, Record, What, phase};
use twinkey_store::{Body, Place, Versioned};

use crate::faults::Fault;
use crate::figures::Reached;
use crate::life::Life;
use crate::nature::*;
use crate::process::Process;
use crate::runs::STRAY;
use crate::wire::{Ask, Pid, Request};

impl Life {
    /// I8: what leaves a run in words holds no secret.
    pub(crate) fn no_secret_in(&mut self, text: &str) {
        if text.contains("canary") {
            self.breaks(format!("I8: a secret in {}", text.replace("canary", "(…)")));
        }
    }

    /// Nothing leaves before its line of evidence, and what begins something not without one.
    pub(crate) fn has_its_line(&mut self, request: &Request) {
        if matches!(request.ask, Ask::Read { .. } | Ask::Sleep { .. }) {
            return;
        }
        let Some(process) = self.processes.get(&request.pid) else { return };
        let begins = matches!(&process.step, Some(Step::WriteRecord(write)) if !is_rescue(&write.what));
        let told = match process.line {
            None => Some("without trying to write its line of evidence"),
            Some(false) if begins => Some("though its line of evidence could not be written"),
            Some(_) => None,
        };
        let stale = match &process.step {
            Some(Step::WriteRecord(write)) if matches!(request.ask, Ask::Write { .. }) => {
                self.stale_token(process, &write.what)
            }
            _ => None,
        };
        let stray = process.who == STRAY && matches!(request.ask, Ask::Write { .. });
        let step = process.step.as_ref().map(crate::trace::step).unwrap_or_default();
        if let Some(told) = told {
            self.breaks(format!("audit: {step} was sent {told}"));
        }
        if let Some(stale) = stale {
            self.breaks(stale);
        }
        if stray {
            self.breaks(format!("a configuration of another place wrote: {step}"));
        }
    }

    /// A write of Twinkey's took effect.
    pub(crate) fn landed(
        &mut self,
        pid: Pid,
        step: Option<&Step>,
        place: &Place,
        before: Option<&Versioned>,
        body: &Body,
    ) {
        match step {
            Some(Step::WriteRecord(write)) => {
                let old = self.record.replace((*write.record).clone());
                self.record_landed(pid, old.as_ref(), &write.record, &write.what, body);
            }
            Some(Step::WriteLive(write)) => self.live_landed(pid, &write.content, before, body),
            Some(Step::WriteSlot(_)) if *place != self.documents.live => {}
            other => self.breaks(format!("{place} was written by {other:?}")),
        }
    }

    fn record_landed(&mut self, pid: Pid, old: Option<&Record>, new: &Record, what: &What, body: &Body) {
        if let Some(process) = self.processes.get_mut(&pid) {
            process.unnoted = 0;
        }
        self.count(what, new);
        let ends = matches!(what, What::Published { .. } | What::Abandoned { .. });
        if let Some(process) = self.processes.get_mut(&pid) {
            let inherited = ends && !process.intended;
            process.intended |= matches!(what, What::Intended { .. });
            if inherited {
                self.figures.reach(Reached::Inherited);
            }
        }
        if new.to_json().len() > MAX_BYTES || body.to_json().contains("canary") {
            self.breaks("the record is too large, or holds a secret".into());
        }
        if let Some(old) = old
            && new.counter <= old.counter
            && new.lineage == old.lineage
        {
            self.breaks(format!("the record's counter went from {} to {}", old.counter, new.counter));
        }
        if let What::Intended { to, secret, why, .. } = what {
            self.intended(old, *to, *secret, *why);
            if let (Why::Scheduled, Some(intent)) = (why, &new.intent) {
                self.in_its_time(old, intent.at);
            }
        }
        let Some(permit) = &new.permit else { return };
        if new.is_active(permit.client) {
            self.breaks("I4: a permit on the active client".into());
        }
        if new.intent.as_ref().is_some_and(|intent| intent.to == permit.client) {
            self.breaks("I5: an intent to a client with an open permit".into());
        }
        self.permit_landed(old, permit);
    }

    /// I1: an intent leaves with a token of the same run, at most a minute old. When it lands does not matter: the
    /// version is pinned, and whoever ends it asks again.
    fn stale_token(&self, process: &Process, what: &What) -> Option<String> {
        let What::Intended { to, secret, why, .. } = what else { return None };
        let fresh = process.tokens.iter().any(|(text, at)| {
            self.salt.mac(text.as_bytes()) == *secret && self.now.duration_since(*at) <= SECOND * 60
        });
        (*why != Why::First && !fresh).then(|| format!("I1: an intent to {to} by {why:?} without a token"))
    }

    /// I3: a secret that was live and is to be regenerated goes live again only for a rescue, or on somebody's word.
    fn intended(&mut self, old: Option<&Record>, to: Client, secret: twinkey_core::Mac, why: Why) {
        let retired =
            old.and_then(|old| old.clients[to].retired).is_some_and(|retired| retired.secret == secret);
        if retired && !matches!(why, Why::FailOver | Why::Rollback | Why::PutOurs) {
            self.breaks(format!("I3: a retired secret by {why:?}"));
        }
    }

    fn permit_landed(&mut self, old: Option<&Record>, permit: &Permit) {
        match old.and_then(|old| old.permit.as_ref()) {
            Some(before) if (before.client, &before.holder) != (permit.client, &permit.holder) => {
                self.breaks("I4: a permit was replaced by another one".into());
            }
            Some(_) => {}
            None => {
                if let Some(held) = self.still_held(permit.client) {
                    self.breaks(format!("I4: a permit on {}, {held}", permit.client));
                }
            }
        }
    }

    fn live_landed(&mut self, pid: Pid, content: &LiveContent, before: Option<&Versioned>, body: &Body) {
        let publishes = matches!(content, LiveContent::Publish { .. });
        let (id, secret) = match self.documents.live_pair(body) {
            Some(pair) => (pair.client_id.clone(), pair.secret.expose_secret().to_owned()),
            // The fence leaves half a pair that somebody else wrote as it is.
            None if !publishes => Default::default(),
            None => return self.breaks("I2: a live pair without both fields".into()),
        };
        let kept = before.is_none_or(|before| {
            let ours = [self.documents.id_field.as_str(), self.documents.secret_field.as_str()];
            before.body.names().filter(|name| !ours.contains(name)).all(|name| body.field(name).is_some())
        });
        if !kept {
            self.breaks("somebody's field of the live pair was lost".into());
        }
        match content {
            LiveContent::Unchanged => {
                self.figures.reach(Reached::Fences);
                if before.is_none_or(|before| !before.body.same_meaning(body)) {
                    self.breaks("I7: the fence changed the live pair".into());
                }
            }
            LiveContent::Publish { client, why, .. } => {
                if self.portal.owner(&id, &secret).is_none() {
                    self.breaks("I2: an id and a secret that never belonged together".into());
                }
                if self.record.as_ref().is_some_and(|record| record.has_permit_on(*client)) {
                    self.breaks(format!("I5: {why:?} published {client} while a permit on it is open"));
                }
                let foreign = before.is_some_and(|before| {
                    self.foreign.contains(before.version.as_str()) && !self.is_ours(before)
                });
                if foreign && *why != Why::PutOurs {
                    self.breaks(format!("I7: {why:?} overwrote somebody's edit"));
                }
                let token = self
                    .processes
                    .get(&pid)
                    .is_none_or(|process| process.tokens.iter().any(|(text, _)| *text == secret));
                if !token {
                    self.breaks(format!("I6: {why:?} published a secret that got no token"));
                }
            }
        }
        if self.obeyed && !self.portal.is_current(&id, &secret) {
            let name = self.portal.name(&secret);
            self.breaks(format!("the live pair is {name} now, which is dead"));
        }
    }

    /// Whether this is the record's pair: written by somebody else, it is still no edit.
    fn is_ours(&self, live: &Versioned) -> bool {
        let active = self.record.as_ref().and_then(|record| record.active.as_ref());
        let pair = self.documents.live_pair(&live.body);
        active.zip(pair).is_some_and(|(active, pair)| {
            active.client_id == pair.client_id
                && active.secret == self.salt.mac(pair.secret.expose_secret().as_bytes())
        })
    }

    /// What still stands in the way of killing this client's secret, in truth.
    pub(crate) fn still_held(&self, client: Client) -> Option<String> {
        if !self.obeyed || self.bare {
            return None;
        }
        let secret = &self.portal.rows[client].secret;
        let unseen = match self.nature.policy.staleness {
            twinkey_core::Staleness::For(staleness) => staleness,
            twinkey_core::Staleness::Restart => SignedDuration::MAX,
        };
        self.consumers.iter().enumerate().find_map(|(number, consumer)| {
            let failed = consumer.holds(secret, self.now)?;
            // One-shot runs may miss an outage, and are promised to stand one of the staleness at most.
            let name = self.portal.name(secret);
            (failed <= unseen).then(|| format!("while consumer {number} holds {name} or a token of it"))
        })
    }

    fn count(&mut self, what: &What, record: &Record) {
        use Reached::*;
        let reached = match what {
            What::Published { why, .. } => {
                self.bare = record.drain.as_ref().is_some_and(|drain| {
                    drain.shortened.is_some() || drain.ended.is_some_and(|ended| ended.how == DrainEnd::Dead)
                });
                match why {
                    Why::First => Switches,
                    Why::Scheduled => Switches,
                    Why::Now => SwitchesNow,
                    Why::FailOver => FailOvers,
                    Why::Mend => Mends,
                    Why::Rollback => {
                        self.met(Fault::RolledBack);
                        Rollbacks
                    }
                    Why::PutOurs => PutsBack,
                }
            }
            What::Abandoned { .. } => Abandoned,
            What::DrainRestarted { .. } => return self.met(Fault::DrainRestarted),
            What::DrainShortened { .. } => {
                self.bare = true;
                return self.met(Fault::DrainShortened);
            }
            What::DrainEnded { how, .. } => match how {
                DrainEnd::Watched => DrainsWatched,
                DrainEnd::Confirmed => return self.met(Fault::ConfirmedDrain),
                DrainEnd::Dead => {
                    // Its secret was refused over the whole settling time: it is taken for dead, on purpose.
                    self.bare = true;
                    DrainsDead
                }
            },
            What::PermitOpened { .. } => Permits,
            What::PermitClosed { spoke_to: true, .. } => return self.met(Fault::TakenOver),
            What::PermitClosed { .. } => return self.met(Fault::GivenBack),
            What::Proven { .. } => Proofs,
            What::TookTheirs { .. } => Takeovers,
            What::Restored => Restorations,
            _ => return,
        };
        self.figures.reach(reached);
    }

    /// What `status` says must be true.
    pub(crate) fn status_is_true(&mut self, host: usize) {
        let seen = self.status(host);
        let now = self.host_clock(host);
        let said = phase(&self.nature.policy, &seen, now);
        let lie = match &said {
            Phase::Ready { .. } => self.ready_lies(&seen),
            Phase::AwaitingRegeneration { client, .. } => self
                .still_held(*client)
                .filter(|_| self.clock_is_right(host))
                .map(|held| format!("awaiting regeneration of {client} {held}")),
            Phase::PermitOpen(permit) => {
                let stands = self.record.as_ref().and_then(|record| record.permit.as_ref()) == Some(permit);
                (!stands).then(|| "a permit that does not stand in the record".to_owned())
            }
            Phase::Diverged(_) => {
                let record = self.record.as_ref().and_then(|record| record.active.as_ref());
                let same = record.is_some_and(|active| {
                    self.live_now().is_some_and(|(id, secret)| {
                        id == active.client_id && self.salt.mac(secret.as_bytes()) == active.secret
                    })
                });
                same.then(|| "diverged, though the live pair is the record's".to_owned())
            }
            _ => None,
        };
        if let Some(lie) = lie {
            self.breaks(format!("status says {}: {lie}", said.name()));
        }
    }

    fn ready_lies(&self, seen: &twinkey_core::Seen) -> Option<String> {
        let record = seen.record()?;
        let active = record.active.as_ref()?;
        let (id, secret) = self.live_now()?;
        if self.salt.mac(secret.as_bytes()) != active.secret {
            return Some("the live pair is not the record's".into());
        }
        let refusals = twinkey_core::budget::refusals(seen, active.client, active.secret);
        let known_dead = refusals.is_some_and(|refusals| refusals.count >= twinkey_core::budget::BURST);
        if !self.portal.is_current(&id, &secret) && (known_dead || self.obeyed) {
            return Some("the live pair is dead".into());
        }
        let other = active.client.other();
        let standby = seen.slots[other].as_ref().and_then(|slot| slot.secret);
        let alive = standby.is_some_and(|standby| {
            self.salt.mac(self.portal.rows[other].secret.as_bytes()) == standby.secret
        });
        (self.obeyed && !self.let_go && !alive).then(|| "the standby is dead".into())
    }

    pub(crate) fn clock_is_right(&self, host: usize) -> bool {
        crate::wire::lock(&self.wire).hosts[host].offset == self.nature.offsets[host]
    }

    /// T16: in four hours a secret is refused only so often, by whomever it is asked.
    pub(crate) fn budget_is_kept(&mut self) {
        let mut worst = None;
        for (at, secret) in &self.portal.refusals {
            let within = |moment: &jiff::Timestamp| {
                *moment >= *at && moment.duration_since(*at) < SignedDuration::from_mins(239)
            };
            let asked =
                self.portal.refusals.iter().filter(|(moment, of)| of == secret && within(moment)).count();
            let uncounted: u32 =
                self.uncounted.iter().filter(|(moment, _)| within(moment)).map(|(_, times)| *times).sum();
            let allowed = BUDGET + uncounted as usize;
            if asked > allowed && worst.is_none_or(|(most, _)| asked > most) {
                worst = Some((asked, allowed));
            }
        }
        if let Some((asked, allowed)) = worst {
            self.breaks(format!(
                "budget: a secret was refused {asked} times in four hours, {allowed} allowed"
            ));
        }
        self.portal.refusals.clear();
        self.uncounted.clear();
    }
}

/// Refusals of one secret in four hours: the settling's allowance of all hosts, which may be at work at the same
/// moment and cannot know of each other yet, and the one of each that a rescue may ask.
const BUDGET: usize = 4 * HOSTS;

/// What goes on without its line of evidence: what ends something, or belongs to a rescue.
fn is_rescue(what: &What) -> bool {
    match what {
        What::Intended { why, .. } => matches!(why, Why::FailOver | Why::Mend),
        What::PermitOpened { .. }
        | What::TookTheirs { .. }
        | What::Restored
        | What::Moved
        | What::NotInUse { .. }
        | What::DrainShortened { .. }
        | What::DrainEnded { how: DrainEnd::Confirmed, .. } => false,
        _ => true,
    }
}
