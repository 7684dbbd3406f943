//! Every name in a state, in a fixed order.

use jiff::Timestamp;
use twinkey_core::record::{ClientNote, Death, Permit};
use twinkey_core::seen::{Host, LiveSeen, Pair, RecordSeen, Seen, SlotSeen};
use twinkey_core::step::{LiveContent, SlotChange};
use twinkey_core::{AnswerKind, AttemptId, Client, Expected, Mac, Record, Step, Version, What, Wish};

use crate::store::{Body, Documents, Write};
use crate::world::{Run, World};

/// What is done to each name.
pub trait Names {
    fn mac(&mut self, name: &mut Mac);
    fn version(&mut self, name: &mut Version);
    fn attempt(&mut self, name: &mut AttemptId);
    fn counter(&mut self, counter: &mut u64);
    fn moment(&mut self, order: Order, at: &mut Timestamp);
}

/// Moments whose order within a day some rule compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// The beginning of the drain, outages, and since when a daemon watches.
    Drain,
    /// Refusals, tokens that may clear them, and since when a permit stands.
    Refusals,
    /// Whether a secret that was replaced was asked about today.
    Alone,
}

pub fn walk(world: &mut World, names: &mut dyn Names) {
    documents(&mut world.store.now, names);
    for client in Client::BOTH {
        let at = &mut world.portal.clients[client];
        names.mac(&mut at.secret);
        at.before.iter_mut().for_each(|before| names.mac(before));
    }
    world.foreign.iter_mut().for_each(|version| names.version(version));
    documents(&mut world.store.before, names);
    for late in &mut world.store.late {
        write(late, names);
    }
    for person in &mut world.people {
        person.hand.iter_mut().for_each(|(_, secret)| names.mac(secret));
    }
    for consumer in &mut world.consumers {
        consumer.holds.iter_mut().for_each(|held| pair(held, names));
    }
    for machine in &mut world.machines {
        host(&mut machine.knows, names);
        machine.run.iter_mut().for_each(|under_way| run(under_way, names));
    }
}

fn documents(documents: &mut Documents, names: &mut dyn Names) {
    if let Some((version, of)) = &mut documents.record {
        names.version(version);
        record(of, names);
    }
    live(&mut documents.live, names);
    for client in Client::BOTH {
        documents.slots[client].iter_mut().for_each(|of| slot(of, names));
    }
}

fn run(run: &mut Run, names: &mut dyn Names) {
    seen(&mut run.seen, names);
    run.first_half.iter_mut().for_each(|half| record_seen(half, names));
    if let Some(sent) = &mut run.sent {
        step(&mut sent.step, names);
        write(&mut sent.write, names);
    }
}

fn seen(seen: &mut Seen, names: &mut dyn Names) {
    match &mut seen.wish {
        Wish::Deposit(deposit) => names.mac(&mut deposit.secret.secret),
        Wish::ConfirmDrained { switch } => names.attempt(switch),
        _ => {}
    }
    if let Some(first) = &mut seen.first {
        for client in Client::BOTH {
            first.retired[client].iter_mut().for_each(|secret| names.mac(secret));
            first.proven[client].iter_mut().for_each(|secret| names.mac(secret));
        }
        first.permit.iter_mut().for_each(|of| permit(of, names));
    }
    record_seen(&mut seen.record, names);
    live(&mut seen.live, names);
    for client in Client::BOTH {
        seen.slots[client].iter_mut().for_each(|of| slot(of, names));
    }
    seen.past.iter_mut().for_each(|past| expected(past, names));
    for probed in &mut seen.probes {
        names.mac(&mut probed.secret);
        // The age of a token that clears nothing stands by itself: see `answers`.
        if probed.answer.kind != AnswerKind::Accepted || !probed.noted {
            names.moment(Order::Refusals, &mut probed.at);
        }
    }
    host(&mut seen.host, names);
}

fn host(host: &mut Host, names: &mut dyn Names) {
    for client in Client::BOTH {
        host.accepted[client].iter_mut().for_each(|noted| names.mac(&mut noted.secret));
    }
    host.highest.iter_mut().for_each(|(_, counter)| names.counter(counter));
    host.unreachable.iter_mut().for_each(|at| names.moment(Order::Drain, at));
    host.watching.iter_mut().for_each(|at| names.moment(Order::Drain, at));
}

fn record_seen(of: &mut RecordSeen, names: &mut dyn Names) {
    if let RecordSeen::Here { version, record: of } = of {
        names.version(version);
        record(of, names);
    }
}

