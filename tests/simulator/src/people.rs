//! Two people. They press Regenerate only while they hold SAFE, let go when they are spoken to, and make the
//! slips that hands make. In some lives they also do what nobody should.

use jiff::Timestamp;
use secrecy::SecretString;
use twinkey::documents::pasted_seen;
use twinkey::run::{Mode, Report};
use twinkey::secret::paste;
use twinkey_core::decision::{Because, Refusal};
use twinkey_core::seen::Done;
use twinkey_core::slips::Slip;
use twinkey_core::wish::{Deposit, Entry, Init};
use twinkey_core::{Client, PerClient, Staleness, Wish};

use crate::faults::Fault;
use crate::figures::Reached;
use crate::life::{Event, Life};
use crate::nature::*;
use crate::process::{Meant, Order, Process, Role};
use crate::wire::Pid;

/// One person and what they hold for true.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) host: usize,
    /// Was told SAFE for this client, and has not given that up.
    pub(crate) safe: Option<Client>,
    /// Has pressed under that SAFE, when, and what the portal showed, if it is not lost.
    pub(crate) pressed: Option<(Client, Timestamp)>,
    pub(crate) fresh: Option<(Client, String)>,
    /// The command whose answer they wait for; an answer that comes after they were spoken to counts nothing.
    pub(crate) waits_for: Option<Pid>,
    /// Has let go for the sake of this command, and asks for nothing until it has ended, or for some minutes.
    pub(crate) lets: Option<(Pid, Timestamp)>,
}

impl Person {
    pub(crate) fn new(name: &'static str, host: usize) -> Self {
        Self { name, host, safe: None, pressed: None, fresh: None, waits_for: None, lets: None }
    }
}

impl Life {
    /// A person's command, at their desk or on the timer's host.
    pub(crate) fn command(
        &mut self,
        who: usize,
        wish: Wish,
        meant: Meant,
        pasted: Option<(Client, &str)>,
    ) -> Option<Pid> {
        let name = self.people[who].name;
        let host = if self.calm || self.rng.u32(..4) > 0 { self.people[who].host } else { TIMER };
        let mut texts = PerClient::default();
        if let Some((client, text)) = pasted {
            texts[client] = Some(paste(&SecretString::from(text)).0);
        }
        let order = Order {
            wish,
            who: name.into(),
            role: Role::Person(who, meant),
            pasted: texts,
            salt: Some(self.salt),
            mode: Mode::Live,
        };
        let pid = self.start(host, order);
        if pid.is_some() {
            self.people[who].waits_for = pid;
        }
        pid
    }

    /// `regenerate`, its first half.
    pub(crate) fn ask(&mut self, who: usize, client: Client) -> Option<Pid> {
        let lets = self.people[who].lets;
        if lets.is_some_and(|(pid, until)| self.now < until && self.processes.contains_key(&pid)) {
            return None;
        }
        let holder = self.people[who].name.into();
        self.command(who, Wish::Permit { client: Some(client), holder }, Meant::Permit(client), None)
    }

    /// The button, under SAFE.
    pub(crate) fn press(&mut self, who: usize, client: Client) {
        if self.nature.hole != Some(Hole::PressUnasked)
            && let Some(held) = self.still_held(client)
        {
            self.breaks(format!("{} was told SAFE and presses {client}, {held}", self.people[who].name));
        }
        self.figures.reach(Reached::Regenerations);
        self.click(self.people[who].name, client);
        let (now, secret) = (self.now, self.portal.rows[client].secret.clone());
        let person = &mut self.people[who];
        person.pressed = Some((client, now));
        person.fresh = Some((client, secret));
    }

