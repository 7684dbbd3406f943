//! PagerDuty.

use twinkey_notify::{Channel, Class, Delivered, Event, Fault, Notice, PagerDuty};
use twinkey_sandbox::receiver::{PAGERDUTY_KEY, Receiver};

use super::harness::{all_sorts, notice, now, secret, way};

fn pager(receiver: &Receiver, key: &str) -> PagerDuty {
    PagerDuty::new(receiver.url("/").parse().unwrap(), secret(key), &way()).unwrap()
}

#[tokio::test]
async fn pagerduty_takes_every_notice() {
    let receiver = Receiver::start().await.unwrap();
    let pager = pager(&receiver, PAGERDUTY_KEY);
    for notice in all_sorts() {
        let delivered = pager.deliver(&notice, now()).await;
        assert_eq!(delivered, Ok(Delivered::default()), "{:?}", receiver.complaints());
    }
}

#[tokio::test]
async fn an_alert_is_opened_once_and_closed_by_its_key() {
    let receiver = Receiver::start().await.unwrap();
    let pager = pager(&receiver, PAGERDUTY_KEY);
    let told = |event, rung| Notice { event, rung, ..notice() };
    pager.deliver(&told(Event::Trigger, 0), now()).await.unwrap();
    pager.deliver(&told(Event::Trigger, 1), now()).await.unwrap();
    assert_eq!(receiver.open_alerts(), ["go-production/regenerate"]);
    // A trial has a key of its own, and closes nothing.
    pager.deliver(&Notice { test: true, ..told(Event::Resolve, 0) }, now()).await.unwrap();
    assert_eq!(receiver.open_alerts(), ["go-production/regenerate"]);
    pager.deliver(&told(Event::Resolve, 0), now()).await.unwrap();
    assert_eq!(receiver.open_alerts(), [""; 0]);
    let first = &receiver.taken()[0].body;
    assert_eq!(first["payload"]["severity"], "warning");
    assert_eq!(first["payload"]["component"], "go-production");
    assert_eq!(first["payload"]["class"], "regenerate");
    assert_eq!(first["payload"]["custom_details"]["command"], "twinkey regenerate go-production");
}

#[tokio::test]
async fn a_switch_is_a_change_event() {
    let receiver = Receiver::start().await.unwrap();
    let changed =
        Notice { event: Event::Change, subject: "go-production: switched to B".to_owned(), ..notice() };
    pager(&receiver, PAGERDUTY_KEY).deliver(&changed, now()).await.unwrap();
    let taken = receiver.taken();
    assert_eq!((taken.len(), taken[0].path.as_str()), (1, "/v2/change/enqueue"));
    assert_eq!(taken[0].body["payload"]["summary"], "go-production: switched to B");
    assert!(receiver.open_alerts().is_empty());
}

#[tokio::test]
async fn a_wrong_key_is_said_without_showing_it() {
    let receiver = Receiver::start().await.unwrap();
    let wrong = "c4n4rySecretc4n4rySecretc4n4ry00";
    let error = pager(&receiver, wrong).deliver(&notice(), now()).await.unwrap_err();
    assert_eq!(error.class, Class::Failed(Fault::Login), "{error}");
    assert!(!format!("{error} {error:?}").contains("c4n4ry"), "{error:?}");
}
