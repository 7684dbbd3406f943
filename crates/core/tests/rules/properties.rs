//! Whatever happens in whatever order, as long as people obey permits: nobody holds a dead secret.

mod arithmetic;
mod calendar;
mod people;
mod purity;
mod records;

use proptest::prelude::*;
use twinkey_core::decision::Next;
use twinkey_core::seen::{Freshness, Pair};
use twinkey_core::{AnswerKind, Client, LookEvery, Phase, Record, Remedy, Staleness, Step, Wish};

use crate::world::*;
use people::{Act, People};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Event {
    /// A run does its next step; there are two hosts.
    Step(usize, Fault),
    /// A run goes on to its end without faults.
    Finish(usize),
    /// A process ends between two steps.
    Crash(usize),
    /// Somebody does what people do.
    Act(Act),
    /// Minutes pass.
    Pass(u16),
    /// Minutes pass while the daemon on the second host watches.
    Watch(u8),
    /// A write that was under way arrives.
    Land,
    /// The store is away for some minutes.
    StoreAway(u8),
    /// The provider answers everybody like this from now on.
    Provider(Option<AnswerKind>),
    /// The next question is answered with a refusal, whatever is asked.
    FalseRefusal,
    /// Somebody presses Regenerate without any permit, and does not say so.
    WrongClick(Client),
    /// Somebody writes the live pair: a client's current pair, or nonsense.
    ForeignEdit(Option<Client>),
    /// Somebody confirms what `status` asks to be confirmed.
    Confirm,
}

fn event() -> impl Strategy<Value = Event> {
    let fault = prop_oneof![
        12 => Just(Fault::None),
        1 => Just(Fault::AnswerLost),
        1 => Just(Fault::WriteLost),
        1 => Just(Fault::Late),
        1 => Just(Fault::Down),
        2 => Just(Fault::Stale),
        1 => Just(Fault::NotAudited),
    ];
    let minutes = prop_oneof![Just(1), Just(3), Just(20), Just(61), Just(240), Just(1440), Just(10_080)];
    let provider = prop_oneof![
        3 => Just(None),
        1 => Just(Some(AnswerKind::Unavailable)),
        1 => Just(Some(AnswerKind::Refused)),
    ];
    prop_oneof![
        30 => (0..2_usize, fault).prop_map(|(run, fault)| Event::Step(run, fault)),
        8 => (0..2_usize).prop_map(Event::Finish),
        3 => (0..2_usize).prop_map(Event::Crash),
        16 => people::act().prop_map(Event::Act),
        8 => minutes.prop_map(Event::Pass),
        3 => (1..12_u8).prop_map(Event::Watch),
        3 => Just(Event::Land),
        1 => (1..20_u8).prop_map(Event::StoreAway),
        2 => provider.prop_map(Event::Provider),
        1 => Just(Event::FalseRefusal),
    ]
}

/// Whatever people do that they should not.
fn any_event() -> impl Strategy<Value = Event> {
    let client = prop_oneof![Just(Client::A), Just(Client::B)];
    prop_oneof![
        24 => event(),
        1 => client.clone().prop_map(Event::WrongClick),
        1 => prop::option::of(client).prop_map(Event::ForeignEdit),
        1 => Just(Event::Confirm),
    ]
}

/// The world with two runs in it.
struct Play {
    world: World,
    runs: [Option<Run>; 2],
    people: People,
    past: Vec<Store>,
    watched: jiff::Timestamp,
    /// When a working secret was first refused.
    mistaken: Option<jiff::Timestamp>,
}

const HOSTS: [&str; 2] = ["one", "two"];

