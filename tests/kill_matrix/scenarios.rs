//! What is going on when the process dies. Between them the scenarios pass every kill point.

use std::fs;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use twinkey_core::Client;
use twinkey_sandbox::{ErrorStyle, Fault};

use super::deeds::{
    awaiting, deposited, dies, doomed, fine, forget, init, init_b, now, permitted, set_up, somebody_writes,
    switched, tear, wrong_click,
};
use super::stage::{LONG, Order, SHORT, Stage};
use crate::harness::ground::{Ground, Kind};
use crate::harness::host::NAME;

/// Longer than the configured time between two questions to a client that was refused.
const BETWEEN_REFUSALS: Duration = Duration::from_millis(150);

type Before = for<'s> fn(&'s Stage) -> Pin<Box<dyn Future<Output = ()> + Send + 's>>;

/// One command, and what stands when it is given.
pub struct Scenario {
    pub name: &'static str,
    /// The command that dies.
    pub order: fn(&Stage) -> Order,
    /// Who comes next: the round, as cron calls it, or the person again.
    pub next: Next,
    /// How many new versions of the live pair it takes, however often somebody dies: one for a switch, one for
    /// a fence.
    pub versions: u64,
    /// Whether a consumer fails meanwhile in any case, because somebody killed the live secret.
    pub outage: bool,
    style: ErrorStyle,
    settings: &'static [(&'static str, &'static str)],
    before: Before,
}

/// Who comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Round,
    Person,
}

impl Scenario {
    fn new(name: &'static str, before: Before, order: fn(&Stage) -> Order) -> Self {
        let style = ErrorStyle::InvalidClient;
        Self { name, order, next: Next::Round, versions: 0, outage: false, style, settings: &[], before }
    }

    fn publishing(self) -> Self {
        Self { versions: 1, ..self }
    }

    fn with(self, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { settings, ..self }
    }

    fn by_a_person(self) -> Self {
        Self { next: Next::Person, ..self }
    }

    fn in_an_outage(self) -> Self {
        Self { outage: true, ..self }
    }

    fn where_no_refusal_has_a_name(self) -> Self {
        Self { style: ErrorStyle::Documented, ..self }
    }

    /// After a refusal somebody waits a little before asking again: then each round asks.
    pub async fn pause(&self) {
        if self.outage {
            tokio::time::sleep(BETWEEN_REFUSALS).await;
        }
    }

    /// Brings everything to where the command is given.
    pub async fn set_up(&self, ground: &Arc<Ground>) -> Stage {
        let stage = Stage::new(ground, self.style, self.settings).await;
        (self.before)(&stage).await;
        stage
    }
}

macro_rules! before {
    ($stage:ident $body:block) => {
        |$stage| Box::pin(async move { $body })
    };
}

const RESTART: &[(&str, &str)] = &[(LONG, "max-staleness = \"restart\"")];
const ALERT: &[(&str, &str)] = &[("look-every = \"cron\"", "look-every = \"cron\"\nfailover = \"alert\"")];
const ALWAYS_DUE: &[(&str, &str)] =
    &[("look-every = \"cron\"", "look-every = \"cron\"\nmin-interval = \"0s\"")];

/// All of them.
pub fn all() -> Vec<Scenario> {
    let mut all = setting_up();
    all.extend(publishing());
    all.extend(draining());
    all.extend(regenerating());
    all.extend(the_rest());
    all
}

fn setting_up() -> Vec<Scenario> {
    vec![
        Scenario::new("init: first entry", before!(_stage {}), init).by_a_person().publishing(),
        Scenario::new(
            "init: the second client",
            before!(stage {
                let only_a = Order::new(&["init", NAME, "--live", "a", "--id-a", &stage.id(Client::A)]);
                fine(stage, only_a.typing(&[&stage.secret(Client::A)])).await;
            }),
            init_b,
        )
        .by_a_person(),
        Scenario::new(
            "init: adoption",
            before!(stage {
                if stage.kind() == Kind::File {
                    let (store, key) = (stage.host.path("store.age"), stage.host.path("store.key"));
                    twinkey_store::FileStore::create(&store, &key).unwrap();
                }
                somebody_writes(stage, "app/go", Client::A).await;
            }),
            init_b,
        )
        .by_a_person(),
        Scenario::new(
            "init at a renamed place",
            before!(stage {
                set_up(stage).await;
                somebody_writes(stage, "app/renamed", Client::A).await;
                let renamed = "live-pair = \"app/renamed\"\nstate-path = \"twinkey/app/go\"";
                stage.set("live-pair = \"app/go\"", renamed);
            }),
            |_| Order::new(&["init", NAME]),
        )
        .by_a_person(),
        Scenario::new("confirm-drained --init", before!(stage { set_up(stage).await }), |_| {
            Order::new(&["confirm-drained", NAME, "--init"])
        }),
    ]
}

