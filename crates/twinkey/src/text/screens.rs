//! The screens as they look. Each is compared, without its styles, with a file of `screens/`; run the tests
//! with `TWINKEY_BLESS=1` to write the files anew, and read the difference before you commit it.

use std::fs;
use std::path::Path;

use jiff::SignedDuration;
use twinkey_core::messages::messages;
use twinkey_core::next::{Because, Refusal, Rest, Wait, WaitFor};
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
        assert_eq!(self.0, golden, "the screens in {} look different now", path.display());
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
            with(Scene::awaiting(), &|scene| {
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
            "unknown",
            with(Scene::empty(at("2027-01-04T09:30:00Z")), &|scene| {
                scene.seen.trouble = Some(trouble(With::Reading, TroubleClass::Temporary, STORE_AWAY));
            }),
        ),
    ]
}

#[test]
fn status_says_where_it_stands_and_what_to_do() {
    let mut picture = Picture::default();
    for (title, scene) in phases() {
        picture.add(title, &status_of(&scene));
    }
    picture.is("status");
}

#[test]
fn several_credentials_stand_in_one_view() {
    let all = [Scene::ready(), Scene::draining(), Scene::permit_open()].map(|scene| status_of(&scene));
    let mut picture = Picture::default();
    picture.add("twinkey status", &all.join("\n"));
    picture.is("status-several");
}

#[test]
fn every_phase_has_its_screen() {
    let mut shown: Vec<&str> =
        phases().iter().map(|(_, scene)| phase(&scene.policy, &scene.seen, scene.now).name()).collect();
    shown.sort_unstable();
    shown.dedup();
    let all = [
        "active rejected",
        "awaiting regeneration",
        "blocked",
        "diverged",
        "draining",
        "misconfigured",
        "permit open",
        "ready",
        "settling",
        "standby rejected",
        "switching",
        "uninitialised",
        "unknown",
    ];
    assert_eq!(shown, all);
}

#[test]
fn monitoring_gets_one_line() {
    let mut picture = Picture::default();
    let mut all = Vec::new();
    for (title, scene) in phases() {
        let part = nagios(&scene.names(), &scene.policy, &scene.seen, scene.now);
        let (line, exit) = nagios_line(std::slice::from_ref(&part));
        assert!(!line.contains('\n'));
        // Monitoring cuts lines where it likes; here they are folded to be read.
        picture.add(&format!("{title}: exit {}", exit.code()), &paint::paragraph("", &line));
        all.push(part);
    }
    let (line, exit) = nagios_line(&all[2..9]);
    picture.add(&format!("several: exit {}", exit.code()), &paint::paragraph("", &line));
    picture.is("nagios");
}

#[test]
fn each_phase_and_each_end_has_its_exit_code() {
    let mut picture = Picture::default();
    let mut of_phases = String::new();
    for (title, scene) in phases() {
        let code = exit::of_phase(&scene.policy, &scene.seen, scene.now).code();
        of_phases.push_str(&format!("{code:>3}  {title}\n"));
    }
    picture.add("status, and a round with nothing to do", &of_phases);
    let code = |wish: &Wish, why: Because| {
        let mut scene = Scene::draining();
        scene.seen.wish = wish.clone();
        exit::of_report(&scene.policy, &scene.seen, &Rest { why, wake: None }, scene.now).code()
    };
    let asked = Wish::Prove { client: Client::A };
    let mut of_ends = String::new();
    for (title, why) in ends() {
        let (round, request) = (code(&Wish::Keep, why.clone()), code(&asked, why));
        of_ends.push_str(&format!("{round:>3} {request:>3}  {title}\n"));
    }
    picture.add("a round, a request", &of_ends);
    picture.is("exit-codes");
}

