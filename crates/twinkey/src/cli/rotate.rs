//! `rotate`: what daemon, timer and cron do, once.

use std::io::{IsTerminal, Write};

use jiff::{SignedDuration, Timestamp};
use twinkey_core::Wish;
use twinkey_core::decision::Because;

use super::progress::Progress;
use super::{Rotate, ask};
use crate::board::{Board, Found, Login, Stands};
use crate::calls::Calls;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, parse_duration};
use crate::exit::{self, Exit};
use crate::open::{Opened, Order, Stop, config, named, select};
use crate::run::{Mode, Report, Unwatched, Watcher};
use crate::shared::Shared;
use crate::text;
use crate::watch::{ping, textfile};

/// Runs the round for each credential, one after the other; the worst answer decides the exit code.
pub(super) async fn rotate(path: &std::path::Path, args: &Rotate) -> Result<Exit, Stop> {
    let config = config(path)?;
    if args.now {
        return now(&config, args).await;
    }
    let mode = if args.dry_run { Mode::Dry } else { Mode::Live };
    let mut exits = Vec::new();
    let shared = Shared::new(&config);
    let board = Board::new(SystemClock.now());
    board.configure(&config);
    for credential in select(&config, &args.names)? {
        let name = credential.name.clone();
        let exit = match Opened::open(&shared, credential) {
            Ok(mut opened) => one(&mut opened, args, mode, &board).await,
            Err(stop) => Err(stop),
        };
        exits.push(exit.unwrap_or_else(|stop| {
            if !stop.text.is_empty() {
                // Some of what may be said names the credential itself.
                let text = stop.text.strip_prefix(&format!("{name}: ")).unwrap_or(&stop.text);
                let _ = writeln!(anstream::stderr(), "{name}: {text}");
            }
            let exit = stop.exit;
            let stands = Stands::Stopped(stop);
            let found = Found { stands, failed: true, next_run: None, login: Login::Unknown };
            board.learn(&name, found, SystemClock.now());
            exit
        }));
    }
    if mode == Mode::Live {
        leave_signs(&config, &board).await;
        if Calls::new(&config).call(&board).await.untold > 0 {
            exits.push(Exit::Temporary);
        }
    }
    Ok(Exit::worst(exits))
}

/// What a run leaves for those who watch whether there are any.
async fn leave_signs(config: &Config, board: &Board) {
    if let Some(path) = &config.watch.textfile
        && let Err(error) = textfile::write(path, board, SystemClock.now())
    {
        tracing::warn!(textfile = %path.display(), %error, "the metrics cannot be written");
    }
    if let Some(address) = config.watch.ping.as_ref().filter(|_| board.all_good_since(Timestamp::MIN)) {
        ping::beat(address).await;
    }
}

async fn one(opened: &mut Opened, args: &Rotate, mode: Mode, board: &Board) -> Result<Exit, Stop> {
    let order = Order { mode, ..Order::new(Wish::Keep) };
    let report = opened.run(order, &mut Unwatched).await?;
    tell(opened, &report, mode);
    let now = opened.world.clock.now();
    let exit = exit::of_report(&opened.world.policy, &report.seen, &report.rest, now);
    let switches = report.seen.done == Some(twinkey_core::seen::Done::Switched);
    let failed = matches!(report.rest.why, Because::Trouble(_));
    let next_run = report.rest.wake;
    let login = opened.login(&report).await;
    let stands = Stands::Seen(Box::new((report.seen, report.rest)));
    board.learn(&opened.credential.name, Found { stands, failed, next_run, login }, now);
    Ok(if args.detailed_exitcode && exit == Exit::Fine && switches { Exit::WouldSwitch } else { exit })
}

/// Quiet on success under cron; one clear line on failure; the whole story on a terminal or in a dry run.
fn tell(opened: &Opened, report: &Report, mode: Mode) {
    let names = opened.names();
    let now = opened.world.clock.now();
    let mut out = anstream::stdout();
    if mode == Mode::Dry {
        let _ = write!(out, "{}", text::dry_run(&names, report, &opened.world.policy, now));
        return;
    }
    let exit = exit::of_report(&opened.world.policy, &report.seen, &report.rest, now);
    if exit != Exit::Fine {
        let _ = writeln!(
            anstream::stderr(),
            "{}",
            text::rest(&names, &report.rest, &opened.world.policy, &report.seen, now)
        );
    } else if std::io::stdout().is_terminal() {
        for (step, outcome) in &report.steps {
            if let Some(line) = text::step_line(&names, step, outcome) {
                let _ = writeln!(out, "  {line}");
            }
        }
        let _ = write!(out, "{}", text::status(&names, &opened.world.policy, &report.seen, now));
    }
    if let Some(line) = text::outrun(&names, &report.steps, report.seen.record(), now) {
        let _ = writeln!(anstream::stderr(), "{line}");
    }
}

/// `rotate --now`: for exactly one credential, whose name the person gives twice.
async fn now(config: &Config, args: &Rotate) -> Result<Exit, Stop> {
    let [name] = args.names.as_slice() else {
        return Err(Stop::new(Exit::Usage, "rotate --now takes exactly one credential"));
    };
    let mut opened = Opened::open(&Shared::new(config), named(config, name)?)?;
    let drain = args.drain.as_deref().map(drain).transpose()?;
    let reason = args.reason.clone().unwrap_or_default();
    confirm(&opened, args, drain)?;
    let wish = Wish::SwitchNow { drain, reason };
    let names = opened.credential.clone();
    let mut progress = Progress::loud(text::Names::of(&names));
    finish(&mut opened, Order::new(wish), &mut progress).await
}

fn drain(text: &str) -> Result<SignedDuration, Stop> {
    parse_duration(text).map_err(|error| Stop::new(Exit::Usage, format!("--drain {text}: {error}")))
}

/// Says what will break, and asks for the name.
fn confirm(opened: &Opened, args: &Rotate, drain: Option<SignedDuration>) -> Result<(), Stop> {
    let name = &opened.world.name;
    let given = match &args.confirm {
        Some(given) => given.clone(),
        None => {
            let _ = write!(
                anstream::stderr(),
                "{}",
                text::now_warning(&opened.names(), &opened.world.policy, drain)
            );
            ask::line("Type the credential's name to go on: ")
                .map_err(|error| Stop::new(Exit::Unexpected, error.to_string()))?
        }
    };
    if given == *name { Ok(()) } else { Err(Stop::new(Exit::Refused, "not confirmed; nothing was changed")) }
}

/// Runs a person's request to its end and tells how it ended.
pub(super) async fn finish(
    opened: &mut Opened,
    order: Order,
    watcher: &mut dyn Watcher,
) -> Result<Exit, Stop> {
    let report = opened.run(order, watcher).await?;
    let now = opened.world.clock.now();
    let exit = exit::of_report(&opened.world.policy, &report.seen, &report.rest, now);
    let told = text::rest(&opened.names(), &report.rest, &opened.world.policy, &report.seen, now);
    if exit == Exit::Fine {
        let _ = writeln!(anstream::stdout(), "{told}");
    } else {
        let _ = writeln!(anstream::stderr(), "{told}");
    }
    Ok(exit)
}
