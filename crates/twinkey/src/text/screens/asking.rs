//! Questions, answers and refusals around what a person does.

use super::*;

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
        passed_over: None,
        since: at("2027-01-05T10:10:00Z"),
    };
    let cases = [
        NotYet::Switching,
        NotYet::Active(Client::B),
        NotYet::Draining(Safe::From(at("2027-01-05T13:10:04Z"))),
        NotYet::Draining(Safe::OnConfirmation),
        NotYet::ReplicaBehind,
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
        spoke_to: None,
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
    scene.seen.wish = Wish::Deposit(twinkey_core::wish::Deposit {
        client: Client::A,
        client_id: None,
        spoke_to: None,
        secret: pasted("51d0ee0b"),
    });
    let held = Refusal::HeldBy("ben".to_owned());
    picture.add(&format!("deposit: {held:?}"), &rest_of(&scene, Because::Refused(held)));
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
    line(Mark::Bad, &check_known_refused(Client::B));
    line(Mark::Bad, &check_known_request(Client::B));
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
fn a_trial_is_told_a_line_a_channel() {
    use std::time::Duration;

    use jiff::SignedDuration;
    use twinkey_notify::{Delivered, Fault, Undelivered};

    let after = Some(SignedDuration::from_secs(30));
    let remark = "not to left@example.com: the mail server answered 550 (no such person)";
    let taken = |remark: Option<&str>| {
        let delivered = Delivered { remark: remark.map(str::to_owned) };
        channel::Verdict::Taken(delivered, Duration::from_millis(230))
    };
    let missing = crate::config::SecretRef::Credential("slack-url".into()).read().unwrap_err();
    let failed = |fault, said: &str| channel::Verdict::Not(Undelivered::failed(fault, said));
    let cases = [
        ("ops", "mail", taken(None)),
        ("all", "mail", taken(Some(remark))),
        ("chat", "slack", channel::Verdict::NotReady(missing.into())),
        ("old", "slack", failed(Fault::Address, "the receiver answered 404 (no_service)")),
        ("pager", "pagerduty", failed(Fault::Login, "the receiver answered 400 (Invalid routing key)")),
        ("left", "mail", failed(Fault::Recipient, "the mail server answered 550 (no such person)")),
        ("office", "teams", failed(Fault::Message, "the receiver answered 400")),
        (
            "hook",
            "webhook",
            failed(Fault::Connection, "the receiver's certificate is not accepted: it has ended"),
        ),
        ("script", "exec", failed(Fault::Program, "the program failed (exit status: 3): no such room")),
        ("busy", "slack", channel::Verdict::Not(Undelivered::later(after, "the receiver answered 429"))),
        ("down", "webhook", channel::Verdict::Not(Undelivered::later(None, "no connection: refused"))),
        ("slow", "exec", channel::Verdict::Not(Undelivered::unclear("no answer in time"))),
    ];
    let (mut lines, mut codes) = (String::new(), String::new());
    for (name, kind, verdict) in cases {
        codes.push_str(&format!("{} {name}\n", trial_exit(&verdict).code()));
        lines.push_str(&format!("{}\n", channel_line(&Tried { name, kind, verdict })));
    }
    let mut picture = Picture::default();
    picture.add("notify test", &lines);
    picture.add("the exit code of each alone", &codes);
    picture.add("no channel", &no_channel());
    picture.add("another name", &unknown_channel("chta", &["chat", "ops"]));
    let sender = Sender { host: "rotator-1".to_owned(), runbooks: "https://wiki.example/twinkey".to_owned() };
    let trial = trial("ops", &sender, at("2027-01-05T10:20:00Z"));
    picture.add("what is sent", &format!("{}\n\n{}\n", trial.subject, trial.lines.join("\n")));
    picture.is("notify-test");
}