/// Every way in which a run can end.
fn ends() -> Vec<(String, Because)> {
    let secret = |verdict| Refusal::Secret { client: Client::A, verdict };
    let refusals = [
        Refusal::NotYet(NotYet::Switching),
        Refusal::Slip(Slip::SameAgain),
        secret(Verdict::Rejected),
        secret(Verdict::Forbidden),
        secret(Verdict::Misconfigured),
        Refusal::RegeneratedActive { deposited: Client::A },
        Refusal::NotProvable(Client::A),
        Refusal::NodesDisagree(Client::A),
        Refusal::NoStandby,
        Refusal::NoRetired,
        Refusal::NoDrain,
        Refusal::NoPermit,
        Refusal::HeldBy("ben".to_owned()),
        Refusal::OtherSwitch,
        Refusal::ClockOff,
        Refusal::AuditUnwritable,
        Refusal::NotDiverged,
        Refusal::UnknownId,
        Refusal::NothingEntered(Client::B),
    ];
    let classes = [TroubleClass::Temporary, TroubleClass::Permission, TroubleClass::Permanent];
    let troubles = classes.map(|class| Because::Trouble(trouble(With::Reading, class, "away")));
    let plain = [
        Because::Done(Done::Switched),
        Because::Nothing,
        Because::Uninitialised,
        Because::Unusable(RecordError::Malformed { line: 1, column: 1 }),
        Because::NewerRecord,
        Because::Elsewhere,
        Because::Restored,
        Because::Diverged,
        Because::Interrupted,
        Because::OthersAtWork,
    ];
    let all = plain.into_iter().chain(troubles).chain(refusals.map(Because::Refused));
    all.map(|why| (format!("{why:?}"), why)).collect()
}

#[test]
fn machines_get_the_same_facts() {
    let mut picture = Picture::default();
    for scene in [Scene::permit_open(), Scene::empty(at("2027-01-04T09:30:00Z"))] {
        let report = json::report(&scene.names(), &scene.policy, &scene.seen, scene.now);
        let document = json::document(vec![report]);
        for id in [A_ID, B_ID] {
            assert!(!document.contains(id), "client ids are cut");
        }
        picture.document("twinkey status --json", &document);
    }
    picture.is("status-json");
}

#[test]
fn safe_and_the_questions_around_it() {
    let scene = Scene::permit_open();
    let names = scene.names();
    let a = Client::A;
    let mut picture = Picture::default();
    picture.add("before", &ask_last4(&names, a));
    picture.add("no such row", &wrong_row(&names, a));
    picture.add("the active row", &wrong_row_active(&names, a));
    picture.add("SAFE", &safe(&names, &scene.seen, a, scene.now));
    picture.add("the prompt", &ask_secret(&names, a));
    let mut cut = Scene::permit_open();
    cut.change(|record| record.drain.as_mut().unwrap().shortened = Some(SignedDuration::from_mins(45)));
    picture.add("SAFE after a shortened drain", &safe(&cut.names(), &cut.seen, a, cut.now));
    picture.add("prompt left empty", &permit_stays_open(&names, a));
    let away = trouble(With::Writing, TroubleClass::Temporary, STORE_AWAY);
    picture.add("not stored", &not_stored(&names, &scene.seen, a, &away));
    picture.add("not stored, the active client", &not_stored(&names, &scene.seen, Client::B, &away));
    picture.add("the mend is offered", &offer_mend(&names, Client::B));
    picture.add(
        "a note for somebody without a shell",
        &hand_over_note(&names, &scene.seen, a, "maria", scene.now),
    );
    let mut vault = Scene::permit_open();
    vault.embedded = false;
    picture.add(
        "the note where the store has an interface",
        &hand_over_note(&vault.names(), &vault.seen, a, "Maria K", vault.now),
    );
    picture.is("regenerate");
}

#[test]
fn not_yet_says_from_when() {
    let scene = Scene::draining();
    let permit = Permit {
        client: Client::A,
        holder: "maria".to_owned(),
        opened_by: "maria".to_owned(),
        since: at("2027-01-05T10:10:00Z"),
    };
    let cases = [
        NotYet::Switching,
        NotYet::Active(Client::B),
        NotYet::Draining(Safe::From(at("2027-01-05T13:10:04Z"))),
        NotYet::Draining(Safe::OnConfirmation),
        NotYet::MaybeInUse(Client::A),
        NotYet::Held(permit),
        NotYet::LiveRefused,
    ];
    let mut picture = Picture::default();
    for case in cases {
        picture.add(
            &format!("{case:?}").chars().take(24).collect::<String>(),
            &not_yet(&scene.names(), &case, scene.now),
        );
    }
    picture.is("not-yet");
}

