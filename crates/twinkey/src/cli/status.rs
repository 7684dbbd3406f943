//! `status`: where each credential stands. Asks the store and nobody else.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use twinkey_core::seen::With;
use twinkey_core::{Seen, Wish};

use super::Status;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Credential};
use crate::exit::{self, Exit};
use crate::hands;
use crate::host::HostNotes;
use crate::open::{Opened, Stop, config, select};
use crate::run::look;
use crate::shared::Shared;
use crate::text::{self, Names};

/// Shows the credentials, in the form that was asked for.
pub(super) async fn status(path: &Path, args: &Status) -> Result<Exit, Stop> {
    match all(path, args).await {
        Ok(shown) if args.json => Ok(json(&shown)),
        Ok(shown) if args.nagios => Ok(nagios(&shown.iter().map(Shown::nagios).collect::<Vec<_>>())),
        Ok(shown) => Ok(screens(&shown)),
        // Monitoring reads a line and a code of its own, whatever is wrong.
        Err(stop) if args.nagios => Ok(nagios(&[text::Nagios::unknown(&stop.text)])),
        Err(stop) => Err(stop),
    }
}

async fn all(path: &Path, args: &Status) -> Result<Vec<Shown>, Stop> {
    let config = config(path)?;
    let shared = Shared::new(&config);
    let mut shown = Vec::new();
    for credential in select(&config, &args.names)? {
        shown.push(Shown::of(&config, &shared, credential).await);
    }
    Ok(shown)
}

/// One credential as it stands now.
struct Shown {
    credential: Credential,
    seen: Seen,
    last_run: Option<Timestamp>,
    late: bool,
    now: Timestamp,
}

impl Shown {
    async fn of(config: &Config, shared: &Shared, credential: Credential) -> Self {
        let notes = HostNotes::load(shared.state_dir(), &credential.name);
        let seen = match Opened::open_to_show(shared, credential.clone()) {
            Ok(opened) => look(&opened.world, opened.host()).await,
            // A store that cannot be opened cannot be read; the other credentials are shown all the same.
            Err(error) => {
                let nothing = Seen::nothing(Wish::Keep, shared.who(&credential).name(), notes.host());
                Seen { trouble: Some(hands::trouble(With::Reading, &error)), ..nothing }
            }
        };
        let (now, last_run) = (SystemClock.now(), notes.last_run());
        // A person's machine, on which nothing ever has run by itself, is not late.
        let late = last_run.is_some_and(|last| now.duration_since(last) > config.watch.late_after);
        Self { credential, seen, last_run, late, now }
    }

    fn exit(&self) -> Exit {
        let late = if self.late { Exit::PersonNeeded } else { Exit::Fine };
        Exit::worst([exit::of_phase(&self.credential.policy, &self.seen, self.now), late])
    }

    /// Since when nothing has run by itself on this host, where that is longer than it may be.
    fn late_since(&self) -> Option<Timestamp> {
        self.last_run.filter(|_| self.late)
    }

    fn report(&self) -> text::json::ShownReport {
        let (names, policy) = (Names::of(&self.credential), &self.credential.policy);
        let status = text::json::report(&names, policy, &self.seen, self.now);
        text::json::ShownReport { status, last_run: self.last_run, late: self.late }
    }

    fn nagios(&self) -> text::Nagios {
        let (names, policy) = (Names::of(&self.credential), &self.credential.policy);
        text::nagios(&names, policy, &self.seen, self.late_since(), self.now)
    }

    fn screen(&self) -> String {
        let (names, policy) = (Names::of(&self.credential), &self.credential.policy);
        let late = self.late_since().map(|since| text::late(&names, since, self.now)).unwrap_or_default();
        format!("{}{late}", text::status(&names, policy, &self.seen, self.now))
    }
}

fn json(shown: &[Shown]) -> Exit {
    let document = text::json::document(shown.iter().map(Shown::report).collect());
    let _ = writeln!(anstream::stdout(), "{document}");
    Exit::worst(shown.iter().map(Shown::exit))
}

fn nagios(parts: &[text::Nagios]) -> Exit {
    let (line, exit) = text::nagios_line(parts);
    let _ = writeln!(anstream::stdout(), "{line}");
    exit
}

fn screens(shown: &[Shown]) -> Exit {
    let mut out = anstream::stdout();
    for (at, one) in shown.iter().enumerate() {
        let gap = if at > 0 { "\n" } else { "" };
        let _ = write!(out, "{gap}{}", one.screen());
    }
    Exit::worst(shown.iter().map(Shown::exit))
}
