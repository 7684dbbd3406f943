//! `deposit`: the secret that the portal showed.

use std::io::Write;
use std::path::Path;

use secrecy::SecretString;
use twinkey_core::decision::{Because, Refusal};
use twinkey_core::seen::With;
use twinkey_core::step::{SlotChange, Step};
use twinkey_core::{Client, Outcome, Seen};

use super::progress::Progress;
use super::{Deposit, ask};
use crate::exit::{self, Exit};
use crate::open::{HandedOver, Opened, Stop, config, named};
use crate::run::{Mode, Report, look};
use crate::shared::Shared;
use crate::text::{self, Names};

/// Takes the secret, stores it, proves it.
pub(super) async fn deposit(path: &Path, args: &Deposit) -> Result<Exit, Stop> {
    let config = config(path)?;
    let mut opened = Opened::open(&Shared::new(&config), named(&config, &args.name)?)?;
    let seen = look(&opened.world, opened.host()).await;
    let client = whose(&seen, args.client.map(Into::into));
    if let Some(why) = args.client_id.as_deref().and_then(crate::secret::odd_id) {
        return Err(Stop::new(Exit::Refused, text::id_odd(&opened.names(), client, why)));
    }
    let raw = match args.secret_fd {
        Some(fd) => crate::secret::from_descriptor(fd),
        None => ask::secret(&text::ask_secret(&opened.names(), client)),
    };
    let from = args.secret_fd.map(|fd| format!(" from --secret-fd {fd}")).unwrap_or_default();
    let raw =
        raw.map_err(|error| Stop::new(Exit::Usage, format!("the secret cannot be read{from}: {error}")))?;
    let mode = if args.no_wait { Mode::Brief } else { Mode::Live };
    let credential = opened.credential.clone();
    let mut progress = Progress::loud(Names::of(&credential));
    let handed = HandedOver { client, client_id: args.client_id.clone(), spoke_to: args.spoke_to.clone() };
    let report = opened.hand_over(&seen, handed, &raw, mode, &mut progress).await?;
    Ok(tell(&mut opened, &report, client, &raw, mode).await)
}

/// The client that a deposit is for where nobody says: the one with the permit, or the one not active.
pub(super) fn whose(seen: &Seen, named: Option<Client>) -> Client {
    let record = seen.record();
    let permit = record.and_then(|record| record.permit.as_ref()).map(|permit| permit.client);
    let other = record.and_then(|record| record.active.as_ref()).map(|active| active.client.other());
    named.or(permit).or(other).unwrap_or(Client::B)
}

/// Whether the secret lies in its slot, or may: then nobody presses once more on our word.
fn may_be_stored(report: &Report) -> bool {
    report.steps.iter().any(|(step, outcome)| {
        let deposits =
            matches!(step, Step::WriteSlot(write) if matches!(write.change, SlotChange::Deposit { .. }));
        deposits && matches!(outcome, Outcome::Written(_) | Outcome::Unclear(_))
    })
}

/// Tells how a deposit ended; after a wrong click the mend is offered on the spot.
pub(super) async fn tell(
    opened: &mut Opened,
    report: &Report,
    client: Client,
    raw: &SecretString,
    mode: Mode,
) -> Exit {
    let now = opened.world.clock.now();
    let policy = &opened.world.policy;
    let exit = exit::of_report(policy, &report.seen, &report.rest, now);
    let told = match &report.rest.why {
        Because::Trouble(trouble) if trouble.with != With::Output && !may_be_stored(report) => {
            text::not_stored(&opened.names(), &report.seen, client, trouble)
        }
        _ => text::rest(&opened.names(), &report.rest, policy, &report.seen, now),
    };
    let _ = writeln!(anstream::stderr(), "{told}");
    let clicked_wrong = matches!(report.rest.why, Because::Refused(Refusal::RegeneratedActive { .. }));
    if clicked_wrong
        && ask::somebody_is_there()
        && ask::yes(&text::offer_mend(&opened.names(), client.other())).unwrap_or(false)
    {
        return Box::pin(mend(opened, &report.seen, client.other(), raw, mode)).await.unwrap_or_else(
            |stop| {
                let _ = writeln!(anstream::stderr(), "{}", stop.text);
                stop.exit
            },
        );
    }
    exit
}

async fn mend(
    opened: &mut Opened,
    seen: &Seen,
    active: Client,
    raw: &SecretString,
    mode: Mode,
) -> Result<Exit, Stop> {
    let credential = opened.credential.clone();
    let mut progress = Progress::loud(Names::of(&credential));
    let report = opened.hand_over(seen, active.into(), raw, mode, &mut progress).await?;
    Ok(tell(opened, &report, active, raw, mode).await)
}
