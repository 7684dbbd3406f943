//! No message is lost, whoever dies; none is told twice but where somebody died; and no credential is blamed for its
//! provider. `cargo xtask bench notify` runs these larger, and prints the figures.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use rustix::process::Signal;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use twinkey_sandbox::Fault;
use twinkey_sandbox::receiver::Receiver;

use crate::harness::authlib::left_out;
use crate::harness::book::Book;
use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;
use crate::stories::called::{SIGNING_KEY, behind_a_dead_one, told};

mod stage;

use stage::{One, Stage, messages, repeats, seconds};

/// How many credentials get into trouble, and how often: incidents are their product.
struct Extent {
    credentials: usize,
    times: usize,
}

/// As the variable says that the larger run sets, `CREDENTIALS,TIMES`; a few otherwise.
fn extent() -> Extent {
    let Ok(text) = std::env::var("TWINKEY_BENCH_CALLS") else { return Extent { credentials: 4, times: 2 } };
    let (credentials, times) = text.split_once(',').expect("CREDENTIALS,TIMES");
    Extent { credentials: credentials.parse().unwrap(), times: times.parse().unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_incident_is_told_and_ended_though_sender_and_receiver_die() {
    if left_out() {
        return;
    }
    let Extent { credentials, times } = extent();
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let book = Book::start();
    let (address, key) = (host.secret_file("hook", &book.url()), host.secret_file("key", SIGNING_KEY));
    host.add(&format!("[notify.hook]\nwebhook = {address}\nsigning-key = {key}\n"));
    host.init().await;
    let mut many = Vec::new();
    for number in 0..credentials {
        many.push(One::set(&host, number).await);
    }
    let mut stage = Stage::set(host, book).await;
    for round in 1..=times {
        for one in &many {
            one.edit(&format!("somebody-else-{round}"), round).await;
        }
        stage.until("trigger", credentials * round).await;
        for one in &many {
            one.put_back(round).await;
        }
        stage.until("resolve", credentials * round).await;
    }
    let incidents = credentials * times;
    let noted = stage.book.noted();
    let mut again = Vec::new();
    for event in ["trigger", "resolve"] {
        let messages = messages(&noted, event);
        assert_eq!(messages.len(), incidents, "{event}: some are lost");
        again.extend(repeats(&messages));
    }
    let somebody_died =
        |between: &[f64; 2]| stage.deaths.iter().any(|at| (between[0]..=between[1]).contains(at));
    let unexplained: Vec<&[f64; 2]> = again.iter().filter(|between| !somebody_died(between)).collect();
    // By deduplication key as well: each credential was told as often as it was in trouble.
    for one in &many {
        let ids: BTreeSet<&str> = noted
            .iter()
            .filter(|noted| noted.key == one.key && noted.event == "trigger")
            .map(|noted| noted.id.as_str())
            .collect();
        assert_eq!(ids.len(), times, "{}", one.key);
    }
    println!(
        "{incidents} incidents, {} deaths of sender or receiver: 0 lost, {} of {} messages repeated, {} of them without a \
         death between",
        stage.deaths.len(),
        again.len(),
        incidents * 2 + again.len(),
        unexplained.len()
    );
    assert!(unexplained.is_empty(), "{unexplained:?}, and somebody died at {:?}", stage.deaths);
    stage.host.no_secret_showed();
}

/// Everything that a provider can answer, or not answer, short of a refusal.
fn faults() -> Vec<Fault> {
    let status = |status| Fault::Status { status };
    vec![
        status(500),
        status(502),
        status(503),
        status(504),
        Fault::Throttle { retry_after: None },
        Fault::Throttle { retry_after: Some("1".to_owned()) },
        Fault::Html { status: 200 },
        Fault::Html { status: 503 },
        Fault::Slow { millis: 3_000 },
        Fault::Cut,
        Fault::Empty,
        Fault::Malformed,
        Fault::Endless,
        Fault::Redirect { to: "http://127.0.0.1:9/elsewhere".to_owned() },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_a_provider_that_is_no_refusal_blames_a_credential() {
    let mut under_way = JoinSet::new();
    for fault in faults() {
        under_way.spawn(async move { (keys_under(fault.clone()).await, fault) });
    }
    let many = under_way.len();
    for (keys, fault) in under_way.join_all().await {
        assert_eq!(keys, ["trigger host/provider-down/p", "resolve host/provider-down/p"], "{fault:?}");
    }
    println!("{many} faults of a provider: 0 alerts that blame a credential, 1 about the provider in each");
}

/// What is told while a provider does nothing but this, and when it is well again.
async fn keys_under(fault: Fault) -> Vec<String> {
    let receiver = Receiver::start().await.unwrap();
    let host = Host::new(Provider::sandbox().await, "timeout = \"1s\"", "").await;
    let address = host.secret_file("hook", &receiver.url("/webhook/c4n4ry-hook"));
    let key = host.secret_file("key", SIGNING_KEY);
    host.add(&format!("[notify.hook]\nwebhook = {address}\nsigning-key = {key}\n"));
    host.init().await;
    host.provider.as_sandbox().fault(fault, None, None);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1100)).await;
        host.run(&["rotate"], "").await;
    }
    host.provider.as_sandbox().heal();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    host.run(&["rotate"], "").await;
    told(&receiver).into_iter().map(|(event, key)| format!("{event} {key}")).collect()
}

/// How long it takes from the second refusal of the standby until somebody is told, with a dead channel in front; and
/// for what the living channel would not take by itself, from the probe that found it.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_channel_in_front_delays_nobody_for_longer_than_a_minute() {
    use Front::{Hangs, Refuses};
    use Trouble::{ClockOff, Refused};
    // One that hangs costs its timeout each time: for the larger run only.
    let (runs, cases) = match std::env::var("TWINKEY_BENCH_CALLS") {
        Ok(_) => (7, vec![(Refused, Refuses), (Refused, Hangs), (ClockOff, Refuses), (ClockOff, Hangs)]),
        Err(_) => (1, vec![(Refused, Refuses), (ClockOff, Refuses)]),
    };
    for (trouble, front) in cases {
        let mut under_way = JoinSet::new();
        for _ in 0..runs {
            under_way.spawn(until_told(trouble, front));
        }
        let mut times = under_way.join_all().await;
        times.sort_by(f64::total_cmp);
        let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
        println!(
            "{trouble:?}, in front a channel that {front:?}: told after {median:.1} s, median of {runs}, at most \
             {longest:.1} s   (goal: at most 60)"
        );
        assert!(longest <= 60.0, "{trouble:?} {front:?}");
    }
}

