//! A world in memory: what production does with files, sockets and sleep, done with plain values.

mod consumers;
mod invariants;
mod provider;
mod run;
mod store;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use twinkey_core::decision::{Because, Refusal, Rest};
use twinkey_core::seen::{Done, Host, Pair, Pasted};
use twinkey_core::wish::{Deposit, Entry, Init};
use twinkey_core::{
    AnswerKind, BelongsTo, Client, Failover, Hours, LookEvery, Mac, PerClient, Phase, Policy, Record, Remedy,
    Salt, Settle, Staleness, Unscheduled, Wish,
};

pub(crate) use provider::{Provider, Style};
pub(crate) use run::{Fault, Run};
pub(crate) use store::Store;

pub(crate) const SECOND: SignedDuration = SignedDuration::from_secs(1);
pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Everything around the rules.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) policy: Policy,
    pub(crate) store: Store,
    pub(crate) provider: Provider,
    pub(crate) hosts: BTreeMap<String, Host>,
    /// Writes that were sent and have not arrived yet.
    pub(crate) late: Vec<run::Late>,
    /// What consumers could have read, and when they could not.
    pub(crate) consumers: consumers::Consumers,
    /// Invariants that a step broke, in words.
    pub(crate) broken: Vec<String>,
    /// Pairs that somebody else put into the live pair, by version.
    pub(crate) foreign: Vec<String>,
}

pub(crate) fn policy() -> Policy {
    Policy {
        place: BelongsTo {
            store: "store".into(),
            live_pair: "app/gbg".into(),
            id_field: "client_id".into(),
            secret_field: "client_secret".into(),
        },
        schedule: None,
        min_interval: DAY * 7,
        max_age: None,
        jitter: SignedDuration::ZERO,
        unscheduled: Unscheduled::EachCall,
        hours: Hours::always(),
        staleness: Staleness::For(HOUR),
        look_every: LookEvery::Cron,
        margin: MINUTE * 10,
        token_lifetime: HOUR,
        settle: Settle { tokens: 3, over: SECOND * 130 },
        standby_every: HOUR * 6,
        active_every: MINUTE * 5,
        failover: Failover::Auto,
        reminders: vec![SignedDuration::ZERO, DAY, DAY * 3],
        output: false,
    }
}

/// A number as a secret.
pub(crate) fn secret(number: u64) -> Mac {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Mac::from_bytes(bytes)
}

pub(crate) fn pasted(secret: Mac) -> Pasted {
    Pasted { secret, oddity: None }
}

impl World {
    /// Two clients at the provider; the store is empty.
    pub(crate) fn empty() -> Self {
        Self {
            now: "2026-01-06T10:00:00Z".parse().unwrap(),
            policy: policy(),
            store: Store::default(),
            provider: Provider::new(),
            hosts: BTreeMap::new(),
            late: Vec::new(),
            consumers: consumers::Consumers::default(),
            broken: Vec::new(),
            foreign: Vec::new(),
        }
    }

    /// Set up: client a live, client b a proven standby that nobody outside uses, and a switch is due.
    pub(crate) fn ready() -> Self {
        let mut world = Self::empty();
        assert_eq!(world.wish(world.init_both()).why, Because::Done(Done::Initialised));
        assert_eq!(world.wish(Wish::ConfirmNotInUse).why, Because::Done(Done::Confirmed));
        world.pass(DAY * 7);
        world
    }

    /// One switch later: b is live, a drains.
    pub(crate) fn switched() -> Self {
        let mut world = Self::ready();
        assert_eq!(world.round().why, Because::Done(Done::Switched));
        world
    }

    /// The drain is over.
    pub(crate) fn drained() -> Self {
        let mut world = Self::switched();
        world.pass(HOUR * 3 + MINUTE * 10);
        world
    }

    pub(crate) fn init_both(&self) -> Wish {
        self.init(Client::BOTH.into_iter())
    }

    pub(crate) fn init(&self, clients: impl Iterator<Item = Client>) -> Wish {
        let mut entries = PerClient::default();
        for client in clients {
            let at = &self.provider.clients[client];
            entries[client] = Some(Entry { client_id: at.id.clone(), secret: pasted(at.secret) });
        }
        Wish::Init(Init { salt: Salt::from_bytes([7; 16]), live: Client::A, entries })
    }

