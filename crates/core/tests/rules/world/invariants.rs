//! I1 to I7, judged at every write from outside the rules.

use jiff::SignedDuration;
use twinkey_core::record::{MAX_BYTES, Why};
use twinkey_core::step::{LiveContent, Step};
use twinkey_core::{AnswerKind, Record, What};

use super::run::{Late, Run};
use super::store::Store;
use super::{Staleness, World};

pub(crate) fn before_write(world: &mut World, run: &Run, step: &Step) {
    let mut broken = Vec::new();
    match step {
        Step::WriteRecord(write) => {
            if let (What::Intended { to, secret, why, .. }, Some(intent)) =
                (&write.what, &write.record.intent)
                && *why != Why::First
            {
                let proof = run.seen.answers(*to, *secret).next_back();
                let fresh = proof.is_some_and(|probed| {
                    probed.answer.kind == AnswerKind::Accepted
                        && intent.at.duration_since(probed.at) <= SignedDuration::from_secs(60)
                });
                if !fresh {
                    broken.push(format!("I1: {step:?} without a token"));
                }
                let before = run.seen.record().expect("a record before an intent");
                let retired = before.clients[*to].retired.is_some_and(|retired| retired.secret == *secret);
                if retired && !matches!(why, Why::FailOver | Why::Rollback | Why::PutOurs) {
                    broken.push(format!("I3: a retired secret by {why:?}"));
                }
            }
            if write.record.to_json().len() > MAX_BYTES {
                broken.push("the record is too large".into());
            }
        }
        Step::WriteLive(write) => {
            if let LiveContent::Publish { client, secret, why, .. } = &write.content {
                let proof = run.seen.answers(*client, *secret).next_back();
                if proof.is_none_or(|probed| probed.answer.kind != AnswerKind::Accepted) {
                    broken.push(format!("I6: published by {why:?} without a token"));
                }
            }
        }
        _ => {}
    }
    world.broken.extend(broken);
}

pub(crate) fn after_write(world: &mut World, before: &Store, late: &Late) {
    let mut broken = Vec::new();
    if let Some(record) = world.store.record() {
        broken.extend(of_record(world, before, &record));
    }
    if let Step::WriteLive(write) = &late.step {
        broken.extend(of_live(world, before, &write.content));
    }
    world.broken.extend(broken);
}

fn of_record(world: &World, before: &Store, record: &Record) -> Vec<String> {
    let mut broken = Vec::new();
    let Some(permit) = &record.permit else { return broken };
    if record.is_active(permit.client) {
        broken.push("I4: a permit on the active client".into());
    }
    if record.intent.as_ref().is_some_and(|intent| intent.to == permit.client) {
        broken.push("I5: an intent to a client with an open permit".into());
    }
    let opened = before.record().is_none_or(|before| before.permit.is_none());
    if let Some(drain) = record.drain_of(permit.client).filter(|_| opened) {
        let restart = matches!(world.policy.staleness, Staleness::Restart) && drain.shortened.is_none();
        let soon = drain.shortened.is_none() && world.now.duration_since(drain.started) < world.staleness();
        let dead = drain.ended.is_some();
        if !dead && (restart || soon) {
            broken.push("I4: a permit on a draining client".into());
        }
    }
    if let Some(old) = before.record().and_then(|before| before.permit)
        && (old.client, &old.holder) != (permit.client, &permit.holder)
    {
        broken.push("I4: a permit was replaced by another one".into());
    }
    broken
}

fn of_live(world: &World, before: &Store, content: &LiveContent) -> Vec<String> {
    let mut broken = Vec::new();
    let (was, is) = (before.live_pair(), world.store.live_pair());
    match content {
        LiveContent::Unchanged if was != is => {
            broken.push(format!("I7: the fence changed {was:?} to {is:?}"));
        }
        LiveContent::Publish { client, client_id, why, .. } => {
            let record = before.record().expect("a record before a publication");
            if record.permit.as_ref().is_some_and(|permit| permit.client == *client) {
                broken.push("I5: published a client with an open permit".into());
            }
            if world.provider.clients[*client].id != *client_id {
                broken.push("I2: half a pair".into());
            }
            let foreign = before.live.as_ref().is_some_and(|live| {
                let ours = record.active.as_ref().is_some_and(|active| {
                    live.pair.as_ref().is_some_and(|pair| pair.secret == active.secret)
                });
                !ours && world.foreign.iter().any(|name| name == live.version.as_str())
            });
            if foreign && *why != Why::PutOurs {
                broken.push(format!("I7: {why:?} overwrote somebody's edit"));
            }
        }
        LiveContent::Unchanged => {}
    }
    broken
}