/// What happens, and so how urgent the message is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    /// The standby is refused: a page, which the living channel takes by itself.
    Refused,
    /// The clocks differ by a minute: a warning, which is handed over to the living channel.
    ClockOff,
}

/// How the channel in front is dead.
#[derive(Clone, Copy, Debug)]
enum Front {
    /// Nobody listens there.
    Refuses,
    /// It takes the connection and says nothing, until its timeout of 15 s.
    Hangs,
}

async fn until_told(trouble: Trouble, front: Front) -> f64 {
    let receiver = Receiver::start().await.unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let dead = match front {
        Front::Refuses => "http://127.0.0.1:9/dead".to_owned(),
        Front::Hangs => format!("http://{}/dead", silent.local_addr().unwrap()),
    };
    behind_a_dead_one(&host, &dead, &receiver);
    host.looked_after_every("1s");
    host.init().await;
    let service = Daemon::start(&host).await;
    let sandbox = host.provider.as_sandbox();
    let before = sandbox.requests().len();
    let key = match trouble {
        Trouble::Refused => {
            let secret = host.provider.regenerate(twinkey_core::Client::B).await;
            host.listen_for(&secret);
            format!("{NAME}/standby-refused")
        }
        Trouble::ClockOff => {
            sandbox.set_clock_ahead(60);
            "host/clock-off".to_owned()
        }
    };
    let mut at = None;
    for _ in 0..6_000 {
        if told(&receiver).iter().any(|(event, told)| event == "trigger" && told.starts_with(&key)) {
            at = Some(seconds());
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let at = at.unwrap_or_else(|| panic!("{key} was never told\n{}", service.told()));
    let since = sandbox.requests();
    let mut found = since[before..].iter().filter(|seen| trouble == Trouble::ClockOff || !seen.got_token());
    let found = if trouble == Trouble::Refused { found.nth(1) } else { found.next() }.unwrap().at;
    service.ends(&host, Signal::TERM).await;
    at - found.duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