impl Play {
    fn new(style: Style) -> Self {
        let mut world = World::ready();
        world.policy.staleness = Staleness::For(MINUTE * 20);
        world.policy.look_every = LookEvery::Every(MINUTE * 5);
        world.policy.min_interval = DAY;
        world.provider.lifetime = MINUTE * 10;
        world.provider.style = style;
        world.provider.lateness = MINUTE;
        let watched = world.now;
        Self {
            world,
            runs: [None, None],
            people: People::default(),
            past: Vec::new(),
            watched,
            mistaken: None,
        }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Step(which, fault) => self.step(*which, *fault),
            Event::Finish(which) => self.finish(*which),
            Event::Crash(which) => {
                self.runs[*which] = None;
                self.people.interrupted(*which);
            }
            Event::Act(act) => {
                if let Some((which, by, wish)) = self.people.act(act, &mut self.world) {
                    self.people.interrupted(which);
                    self.people.started(which, &by, &wish);
                    self.begin(which, &by, wish);
                }
            }
            Event::Pass(minutes) => self.world.pass(MINUTE * i32::from(*minutes)),
            Event::Watch(rounds) => {
                for _ in 0..*rounds {
                    self.world.pass(MINUTE * 5);
                    self.people.interrupted(1);
                    self.begin(1, "daemon", Wish::Keep);
                    self.finish(1);
                }
            }
            Event::Land => self.world.land(),
            Event::StoreAway(minutes) => self.world.store_goes_away(MINUTE * i32::from(*minutes)),
            Event::Provider(all) => {
                if *all == Some(AnswerKind::Refused) {
                    self.mistaken.get_or_insert(self.world.now);
                }
                self.world.provider.all = *all;
            }
            Event::FalseRefusal if self.may_be_mistaken() => self.world.refuse_next(AnswerKind::Refused, 1),
            Event::FalseRefusal => {}
            Event::WrongClick(client) => {
                self.world.provider.obeyed = false;
                self.world.regenerate(*client);
            }
            Event::ForeignEdit(whose) => {
                self.world.provider.obeyed = false;
                let pair = whose.map(|client| {
                    let at = &self.world.provider.clients[client];
                    Pair { client_id: at.id.clone(), secret: at.secret }
                });
                self.world.foreign_edit(pair);
            }
            Event::Confirm => {
                let drain = self.world.record().drain;
                self.world.provider.obeyed &= drain.is_none();
                if let Some(drain) = drain {
                    self.world.wish(Wish::ConfirmDrained { switch: drain.switch });
                }
            }
        }
    }

    /// Once is a mistake. A provider that refuses a working secret again at another time says that it is dead.
    fn may_be_mistaken(&mut self) -> bool {
        let now = self.world.now;
        now.duration_since(*self.mistaken.get_or_insert(now)) < MINUTE
    }

    fn begin(&mut self, which: usize, by: &str, wish: Wish) {
        // The second host runs the daemon; after a longer pause it does not know what it has missed.
        let now = self.world.now;
        if which == 1 {
            let host = self.world.host("two");
            if host.watching.is_none() || now.duration_since(self.watched) > MINUTE * 10 {
                host.watching = Some(now);
            }
            self.watched = now;
        }
        self.runs[which] = Some(self.world.begin(HOSTS[which], by, wish));
    }

    fn finish(&mut self, which: usize) {
        for _ in 0..200 {
            self.step(which, Fault::None);
            if self.runs[which].is_none() {
                return;
            }
        }
        panic!("a run without end");
    }

    fn step(&mut self, which: usize, fault: Fault) {
        if self.runs[which].is_none() {
            self.begin(which, "cron", Wish::Keep);
        }
        let mut run = self.runs[which].take().unwrap();
        if fault == Fault::Stale && matches!(self.world.next(&run), Next::Do(Step::Look(Freshness::Ordinary)))
        {
            run.past = self.stale();
        }
        let before = self.world.store.clone();
        match self.world.step(&mut run, fault) {
            Some(rest) => self.people.ended(which, &rest),
            None => self.runs[which] = Some(run),
        }
        self.past.push(before);
    }

    /// The record as it is, the live pair and the slots as they were, or the other way round.
    fn stale(&self) -> Option<Store> {
        let old = self.past.get(self.past.len().checked_sub(5)?)?;
        let turn = self.past.len();
        let mut mixed = self.world.store.clone();
        if turn.is_multiple_of(2) {
            mixed.record = old.record.clone();
        }
        if !turn.is_multiple_of(3) {
            mixed.live = old.live.clone();
        }
        if turn.is_multiple_of(5) {
            mixed.slots = old.slots.clone();
        }
        Some(mixed)
    }

    fn check(&self) -> Result<(), String> {
        if !self.world.broken.is_empty() {
            return Err(format!("{:#?}", self.world.broken));
        }
        if self.world.provider.obeyed && !self.world.live_works() {
            return Err("the live pair is dead".into());
        }
        Ok(())
    }

    /// Everything works again, and somebody does what `status` says, again and again.
    fn recover(&mut self) -> Result<(), String> {
        self.runs = [None, None];
        self.world.provider.all = None;
        self.world.provider.scripted.clear();
        self.world.consumers.up(self.world.now);
        while !self.world.late.is_empty() {
            self.world.land();
        }
        for host in HOSTS {
            self.world.host(host).audit.unwritable = false;
        }
        let mut told = Vec::new();
        for _ in 0..60 {
            let phase = self.world.phase();
            if matches!(phase, Phase::Ready { .. }) && self.world.live_works() {
                return self.check();
            }
            let remedy = self.world.remedy();
            let rest = self.follow(remedy.as_ref());
            told.push(format!("{phase:?}\n   -> {remedy:?}\n   -> {rest:?}"));
            self.world.pass(MINUTE * 5);
            self.check()?;
        }
        Err(format!("never ready again:\n{}", told[told.len() - 6..].join("\n")))
    }

    fn follow(&mut self, remedy: Option<&Remedy>) -> Option<twinkey_core::decision::Rest> {
        let world = &mut self.world;
        // The schedule's rounds go on beside whatever a person does.
        let Some(remedy) = remedy else { return Some(world.round()) };
        Some(match remedy {
            Remedy::Init => world.wish(world.init_both()),
            Remedy::Rotate => world.round(),
            Remedy::WaitUntil(until) => {
                world.now = world.now.max(*until);
                return None;
            }
            Remedy::ConfirmDrained(switch) => world.wish(Wish::ConfirmDrained { switch: *switch }),
            Remedy::ConfirmNotInUse(_) => world.wish(Wish::ConfirmNotInUse),
            Remedy::Regenerate(client) => self.people.regenerate("olga", *client, world),
            Remedy::FinishPermit(permit) => self.people.regenerate(&permit.holder, permit.client, world),
            Remedy::Deposit(client) => {
                let rest = world.deposit(*client, world.provider.clients[*client].secret);
                world.pass(HOUR);
                world.round();
                rest
            }
            Remedy::Resolve => resolve(world, &[TAKE_THEIRS, Wish::PutOurs]),
            Remedy::PutOurs => resolve(world, &[Wish::PutOurs]),
            // The configuration is found to be right, so both secrets are dead after all.
            Remedy::Check => {
                let active = world.active();
                world.deposit(active, world.provider.clients[active].secret);
                world.pass(HOUR);
                world.round()
            }
            Remedy::Update => panic!("nobody wrote a newer record"),
        })
    }
}

