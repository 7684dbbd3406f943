//! Where a credential stands: for people, monitoring, programs and mail.

use super::*;

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
        all.push((title.to_owned(), nagios(&scene.names(), &scene.policy, &scene.seen, None, scene.now)));
    }
    // Whatever was said last: where nothing runs, nobody would see it change.
    for (title, scene) in [("ready", Scene::ready()), ("unknown", unread())] {
        let since = Some(at("2027-01-03T22:05:00Z"));
        let part = nagios(&scene.names(), &scene.policy, &scene.seen, since, scene.now);
        assert_eq!(part.state, NagiosState::Critical);
        all.push((format!("{title}, late"), part));
    }
    let wrong = "/etc/twinkey/twinkey.toml: is not there; write one\n1 problem in the configuration\n";
    all.push(("no configuration".to_owned(), Nagios::unknown(wrong)));
    for (title, part) in &all {
        let (line, exit) = nagios_line(std::slice::from_ref(part));
        assert!(!line.contains('\n'));
        // Monitoring cuts lines where it likes; here they are folded to be read.
        picture.add(&format!("{title}: exit {}", exit.code()), &paint::paragraph("", &line));
    }
    let several: Vec<Nagios> = all[2..9].iter().map(|(_, part)| part.clone()).collect();
    let (line, exit) = nagios_line(&several);
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
    let runs =
        [(Some(at("2027-01-05T15:11:00Z")), false), (Some(at("2027-01-03T22:05:00Z")), true), (None, false)];
    let scenes = [Scene::permit_open(), unread(), Scene::empty(at("2027-01-04T09:30:00Z"))];
    for (scene, (last_run, late)) in scenes.into_iter().zip(runs) {
        let status = json::report(&scene.names(), &scene.policy, &scene.seen, scene.now);
        let document = json::document(vec![json::ShownReport { status, last_run, late }]);
        for id in [A_ID, B_ID] {
            assert!(!document.contains(id), "client ids are cut");
        }
        picture.document("twinkey status --json", &document);
    }
    picture.is("status-json");
}

/// A message as a mail shows it.
fn in_full(scene: &Scene, message: &twinkey_core::messages::Message) -> String {
    let names = scene.names();
    let told = message::told(&names, Some(message), &scene.policy, &scene.seen, scene.now);
    let mut text = paint::paragraph("", &message_line(&names, message, scene.now));
    text += &told.lines.iter().map(|line| paint::paragraph("", line)).collect::<String>();
    text += &told.command.map(|command| format!("    {command}\n")).unwrap_or_default();
    text
}

#[test]
fn messages_are_no_orders() {
    let mut picture = Picture::default();
    let mut keys = Vec::new();
    for (title, scene) in phases() {
        for message in messages(&scene.policy, &scene.seen, scene.now) {
            let full = in_full(&scene, &message);
            assert!(!full.contains('\u{1b}'));
            picture.add(&format!("{title}: {} {:?}", message.key(), message.severity), &full);
            keys.push(message.key());
        }
    }
    let mut long = Scene::permit_open();
    long.now = at("2027-01-05T17:40:00Z");
    for message in messages(&long.policy, &long.seen, long.now) {
        let full = in_full(&long, &message);
        picture.add(&format!("{} {:?}", message.key(), message.severity), &full);
        keys.push(message.key());
    }
    keys.sort_unstable();
    keys.dedup();
    let kinds = twinkey_core::messages::Kind::names();
    assert_eq!(keys.len(), kinds.len(), "every kind of message is shown: {keys:?}");
    picture.is("messages");
}

#[test]
fn every_kind_of_message_has_words_of_its_own_for_its_beginning_and_its_end() {
    let mut picture = Picture::default();
    for kind in twinkey_core::messages::Kind::names().iter().chain(twinkey_core::alerts::Alert::names()) {
        let said = |tell| call_words::subject("go", &format!("{kind}/vault"), tell);
        let (stands, ended) = (said(Tell::Stands), said(Tell::Ended));
        assert_ne!(stands, format!("go: {kind} stands"), "it has no words");
        assert!(stands.len() > 12 && ended != stands, "{stands}; {ended}");
        picture.add(kind, &format!("{stands}\n{ended}"));
    }
    picture.is("calls");
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
    assert!(status_of(&Scene::ready()).contains("\u{1b}["), "a terminal gets colour");
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