#[test]
fn each_slip_is_named() {
    let mut scene = Scene::permit_open();
    scene.seen.wish = Wish::Deposit(twinkey_core::wish::Deposit {
        client: Client::A,
        client_id: None,
        secret: pasted("51d0ee0b"),
    });
    let slips = [
        Slip::Odd(Oddity::Empty),
        Slip::Odd(Oddity::SurroundingSpace),
        Slip::Odd(Oddity::Control(12)),
        Slip::Odd(Oddity::NonAscii(1)),
        Slip::Odd(Oddity::TooLong),
        Slip::SameAgain,
        Slip::OldAgain,
        Slip::OtherClients(Client::B),
        Slip::SameId,
        Slip::ActiveId,
        Slip::NoId,
    ];
    let mut picture = Picture::default();
    for slip in slips {
        picture.add(&format!("{slip:?}"), &rest_of(&scene, Because::Refused(Refusal::Slip(slip))));
    }
    picture.add("line ends", &trimmed(2));
    picture.is("slips");
}

#[test]
fn each_refusal_has_its_way_on() {
    let mut scene = Scene::settling();
    scene.seen.wish = Wish::Prove { client: Client::A };
    scene.answer(
        Client::A,
        "51d0ee0b",
        AnswerKind::Rejected,
        "401 invalid_client: Invalid client or client credentials.",
    );
    let secret = |client, verdict| Refusal::Secret { client, verdict };
    let refusals = [
        secret(Client::A, Verdict::Rejected),
        secret(Client::A, Verdict::Forbidden),
        secret(Client::A, Verdict::Misconfigured),
        secret(Client::B, Verdict::Rejected),
        Refusal::RegeneratedActive { deposited: Client::A },
        Refusal::NotProvable(Client::A),
        Refusal::NodesDisagree(Client::A),
        Refusal::NoStandby,
        Refusal::NoRetired,
        Refusal::NoDrain,
        Refusal::NoPermit,
        Refusal::HeldBy("Maria K".to_owned()),
        Refusal::OtherSwitch,
        Refusal::ClockOff,
        Refusal::AuditUnwritable,
        Refusal::NotDiverged,
        Refusal::UnknownId,
        Refusal::NothingEntered(Client::B),
    ];
    let mut picture = Picture::default();
    for refusal in refusals {
        let text = rest_of(&scene, Because::Refused(refusal.clone()));
        assert!(text.lines().count() <= 6, "{text}");
        picture.add(&format!("{refusal:?}"), &text);
    }
    scene.seen.wish = Wish::Rollback { reason: "broken".to_owned(), spoke_to: None };
    for refusal in [secret(Client::A, Verdict::Rejected), Refusal::HeldBy("ben".to_owned())] {
        picture.add(&format!("rollback: {refusal:?}"), &rest_of(&scene, Because::Refused(refusal)));
    }
    let entries = PerClient::default();
    let mut first = Scene::empty(scene.now);
    first.seen.wish = Wish::Init(Init { salt: Salt::from_bytes([1; 16]), live: Client::A, entries });
    for refusal in
        [secret(Client::A, Verdict::Rejected), Refusal::UnknownId, Refusal::NothingEntered(Client::A)]
    {
        picture.add(&format!("init: {refusal:?}"), &rest_of(&first, Because::Refused(refusal)));
    }
    picture.is("refusals");
}

