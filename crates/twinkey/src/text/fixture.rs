//! Scenes for the screens: one credential with two clients, seen at a moment of its life.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use twinkey_core::record::{Active, Intent, Lineage, Noted, Permit, Refusals, Schema, Why};
use twinkey_core::seen::{Audit, Host, LiveSeen, Look, Pair, Pasted, Probed, RecordSeen, SlotSeen};
use twinkey_core::{
    Answer, AnswerKind, AttemptId, BelongsTo, Client, Drain, Expected, Failover, Hours, LookEvery, Mac,
    PerClient, Policy, Record, Salt, Schedule, Seen, Settle, Staleness, Unscheduled, Version, What, Wish,
};

use super::Names;

/// One credential at one moment.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) policy: Policy,
    pub(crate) seen: Seen,
    pub(crate) now: Timestamp,
    labels: PerClient<String>,
    portal: Vec<String>,
    zone: TimeZone,
    pub(crate) embedded: bool,
}

pub(crate) const A_ID: &str = "0c2f6a1e-7d55-4b1c-9e7b-55d1a0c84f1c";
pub(crate) const B_ID: &str = "e1b7c3d2-0f4a-4c7e-8a69-13be9ff277aa";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The fingerprint's digits and no more are given.
pub(crate) fn mac(digits: &str) -> Mac {
    let mut bytes = [7; 32];
    hex::decode_to_slice(digits, &mut bytes[..4]).unwrap();
    Mac::from_bytes(bytes)
}

pub(crate) fn pasted(digits: &str) -> Pasted {
    Pasted { secret: mac(digits), oddity: None }
}

impl Scene {
    /// A is live since December, B stands by, the switch of Tue 5 Jan 10:00 is a day away.
    pub(crate) fn ready() -> Self {
        let now = at("2027-01-04T09:30:00Z");
        let mut scene = Self::empty(now);
        let record = scene.first_record();
        scene.put(record);
        scene.seen.live = live(A_ID, "c07e5512");
        scene.seen.slots = PerClient { a: slot(A_ID, "c07e5512"), b: slot(B_ID, "9f3c21aa") };
        scene.seen.host.accepted = PerClient {
            a: Some(Noted { secret: mac("c07e5512"), at: at("2027-01-04T09:26:00Z") }),
            b: Some(Noted { secret: mac("9f3c21aa"), at: at("2027-01-04T06:10:00Z") }),
        };
        scene
    }

    /// Half an hour after the switch to B.
    pub(crate) fn draining() -> Self {
        let mut scene = Self::ready();
        scene.now = at("2027-01-05T10:30:00Z");
        scene.seen.live = live(B_ID, "9f3c21aa");
        let switched = at("2027-01-05T10:00:04Z");
        scene.change(|record| {
            record.active = Some(Active {
                client: Client::B,
                client_id: B_ID.to_owned(),
                secret: mac("9f3c21aa"),
                version: Version::new("18"),
                since: switched,
            });
            record.clients.a.proven = None;
            record.clients.a.retired = Some(Noted { secret: mac("c07e5512"), at: switched });
            record.drain = Some(Drain {
                switch: switch(),
                retired: Client::A,
                secret: mac("c07e5512"),
                started: switched,
                restarts: 0,
                staleness: Staleness::For(SignedDuration::from_hours(1)),
                token_lifetime: SignedDuration::from_hours(1),
                shortened: None,
                ended: None,
            });
        });
        scene.seen.host.accepted.b = Some(Noted { secret: mac("9f3c21aa"), at: at("2027-01-05T10:26:00Z") });
        scene
    }

    /// Two hours after the drain.
    pub(crate) fn awaiting() -> Self {
        let mut scene = Self::draining();
        scene.now = at("2027-01-05T15:15:00Z");
        scene.seen.host.accepted.b = Some(Noted { secret: mac("9f3c21aa"), at: at("2027-01-05T15:11:00Z") });
        scene
    }

    /// Two hours after the drain that followed a fail-over.
    pub(crate) fn failed_over() -> Self {
        let mut scene = Self::awaiting();
        let (client, secret, why) = (Client::B, mac("9f3c21aa"), Why::FailOver);
        scene.change(|record| {
            record.note(at("2027-01-05T10:00:04Z"), "twinkey", What::Published { client, secret, why });
        });
        scene
    }

    /// Maria holds the permit on A, and it is Maria who looks.
    pub(crate) fn permit_open() -> Self {
        let mut scene = Self::awaiting();
        let since = at("2027-01-05T15:10:00Z");
        scene.change(|record| {
            record.permit = Some(Permit {
                client: Client::A,
                holder: "maria".to_owned(),
                opened_by: "maria".to_owned(),
                passed_over: None,
                since,
            });
        });
        scene
    }

    /// The new secret of A lies in its slot.
    pub(crate) fn settling() -> Self {
        let mut scene = Self::permit_open();
        if let Some(slot) = &mut scene.seen.slots.a {
            slot.candidate = Some(pasted("51d0ee0b"));
        }
        scene
    }

    /// An intent to publish B was written, and no more.
    pub(crate) fn switching() -> Self {
        let mut scene = Self::ready();
        scene.now = at("2027-01-05T10:00:10Z");
        scene.change(|record| {
            record.intent = Some(Intent {
                to: Client::B,
                client_id: B_ID.to_owned(),
                secret: mac("9f3c21aa"),
                from: Expected::Version(Version::new("17")),
                attempt: switch(),
                why: Why::Scheduled,
                drain: None,
                reason: None,
                by: "twinkey".to_owned(),
                at: at("2027-01-05T10:00:02Z"),
            });
        });
        scene
    }