fn publishing() -> Vec<Scenario> {
    let all = vec![
        Scenario::new("a scheduled switch", before!(stage { set_up(stage).await }), |_| Order::rotate())
            .with(ALWAYS_DUE),
        Scenario::new("rotate --now", before!(stage { set_up(stage).await }), |_| now(&[])),
        Scenario::new(
            "rotate --now after a torn line",
            before!(stage { set_up(stage).await; tear(stage) }),
            |_| now(&[]),
        ),
        Scenario::new("fail-over", before!(stage { set_up(stage).await; wrong_click(stage) }), |_| {
            Order::rotate()
        })
        .in_an_outage(),
        Scenario::new(
            "fail-over without a name",
            before!(stage { set_up(stage).await; wrong_click(stage) }),
            |_| Order::rotate(),
        )
        .in_an_outage()
        .where_no_refusal_has_a_name(),
        Scenario::new("mend", before!(stage { set_up(stage).await; wrong_click(stage) }), |stage| {
            Order::new(&["deposit", NAME, "--client", "a"]).typing(&[&stage.secret(Client::A)])
        })
        .in_an_outage()
        .with(ALERT),
        Scenario::new("rollback", before!(stage { awaiting(stage).await; stage.set(SHORT, LONG) }), |_| {
            Order::new(&["rollback", NAME, "--reason", "story"])
        }),
        Scenario::new(
            "resolve --put-ours",
            before!(stage { set_up(stage).await; somebody_writes(stage, "app/go", Client::B).await }),
            |_| Order::new(&["resolve", NAME, "--put-ours"]),
        ),
        Scenario::new("abandoning by the fence", before!(stage { doomed(stage).await }), |_| Order::rotate()),
    ];
    all.into_iter().map(Scenario::publishing).collect()
}

fn draining() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "the drain counts anew",
            before!(stage {
                switched(stage).await;
                stage.round_without_store().await;
            }),
            |_| Order::rotate(),
        ),
        Scenario::new(
            "the drain grows",
            before!(stage {
                switched(stage).await;
                stage.set(LONG, "max-staleness = \"2h\"");
            }),
            |_| Order::rotate(),
        ),
        Scenario::new("the drain is shortened", before!(stage { switched(stage).await }), |_| {
            now(&["--drain", "30m"])
        }),
        Scenario::new("confirm-drained", before!(stage { switched(stage).await }), |stage| {
            let switch = fs::read_to_string(stage.host.path("switch")).unwrap();
            Order::new(&["confirm-drained", NAME, "--switch", &switch])
        })
        .with(RESTART),
        Scenario::new(
            "the drain ends with the secret",
            before!(stage {
                set_up(stage).await;
                wrong_click(stage);
                fine(stage, Order::rotate()).await;
                tokio::time::sleep(BETWEEN_REFUSALS).await;
            }),
            |_| Order::rotate(),
        ),
    ]
}

fn regenerating() -> Vec<Scenario> {
    vec![
        Scenario::new("permit", before!(stage { awaiting(stage).await }), |_| Order::new(&["permit", NAME])),
        Scenario::new("cancel", before!(stage { permitted(stage).await }), |_| Order::new(&["cancel", NAME])),
        Scenario::new(
            "deposit",
            before!(stage { permitted(stage).await; stage.regenerates(Client::A); }),
            |stage| Order::new(&["deposit", NAME]).typing(&[&stage.secret(Client::A)]),
        ),
        Scenario::new(
            "the round proves a deposit",
            before!(stage {
                permitted(stage).await;
                let secret = stage.regenerates(Client::A);
                fine(stage, Order::new(&["deposit", NAME, "--no-wait"]).typing(&[&secret])).await;
            }),
            |_| Order::rotate(),
        ),
        Scenario::new("the old secret is dead", before!(stage { deposited(stage).await }), |_| {
            Order::rotate()
        }),
        Scenario::new(
            "the old secret is alive",
            before!(stage { deposited(stage).await; stage.regenerates_unheard(Client::A) }),
            |_| Order::rotate(),
        ),
    ]
}

fn the_rest() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "a fence that stands already",
            before!(stage {
                doomed(stage).await;
                dies(stage, Order::rotate(), "after:write-live:unchanged#1").await;
            }),
            |_| Order::rotate(),
        ),
        Scenario::new(
            "resolve --take-theirs",
            before!(stage { set_up(stage).await; somebody_writes(stage, "app/go", Client::B).await }),
            |_| Order::new(&["resolve", NAME, "--take-theirs"]),
        ),
        Scenario::new(
            "resolve after a restored backup",
            before!(stage {
                set_up(stage).await;
                let deed = Order::new(&["confirm-drained", NAME, "--init"]);
                stage.puts_back_what_stood_before(deed).await;
            }),
            |_| Order::new(&["resolve", NAME, "--put-ours"]),
        ),
        Scenario::new(
            "a standby is refused without a name",
            before!(stage { set_up(stage).await; stage.disables(Client::B); forget(stage, &[Client::B]) }),
            |_| Order::rotate(),
        )
        .where_no_refusal_has_a_name(),
        Scenario::new(
            "a refused client recovers",
            before!(stage {
                set_up(stage).await;
                forget(stage, &Client::BOTH);
                let sandbox = stage.host.provider.as_sandbox();
                sandbox.fault(Fault::FalseRefusal, Some(&stage.id(Client::A)), Some(2));
                sandbox.fault(Fault::Status { status: 503 }, Some(&stage.id(Client::B)), None);
                stage.runs(&Order::rotate(), &[]).await;
                sandbox.heal();
            }),
            |_| Order::rotate(),
        ),
        Scenario::new(
            "the output file is written anew",
            before!(stage {
                set_up(stage).await;
                fs::remove_file(stage.host.path("live.json")).unwrap();
            }),
            |_| Order::rotate(),
        ),
    ]
}