#[test]
fn each_end_of_a_run_says_what_still_works() {
    let mut picture = Picture::default();
    picture.add("nothing due", &rest_of(&Scene::ready(), Because::Nothing));
    let mut refused = Scene::ready();
    refused.refuse(Client::B, "9f3c21aa", 2);
    picture.add("nothing due, standby refused", &rest_of(&refused, Because::Nothing));
    let empty = Scene::empty(at("2027-01-04T09:30:00Z"));
    picture.add("uninitialised", &rest_of(&empty, Because::Uninitialised));
    picture.add("interrupted", &rest_of(&Scene::switching(), Because::Interrupted));
    picture.add("others at work", &rest_of(&Scene::draining(), Because::OthersAtWork));
    for (with, class) in [
        (With::Reading, TroubleClass::Temporary),
        (With::Writing, TroubleClass::Permission),
        (With::Output, TroubleClass::Permanent),
    ] {
        let because = Because::Trouble(trouble(with, class, STORE_AWAY));
        picture.add(&format!("{with:?} {class:?}"), &rest_of(&Scene::draining(), because));
    }
    for (title, scene) in phases() {
        let because = match title {
            "diverged, another secret" => Because::Diverged,
            "blocked, elsewhere" => Because::Elsewhere,
            "blocked, restored" => Because::Restored,
            "blocked, record newer" => Because::NewerRecord,
            _ => continue,
        };
        picture.add(title, &rest_of(&scene, because));
    }
    picture.is("ends");
}

#[test]
fn what_was_asked_for_and_is_done() {
    let a = Client::A;
    let done = |mut scene: Scene, what: Option<What>, done: Done| {
        if let Some(what) = what {
            let by = scene.seen.by.clone();
            let now = scene.now;
            scene.change(|record| record.note(now, &by, what));
        }
        rest_of(&scene, Because::Done(done))
    };
    let published = |why| Some(What::Published { client: Client::B, secret: mac("9f3c21aa"), why });
    let closed = What::PermitClosed { client: a, holder: "maria".to_owned(), spoke_to: false };
    let mut asked = Scene::awaiting();
    asked.answer(a, "c07e5512", AnswerKind::Accepted, "200: a token");
    let mut pressed = Scene::awaiting();
    pressed.answer(a, "c07e5512", AnswerKind::Rejected, "401 invalid_client");
    let taken = What::TookTheirs { client: Client::B, secret: mac("9f3c21aa") };
    let mut cut = Scene::draining();
    cut.change(|record| record.drain.as_mut().unwrap().shortened = Some(SignedDuration::from_mins(45)));
    let mut picture = Picture::default();
    for (title, text) in [
        ("safe", done(Scene::permit_open(), None, Done::Safe)),
        ("switched", done(Scene::draining(), published(Why::Now), Done::Switched)),
        ("failed over", done(Scene::draining(), published(Why::FailOver), Done::Switched)),
        ("mended", done(Scene::ready(), published(Why::Mend), Done::Switched)),
        ("rolled back", done(Scene::draining(), published(Why::Rollback), Done::Switched)),
        ("shortened", done(cut, None, Done::Shortened)),
        ("permit closed, not pressed", done(asked, Some(closed.clone()), Done::PermitClosed)),
        ("permit closed, pressed", done(pressed, Some(closed.clone()), Done::PermitClosed)),
        ("permit closed, not asked", done(Scene::awaiting(), Some(closed), Done::PermitClosed)),
        (
            "proven",
            done(
                Scene::ready(),
                Some(What::Proven { client: Client::B, secret: mac("9f3c21aa") }),
                Done::Proven,
            ),
        ),
        ("confirmed", done(Scene::awaiting(), None, Done::Confirmed)),
        ("not in use", done(Scene::ready(), Some(What::NotInUse { client: Client::B }), Done::Confirmed)),
        ("resolved, theirs", done(Scene::draining(), Some(taken), Done::Resolved)),
        ("resolved, ours", done(Scene::ready(), published(Why::PutOurs), Done::Resolved)),
        ("set up", done(Scene::ready(), None, Done::Initialised)),
    ] {
        picture.add(title, &text);
    }
    picture.is("done");
}

