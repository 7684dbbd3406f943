//! `status`: where each credential stands. Asks the store and nobody else.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;

use super::Status;
use crate::config::Config;
use crate::exit::{self, Exit};
use crate::open::{Opened, Stop, config, select};
use crate::run::look;
use crate::shared::Shared;
use crate::text;

/// Shows the credentials, in the form that was asked for.
pub(super) async fn status(path: &Path, args: &Status) -> Result<Exit, Stop> {
    let config = config(path)?;
    let shared = Shared::new(&config);
    let mut shown = Vec::new();
    for credential in select(&config, &args.names)? {
        let opened = Opened::open_to_show(&shared, credential)?;
        let seen = look(&opened.world, opened.host()).await;
        shown.push((opened, seen));
    }
    let mut out = anstream::stdout();
    let mut exits = Vec::new();
    let mut reports = Vec::new();
    let mut nagios = Vec::new();
    for (at, (opened, seen)) in shown.iter().enumerate() {
        let now = opened.world.clock.now();
        let (names, policy) = (opened.names(), &opened.world.policy);
        exits.push(exit::of_phase(policy, seen, now));
        let late = late(&config, opened, now);
        if late.is_some() {
            exits.push(Exit::PersonNeeded);
        }
        if args.json {
            reports.push(text::json::report(&names, policy, seen, now));
        } else if args.nagios {
            nagios.push(text::nagios(&names, policy, seen, now));
        } else {
            let gap = if at > 0 { "\n" } else { "" };
            let late = late.map(|since| text::late(&names, since, now)).unwrap_or_default();
            let _ = write!(out, "{gap}{}{late}", text::status(&names, policy, seen, now));
        }
    }
    if args.json {
        let document = text::json::document(reports);
        let _ = writeln!(out, "{document}");
    }
    if args.nagios {
        let (line, exit) = text::nagios_line(&nagios);
        let _ = writeln!(out, "{line}");
        return Ok(exit);
    }
    Ok(Exit::worst(exits))
}

/// Since when nothing has run by itself on this host, where that is longer than it may be. A person's machine, on
/// which nothing ever has, is not late.
fn late(config: &Config, opened: &Opened, now: Timestamp) -> Option<Timestamp> {
    let last = opened.notes.last_run()?;
    (now.duration_since(last) > config.watch.late_after).then_some(last)
}