    /// Regenerate Secret is clicked, by whomever.
    pub(crate) fn click(&mut self, name: &str, client: Client) {
        let old = self.portal.rows[client].secret.clone();
        if self.obeyed
            && let Some(held) = self.still_held(client)
        {
            self.breaks(format!("{name} clicks {client}, {held}"));
        }
        let now = self.now;
        let fresh = self.portal.regenerate(client, now);
        let told = format!(
            "clicks {client}: {} is dead, {} is new",
            self.portal.name(&old),
            self.portal.name(&fresh)
        );
        let mac = self.salt.mac(fresh.as_bytes()).fingerprint();
        self.say(name, || format!("{told} ({mac})"));
        if self.obeyed && self.live_now().is_some() && !self.live_works() {
            self.breaks(format!("{name} clicked {client}, and the live pair is dead"));
        }
    }

    /// `deposit` of a text.
    pub(crate) fn hand_over(
        &mut self,
        who: usize,
        client: Client,
        text: &str,
        id: Option<String>,
    ) -> Option<Pid> {
        let (secret, _) = paste(&SecretString::from(text));
        let salt = self.record.as_ref()?.salt;
        let deposit = Deposit { client, client_id: id, spoke_to: None, secret: pasted_seen(&secret, &salt) };
        self.people[who].safe = None;
        self.command(who, Wish::Deposit(deposit), Meant::Deposit(text.into()), Some((client, text)))
    }

    /// The candidate, straight into the slot, in the store's own interface.
    pub(crate) fn type_into_slot(&mut self, who: usize, client: Client, text: &str) -> bool {
        if self.now < self.store.away_until {
            return false;
        }
        let place = self.documents.slots[client].clone();
        let Some(mut body) = self.server().read(&place).map(|slot| slot.body.clone()) else { return false };
        body.set_text(twinkey::documents::CANDIDATE, SecretString::from(text));
        let now = self.now;
        self.server().edit(&place, Some(body), now);
        let name = self.portal.name(text);
        self.say(self.people[who].name, || format!("types {name} into slot {client}"));
        true
    }

    /// Whoever is spoken to lets go, and does not believe a SAFE that comes later.
    fn speak_to(&mut self, who: usize) {
        let name = self.people[who].name;
        self.say(name, || "is spoken to, and lets go".into());
        self.let_go |= self.people[who].pressed.is_some();
        self.people[who] = Person::new(name, self.people[who].host);
    }

    fn lets(&mut self, who: usize, command: Option<Pid>) {
        self.people[who].lets = command.map(|pid| (pid, self.now + MINUTE * 5));
    }

    /// A person's command has ended, and they read what it says.
    pub(crate) fn told(&mut self, pid: Pid, process: &Process, report: &Report) {
        let Role::Person(who, meant) = &process.role else { return };
        if self.people[*who].waits_for != Some(pid) {
            return;
        }
        self.people[*who].waits_for = None;
        match (&report.rest.why, meant) {
            (Because::Done(Done::Safe), Meant::Permit(client)) => {
                self.people[*who].safe = Some(*client);
            }
            // Whoever asks again believes the later answer.
            (Because::Done(_), Meant::Permit(_)) => {
                self.people[*who].safe = None;
            }
            (Because::Done(_), Meant::Deposit(text)) => {
                let person = &mut self.people[*who];
                if person.fresh.as_ref().is_some_and(|(_, fresh)| fresh == text) {
                    (person.fresh, person.pressed) = (None, None);
                }
            }
            // What they hold in their hand has been taken already, by a run that they did not see the end of.
            (Because::Refused(Refusal::Slip(Slip::SameAgain)), Meant::Deposit(text)) => {
                let person = &mut self.people[*who];
                if person.fresh.as_ref().is_some_and(|(_, fresh)| fresh == text) {
                    (person.fresh, person.pressed) = (None, None);
                }
            }
            (Because::Refused(Refusal::NotYet(twinkey_core::permit::NotYet::Held(_))), _) => {
                self.met(Fault::KeptOut);
            }
            (Because::Refused(Refusal::NotYet(twinkey_core::permit::NotYet::Draining(_))), _) => {
                self.met(Fault::AskedEarly);
            }
            _ => {}
        }
    }

