//! The screens as they look. Each is compared, without its styles, with a file of `screens/`; run the tests
//! with `TWINKEY_BLESS=1` to write the files anew, and read the difference before you commit it.

use std::fs;
use std::path::Path;

use jiff::SignedDuration;
use twinkey_core::decision::{Because, Refusal, Rest, Wait, WaitFor};
use twinkey_core::ledger::Tell;
use twinkey_core::messages::messages;
use twinkey_core::permit::NotYet;
use twinkey_core::phase::phase;
use twinkey_core::record::{Death, Permit, Replaced, Why};
use twinkey_core::seen::{Done, Oddity, RecordSeen, Trouble, TroubleClass, Which, With};
use twinkey_core::slips::Slip;
use twinkey_core::step::{LiveContent, Probe, Purpose, SlotChange, WriteLive, WriteRecord, WriteSlot};
use twinkey_core::verdict::Verdict;
use twinkey_core::wish::{Entry, Init};
use twinkey_core::{
    Answer, AnswerKind, Client, DrainEnd, Expected, Failover, Outcome, PerClient, RecordError, Safe, Salt,
    Staleness, Step, Transition, Version, What, Wish,
};

use super::fixture::{A_ID, B_ID, Scene, at, live, mac, pasted, slot, switch};
use super::*;
use crate::exit;
use crate::run::Report;

mod asking;
mod running;
mod standing;
mod web;

/// The widest line of any screen.
const WIDEST: usize = 100;

/// What leads each line of a document in a picture.
const DOCUMENT: &str = "| ";

/// Several texts as one picture, each under its title.
#[derive(Default)]
struct Picture(String);

impl Picture {
    fn add(&mut self, title: &str, text: &str) {
        let text = anstream::adapter::strip_str(text).to_string();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        self.0.push_str(&format!("---- {title}\n{text}{end}\n"));
    }

    /// A document for machines, of any width.
    fn document(&mut self, title: &str, text: &str) {
        let wide: String = text.lines().map(|line| format!("{DOCUMENT}{line}\n")).collect();
        self.add(title, &wide);
    }