pub fn record(record: &mut Record, names: &mut dyn Names) {
    names.counter(&mut record.counter);
    if let Some(active) = &mut record.active {
        names.mac(&mut active.secret);
    }
    if let Some(intent) = &mut record.intent {
        names.mac(&mut intent.secret);
        expected(&mut intent.from, names);
        names.attempt(&mut intent.attempt);
    }
    if let Some(drain) = &mut record.drain {
        names.attempt(&mut drain.switch);
        names.mac(&mut drain.secret);
        names.moment(Order::Drain, &mut drain.started);
    }
    record.permit.iter_mut().for_each(|of| permit(of, names));
    for client in Client::BOTH {
        note(&mut record.clients[client], names);
    }
}

fn permit(permit: &mut Permit, names: &mut dyn Names) {
    names.moment(Order::Refusals, &mut permit.since);
    permit.passed_over.iter_mut().for_each(|secret| names.mac(secret));
}

fn note(note: &mut ClientNote, names: &mut dyn Names) {
    note.proven.iter_mut().for_each(|noted| names.mac(&mut noted.secret));
    note.retired.iter_mut().for_each(|noted| names.mac(&mut noted.secret));
    if let Some(replaced) = &mut note.replaced {
        names.mac(&mut replaced.secret);
        if let Death::StillAccepted(at) = &mut replaced.seen {
            names.moment(Order::Alone, at);
        }
    }
    for refusals in &mut note.refusals {
        names.mac(&mut refusals.secret);
        names.moment(Order::Refusals, &mut refusals.first);
        names.moment(Order::Refusals, &mut refusals.last);
    }
}

fn live(live: &mut Option<LiveSeen>, names: &mut dyn Names) {
    if let Some(live) = live {
        names.version(&mut live.version);
        live.pair.iter_mut().for_each(|of| pair(of, names));
    }
}

fn slot(slot: &mut SlotSeen, names: &mut dyn Names) {
    names.version(&mut slot.version);
    slot.secret.iter_mut().for_each(|pasted| names.mac(&mut pasted.secret));
    slot.candidate.iter_mut().for_each(|pasted| names.mac(&mut pasted.secret));
    slot.previous.iter_mut().for_each(|secret| names.mac(secret));
}

fn pair(pair: &mut Pair, names: &mut dyn Names) {
    names.mac(&mut pair.secret);
}

fn expected(expected: &mut Expected, names: &mut dyn Names) {
    if let Expected::Version(version) = expected {
        names.version(version);
    }
}

fn write(write: &mut Write, names: &mut dyn Names) {
    expected(&mut write.expected, names);
    match &mut write.body {
        Body::Record(of) => record(of, names),
        Body::Live(of, _) => of.iter_mut().for_each(|of| pair(of, names)),
        Body::Slot(_, of) => slot(of, names),
    }
}

fn step(step: &mut Step, names: &mut dyn Names) {
    match step {
        Step::Look(_) | Step::WriteOutput => {}
        Step::Probe(probe) => names.mac(&mut probe.secret),
        Step::WriteRecord(write) => {
            expected(&mut write.expected, names);
            record(&mut write.record, names);
            what(&mut write.what, names);
        }
        Step::WriteLive(write) => {
            expected(&mut write.expected, names);
            names.attempt(&mut write.attempt);
            if let LiveContent::Publish { secret, .. } = &mut write.content {
                names.mac(secret);
            }
        }
        Step::WriteSlot(write) => {
            expected(&mut write.expected, names);
            match &mut write.change {
                SlotChange::Enter { secret, .. } => names.mac(&mut secret.secret),
                SlotChange::TakeLive { secret, .. } => names.mac(secret),
                SlotChange::Deposit { candidate, .. } => names.mac(&mut candidate.secret),
                SlotChange::Promote { candidate } => names.mac(candidate),
            }
        }
    }
}

fn what(what: &mut What, names: &mut dyn Names) {
    match what {
        What::Initialised { secret, .. }
        | What::Intended { secret, .. }
        | What::Published { secret, .. }
        | What::Abandoned { secret, .. }
        | What::Proven { secret, .. }
        | What::Refused { secret, .. }
        | What::Recovered { secret, .. }
        | What::OldSecretDead { secret, .. }
        | What::OldSecretAlive { secret, .. }
        | What::TookTheirs { secret, .. } => names.mac(secret),
        What::DrainRestarted { .. }
        | What::DrainGrew { .. }
        | What::DrainShortened { .. }
        | What::DrainEnded { .. }
        | What::PermitOpened { .. }
        | What::PermitClosed { .. }
        | What::NotInUse { .. }
        | What::Restored
        | What::Moved => {}
    }
}
