//! What only a person can decide: rollback, resolve, confirm-drained, cancel.

use std::path::Path;

use twinkey_core::{AttemptId, Wish};

use super::progress::Progress;
use super::rotate::finish;
use super::{Cancel, ConfirmDrained, Resolve, Rollback};
use crate::exit::Exit;
use crate::open::{Opened, Order, Stop, config, named};
use crate::run::look;
use crate::shared::Shared;
use crate::text::Names;

/// `rollback`.
pub(super) async fn rollback(path: &Path, args: &Rollback) -> Result<Exit, Stop> {
    let wish = Wish::Rollback { reason: args.reason.clone(), spoke_to: args.spoke_to.clone() };
    decide(path, &args.name, wish).await
}

/// `cancel`.
pub(super) async fn cancel(path: &Path, args: &Cancel) -> Result<Exit, Stop> {
    decide(path, &args.name, Wish::Cancel { spoke_to: args.spoke_to.clone() }).await
}

/// `resolve`.
pub(super) async fn resolve(path: &Path, args: &Resolve) -> Result<Exit, Stop> {
    let wish = if args.take_theirs {
        Wish::TakeTheirs { client: args.client.map(Into::into) }
    } else {
        Wish::PutOurs
    };
    decide(path, &args.name, wish).await
}

/// `confirm-drained`.
pub(super) async fn confirm_drained(path: &Path, args: &ConfirmDrained) -> Result<Exit, Stop> {
    if args.init {
        return decide(path, &args.name, Wish::ConfirmNotInUse).await;
    }
    let config = config(path)?;
    let opened = Opened::open_to_show(&Shared::new(&config), named(&config, &args.name)?)?;
    let seen = look(&opened.world, opened.host()).await;
    let drain = seen.record().and_then(|record| record.drain.as_ref()).map(|drain| drain.switch);
    let given = args.switch.clone().unwrap_or_default();
    let Some(switch) = drain.filter(|switch| names(*switch, &given)) else {
        return Err(Stop::new(
            Exit::Refused,
            crate::text::other_switch(&opened.names(), drain.map(short).as_deref()),
        ));
    };
    decide(path, &args.name, Wish::ConfirmDrained { switch }).await
}

/// A switch's name as people type it: the first eight digits.
pub(super) fn short(switch: AttemptId) -> String {
    switch.to_string().chars().take(8).collect()
}

fn names(switch: AttemptId, given: &str) -> bool {
    given.len() >= 8 && switch.to_string().starts_with(given)
}

async fn decide(path: &Path, name: &str, wish: Wish) -> Result<Exit, Stop> {
    let config = config(path)?;
    let mut opened = Opened::open(&Shared::new(&config), named(&config, name)?)?;
    let credential = opened.credential.clone();
    let mut progress = Progress::loud(Names::of(&credential));
    finish(&mut opened, Order::new(wish), &mut progress).await
}
