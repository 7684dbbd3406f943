use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn standing(key: &str, severity: Severity, rung: u32) -> Standing {
    Standing { key: key.to_owned(), since: at(0), severity, rung }
}

/// A pager for what is to be done now, a chat, and mail for everything.
fn routes() -> Vec<Route> {
    let route = |name: &str, least| Route { name: name.to_owned(), least };
    vec![route("pager", Severity::Page), route("chat", Severity::Warning), route("mail", Severity::Notice)]
}

fn due(ledger: &Ledger, second: i64) -> Vec<(String, Tell)> {
    ledger.due(&routes(), at(second)).into_iter().map(|due| (due.channel, due.tell)).collect()
}

fn stand(names: &[&str]) -> Vec<(String, Tell)> {
    names.iter().map(|name| ((*name).to_owned(), Tell::Stands)).collect()
}

fn note(ledger: &mut Ledger, channel: &str, became: Became, second: i64) {
    let all = ledger.due(&routes(), at(second));
    let delivery = all.into_iter().find(|due| due.channel == channel).expect("it is due");
    ledger.note(&delivery, became, at(second));
}

fn with(message: Standing) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.keep_up(&[message], at(0));
    ledger
}

#[test]
fn a_message_goes_once_to_every_channel_that_is_meant_for_it() {
    let mut ledger = with(standing("go/regenerate", Severity::Warning, 0));
    assert_eq!(due(&ledger, 0), stand(&["chat", "mail"]));
    assert_eq!(ledger.untold().collect::<Vec<_>>(), ["go/regenerate"]);
    note(&mut ledger, "chat", Became::Taken, 0);
    assert_eq!(due(&ledger, 0), stand(&["mail"]));
    note(&mut ledger, "mail", Became::Taken, 1);
    ledger.keep_up(&[standing("go/regenerate", Severity::Warning, 0)], at(3600));
    assert_eq!(due(&ledger, 3600), []);
    assert_eq!(ledger.untold().count(), 0);
}

#[test]
fn a_higher_rung_and_a_higher_urgency_are_told_anew() {
    let mut ledger = with(standing("go/regenerate", Severity::Warning, 0));
    note(&mut ledger, "chat", Became::Taken, 0);
    note(&mut ledger, "mail", Became::Taken, 0);
    ledger.keep_up(&[standing("go/regenerate", Severity::Warning, 1)], at(10));
    assert_eq!(due(&ledger, 10), stand(&["chat", "mail"]));
    note(&mut ledger, "chat", Became::Taken, 10);
    note(&mut ledger, "mail", Became::Taken, 10);
    ledger.keep_up(&[standing("go/regenerate", Severity::Page, 1)], at(20));
    assert_eq!(due(&ledger, 20), stand(&["pager", "chat", "mail"]));
}

#[test]
fn pauses_double_and_what_becomes_more_does_not_wait_for_what_was_less() {
    use Severity::{Page, Warning};
    let failed = || {
        let mut ledger = with(standing("go/regenerate", Warning, 1));
        note(&mut ledger, "mail", Became::Later(None), 0);
        assert_eq!(ledger.wake(&routes()), Some(at(10)));
        note(&mut ledger, "mail", Became::Later(None), 10);
        assert_eq!(ledger.wake(&routes()), Some(at(30)));
        ledger
    };
    for (severity, rung, waits) in
        [(Warning, 1, true), (Warning, 0, true), (Warning, 2, false), (Page, 1, false)]
    {
        let mut ledger = failed();
        ledger.keep_up(&[standing("go/regenerate", severity, rung)], at(11));
        let is_due = due(&ledger, 11).iter().any(|(channel, _)| channel == "mail");
        assert_eq!(!is_due, waits, "{severity:?}, rung {rung}");
    }
    let mut page = with(standing("go/regenerate", Page, 1));
    note(&mut page, "mail", Became::Later(None), 0);
    page.keep_up(&[standing("go/regenerate", Warning, 1)], at(1));
    assert!(!due(&page, 1).iter().any(|(channel, _)| channel == "mail"), "less is no reason");
}

#[test]
fn what_ends_is_told_to_those_who_were_told_and_to_nobody_else() {
    let mut ledger = with(standing("go/standby-refused", Severity::Page, 0));
    note(&mut ledger, "pager", Became::Taken, 0);
    ledger.keep_up(&[], at(60));
    assert_eq!(due(&ledger, 60), [("pager".to_owned(), Tell::Ended)]);
    note(&mut ledger, "pager", Became::Later(None), 60);
    assert_eq!(due(&ledger, 61), []);
    note(&mut ledger, "pager", Became::Taken, 70);
    ledger.keep_up(&[], at(71));
    assert_eq!(ledger, Ledger::default());
}

