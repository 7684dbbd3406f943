//! `regenerate`: from the question whether it is safe to the proof that it is done; and `permit`, its first
//! half.

use std::io::Write;
use std::path::Path;

use twinkey_core::decision::{Because, Refusal};
use twinkey_core::permit::may_open;
use twinkey_core::seen::Done;
use twinkey_core::{Client, Seen, Wish};

use super::deposit::tell;
use super::progress::Progress;
use super::{Permit, Regenerate, ask};
use crate::exit::{self, Exit};
use crate::open::{Opened, Order, Stop, config, named};
use crate::run::{Mode, look};
use crate::secret::paste;
use crate::shared::Shared;
use crate::text::{self, Names};

/// The guided regeneration.
pub(super) async fn regenerate(path: &Path, args: &Regenerate) -> Result<Exit, Stop> {
    let config = config(path)?;
    let mut opened = Opened::open(&Shared::new(&config), named(&config, &args.name)?)?;
    let seen = look(&opened.world, opened.host()).await;
    let client = not_active(&seen, args.client.map(Into::into));
    let holder = opened.who().await?;
    not_yet(&opened, &seen, client, &holder)?;
    compare_row(&opened, &seen, client, args.last4.as_deref())?;

    let seen = match ask_permit(&mut opened, client, holder).await? {
        Ok(seen) => seen,
        Err(exit) => return Ok(exit),
    };
    let _ = write!(
        anstream::stderr(),
        "{}",
        text::safe(&opened.names(), &seen, client, opened.world.clock.now())
    );
    loop {
        let raw = ask::secret(&text::ask_secret(&opened.names(), client))
            .map_err(|error| Stop::new(Exit::Usage, format!("the secret cannot be read: {error}")))?;
        if secrecy::ExposeSecret::expose_secret(&paste(&raw).0).is_empty() {
            return Err(Stop::new(Exit::PersonNeeded, text::permit_stays_open(&opened.names(), client)));
        }
        let credential = opened.credential.clone();
        let mut progress = Progress::loud(Names::of(&credential));
        let report = opened.hand_over(&seen, client.into(), &raw, Mode::Live, &mut progress).await?;
        let slip = matches!(report.rest.why, Because::Refused(Refusal::Slip(_)));
        let exit = tell(&mut opened, &report, client, &raw, Mode::Live).await;
        if !slip || !ask::somebody_is_there() {
            return Ok(exit);
        }
    }
}

/// `permit`: for the person at the terminal, or a hand-over note for somebody without a shell.
pub(super) async fn permit(path: &Path, args: &Permit) -> Result<Exit, Stop> {
    let config = config(path)?;
    let mut opened = Opened::open(&Shared::new(&config), named(&config, &args.name)?)?;
    let seen = look(&opened.world, opened.host()).await;
    let client = not_active(&seen, args.client.map(Into::into));
    let holder = match &args.holder {
        Some(holder) => holder.clone(),
        None => opened.who().await?,
    };
    let odd = |name: &String| name.is_empty() || name.len() > 100 || name.chars().any(char::is_control);
    if args.holder.as_ref().is_some_and(odd) {
        return Err(Stop::new(Exit::Usage, "--for takes a name: 1 to 100 characters, no control characters"));
    }
    match ask_permit(&mut opened, client, holder.clone()).await? {
        Err(exit) => Ok(exit),
        Ok(seen) => {
            let names = opened.names();
            let now = opened.world.clock.now();
            let told = if args.holder.is_some() {
                text::hand_over_note(&names, &seen, client, &holder, now)
            } else {
                text::safe(&names, &seen, client, now)
            };
            let _ = write!(anstream::stdout(), "{told}");
            Ok(Exit::Fine)
        }
    }
}

fn not_active(seen: &Seen, named: Option<Client>) -> Client {
    let active = seen.record().and_then(|record| record.active.as_ref());
    named.or(active.map(|active| active.client.other())).unwrap_or(Client::B)
}

/// Says NOT YET before anything is asked.
fn not_yet(opened: &Opened, seen: &Seen, client: Client, holder: &str) -> Result<(), Stop> {
    let (policy, now) = (&opened.world.policy, opened.world.clock.now());
    let record = opened.record_of(seen)?;
    may_open(policy, record, client, holder, now)
        .map_err(|not_yet| Stop::new(Exit::Refused, text::not_yet(&opened.names(), &not_yet, now)))
}

/// Asks for the last four characters of the client id in the row that is about to be clicked. Not printed
/// before: what is printed is only confirmed, what is asked for is looked at.
fn compare_row(opened: &Opened, seen: &Seen, client: Client, given: Option<&str>) -> Result<(), Stop> {
    let id = |client: Client| seen.slots[client].as_ref().map(|slot| text::last4(&slot.client_id).to_owned());
    let names = opened.names();
    let typed = match given {
        Some(given) => given.to_owned(),
        None => ask::line(&text::ask_last4(&names, client))
            .map_err(|error| Stop::new(Exit::Usage, format!("no answer to be had: {error}")))?,
    };
    let is = |client: Client| id(client).is_some_and(|id| id.eq_ignore_ascii_case(typed.trim()));
    if is(client) {
        Ok(())
    } else if is(client.other()) {
        Err(Stop::new(Exit::Refused, text::wrong_row_active(&names, client)))
    } else {
        Err(Stop::new(Exit::Refused, text::wrong_row(&names, client)))
    }
}

/// Opens the permit; what is seen afterwards, or the exit code of a refusal that has been told.
async fn ask_permit(opened: &mut Opened, client: Client, holder: String) -> Result<Result<Seen, Exit>, Stop> {
    let wish = Wish::Permit { client: Some(client), holder };
    let credential = opened.credential.clone();
    let report = opened.run(Order::new(wish), &mut Progress::quiet(Names::of(&credential))).await?;
    if report.rest.why == Because::Done(Done::Safe) {
        return Ok(Ok(report.seen));
    }
    let now = opened.world.clock.now();
    let policy = &opened.world.policy;
    let told = text::rest(&opened.names(), &report.rest, policy, &report.seen, now);
    // A secret that lay in the slot was proven first: that is an answer, not an error.
    let _ = match report.rest.why {
        Because::Done(_) => writeln!(anstream::stdout(), "{told}"),
        _ => writeln!(anstream::stderr(), "{told}"),
    };
    Ok(Err(exit::of_report(policy, &report.seen, &report.rest, now)))
}
