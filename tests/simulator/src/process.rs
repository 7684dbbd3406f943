//! One run of the production story as a process that can wait, be killed, and end.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use secrecy::SecretString;
use twinkey::documents::Documents;
use twinkey::run::{Mode, Report, Task, look, run};
use twinkey::who::Identity;
use twinkey::world::{Audit, World};
use twinkey_core::seen::{Host, Seen};
use twinkey_core::{Client, PerClient, Policy, Salt, Step, Wish};

use crate::wire::{Link, Spy};

/// Whose run it is, and what the person means by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The daemon's round.
    Daemon,
    /// The timer's round.
    Timer,
    /// A person's command.
    Person(usize, Meant),
}

/// What a person means by a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// To be told SAFE for this client.
    Permit(Client),
    /// To hand this secret over.
    Deposit(String),
    /// Anything else.
    Other,
}

/// What a run is started with.
pub(crate) struct Order {
    pub(crate) wish: Wish,
    pub(crate) who: String,
    pub(crate) role: Role,
    pub(crate) pasted: PerClient<Option<SecretString>>,
    pub(crate) salt: Option<Salt>,
    pub(crate) mode: Mode,
}

/// A process under way.
pub(crate) struct Process {
    pub(crate) host: usize,
    pub(crate) who: String,
    pub(crate) role: Role,
    pub(crate) future: Pin<Box<dyn Future<Output = Report> + Send>>,
    /// The step that is being done.
    pub(crate) step: Option<Step>,
    /// Whether the line of evidence before that step is on the disk; `None`: nobody has tried.
    pub(crate) line: Option<bool>,
    pub(crate) steps: u32,
    /// Tokens that it was given: which secret, and when.
    pub(crate) tokens: Vec<(String, Timestamp)>,
    /// Refusals that it met since it last wrote the record.
    pub(crate) unnoted: u32,
    /// It wrote an intent of its own.
    pub(crate) intended: bool,
}

impl Process {
    pub(crate) fn start(link: Link, policy: Policy, documents: Documents, host: Host, order: Order) -> Self {
        let (at, who, role) = (link.host, order.who.clone(), order.role.clone());
        let task = Task { wish: order.wish, host, pasted: order.pasted, salt: order.salt, mode: order.mode };
        let world = world(&link, policy, documents, Arc::new(link.clone()), order.who);
        let future = Box::pin(async move { run(&world, task, &mut Spy(link)).await });
        Self {
            host: at,
            who,
            role,
            future,
            step: None,
            line: None,
            steps: 0,
            tokens: Vec::new(),
            unnoted: 0,
            intended: false,
        }
    }
}

fn world(
    link: &Link,
    policy: Policy,
    documents: Documents,
    store: Arc<dyn twinkey_store::Store>,
    who: String,
) -> World {
    let audit: Arc<Mutex<dyn Audit>> = Arc::new(Mutex::new(link.clone()));
    World {
        name: "go-production".into(),
        policy,
        documents,
        store,
        provider: Arc::new(link.clone()),
        audit,
        chain: crate::nature::HOST_NAMES[link.host].into(),
        clock: Arc::new(link.clone()),
        output: None,
        who: Arc::new(Identity::of(who)),
    }
}

/// What `status` sees at this moment, by production's own look, without faults and in no time.
pub(crate) fn status(
    link: &Link,
    policy: &Policy,
    documents: &Documents,
    store: Arc<dyn twinkey_store::Store>,
    host: Host,
) -> Seen {
    let world = world(link, policy.clone(), documents.clone(), store, "status".into());
    let mut looking = Box::pin(look(&world, host));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match looking.as_mut().poll(&mut context) {
        std::task::Poll::Ready(seen) => seen,
        std::task::Poll::Pending => panic!("a look that waits for nobody"),
    }
}