    /// Compares the picture with its file.
    fn is(&self, name: &str) {
        for line in self.0.lines() {
            if line.starts_with(DOCUMENT) {
                continue;
            }
            let lower = line.to_lowercase();
            assert!(line.chars().count() <= WIDEST, "{name}: too wide: {line}");
            assert!(!lower.contains("please") && !line.contains('!'), "{name}: {line}");
            assert!(!line.ends_with(' ') || line.ends_with(": ") || line.ends_with("] "), "{name}: {line:?}");
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/text/screens/{name}.txt"));
        if std::env::var_os("TWINKEY_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &self.0).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        let differs = self.0.lines().zip(golden.lines()).find(|(now, before)| now != before);
        assert!(
            self.0 == golden,
            "{} is no longer what is shown; first difference: {differs:#?}",
            path.display()
        );
    }
}

fn status_of(scene: &Scene) -> String {
    status(&scene.names(), &scene.policy, &scene.seen, scene.now)
}

fn rest_of(scene: &Scene, why: Because) -> String {
    rest(&scene.names(), &Rest { why, wake: None }, &scene.policy, &scene.seen, scene.now)
}

fn trouble(with: With, class: TroubleClass, text: &str) -> Trouble {
    Trouble { with, class, text: text.to_owned() }
}

const STORE_AWAY: &str = "the store does not answer: reading /var/lib/twinkey/store.age; \
     see to it that the disk is mounted, then run again";

/// Every phase, some in several shapes, with its name.
fn phases() -> Vec<(&'static str, Scene)> {
    let with = |mut scene: Scene, change: &dyn Fn(&mut Scene)| {
        change(&mut scene);
        scene
    };
    vec![
        ("uninitialised", Scene::empty(at("2027-01-04T09:30:00Z"))),
        (
            "standby missing",
            with(Scene::ready(), &|scene| {
                scene.seen.slots.b = None;
                scene.change(|record| record.clients.b = Default::default());
            }),
        ),
        ("ready", Scene::ready()),
        ("ready, switch due", with(Scene::ready(), &|scene| scene.now = at("2027-01-05T10:20:00Z"))),
        ("ready, without a schedule", with(Scene::ready(), &|scene| scene.policy.schedule = None)),
        (
            "ready, old secret alive",
            with(Scene::ready(), &|scene| {
                let seen = Death::StillAccepted(at("2027-01-03T09:00:00Z"));
                let replaced = Replaced { secret: mac("00000001"), at: at("2026-12-01T15:02:00Z"), seen };
                scene.change(|record| record.clients.b.replaced = Some(replaced));
            }),
        ),
        ("switching", Scene::switching()),
        ("draining", Scene::draining()),
        (
            "draining, shortened",
            with(Scene::draining(), &|scene| {
                scene.change(|record| {
                    record.drain.as_mut().unwrap().shortened = Some(SignedDuration::from_mins(45));
                })
            }),
        ),
        (
            "draining until confirmed",
            with(Scene::draining(), &|scene| {
                scene.policy.staleness = Staleness::Restart;
            }),
        ),
        ("awaiting regeneration", Scene::awaiting()),
        ("awaiting, failed over", Scene::failed_over()),
        ("awaiting, overdue", with(Scene::awaiting(), &|scene| scene.now = at("2027-02-02T14:00:00Z"))),
        (
            "awaiting, maybe in use",
            with(Scene::awaiting(), &|scene| {
                scene.change(|record| record.clients.a.maybe_in_use = true);
            }),
        ),
        ("permit open, mine", Scene::permit_open()),
        (
            "permit open, somebody else's",
            with(Scene::permit_open(), &|scene| scene.seen.by = "ben".to_owned()),
        ),
        ("settling", Scene::settling()),
        ("standby rejected", with(Scene::ready(), &|scene| scene.refuse(Client::B, "9f3c21aa", 2))),
        (
            "standby rejected, a fresh one",
            with(Scene::settling(), &|scene| scene.refuse(Client::A, "51d0ee0b", 3)),
        ),
        ("active rejected, a way out", with(Scene::ready(), &|scene| scene.refuse(Client::A, "c07e5512", 2))),
        (
            "active rejected, paging only",
            with(Scene::ready(), &|scene| {
                scene.policy.failover = Failover::Alert;
                scene.refuse(Client::A, "c07e5512", 2);
            }),
        ),
        (
            "active rejected, no way out",
            with(Scene::ready(), &|scene| {
                scene.refuse(Client::A, "c07e5512", 2);
                scene.refuse(Client::B, "9f3c21aa", 3);
            }),
        ),
        (
            "misconfigured",
            with(Scene::ready(), &|scene| {
                scene.refuse(Client::A, "c07e5512", 2);
                scene.refuse(Client::B, "9f3c21aa", 2);
                scene.change(|record| {
                    for client in Client::BOTH {
                        record.clients[client]
                            .refusals
                            .iter_mut()
                            .for_each(|refusals| refusals.named = false);
                    }
                });
            }),
        ),
        (
            "diverged, another client id",
            with(Scene::ready(), &|scene| {
                scene.seen.live = live("ffff0000-1111-2222-3333-44445555beef", "12345678");
            }),
        ),
        ("diverged, another secret", with(Scene::ready(), &|scene| scene.seen.live = live(A_ID, "12345678"))),
        ("diverged, deleted", with(Scene::ready(), &|scene| scene.seen.live = None)),
        ("diverged, half", with(Scene::ready(), &|scene| scene.seen.live.as_mut().unwrap().pair = None)),
        (
            "blocked, elsewhere",
            with(Scene::ready(), &|scene| scene.policy.place.live_pair = "app/new".to_owned()),
        ),
        (
            "blocked, restored",
            with(Scene::ready(), &|scene| {
                let id = scene.seen.record().unwrap().lineage.id;
                scene.seen.host.highest = Some((id, 99));
            }),
        ),
        (
            "blocked, slip",
            with(Scene::permit_open(), &|scene| {
                scene.seen.slots.a.as_mut().unwrap().candidate = Some(pasted("9f3c21aa"));
            }),
        ),
        (
            "blocked, audit",
            with(Scene::ready(), &|scene| {
                scene.now = at("2027-01-05T10:20:00Z");
                scene.seen.host.audit.unwritable = true;
            }),
        ),
        (
            "blocked, clock",
            with(Scene::ready(), &|scene| {
                scene.now = at("2027-01-05T10:20:00Z");
                scene.answer(Client::A, "c07e5512", AnswerKind::Accepted, "200: a token");
                scene.seen.probes[0].answer.clock_skew = Some(SignedDuration::from_mins(-9));
            }),
        ),
        (
            "blocked, record damaged",
            with(Scene::ready(), &|scene| {
                scene.seen.record = RecordSeen::Unusable(RecordError::Malformed { line: 1, column: 311 });
            }),
        ),
        (
            "blocked, record newer",
            with(Scene::ready(), &|scene| {
                scene.change(|record| record.schema.minor = 7);
            }),
        ),
        (
            "blocked, store read-only",
            with(Scene::ready(), &|scene| {
                let text = "no permission for writing /var/lib/twinkey/store.age; let this user write there";
                scene.seen.trouble = Some(trouble(With::Writing, TroubleClass::Permission, text));
            }),
        ),
        (
            "blocked, output file read-only",
            with(Scene::switching(), &|scene| {
                let text = "no permission for writing /etc/go/pair.json; let this user write there";
                scene.seen.trouble = Some(trouble(With::Output, TroubleClass::Permission, text));
            }),
        ),
        ("unknown", unread()),
    ]
}

/// A credential whose store cannot be read.
fn unread() -> Scene {
    let mut scene = Scene::empty(at("2027-01-04T09:30:00Z"));
    scene.seen.trouble = Some(trouble(With::Reading, TroubleClass::Temporary, STORE_AWAY));
    scene
}
