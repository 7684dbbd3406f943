//! Every kind of message: it stands once, under its key, with its page, and its end is told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use twinkey_core::alerts::{Alert, UNPROVEN_IS_LONG};
use twinkey_core::decision::{Because, Rest};
use twinkey_core::ledger::{Became, Delivery, Ledger, Route, Tell};
use twinkey_core::messages::{Kind, Severity};
use twinkey_core::record::{Death, Replaced};
use twinkey_core::seen::{Trouble, TroubleClass, With};
use twinkey_core::{AnswerKind, Client};

use super::findings;
use super::told::Told;
use crate::board::{Board, Entry, Found, Login, Stands};
use crate::config::Config;
use crate::exit::Exit;
use crate::open::{Cause, Stop};
use crate::text::fixture::{Scene, at, mac};
use crate::text::{Sender, notice};

/// The credential of the scenes, at a store `local` and a provider `gbg`, and another one there.
const CONFIG: &str = r#"
[store.local]
file = "/store.age"
key = { file = "/store.key" }
[provider.gbg]
preset = "gbg-go"
[credential.go-production]
store = "local"
provider = "gbg"
live-pair = "app/gbg"
labels = { a = "GO API Client A", b = "GO API Client B" }
consumers.max-staleness = "1h"
[credential.other]
store = "local"
provider = "gbg"
live-pair = "app/other"
consumers.max-staleness = "1h"
"#;

/// What a round found.
struct Round {
    scene: Scene,
    why: Because,
    login: Login,
    stop: Option<Stop>,
}

impl From<Scene> for Round {
    fn from(scene: Scene) -> Self {
        Self { scene, why: Because::Nothing, login: Login::Holds, stop: None }
    }
}

impl Round {
    fn learned_by(self, board: &Board, now: Timestamp) -> Vec<Arc<Entry>> {
        self.of("go-production", board, now)
    }

    fn of(self, name: &str, board: &Board, now: Timestamp) -> Vec<Arc<Entry>> {
        let rest = Rest { why: self.why, wake: None };
        let stands =
            self.stop.map_or_else(|| Stands::Seen(Box::new((self.scene.seen, rest))), Stands::Stopped);
        let found = Found { stands, failed: false, next_run: None, login: self.login };
        board.learn(name, found, now);
        let mut entries = board.entries();
        for entry in &mut entries {
            let mut credential = (*entry.credential).clone();
            credential.policy = self.scene.policy.clone();
            *entry = Arc::new(Entry { credential: Arc::new(credential), ..(**entry).clone() });
        }
        entries
    }
}

/// A scene that was changed.
fn with(mut scene: Scene, change: impl FnOnce(&mut Scene)) -> Round {
    change(&mut scene);
    scene.into()
}

/// A round that a store stopped.
fn stopped(with: With, class: TroubleClass) -> Round {
    let trouble = Trouble { with, class, text: "the store says no".to_owned() };
    let mut round = Round::from(Scene::ready());
    round.scene.seen.trouble = Some(trouble.clone());
    Round { why: Because::Trouble(trouble), ..round }
}

/// A round that could not begin.
fn not_begun(cause: Cause) -> Round {
    let stop = Stop::new(Exit::Configuration, "the file x cannot be read\n  put it back").because(cause);
    Round { stop: Some(stop), ..Scene::ready().into() }
}

/// What the two clients were answered.
fn answered(a: AnswerKind, b: AnswerKind) -> Round {
    with(Scene::ready(), |scene| {
        scene.answer(Client::A, "c07e5512", a, "");
        scene.answer(Client::B, "9f3c21aa", b, "");
    })
}