#[test]
fn what_was_told_to_nobody_and_ends_is_forgotten() {
    let mut ledger = with(standing("go/overdue", Severity::Page, 0));
    ledger.keep_up(&[], at(60));
    assert_eq!(ledger, Ledger::default());
}

#[test]
fn an_end_that_cannot_be_told_is_let_go_after_a_day() {
    let mut ledger = with(standing("go/overdue", Severity::Page, 0));
    note(&mut ledger, "pager", Became::Taken, 0);
    ledger.keep_up(&[], at(60));
    ledger.keep_up(&[], at(60 + 86_400));
    assert_eq!(due(&ledger, 86_460), [("pager".to_owned(), Tell::Ended)]);
    ledger.keep_up(&[], at(61 + 86_400));
    assert_eq!(ledger, Ledger::default());
}

#[test]
fn what_comes_again_is_another_incident() {
    let mut ledger = with(standing("go/overdue", Severity::Warning, 2));
    note(&mut ledger, "mail", Became::Taken, 0);
    ledger.keep_up(&[Standing { since: at(500), ..standing("go/overdue", Severity::Warning, 0) }], at(500));
    assert_eq!(due(&ledger, 500), stand(&["chat", "mail"]));
    // The answer to a delivery about the one before says nothing about this one.
    let before = Delivery {
        channel: "chat".to_owned(),
        tell: Tell::Stands,
        about: standing("go/overdue", Severity::Warning, 2),
    };
    ledger.note(&before, Became::Taken, at(501));
    assert_eq!(due(&ledger, 501), stand(&["chat", "mail"]));
}

#[test]
fn what_ended_by_mistake_stands_again_and_is_told_again_where_its_end_was_told() {
    let message = standing("go/overdue", Severity::Page, 0);
    let mut ledger = with(message.clone());
    note(&mut ledger, "pager", Became::Taken, 0);
    note(&mut ledger, "chat", Became::Taken, 0);
    note(&mut ledger, "mail", Became::Taken, 0);
    ledger.keep_up(&[], at(60));
    note(&mut ledger, "pager", Became::Taken, 60);
    ledger.keep_up(&[message], at(61));
    assert_eq!(due(&ledger, 61), stand(&["pager"]));
}

#[test]
fn a_failure_waits_longer_each_time_and_as_long_as_it_is_asked_to() {
    let mut ledger = with(standing("go/regenerate", Severity::Notice, 0));
    note(&mut ledger, "mail", Became::Later(None), 0);
    assert_eq!((due(&ledger, 9), due(&ledger, 10)), (vec![], stand(&["mail"])));
    assert_eq!(ledger.wake(&routes()), Some(at(10)));
    note(&mut ledger, "mail", Became::Later(Some(SignedDuration::from_secs(300))), 10);
    assert!(!due(&ledger, 309).contains(&("mail".to_owned(), Tell::Stands)));
    assert!(due(&ledger, 310).contains(&("mail".to_owned(), Tell::Stands)));
    let pauses: Vec<i64> = [1, 2, 3, 8, 9, 100, u32::MAX].map(|failures| pause(failures).as_secs()).to_vec();
    assert_eq!(pauses, [10, 20, 40, 1280, 1800, 1800, 1800]);
}

#[test]
fn after_two_failures_the_next_channel_is_asked_whatever_it_takes_otherwise() {
    let mut ledger = with(standing("go/regenerate", Severity::Notice, 0));
    note(&mut ledger, "mail", Became::Later(None), 0);
    assert_eq!(due(&ledger, 10), stand(&["mail"]));
    note(&mut ledger, "mail", Became::Later(None), 10);
    // Mail is the last: it goes on with the first.
    assert_eq!(due(&ledger, 10), stand(&["pager"]));
    assert_eq!(ledger.failing(&routes()), ["mail"]);
    note(&mut ledger, "pager", Became::Failed, 10);
    assert_eq!(due(&ledger, 10), stand(&["chat"]));
    note(&mut ledger, "chat", Became::Taken, 10);
    assert_eq!(due(&ledger, 10), []);
    assert_eq!(ledger.untold().count(), 0);
    // The dead one is tried on, and gets it when it is back.
    assert_eq!(due(&ledger, 30), stand(&["mail"]));
}

