//! What the service knows of each credential, for whoever asks: metrics, health, the status page. It is a copy of
//! what the last round saw; nothing is decided by it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use twinkey_core::Seen;
use twinkey_core::decision::Rest;

use crate::config::{Config, Credential};
use crate::host;
use crate::open::Stop;

mod moves;

pub(crate) use moves::Moved;

use moves::Moves;

/// The board of one service.
pub struct Board {
    started: Timestamp,
    moves: Moves,
    changed: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<String, Arc<Entry>>,
    reloaded: Option<Reloaded>,
}

/// One credential.
#[derive(Clone)]
pub struct Entry {
    /// What the configuration says of it.
    pub credential: Arc<Credential>,
    /// What the last round found.
    pub stands: Stands,
    /// When the last round ended.
    pub last_run: Option<Timestamp>,
    /// When a round last did all its work on this host, in this process or one before it: store and provider answered.
    pub last_success: Option<Timestamp>,
    /// When the next one comes.
    pub next_run: Option<Timestamp>,
    /// How our login at its store stood.
    pub login: Login,
    /// How many rounds have ended, by whether they did their work.
    pub rounds: Counts,
}

impl Entry {
    fn unseen(credential: Arc<Credential>) -> Self {
        let (stands, rounds) = (Stands::Unseen, Counts::default());
        let login = Login::Unknown;
        Self { credential, stands, last_run: None, last_success: None, next_run: None, login, rounds }
    }
}

/// How our login at a store stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// Nobody asked, or the store did not say.
    Unknown,
    /// It holds, or is kept fresh.
    Holds,
    /// It ends in so long, and nothing renews it.
    Ends(Duration),
}

/// How many rounds did their work, and how many could not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Store and provider answered.
    pub fine: u64,
    /// Something did not.
    pub failed: u64,
}

/// What the last round found.
#[derive(Clone)]
pub enum Stands {
    /// None has ended yet.
    Unseen,
    /// The documents, and why it ended.
    Seen(Box<(Seen, Rest)>),
    /// It could not begin: what was in the way, with its remedy.
    Stopped(Stop),
}

/// The last time the configuration was read anew.
#[derive(Clone, Debug)]
pub struct Reloaded {
    /// When.
    pub at: Timestamp,
    /// Its problems; the one before stays in force.
    pub problems: Option<String>,
}

/// What a round tells the board.
pub(crate) struct Found {
    /// What it found.
    pub(crate) stands: Stands,
    /// Whether something kept it from its work.
    pub(crate) failed: bool,
    /// When the next one comes, where that is known.
    pub(crate) next_run: Option<Timestamp>,
    /// How our login at the store stands.
    pub(crate) login: Login,
}

impl Board {
    /// An empty board of a service that has just started.
    pub fn new(started: Timestamp) -> Self {
        Self { started, moves: Moves::default(), changed: Notify::new(), state: Mutex::default() }
    }

    /// When the service was started.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// All credentials, by name.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.lock().entries.values().cloned().collect()
    }

    /// How the configuration was last read anew, if it ever was.
    pub fn last_reload(&self) -> Option<Reloaded> {
        self.lock().reloaded.clone()
    }

    /// Whether every round at work has moved lately.
    pub fn is_moving(&self, now: Timestamp) -> bool {
        self.moves.is_moving(now)
    }

    /// Whether every credential has had a run that did its work since then, and none has failed after it.
    pub(crate) fn all_good_since(&self, since: Timestamp) -> bool {
        let state = self.lock();
        state
            .entries
            .values()
            .all(|entry| entry.last_success.is_some_and(|at| at > since && entry.last_run == Some(at)))
    }

    /// Who is at work.
    pub(crate) fn moves(&self) -> &Moves {
        &self.moves
    }

    /// These credentials from now on.
    pub(crate) fn configure(&self, config: &Config) {
        let mut state = self.lock();
        let mut before = std::mem::take(&mut state.entries);
        for credential in &config.credentials {
            let credential = Arc::new(credential.clone());
            let entry = match before.remove(&credential.name) {
                Some(entry) => Entry { credential: Arc::clone(&credential), ..(*entry).clone() },
                // That this process has had no good run yet does not mean that there was none.
                None => Entry {
                    last_success: host::last_run(&config.state_dir, &credential.name),
                    ..Entry::unseen(Arc::clone(&credential))
                },
            };
            state.entries.insert(credential.name.clone(), Arc::new(entry));
        }
    }

    /// A round has ended.
    pub(crate) fn learn(&self, name: &str, found: Found, now: Timestamp) {
        let mut state = self.lock();
        let Some(entry) = state.entries.get_mut(name) else { return };
        let mut next = (**entry).clone();
        next.stands = found.stands;
        next.last_run = Some(now);
        next.next_run = found.next_run;
        next.login = found.login;
        if found.failed {
            next.rounds.failed += 1;
        } else {
            next.rounds.fine += 1;
            next.last_success = Some(now);
        }
        *entry = Arc::new(next);
        self.changed.notify_one();
    }

    /// Returns when a round has ended since the last time.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    pub(crate) fn reloaded(&self, at: Timestamp, problems: Option<String>) {
        self.lock().reloaded = Some(Reloaded { at, problems });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::exit::Exit;
    use crate::host::HostNotes;

    /// Each one-shot run begins with a board of its own: whoever watches its text file must not hear of an hour without a
    /// good run after one that failed, or of other credentials than the one that somebody ran by hand.
    #[test]
    fn a_new_process_knows_when_the_last_good_run_was_and_takes_none_for_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let credential = |name: &str| {
            format!(
                "[credential.{name}]\nstore = \"s\"\nprovider = \"p\"\nlive-pair = \"app/{name}\"\n\
                 consumers.max-staleness = \"1h\"\n"
            )
        };
        let text = format!(
            "state-dir = \"{}\"\n[store.s]\nfile = \"/s.age\"\nkey = {{ file = \"/s.key\" }}\n\
             [provider.p]\npreset = \"gbg-go\"\n{}{}{}",
            dir.path().display(),
            credential("fails"),
            credential("never"),
            credential("others"),
        );
        let config = Config::parse(&text, Path::new("test"), at(0)).unwrap();
        for name in ["fails", "others"] {
            HostNotes::load(dir.path(), name).note_round(at(0)).unwrap();
        }
        let board = Board::new(at(300));
        board.configure(&config);
        let stands = Stands::Stopped(Stop::new(Exit::Temporary, "away"));
        board.learn("fails", Found { stands, failed: true, next_run: None, login: Login::Unknown }, at(300));
        let good: Vec<Option<Timestamp>> = board.entries().iter().map(|entry| entry.last_success).collect();
        assert_eq!(good, [Some(at(0)), None, Some(at(0))], "fails, never, others");
        assert!(!board.all_good_since(Timestamp::MIN), "nobody pings for a run that was before");
        let ran: Vec<Option<Timestamp>> = board.entries().iter().map(|entry| entry.last_run).collect();
        assert_eq!(ran, [Some(at(300)), None, None], "nor are they ready");
    }
}