    pub(crate) fn pass(&mut self, time: SignedDuration) {
        self.now += time;
    }

    /// One round of cron on the first host.
    pub(crate) fn round(&mut self) -> Rest {
        self.wish(Wish::Keep)
    }

    /// One run for a wish, by Olga on the first host.
    pub(crate) fn wish(&mut self, wish: Wish) -> Rest {
        self.wish_by("olga", wish)
    }

    pub(crate) fn wish_by(&mut self, by: &str, wish: Wish) -> Rest {
        let mut run = self.begin("one", by, wish);
        self.finish(&mut run)
    }

    pub(crate) fn permit(&mut self, by: &str) -> Rest {
        self.wish_by(by, Wish::Permit { client: None, holder: by.into() })
    }

    pub(crate) fn deposit(&mut self, client: Client, secret: Mac) -> Rest {
        self.wish(Wish::Deposit(Deposit { client, client_id: None, spoke_to: None, secret: pasted(secret) }))
    }

    /// Somebody clicks Regenerate Secret in this client's row.
    pub(crate) fn regenerate(&mut self, client: Client) -> Mac {
        let old = self.provider.clients[client].secret;
        let holders = self.consumers.holders(self.now, self.staleness(), old);
        if holders > 0 && self.provider.obeyed {
            self.broken.push(format!("{holders} consumers hold the secret of {client} that was just killed"));
        }
        self.provider.regenerate(client, self.now)
    }

    pub(crate) fn staleness(&self) -> SignedDuration {
        match self.policy.staleness {
            Staleness::For(time) => time,
            Staleness::Restart => DAY * 10_000,
        }
    }

    /// The whole of a regeneration by the book.
    pub(crate) fn regenerate_by_the_book(&mut self) {
        assert_eq!(self.permit("olga").why, Because::Done(Done::Safe));
        let client = self.record().permit.unwrap().client;
        let fresh = self.regenerate(client);
        assert_eq!(self.deposit(client, fresh).why, Because::Done(Done::Proven));
    }

    pub(crate) fn record(&self) -> Record {
        self.store.record().expect("a record")
    }

    pub(crate) fn active(&self) -> Client {
        self.record().active.expect("an active client").client
    }

    /// What `status` would say, seen freshly by the first host.
    pub(crate) fn phase(&mut self) -> Phase {
        let seen = self.look();
        twinkey_core::phase(&self.policy, &seen, self.now)
    }

    pub(crate) fn remedy(&mut self) -> Option<Remedy> {
        let seen = self.look();
        twinkey_core::remedy(&self.policy, &seen, self.now)
    }

    pub(crate) fn messages(&mut self) -> Vec<&'static str> {
        let seen = self.look();
        twinkey_core::messages(&self.policy, &seen, self.now).iter().map(|message| message.key()).collect()
    }

    /// Somebody writes the live pair without Twinkey.
    pub(crate) fn foreign_edit(&mut self, pair: Option<Pair>) {
        self.store.edit_live(pair.clone());
        self.consumers.live(self.now, pair);
        let version = self.store.live.as_ref().unwrap().version.clone();
        self.foreign.push(version.as_str().to_owned());
    }

    /// Whether what consumers read gets a token.
    pub(crate) fn live_works(&self) -> bool {
        self.store.live_pair().is_some_and(|pair| self.provider.is_current(&pair))
    }

    pub(crate) fn live_secret(&self) -> Mac {
        self.store.live_pair().unwrap().secret
    }

    pub(crate) fn assert_whole(&self) {
        assert!(self.broken.is_empty(), "{:#?}", self.broken);
    }

    pub(crate) fn refuse_next(&mut self, kind: AnswerKind, times: usize) {
        self.provider.scripted.extend(std::iter::repeat_n(kind, times));
    }
}

/// The refusal that a run ended with.
pub(crate) fn refusal(rest: Rest) -> Refusal {
    match rest.why {
        Because::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}
