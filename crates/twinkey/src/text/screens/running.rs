//! What runs do, would do and have done.

use super::*;

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
    let mut lost = Scene::draining();
    let (by, now) = (lost.seen.by.clone(), lost.now);
    let published = What::Published { client: Client::B, secret: mac("9f3c21aa"), why: Why::Scheduled };
    lost.change(|record| record.note(now, &by, published.clone()));
    let write = |what: What| {
        let record = Box::new(lost.seen.record().unwrap().clone());
        Step::WriteRecord(WriteRecord { expected: Expected::Absent, record, what, unbarred: false })
    };
    let said = |outcome: Outcome| {
        outrun(&lost.names(), &[(write(published.clone()), outcome)], lost.seen.record(), now)
    };
    picture.add("outrun", &said(Outcome::Conflict).unwrap());
    assert_eq!(said(Outcome::Written(Version::new("2"))), None);
    for (with, class) in [
        (With::Reading, TroubleClass::Temporary),
        (With::Writing, TroubleClass::Permission),
        (With::Unclear, TroubleClass::Temporary),
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
    let mut asks = Scene::ready();
    asks.seen.wish = Wish::Permit { client: Some(Client::B), holder: "maria".to_owned() };
    let mut gives_back = Scene::ready();
    gives_back.seen.wish = Wish::Cancel { spoke_to: None };
    let mut after_a_mend = Scene::ready();
    let (now, by) = (after_a_mend.now, after_a_mend.seen.by.clone());
    after_a_mend.change(|record| record.note(now, &by, published(Why::Mend).unwrap()));
    let proven = || Some(What::Proven { client: Client::B, secret: mac("9f3c21aa") });
    let mut cut = Scene::draining();
    cut.change(|record| record.drain.as_mut().unwrap().shortened = Some(SignedDuration::from_mins(45)));
    let mut picture = Picture::default();
    for (title, text) in [
        ("safe", done(Scene::permit_open(), None, Done::Safe)),
        ("switched", done(Scene::draining(), published(Why::Now), Done::Switched)),
        ("failed over", done(Scene::draining(), published(Why::FailOver), Done::Switched)),
        ("mended", done(Scene::ready(), published(Why::Mend), Done::Switched)),
        ("mended with a deposit", done(Scene::permit_open(), published(Why::Mend), Done::Proven)),
        ("proven right after a mend", done(after_a_mend, proven(), Done::Proven)),
        ("rolled back", done(Scene::draining(), published(Why::Rollback), Done::Switched)),
        ("shortened", done(cut, None, Done::Shortened)),
        ("permit closed, not pressed", done(asked, Some(closed.clone()), Done::PermitClosed)),
        ("permit closed, pressed", done(pressed, Some(closed.clone()), Done::PermitClosed)),
        ("permit closed, not asked", done(Scene::awaiting(), Some(closed), Done::PermitClosed)),
        ("proven", done(Scene::ready(), proven(), Done::Proven)),
        ("proven, to whoever asked for SAFE", done(asks, proven(), Done::Proven)),
        ("proven, to whoever took the permit back", done(gives_back, proven(), Done::Proven)),
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

fn probe(client: Client, which: Which, purpose: Purpose) -> Step {
    let client_id = if client == Client::A { A_ID } else { B_ID }.to_owned();
    Step::Probe(Probe { client, which, client_id, secret: mac("9f3c21aa"), purpose })
}

fn record_step(what: What) -> Step {
    let record = Box::new(Scene::ready().seen.record().unwrap().clone());
    Step::WriteRecord(WriteRecord { expected: Expected::Absent, record, what, unbarred: false })
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
    tell(&publish_b(), Outcome::Unclear("no answer within 15 s".into()));
    tell(&record_step(What::Restored), Outcome::Conflict);
    tell(&record_step(What::Restored), Outcome::NotAudited);
    tell(
        &publish_b(),
        Outcome::Failed(trouble(With::Writing, TroubleClass::Temporary, "the store does not answer")),
    );
    for (tokens, refusals) in [(0, 0), (0, 1), (1, 0), (2, 0)] {
        let why = WaitFor::Proof { client: a, tokens, refusals };
        let wait = Wait { until: at("2027-01-04T09:31:05Z"), why };
        lines.push_str(&format!("  {}\n", waiting_line(&wait, scene.now)));
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