#[test]
fn an_alert_passes_a_dead_channel_within_a_minute() {
    // A connection that is refused only after the whole time limit of 15 s.
    let limit = 15;
    let mut ledger = with(standing("go/active-refused", Severity::Page, 0));
    let one = [
        Route { name: "pager".to_owned(), least: Severity::Page },
        Route { name: "mail".to_owned(), least: Severity::Page },
    ];
    let mut now = 0;
    for _ in 0..2 {
        now = now.max(ledger.wake(&one).map_or(0, |wake| wake.as_second() - at(0).as_second()));
        let due = ledger.due(&one, at(now)).into_iter().find(|due| due.channel == "pager").unwrap();
        now += limit;
        ledger.note(&due, Became::Later(None), at(now));
    }
    assert!(now < 60, "{now}");
    assert!(ledger.due(&one, at(now)).iter().any(|due| due.channel == "mail"));
}

#[test]
fn the_most_urgent_goes_first() {
    let mut ledger = Ledger::default();
    let all = [standing("a/x", Severity::Notice, 0), standing("b/x", Severity::Page, 0)];
    ledger.keep_up(&all, at(0));
    let keys: Vec<String> = ledger.due(&routes(), at(0)).into_iter().map(|due| due.about.key).collect();
    assert_eq!(keys, ["b/x", "b/x", "b/x", "a/x"]);
}

#[test]
fn a_ledger_survives_being_written_down() {
    let mut ledger = with(standing("go/overdue", Severity::Page, 3));
    note(&mut ledger, "pager", Became::Taken, 0);
    note(&mut ledger, "chat", Became::Failed, 0);
    let text = serde_json::to_string(&ledger).unwrap();
    assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), ledger);
    assert!(text.contains(r#""severity":"page""#), "{text}");
}

/// One thing that happens in a life of messages.
#[derive(Clone, Debug)]
enum Event {
    Stands(usize, u32),
    Ends(usize),
    Passes(i64),
    /// All that is due is delivered, each with one of these results; the process may die before it has noted the
    /// last one.
    Deliver(Vec<u8>, bool),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0usize..3, 0u32..3).prop_map(|(which, rung)| Event::Stands(which, rung)),
        (0usize..3).prop_map(Event::Ends),
        (1i64..4000).prop_map(Event::Passes),
        (prop::collection::vec(0u8..3, 1..6), any::<bool>())
            .prop_map(|(how, dies)| Event::Deliver(how, dies)),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_is_repeated_but_by_a_crash(events in prop::collection::vec(event(), 1..60)) {
        let keys = ["a", "b", "c"];
        let mut ledger = Ledger::default();
        let mut now = 0;
        let mut stands: BTreeMap<usize, Standing> = BTreeMap::new();
        let mut taken: BTreeMap<(String, String, i64, u32, Severity, bool), u32> = BTreeMap::new();
        let mut deaths = 0;
        for event in events {
            match event {
                Event::Stands(which, rung) => {
                    let severity = [Severity::Notice, Severity::Warning, Severity::Page][which];
                    let old = stands.get(&which).cloned();
                    let since = old.as_ref().map_or(at(now), |old| old.since);
                    let rung = old.map_or(rung, |old| old.rung.max(rung));
                    stands.insert(which, Standing { key: keys[which].to_owned(), since, severity, rung });
                }
                Event::Ends(which) => drop(stands.remove(&which)),
                Event::Passes(seconds) => now += seconds,
                Event::Deliver(how, dies) => {
                    let all: Vec<Standing> = stands.values().cloned().collect();
                    ledger.keep_up(&all, at(now));
                    let due = ledger.due(&routes(), at(now));
                    let last = due.len().saturating_sub(1);
                    for (number, delivery) in due.iter().enumerate() {
                        let became = [Became::Taken, Became::Later(None), Became::Failed]
                            [usize::from(how[number % how.len()])];
                        if became == Became::Taken {
                            let about = &delivery.about;
                            let ended = delivery.tell == Tell::Ended;
                            let name = (delivery.channel.clone(), about.key.clone(), about.since.as_second(), about.rung, about.severity, ended);
                            *taken.entry(name).or_default() += 1;
                        }
                        if dies && number == last {
                            deaths += u32::from(became == Became::Taken);
                        } else {
                            ledger.note(delivery, became, at(now));
                        }
                    }
                }
            }
            now += 1;
        }
        let repeats: u32 = taken.values().map(|count| count - 1).sum();
        prop_assert!(repeats <= deaths, "{repeats} repeats, {deaths} deaths");
        // The channels are mended: whatever stands reaches somebody.
        for _ in 0..3 {
            now += 4000;
            let all: Vec<Standing> = stands.values().cloned().collect();
            ledger.keep_up(&all, at(now));
            for delivery in ledger.due(&routes(), at(now)) {
                ledger.note(&delivery, Became::Taken, at(now));
            }
        }
        prop_assert_eq!(ledger.untold().count(), 0);
        prop_assert_eq!(ledger.due(&routes(), at(now + 4000)), vec![]);
        prop_assert!(ledger.failing(&routes()).is_empty(), "{:?}", ledger);
    }
}