const TAKE_THEIRS: Wish = Wish::TakeTheirs { client: None };

/// What is offered, in its order; else the active client's pair is written by hand and taken.
fn resolve(world: &mut World, offered: &[Wish]) -> twinkey_core::decision::Rest {
    let resolved =
        |rest: &twinkey_core::decision::Rest| matches!(rest.why, twinkey_core::decision::Because::Done(_));
    for wish in offered {
        let rest = world.wish(wish.clone());
        if resolved(&rest) {
            return rest;
        }
    }
    let at = world.provider.clients[world.active()].clone();
    world.store.edit_live(Some(Pair { client_id: at.id, secret: at.secret }));
    let client = Some(world.active());
    world.wish(Wish::TakeTheirs { client })
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![Just(Style::Named), Just(Style::Unnamed)]
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn while_people_obey_permits_the_live_pair_works_and_nobody_holds_a_dead_secret(
        style in style(),
        events in prop::collection::vec(event(), 1..90),
    ) {
        let mut play = Play::new(style);
        for (number, event) in events.iter().enumerate() {
            play.happen(event);
            let told = play.check();
            prop_assert!(told.is_ok(), "after event {number} {event:?}: {}", told.unwrap_err());
        }
        let told = play.recover();
        prop_assert!(told.is_ok(), "{}", told.unwrap_err());
    }

    #[test]
    fn whatever_people_do_wrong_status_leads_back_to_ready(
        style in style(),
        events in prop::collection::vec(any_event(), 1..90),
    ) {
        let mut play = Play::new(style);
        for (number, event) in events.iter().enumerate() {
            play.happen(event);
            let told = play.check();
            prop_assert!(told.is_ok(), "after event {number} {event:?}: {}", told.unwrap_err());
        }
        let told = play.recover();
        prop_assert!(told.is_ok(), "{}", told.unwrap_err());
    }

    #[test]
    fn a_record_comes_back_from_its_json(
        style in style(),
        events in prop::collection::vec(any_event(), 1..40),
    ) {
        let mut play = Play::new(style);
        for event in &events {
            play.happen(event);
            let record = play.world.record();
            prop_assert_eq!(Record::from_json(&record.to_json()), Ok(record));
        }
    }

    #[test]
    fn no_text_makes_the_reading_of_a_record_panic(text in ".{0,200}", at in 0..4000_usize, byte in any::<u8>()) {
        let _ = Record::from_json(&text);
        let mut json = World::switched().record().to_json().into_bytes();
        let at = at % json.len();
        json[at] = byte;
        if let Ok(json) = std::str::from_utf8(&json) {
            let _ = Record::from_json(json);
            let _ = Record::from_json(&json[..at.min(json.len() - 1)].chars().collect::<String>());
        }
    }
}