#[test]
fn first_use_says_what_it_asks_and_writes() {
    let empty = Scene::empty(at("2027-01-04T09:30:00Z"));
    let names = empty.names();
    let entry = |id: &str, digits| Some(Entry { client_id: id.to_owned(), secret: pasted(digits) });
    let entered =
        |a, b| Init { salt: Salt::from_bytes([1; 16]), live: Client::A, entries: PerClient { a, b } };
    let (a, b) = (entry(A_ID, "c07e5512"), entry(B_ID, "9f3c21aa"));
    let mut adopting = Scene::empty(at("2027-01-04T09:30:00Z"));
    adopting.seen.live = live(A_ID, "c07e5512");
    let mut later = Scene::ready();
    later.seen.slots.b = None;
    let mut picture = Picture::default();
    let (file, key) = (Path::new("/var/lib/twinkey/store.age"), Path::new("/etc/twinkey/store.key"));
    picture.add("a new store", &store_created(file, key));
    picture.add("unknown name", &unknown_name("go-prodution", &["go-production", "go-staging"]));
    picture.add("no credential at all", &unknown_name("x", &[]));
    picture.add("not set up", &not_set_up(&names));
    picture.add("whose live pair", &which_is_live(&names, Some("4f1c")));
    picture.add("whose live pair, nobody there", &which_is_live(&names, None));
    picture.add("first id", &ask_id(&names, Client::A, false));
    picture.add("second id", &ask_id(&names, Client::B, true));
    picture.add("secret", &ask_secret(&names, Client::A));
    picture.add("no id", &id_needed(&names, Client::A));
    picture.add("odd id", &id_odd(&names, Client::A, "holds characters that no client id has"));
    picture.add("first entry, both", &init_preview(&names, &empty.seen, &entered(a.clone(), b.clone())));
    picture.add("first entry, one", &init_preview(&names, &empty.seen, &entered(a, None)));
    picture.add("adoption", &init_preview(&adopting.names(), &adopting.seen, &entered(None, b.clone())));
    picture.add("the second client, tomorrow", &init_preview(&later.names(), &later.seen, &entered(None, b)));
    picture.is("init");
}

fn probe(client: Client, which: Which, purpose: Purpose) -> Step {
    let client_id = if client == Client::A { A_ID } else { B_ID }.to_owned();
    Step::Probe(Probe { client, which, client_id, secret: mac("9f3c21aa"), purpose })
}

fn record_step(what: What) -> Step {
    let record = Box::new(Scene::ready().seen.record().unwrap().clone());
    Step::WriteRecord(WriteRecord { expected: Expected::Absent, record, what, rescue: false })
}

fn live_step(content: LiveContent) -> Step {
    Step::WriteLive(WriteLive { expected: Expected::Absent, attempt: switch(), content })
}

fn slot_step(change: SlotChange) -> Step {
    Step::WriteSlot(WriteSlot { client: Client::A, expected: Expected::Absent, change })
}

fn publish_b() -> Step {
    live_step(LiveContent::Publish {
        client: Client::B,
        which: Which::Secret,
        client_id: B_ID.to_owned(),
        secret: mac("9f3c21aa"),
        why: Why::Scheduled,
    })
}

/// A whole switch, step by step.
fn a_switch() -> Vec<(Step, Outcome)> {
    let written = || Outcome::Written(Version::new("18"));
    let token = Outcome::Answered(Answer::new(AnswerKind::Accepted, "200: a token"));
    let secret = mac("9f3c21aa");
    let intended = What::Intended { to: Client::B, secret, why: Why::Scheduled, reason: None };
    vec![
        (probe(Client::B, Which::Secret, Purpose::Publish), token),
        (record_step(intended), written()),
        (publish_b(), written()),
        (record_step(What::Published { client: Client::B, secret, why: Why::Scheduled }), written()),
    ]
}

#[test]
fn a_dry_run_is_a_plan() {
    let plan = |scene: &Scene, steps, why, wake| {
        let report = Report { seen: scene.seen.clone(), rest: Rest { why, wake }, steps };
        dry_run(&scene.names(), &report, &scene.policy, scene.now)
    };
    let mut picture = Picture::default();
    let wake = Some(at("2027-01-05T13:10:04Z"));
    picture.add("a switch is due", &plan(&Scene::draining(), a_switch(), Because::Nothing, wake));
    picture.add("nothing is due", &plan(&Scene::ready(), Vec::new(), Because::Nothing, None));
    let mut refused = Scene::ready();
    refused.refuse(Client::B, "9f3c21aa", 2);
    let answer = Outcome::Answered(Answer::new(AnswerKind::Rejected, "401 invalid_client"));
    let steps = vec![(probe(Client::B, Which::Secret, Purpose::Health), answer)];
    picture.add("the standby is refused", &plan(&refused, steps, Because::Nothing, None));
    let away = Because::Trouble(trouble(With::Reading, TroubleClass::Temporary, STORE_AWAY));
    picture.add("the store is away", &plan(&Scene::ready(), Vec::new(), away, None));
    picture.is("dry-run");
}

