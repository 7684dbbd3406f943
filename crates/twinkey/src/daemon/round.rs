//! One round for one credential, and the crew that works on many.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tracing::Instrument;
use twinkey_core::decision::{Because, Wait};
use twinkey_core::record::Why;
use twinkey_core::{Outcome, Seen, Step, What, Wish, due};

use super::post::Post;
use super::turn::Turn;
use crate::board::{Board, Found, Login, Stands};
use crate::clock::Clock;
use crate::config::Config;
use crate::exit::Exit;
use crate::open::{Opened, Order, Stop};
use crate::run::{Report, Watcher};
use crate::shared::Shared;
use crate::text;

/// What all rounds work with.
pub(super) struct Crew {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    stop: watch::Sender<bool>,
    board: Arc<Board>,
}

impl Crew {
    /// A crew of which this many work at once.
    pub(super) fn new(shared: Shared, at_once: u32, board: Arc<Board>) -> Self {
        let (stop, _) = watch::channel(false);
        Self { shared: Arc::new(shared), places: Arc::new(Semaphore::new(at_once as usize)), stop, board }
    }

    /// Works under a configuration that was read anew. Who is at work ends that with what they began with.
    pub(super) fn reconfigure(&mut self, config: &Config) {
        self.shared = Arc::new(self.shared.anew(config));
        self.places = Arc::new(Semaphore::new(config.at_once as usize));
    }

    /// Nothing new starts, and each round ends at its next safe point.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// One round, to be spawned.
    pub(super) fn round(&self, post: Post) -> impl Future<Output = Post> + Send + use<> {
        let (shared, board) = (Arc::clone(&self.shared), Arc::clone(&self.board));
        let (places, stop) = (Arc::clone(&self.places), self.stop.subscribe());
        async move {
            let at_work = board.moves().enter(&post.credential.name);
            let turn = Arc::new(Turn::take(&places, stop, Arc::clone(&at_work.moved)).await);
            if turn.stops() {
                return post;
            }
            let span = tracing::info_span!("run", credential = post.credential.name, id = run_id());
            one(&shared, post, &turn, &board).instrument(span).await
        }
    }
}

async fn one(shared: &Shared, mut post: Post, turn: &Arc<Turn>, board: &Board) -> Post {
    post.begin(turn.now());
    let name = post.credential.name.clone();
    let mut login = Login::Unknown;
    let (stands, failed, wake) = match work(shared, &mut post, turn).await {
        Ok((report, stands)) => {
            login = stands;
            let failed = matches!(report.rest.why, Because::Trouble(_) | Because::OthersAtWork);
            let wake = report.rest.wake;
            (Some(Stands::Seen(Box::new((report.seen, report.rest)))), failed, wake)
        }
        // Somebody else is at work on it on this host: what they do will be seen next time.
        Err(stop) if stop.exit == Exit::Fine => {
            tracing::info!("{}", one_line(&stop.text));
            (None, true, None)
        }
        Err(stop) => {
            say_once(&post, &stop.text);
            (Some(Stands::Stopped(stop)), true, None)
        }
    };
    let now = turn.now();
    if !failed && post.pace.failures() > 0 {
        tracing::info!(rounds = post.pace.failures(), "works again");
    }
    post.end(failed, wake, now, chance());
    if let Some(stands) = stands {
        board.learn(&name, Found { stands, failed, next_run: Some(post.pace.wake), login }, now);
    }
    post
}

async fn work(shared: &Shared, post: &mut Post, turn: &Arc<Turn>) -> Result<(Report, Login), Stop> {
    let mut opened = Opened::open(shared, (*post.credential).clone())?;
    opened.watching = post.pace.watching;
    opened.world.clock = Arc::clone(turn) as Arc<dyn Clock>;
    let mut log = Log { turn: Arc::clone(turn), credential: Arc::clone(&post.credential) };
    let report = opened.run(Order::new(Wish::Keep), &mut log).await?;
    post.pace.watching = opened.watching;
    if report.seen.looks > 0 {
        post.pace.has_looked();
    }
    let policy = &opened.world.policy;
    post.due = report.seen.record().and_then(|record| due(policy, record));
    if let Because::Trouble(trouble) = &report.rest.why {
        say_once(post, &trouble.text);
    }
    let login = opened.login(&report).await;
    Ok((report, login))
}

/// What goes on failing is said when it begins: the metrics and the status say that it lasts.
fn say_once(post: &Post, text: &str) {
    let text = one_line(text);
    if post.pace.failures() == 0 {
        tracing::warn!("{text}");
    } else {
        tracing::debug!("{text}");
    }
}

/// What was broken into lines for a terminal.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a step belongs to a rescue: whoever reads warnings only must hear of it.
fn rescues(step: &Step) -> bool {
    match step {
        Step::WriteRecord(write) => match &write.what {
            What::Intended { why, .. } | What::Published { why, .. } => {
                matches!(why, Why::FailOver | Why::Mend)
            }
            _ => false,
        },
        _ => false,
    }
}

/// A round in the log: what it does, a line a step.
struct Log {
    turn: Arc<Turn>,
    credential: Arc<crate::config::Credential>,
}

impl Watcher for Log {
    fn before(&mut self, _: &Step, _: &Seen) {
        self.turn.moves();
    }

    fn after(&mut self, step: &Step, outcome: &Outcome, _: &Seen) {
        self.turn.moves();
        if let Some(line) = text::step_line(&text::Names::of(&self.credential), step, outcome) {
            if rescues(step) {
                tracing::warn!("{line}");
            } else {
                tracing::info!("{line}");
            }
        }
    }

    fn waiting(&mut self, wait: &Wait, _: Timestamp) {
        self.turn.moves();
        tracing::info!("waits until {:.0}", wait.until);
    }

    fn stops(&self) -> bool {
        self.turn.stops()
    }
}

/// The name of a run in the log: unlike any other of these days.
fn run_id() -> String {
    format!("{:08x}", getrandom::u32().unwrap_or_default())
}

/// From 0 to 1.
fn chance() -> f64 {
    f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX)
}