    /// Something that people do.
    pub(crate) fn person_acts(&mut self, who: usize) {
        let Some(record) = self.record.clone() else { return };
        let Some(active) = self.active() else { return };
        let other = active.other();
        let other_person = 1 - who;
        let person = self.people[who].clone();
        let spoken = self.people[other_person].name.to_owned();
        match self.rng.u32(..32) {
            0..8 => {
                let waiting = record.clients[other].retired.is_some() || record.permit.is_some();
                if waiting || self.rng.u32(..4) == 0 {
                    self.ask(who, other);
                }
            }
            8..14 => {
                let unasked = (self.nature.hole == Some(Hole::PressUnasked)).then_some(other);
                if let Some(client) = person.safe.or(unasked).filter(|_| person.fresh.is_none()) {
                    self.press(who, client);
                    if self.rng.u32(..8) == 0 {
                        self.met(Fault::SecretLost);
                        self.people[who].fresh = None;
                    }
                }
            }
            14..20 => {
                if let Some((client, secret)) = person.fresh {
                    self.slip_or_deposit(who, client, &secret);
                }
            }
            20..22 => {
                if let Some((client, secret)) = person.fresh
                    && self.type_into_slot(who, client, &secret)
                {
                    // Nor do they believe a SAFE that they had asked for before.
                    self.people[who] = Person::new(person.name, person.host);
                }
            }
            22..24 => {
                let mine = record.permit.as_ref().is_some_and(|permit| permit.holder == person.name);
                if mine && person.pressed.is_none() {
                    self.people[who].safe = None;
                    self.command(who, Wish::Cancel { spoke_to: None }, Meant::Other, None);
                }
            }
            24 => {
                if self.may_take_over(other_person) {
                    self.speak_to(other_person);
                    let wish = Wish::Cancel { spoke_to: Some(spoken) };
                    let pid = self.command(who, wish, Meant::Other, None);
                    self.lets(other_person, pid);
                }
            }
            25 => {
                let spoke = self.rng.bool() && self.may_take_over(other_person);
                if spoke {
                    self.speak_to(other_person);
                }
                let pressed = self.people.iter().any(|person| person.pressed.is_some());
                if !pressed {
                    let wish = Wish::Rollback { reason: "try".into(), spoke_to: spoke.then_some(spoken) };
                    let pid = self.command(who, wish, Meant::Other, None);
                    self.lets(other_person, pid.filter(|_| spoke));
                }
            }
            26 => {
                let drain = (self.rng.u32(..8) == 0).then_some(MINUTE);
                self.command(who, Wish::SwitchNow { drain, reason: "leaver".into() }, Meant::Other, None);
            }
            27..29 => {
                self.confirm(who);
            }
            29 => {
                self.command(who, Wish::ConfirmNotInUse, Meant::Other, None);
            }
            30 => {
                if self.portal.rows[other].secret != String::new() && record.permit.is_none() {
                    self.replace_client(who, other);
                }
            }
            _ => {
                let wish = if self.rng.bool() { Wish::PutOurs } else { Wish::TakeTheirs { client: None } };
                self.command(who, wish, Meant::Other, None);
            }
        }
    }

    /// Somebody may be asked to let go, unless they have just pressed: a node that does not know it yet would
    /// still take the old secret.
    fn may_take_over(&self, whom: usize) -> bool {
        let unsure = self.portal.lateness.max(self.portal.retention);
        self.people[whom].pressed.is_none_or(|(_, at)| self.now.duration_since(at) > unsure)
    }