/// A kind's key, how urgent it is, and a round that finds it.
type OfKind = (&'static str, Severity, fn() -> Round);

/// Each kind.
fn all() -> Vec<OfKind> {
    use AnswerKind::{Accepted, Unavailable};
    use Severity::{Page, Warning};
    vec![
        ("go-production/regenerate", Warning, || Scene::awaiting().into()),
        ("go-production/permit-open", Warning, || {
            with(Scene::permit_open(), |scene| scene.now = at("2027-01-05T17:40:00Z"))
        }),
        ("go-production/standby-refused", Page, || {
            with(Scene::ready(), |scene| scene.refuse(Client::B, "9f3c21aa", 2))
        }),
        ("go-production/active-refused", Page, || {
            with(Scene::ready(), |scene| scene.refuse(Client::A, "c07e5512", 2))
        }),
        ("go-production/failed-over", Warning, || Scene::failed_over().into()),
        ("go-production/misconfigured", Page, || {
            with(Scene::ready(), |scene| {
                scene.refuse(Client::A, "c07e5512", 2);
                scene.refuse(Client::B, "9f3c21aa", 2);
                scene.change(|record| {
                    for client in Client::BOTH {
                        record.clients[client].refusals.iter_mut().for_each(|it| it.named = false);
                    }
                });
            })
        }),
        ("go-production/diverged", Page, || with(Scene::ready(), |scene| scene.seen.live = None)),
        ("go-production/blocked", Page, || {
            with(Scene::ready(), |scene| scene.policy.place.live_pair = "app/new".to_owned())
        }),
        ("go-production/overdue", Page, || {
            with(Scene::awaiting(), |scene| scene.now = at("2027-02-02T14:00:00Z"))
        }),
        ("go-production/old-secret-alive", Warning, || {
            with(Scene::ready(), |scene| {
                let seen = Death::StillAccepted(at("2027-01-03T09:00:00Z"));
                let replaced = Replaced { secret: mac("00000001"), at: at("2026-12-01T15:02:00Z"), seen };
                scene.change(|record| record.clients.b.replaced = Some(replaced));
            })
        }),
        ("host/store-unreachable/local", Page, || stopped(With::Reading, TroubleClass::Temporary)),
        ("host/store-unreachable/local", Page, || not_begun(Cause::Store)),
        ("host/provider-unusable/gbg", Page, || not_begun(Cause::Provider)),
        ("host/write-denied/local", Page, || stopped(With::Writing, TroubleClass::Permission)),
        ("host/login-expiring/local", Warning, || Round {
            login: Login::Ends(Duration::from_secs(3600)),
            ..Scene::ready().into()
        }),
        ("host/login-expiring/local", Page, || Round {
            login: Login::Ends(Duration::from_secs(599)),
            ..Scene::ready().into()
        }),
        ("host/provider-down/gbg", Page, || answered(Unavailable, Unavailable)),
        ("go-production/unproven/b", Warning, || answered(Accepted, Unavailable)),
        ("go-production/unproven/a", Page, || answered(Unavailable, Accepted)),
        ("host/clock-off", Warning, || clock(SignedDuration::from_secs(-31))),
        ("host/clock-off", Page, || clock(SignedDuration::from_secs(301))),
        ("host/audit-unwritable", Warning, || {
            with(Scene::ready(), |scene| scene.seen.host.audit.unwritable = true)
        }),
    ]
}

fn clock(skew: SignedDuration) -> Round {
    let mut round = answered(AnswerKind::Accepted, AnswerKind::Accepted);
    round.scene.seen.probes[1].answer.clock_skew = Some(skew);
    round
}

/// A round in which nothing is wrong.
fn well() -> Round {
    clock(SignedDuration::from_secs(1))
}

fn board() -> Board {
    let config = Config::parse(CONFIG, std::path::Path::new("test"), at("2027-01-01T00:00:00Z")).unwrap();
    let board = Board::new(at("2027-01-01T00:00:00Z"));
    board.configure(&config);
    board
}

fn sender() -> Sender {
    Sender { host: "ops-1".to_owned(), runbooks: "https://wiki.example/twinkey".to_owned() }
}

#[test]
fn every_kind_stands_under_its_key_with_its_page_and_ends() {
    let channel = [Route { name: "hook".to_owned(), least: Severity::Notice }];
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    for (key, severity, round) in all() {
        let board = board();
        let (mut told, mut ledger) = (Told::none(), Ledger::default());
        // Three rounds, over longer than anything must last; each is found anew.
        let mut now = round().scene.now;
        for _ in 0..3 {
            told.learn(&round().learned_by(&board, now), now);
            now += UNPROVEN_IS_LONG;
        }
        let standing = told.standing(now);
        let found = standing.iter().find(|standing| standing.key == key).unwrap_or_else(|| panic!("{key}"));
        assert_eq!(found.severity, severity, "{key}");
        ledger.keep_up(&standing, now);
        let due: Vec<Delivery> =
            ledger.due(&channel, now).into_iter().filter(|due| due.about.key == key).collect();
        assert_eq!(due.len(), 1, "{key}");
        let kind = key.split('/').nth(1).unwrap();
        let begins = notice(&board, &due[0], &sender(), now);
        let own = ["clock-off", "audit-unwritable", "provider-unusable"].contains(&kind);
        assert_eq!(begins.key, if own { format!("{key}/ops-1") } else { key.to_owned() });
        assert_eq!(begins.runbook, Some(format!("https://wiki.example/twinkey#{kind}")));
        for delivery in ledger.due(&channel, now) {
            ledger.note(&delivery, Became::Taken, now);
        }
        assert_eq!(ledger.due(&channel, now), [], "{key} is told once");

        now += UNPROVEN_IS_LONG;
        told.learn(&well().learned_by(&board, now), now);
        assert_eq!(told.standing(now), [], "{key}");
        ledger.keep_up(&[], now);
        let ended = ledger.due(&channel, now).into_iter().find(|due| due.about.key == key).unwrap();
        assert_eq!((ended.tell, ended.about.since), (Tell::Ended, found.since), "{key}");
        let ends = notice(&board, &ended, &sender(), now);
        assert_ne!(ends.subject, begins.subject, "{key}");
        kinds.insert(kind.to_owned());
    }
    // A channel's failures are found while people are told: below.
    kinds.insert("channel-failing".to_owned());
    let known: BTreeSet<String> =
        Kind::names().iter().chain(Alert::names()).map(|&kind| kind.into()).collect();
    assert_eq!(kinds, known);
}

#[test]
fn what_kept_a_round_from_beginning_is_told_as_what_it_is() {
    let hook = [Route { name: "hook".to_owned(), least: Severity::Notice }];
    // What is told of two such rounds: the key, the last line, the last word of the command.
    let told_of = |round: &dyn Fn() -> Round| {
        let (board, mut told, mut ledger) = (board(), Told::none(), Ledger::default());
        let mut now = Scene::ready().now;
        for _ in 0..2 {
            told.learn(&round().learned_by(&board, now), now);
            now += SignedDuration::from_mins(5);
        }
        ledger.keep_up(&told.standing(now), now);
        let told = ledger.due(&hook, now).into_iter().map(|due| {
            let notice = notice(&board, &due, &sender(), now);
            let verb = notice.command.unwrap().split(' ').next_back().unwrap().to_owned();
            [due.about.key, notice.lines.last().unwrap().clone(), verb]
        });
        told.collect::<Vec<_>>()
    };
    let is = |told: [&str; 3]| vec![told.map(str::to_owned)];
    let (store, provider) = ("host/store-unreachable/local", "host/provider-unusable/gbg");
    assert_eq!(told_of(&|| not_begun(Cause::Store)), is([store, "Put it back.", "status"]));
    assert_eq!(told_of(&|| not_begun(Cause::Provider)), is([provider, "Put it back.", "check"]));
    let unread = || stopped(With::Reading, TroubleClass::Temporary);
    assert_eq!(told_of(&unread), is([store, "The store says no.", "status"]));
    assert!(told_of(&|| not_begun(Cause::Other)).is_empty(), "another process at work");
}

#[test]
fn a_channel_that_fails_is_told_by_another_until_it_works_or_is_gone() {
    let route = |name: &str| Route { name: name.to_owned(), least: Severity::Notice };
    let routes = [route("dead"), route("hook")];
    let (board, mut told) = (board(), Told::none());
    let mut now = Scene::awaiting().now;
    told.learn(&Round::from(Scene::awaiting()).learned_by(&board, now), now);
    let mut tell = |told: &mut Told, works: bool| {
        told.learn_channels(&routes, now);
        let standing = told.standing(now);
        told.ledger.keep_up(&standing, now);
        for delivery in told.ledger.due(&routes, now) {
            let became = if works || delivery.channel == "hook" { Became::Taken } else { Became::Failed };
            told.ledger.note(&delivery, became, now);
        }
        now += SignedDuration::from_mins(31);
        standing.into_iter().map(|standing| standing.key).collect::<Vec<_>>()
    };
    let (reminder, failing) = ("go-production/regenerate", "host/channel-failing/dead");
    assert_eq!(tell(&mut told, false), [reminder]);
    assert_eq!(tell(&mut told, false), [reminder, failing]);
    let mut gone = told.clone();
    assert_eq!(tell(&mut told, true), [reminder, failing]);
    assert_eq!(tell(&mut told, true), [reminder], "it has taken what it owed");
    gone.learn_channels(&routes[1..], Scene::awaiting().now);
    assert_eq!(gone.standing(Scene::awaiting().now).len(), 1);
}

#[test]
fn a_provider_that_answers_nobody_blames_no_credential_however_long_it_lasts() {
    use AnswerKind::{Misconfigured, Protocol, Throttled, Unavailable};
    for kind in [Unavailable, Protocol, Throttled { retry_after: None }, Misconfigured] {
        let (board, mut told) = (board(), Told::none());
        let mut now = Scene::ready().now;
        for _ in 0..50 {
            told.learn(&answered(kind, kind).learned_by(&board, now), now);
            now += UNPROVEN_IS_LONG;
        }
        let keys: Vec<String> = told.standing(now).into_iter().map(|standing| standing.key).collect();
        assert_eq!(keys, ["host/provider-down/gbg"], "{kind:?}");
    }
}

#[test]
fn a_client_is_unproven_only_while_somebody_else_at_its_provider_is_answered() {
    use AnswerKind::{Accepted, Unavailable};
    let (board, mut told) = (board(), Told::none());
    let mut now = Scene::ready().now;
    let mut keys_after = |told: &mut Told, others: AnswerKind| {
        for _ in 0..3 {
            answered(others, others).of("other", &board, now);
            told.learn(&answered(Unavailable, Unavailable).learned_by(&board, now), now);
            now += UNPROVEN_IS_LONG;
        }
        told.standing(now).into_iter().map(|standing| standing.key).collect::<Vec<_>>()
    };
    assert_eq!(
        keys_after(&mut told, Accepted),
        ["go-production/unproven/a", "go-production/unproven/b"],
        "not the provider: it answers the other credential"
    );
    assert_eq!(keys_after(&mut told, Unavailable), ["host/provider-down/gbg"]);
    assert_eq!(keys_after(&mut told, Accepted).len(), 2);
}

#[test]
fn what_the_configuration_no_longer_names_is_forgotten() {
    let board = board();
    let entries = board.entries();
    for key in [
        "host/store-unreachable/local",
        "host/provider-down/gbg",
        "host/clock-off",
        "host/channel-failing/x",
        "go-production/unproven/a",
    ] {
        assert!(findings::is_configured(key, &entries), "{key}");
    }
    for key in
        ["host/store-unreachable/gbg", "host/login-expiring/x", "host/provider-down/local", "go/unproven/a"]
    {
        assert!(!findings::is_configured(key, &entries), "{key}");
    }
}