#[test]
fn steps_are_told_in_the_past_tense() {
    let scene = Scene::ready();
    let names = scene.names();
    let mut lines = String::new();
    let mut tell = |step: &Step, outcome: Outcome| {
        let line = step_line(&names, step, &outcome).unwrap_or_else(|| "(silent)".to_owned());
        lines.push_str(&format!("  {line}\n"));
    };
    for (step, outcome) in a_switch() {
        tell(&step, outcome);
    }
    let (a, secret) = (Client::A, mac("c07e5512"));
    let answers = [
        (AnswerKind::Rejected, "401 invalid_client"),
        (AnswerKind::Forbidden, "API 403"),
        (AnswerKind::Misconfigured, "302: a redirect"),
        (AnswerKind::Throttled { retry_after: Some(SignedDuration::from_mins(2)) }, "429"),
        (AnswerKind::Unavailable, "503"),
    ];
    for (kind, detail) in answers {
        tell(&probe(a, Which::Candidate, Purpose::Prove), Outcome::Answered(Answer::new(kind, detail)));
    }
    for kind in [AnswerKind::Accepted, AnswerKind::Rejected] {
        tell(&probe(a, Which::Previous, Purpose::Evidence), Outcome::Answered(Answer::new(kind, "")));
    }
    let written = || Outcome::Written(Version::new("18"));
    for change in [
        SlotChange::Enter { client_id: A_ID.to_owned(), secret: pasted("c07e5512") },
        SlotChange::TakeLive { client_id: A_ID.to_owned(), secret },
        SlotChange::Deposit { client_id: None, candidate: pasted("c07e5512") },
        SlotChange::Promote { candidate: secret },
    ] {
        tell(&slot_step(change), written());
    }
    tell(&live_step(LiveContent::Unchanged), written());
    tell(&Step::WriteOutput, Outcome::OutputWritten);
    for what in every_transition() {
        tell(&record_step(what), written());
    }
    tell(&publish_b(), Outcome::Conflict);
    tell(&publish_b(), Outcome::Unclear);
    tell(&record_step(What::Restored), Outcome::Conflict);
    tell(&record_step(What::Restored), Outcome::NotAudited);
    tell(
        &publish_b(),
        Outcome::Failed(trouble(With::Writing, TroubleClass::Temporary, "the store does not answer")),
    );
    for (tokens, refusals) in [(0, 0), (0, 1), (1, 0), (2, 0)] {
        let why = WaitFor::Proof { client: a, tokens, refusals };
        let wait = Wait { until: at("2027-01-04T09:31:05Z"), why };
        lines.push_str(&format!("  {}\n", waiting_line(&names, &wait, scene.now)));
    }
    let mut picture = Picture::default();
    picture.add("steps", &lines);
    picture.is("steps");
}

/// One of each.
fn every_transition() -> Vec<What> {
    let (client, secret) = (Client::A, mac("c07e5512"));
    let holder = || "maria".to_owned();
    vec![
        What::Initialised { client, secret },
        What::Intended {
            to: client,
            secret,
            why: Why::Now,
            reason: Some("laptop stolen, \"blue\" one".to_owned()),
        },
        What::Published { client, secret, why: Why::FailOver },
        What::Abandoned { to: client, secret },
        What::DrainRestarted { client },
        What::DrainGrew { client },
        What::DrainShortened { client, reason: "=leak".to_owned() },
        What::DrainEnded { client, how: DrainEnd::Watched },
        What::DrainEnded { client, how: DrainEnd::Confirmed },
        What::DrainEnded { client, how: DrainEnd::Dead },
        What::PermitOpened { client, holder: holder() },
        What::PermitClosed { client, holder: holder(), spoke_to: false },
        What::PermitClosed { client, holder: holder(), spoke_to: true },
        What::Proven { client, secret },
        What::Refused { client, secret },
        What::Recovered { client, secret },
        What::OldSecretDead { client, secret },
        What::OldSecretAlive { client, secret },
        What::NotInUse { client },
        What::TookTheirs { client, secret },
        What::Restored,
        What::Moved,
    ]
}