    /// Nothing there yet.
    pub(crate) fn empty(now: Timestamp) -> Self {
        let host = Host {
            audit: Audit { chain: "host-1".to_owned(), head: None, unwritable: false },
            ..Host::default()
        };
        let mut seen = Seen::nothing(Wish::Keep, "maria", host);
        seen.look = Look::Fresh;
        Self {
            policy: policy(now),
            seen,
            now,
            labels: PerClient { a: "GO API Client A".to_owned(), b: "GO API Client B".to_owned() },
            portal: [
                "open the Account management portal, tab Clients (you need the customer administrator role)",
                "find the row of {label}; on its right, the three dots, Regenerate Secret",
                "in the dialog, Regenerate Secret again",
                "copy the new secret from the success alert on top of the page: it is shown only once",
            ]
            .map(str::to_owned)
            .to_vec(),
            zone: TimeZone::get("Europe/London").unwrap(),
            embedded: true,
        }
    }

    pub(crate) fn names(&self) -> Names<'_> {
        Names {
            config_file: None,
            credential: "go-production",
            labels: &self.labels,
            zone: &self.zone,
            live_pair: "app/gbg",
            id_field: "GBG_ID",
            secret_field: "GBG_SECRET",
            slots: PerClient { a: "twinkey/app/gbg/a", b: "twinkey/app/gbg/b" },
            portal: &self.portal,
            embedded: self.embedded,
        }
    }

    fn first_record(&self) -> Record {
        let proven = |digits, on: &str| Some(Noted { secret: mac(digits), at: at(on) });
        let mut record = Record {
            schema: Schema::OURS,
            counter: 17,
            lineage: Lineage { id: AttemptId::derive(&[b"lineage"]), replaces: Vec::new() },
            belongs_to: self.policy.place.clone(),
            salt: Salt::from_bytes([1; 16]),
            active: Some(Active {
                client: Client::A,
                client_id: A_ID.to_owned(),
                secret: mac("c07e5512"),
                version: Version::new("17"),
                since: at("2026-12-01T10:00:03Z"),
            }),
            intent: None,
            drain: None,
            permit: None,
            clients: PerClient::default(),
            transitions: Vec::new(),
            audit: std::collections::BTreeMap::new(),
        };
        record.clients.a.proven = proven("c07e5512", "2026-11-03T14:20:00Z");
        record.clients.b.proven = proven("9f3c21aa", "2026-12-01T15:02:00Z");
        record
    }

    pub(crate) fn put(&mut self, record: Record) {
        self.seen.record = RecordSeen::Here { version: Version::new("40"), record: Box::new(record) };
    }

    /// Changes the record.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Record)) {
        if let RecordSeen::Here { record, .. } = &mut self.seen.record {
            change(record);
        }
    }

    /// The client's secret was refused that often, the last time four minutes ago.
    pub(crate) fn refuse(&mut self, client: Client, digits: &str, count: u32) {
        let last = self.now.saturating_sub(SignedDuration::from_mins(4)).unwrap();
        let refusals = Refusals { secret: mac(digits), count, first: last, last, named: true };
        self.change(|record| record.clients[client].refusals.push(refusals));
    }

    /// The provider said this of the client a moment ago.
    pub(crate) fn answer(&mut self, client: Client, digits: &str, kind: AnswerKind, detail: &str) {
        let client_id = if client == Client::A { A_ID } else { B_ID }.to_owned();
        let answer = Answer::new(kind, detail);
        let at = self.now;
        self.seen.probes.push(Probed {
            client,
            client_id,
            secret: mac(digits),
            at,
            answer,
            noted: false,
            current: true,
        });
    }
}

/// The switch of Tue 5 Jan.
pub(crate) fn switch() -> AttemptId {
    AttemptId::derive(&[b"switch"])
}

pub(crate) fn live(id: &str, digits: &str) -> Option<LiveSeen> {
    let pair = Some(Pair { client_id: id.to_owned(), secret: mac(digits) });
    Some(LiveSeen { version: Version::new("17"), pair })
}

pub(crate) fn slot(id: &str, digits: &str) -> Option<SlotSeen> {
    Some(SlotSeen {
        version: Version::new("3"),
        client_id: id.to_owned(),
        secret: Some(pasted(digits)),
        candidate: None,
        previous: None,
    })
}

fn policy(now: Timestamp) -> Policy {
    Policy {
        place: BelongsTo {
            store: "local".to_owned(),
            live_pair: "app/gbg".to_owned(),
            id_field: "GBG_ID".to_owned(),
            secret_field: "GBG_SECRET".to_owned(),
        },
        schedule: Some(Schedule::parse("0 10 * * TUE#1", "Europe/London", now).unwrap()),
        min_interval: SignedDuration::from_hours(7 * 24),
        max_age: None,
        jitter: SignedDuration::ZERO,
        unscheduled: Unscheduled::EachCall,
        hours: Hours::always(),
        staleness: Staleness::For(SignedDuration::from_hours(1)),
        look_every: LookEvery::Cron,
        margin: SignedDuration::from_mins(10),
        token_lifetime: SignedDuration::from_hours(1),
        settle: Settle { tokens: 3, over: SignedDuration::from_secs(130) },
        standby_every: SignedDuration::from_hours(6),
        active_every: SignedDuration::from_mins(5),
        failover: Failover::Auto,
        reminders: [0, 24, 72].map(SignedDuration::from_hours).to_vec(),
        output: false,
    }
}