    fn slip_or_deposit(&mut self, who: usize, client: Client, secret: &str) {
        let slip = match self.rng.u32(..14) {
            0 => Some((Fault::OddText, format!("{secret} "))),
            1 => Some((Fault::WrongSecret, format!("canary-wrong-{}", self.rng.u32(..)))),
            2 => Some((Fault::OthersSecret, self.portal.rows[client.other()].secret.clone())),
            3 => self.slot_text(client).map(|text| (Fault::SameAgain, text)),
            _ => None,
        };
        match slip {
            Some((fault, text)) => {
                if self.hand_over(who, client, &text, None).is_some() {
                    self.met(fault);
                }
            }
            None => {
                let ends = if self.rng.u32(..4) == 0 { "\n" } else { "" };
                let text = format!("{secret}{ends}");
                let pid = self.hand_over(who, client, &text, None);
                if let Some(process) = pid.and_then(|pid| self.processes.get_mut(&pid)) {
                    process.role = Role::Person(who, Meant::Deposit(secret.into()));
                }
            }
        }
    }

    fn slot_text(&self, client: Client) -> Option<String> {
        use secrecy::ExposeSecret;
        let server = self.server();
        let slot = server.read(&self.documents.slots[client])?;
        slot.body.text("client_secret").map(|text| text.expose_secret().to_owned())
    }

    /// `confirm-drained`: first every consumer is restarted, then it is said.
    pub(crate) fn confirm(&mut self, who: usize) -> Option<()> {
        let drain = self.record.as_ref()?.drain.clone()?;
        if self.nature.policy.staleness != Staleness::Restart || self.now < self.store.away_until {
            return None;
        }
        for number in 0..self.consumers.len() {
            self.consumers[number].tokens.clear();
            self.consumers[number].pair = None;
            self.read_by(number);
        }
        self.say(self.people[who].name, || "restarts every consumer".into());
        self.command(who, Wish::ConfirmDrained { switch: drain.switch }, Meant::Other, None);
        Some(())
    }

    /// The client that nobody uses is deleted in the portal and made anew, under a permit of its own or not
    /// at all in use; its new id comes with the deposit.
    fn replace_client(&mut self, who: usize, client: Client) {
        let unused = self.record.as_ref().is_some_and(|record| {
            record.clients[client].retired.is_none()
                && !record.clients[client].maybe_in_use
                && record.intent.is_none()
        });
        // Nobody deletes what may be published at any moment: only an operator who does not obey.
        if !unused || self.nature.obedient {
            return;
        }
        self.obeyed = false;
        let now = self.now;
        let (id, secret) = self.portal.replace(client, now);
        self.met(Fault::ClientReplaced);
        self.hand_over(who, client, &secret, Some(id));
    }

    /// `init`, with what the portal shows.
    pub(crate) fn init(&mut self, who: usize, both: bool) -> Option<Pid> {
        let mut entries = PerClient::default();
        let mut texts = PerClient::default();
        let live = self.active().unwrap_or(Client::A);
        for client in Client::BOTH {
            let row = &self.portal.rows[client];
            let needed = client != live
                || (!self.nature.adopted
                    && self.record.as_ref().is_none_or(|record| record.active.is_none()));
            if needed && (both || client == live) {
                let secret = SecretString::from(row.secret.as_str());
                let salt = self.record.as_ref().map_or(self.salt, |record| record.salt);
                entries[client] =
                    Some(Entry { client_id: row.id.clone(), secret: pasted_seen(&secret, &salt) });
                texts[client] = Some(secret);
            }
        }
        let wish = Wish::Init(Init { salt: self.salt, live, entries });
        let order = Order {
            wish,
            who: self.people[who].name.into(),
            role: Role::Person(who, Meant::Other),
            pasted: texts,
            salt: Some(self.salt),
            mode: Mode::Live,
        };
        self.start(self.people[who].host, order)
    }

    /// Consumers begin to read, each at its own moment.
    pub(crate) fn consumers_begin(&mut self) {
        for number in 0..self.consumers.len() {
            let keeps = self.consumers[number].keeps.unwrap_or(HOUR);
            let pause = jiff::SignedDuration::from_secs(self.rng.i64(1..keeps.as_secs()));
            self.after(pause, Event::Refresh(number));
        }
    }
}