#[test]
fn history_is_a_list_a_table_and_a_document() {
    let scene = Scene::ready();
    let begun = at("2026-12-01T10:00:00Z");
    let transitions: Vec<Transition> = every_transition()
        .into_iter()
        .zip(0..)
        .map(|(what, hours)| Transition {
            at: begun.saturating_add(SignedDuration::from_hours(hours * 30)).unwrap(),
            by: if hours % 3 == 0 { "maria" } else { "twinkey" }.to_owned(),
            what,
        })
        .collect();
    let mut picture = Picture::default();
    let names = scene.names();
    picture.add("twinkey history go-production", &history(&names, &transitions, scene.now));
    picture.add("nothing yet", &history(&names, &[], scene.now));
    picture.document("twinkey history go-production --csv", &history_csv(&names, &transitions));
    picture.document("twinkey history go-production --json", &history_json(&names, &transitions[..2]));
    picture.is("history");
}

#[test]
fn messages_are_no_orders() {
    let mut picture = Picture::default();
    let mut keys = Vec::new();
    for (title, scene) in phases() {
        for message in messages(&scene.policy, &scene.seen, scene.now) {
            let full = message_full(&scene.names(), &message, &scene.policy, &scene.seen, scene.now);
            assert!(!full.contains('\u{1b}'));
            picture.add(&format!("{title}: {} {:?}", message.key(), message.severity), &full);
            keys.push(message.key());
        }
    }
    let mut long = Scene::permit_open();
    long.now = at("2027-01-05T17:40:00Z");
    for message in messages(&long.policy, &long.seen, long.now) {
        let full = message_full(&long.names(), &message, &long.policy, &long.seen, long.now);
        picture.add(&format!("{} {:?}", message.key(), message.severity), &full);
        keys.push(message.key());
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 9, "every kind of message is shown: {keys:?}");
    picture.is("messages");
}

#[test]
fn decisions_say_what_they_break() {
    let mut picture = Picture::default();
    let scene = Scene::ready();
    let names = scene.names();
    picture.add("rotate --now", &now_warning(&names, &scene.policy, None));
    picture.add(
        "rotate --now --drain 45m",
        &now_warning(&names, &scene.policy, Some(SignedDuration::from_mins(45))),
    );
    let mut restart = Scene::ready();
    restart.policy.staleness = Staleness::Restart;
    picture.add("rotate --now, until restarted", &now_warning(&restart.names(), &restart.policy, None));
    let draining = Scene::draining();
    picture.add("rollback", &rollback_warning(&draining.names(), &draining.seen));
    let mut theirs = Scene::ready();
    theirs.seen.live = live("ffff0000-1111-2222-3333-44445555beef", "12345678");
    picture.add("resolve", &resolve_choices(&theirs.names(), &theirs.policy, &theirs.seen, theirs.now));
    picture.add("confirm-drained, another switch", &other_switch(&names, Some("3fd1a77c")));
    picture.add("confirm-drained, no drain", &other_switch(&names, None));
    picture.is("decisions");
}

#[test]
fn check_marks_each_line() {
    let scene = Scene::ready();
    let names = scene.names();
    let mut answer = Answer::new(AnswerKind::Accepted, "200: a token");
    answer.token_lifetime = Some(SignedDuration::from_hours(1));
    let mut lines = String::new();
    let mut line = |mark, text: &str| lines.push_str(&format!("{}\n", check_line(mark, text)));
    line(Mark::Fine, &check_token(&names, Client::A, Verdict::Accepted, &answer));
    let refused = Answer::new(AnswerKind::Rejected, "401 invalid_client");
    line(Mark::Bad, &check_token(&names, Client::B, Verdict::Rejected, &refused));
    line(Mark::Bad, &check_token(&names, Client::B, Verdict::Forbidden, &refused));
    line(Mark::Bad, &check_token(&names, Client::B, Verdict::Misconfigured, &refused));
    line(
        Mark::Odd,
        &check_token(&names, Client::B, Verdict::Passing, &Answer::new(AnswerKind::Unavailable, "503")),
    );
    line(Mark::Bad, &check_known_refused(&names, Client::B));
    line(Mark::Odd, &not_set_up(&names));
    let mut picture = Picture::default();
    picture.add("configuration", &config_is_fine(Path::new("/etc/twinkey/twinkey.toml"), 1));
    picture.add("schedule", &check_schedule(&names, &scene.policy, scene.now));
    let mut free = Scene::ready();
    free.policy.schedule = None;
    free.policy.staleness = Staleness::Restart;
    picture.add("without a schedule", &check_schedule(&free.names(), &free.policy, free.now));
    picture.add("tokens", &lines);
    let log = Path::new("/var/lib/twinkey/audit.jsonl");
    picture.add("audit log", &audit_is_whole(log, 214, true));
    picture.add("audit log, not known yet", &audit_is_whole(log, 3, false));
    picture.add("audit log, broken", &audit_is_broken(log, "line 17 was changed after it was written"));
    picture.add("busy", &busy("go-production", "another twinkey (process 4711) is at work on it"));
    picture.is("check");
}

#[test]
fn foreign_text_cannot_play_with_the_terminal() {
    let mut scene = Scene::permit_open();
    scene.seen.by = "ben".to_owned();
    scene.change(|record| {
        record.permit.as_mut().unwrap().holder = "\u{1b}[2J\u{202e}maria\n  next: rm -rf /".to_owned();
    });
    let text = anstream::adapter::strip_str(&status_of(&scene)).to_string();
    assert!(text.lines().all(|line| !line.trim_start().starts_with("next: rm")), "{text}");
    let wait = not_yet(
        &scene.names(),
        &NotYet::Held(scene.seen.record().unwrap().permit.clone().unwrap()),
        scene.now,
    );
    for text in [status_of(&scene), wait] {
        assert!(!text.contains("\u{1b}[2J") && !text.contains('\u{202e}'));
    }
}

#[test]
fn a_command_is_exactly_what_is_typed() {
    let scene = Scene::permit_open();
    let names = scene.names();
    let permit = scene.seen.record().unwrap().permit.clone().unwrap();
    let short: String = switch().to_string().chars().take(8).collect();
    let cases = [
        (twinkey_core::Remedy::Init, Some("twinkey init go-production".to_owned())),
        (twinkey_core::Remedy::Rotate, Some("twinkey rotate go-production".to_owned())),
        (twinkey_core::Remedy::WaitUntil(scene.now), None),
        (
            twinkey_core::Remedy::ConfirmDrained(switch()),
            Some(format!("twinkey confirm-drained go-production --switch {short}")),
        ),
        (
            twinkey_core::Remedy::ConfirmNotInUse(Client::A),
            Some("twinkey confirm-drained go-production --init".to_owned()),
        ),
        (twinkey_core::Remedy::Regenerate(Client::A), Some("twinkey regenerate go-production".to_owned())),
        (twinkey_core::Remedy::FinishPermit(permit), Some("twinkey regenerate go-production".to_owned())),
        (
            twinkey_core::Remedy::Deposit(Client::A),
            Some("twinkey deposit go-production --client a".to_owned()),
        ),
        (twinkey_core::Remedy::Resolve, Some("twinkey resolve go-production --take-theirs".to_owned())),
        (twinkey_core::Remedy::Check, Some("twinkey check go-production".to_owned())),
        (twinkey_core::Remedy::Update, None),
    ];
    for (remedy, typed) in cases {
        assert_eq!(command(&names, &remedy, "maria"), typed);
    }
}

#[test]
fn only_the_end_of_a_client_id_is_shown() {
    assert_eq!(last4(A_ID), "4f1c");
    assert_eq!(last4("abc"), "abc");
    assert_eq!(last4(""), "");
    assert_eq!(last4("äöüß€"), "öüß€");
    let _ = slot(A_ID, "c07e5512");
}
