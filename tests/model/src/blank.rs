//! Blanks what no rule reads, and drops what can have no effect any more.

use std::sync::LazyLock;

use jiff::Timestamp;
use twinkey_core::record::{ClientNote, Death, Lineage, Noted, Permit};
use twinkey_core::seen::{Host, Look, RecordSeen, Seen, SlotSeen};
use twinkey_core::{AnswerKind, AttemptId, Client, DrainEnd, Expected, Mac, Record, Step, Version, Wish};

use crate::setting::Setting;
use crate::store::{Body, Documents, Honesty, Store, Write};
use crate::time::{day, midnight};
use crate::world::{Run, World};

/// Three refusals are as good as more: no rule counts further.
const MANY: u32 = 3;

/// Looking twice is as good as more: what a run does at the sixth look is to end, and it may end anywhere.
const LOOKS: u32 = 2;

/// An attempt by number.
pub fn attempt(number: u64) -> AttemptId {
    /// More than any state holds.
    const MOST: u64 = 64;
    static KNOWN: LazyLock<Vec<AttemptId>> =
        LazyLock::new(|| (0..MOST).map(|number| AttemptId::derive(&[&number.to_be_bytes()])).collect());
    KNOWN[number as usize]
}

/// Long before anything that a state remembers.
fn long_ago() -> Timestamp {
    midnight(-1000)
}

pub fn blank(world: &mut World, setting: &Setting) {
    let honesty = setting.honesty();
    let today = day(world.now);
    for machine in &mut world.machines {
        let Some(run) = &mut machine.run else {
            host(&mut machine.knows);
            continue;
        };
        machine.knows = Host::default();
        doom(run, &world.store, honesty);
        seen(run, today);
        asked(run, setting);
    }
    let mut late = std::mem::take(&mut world.store.late);
    late.retain(|write| world.store.would_take(write, honesty));
    world.store.late = late;
    if !setting.stale_reads {
        world.store.before = Documents::default();
    }
    let Store { now, late, before, .. } = &mut world.store;
    for write in late.iter_mut() {
        body(&mut write.body);
    }
    documents(now);
    documents(before);
    late.sort_by_cached_key(|write| format!("{write:?}"));
    late.dedup();
    let current = now.live.as_ref().map(|live| live.version.clone());
    world.foreign = world.foreign.take().filter(|version| Some(version) == current.as_ref());
    if !setting.evidence {
        for record in records(world) {
            Client::BOTH.iter().for_each(|client| record.clients[*client].replaced = None);
        }
    }
    if !setting.stale_reads {
        // Without stale reads and backups no record is ever older than one that was seen before.
        forget_counters(world);
    }
    forget_outages(world);
    forget_past(world);
    forget_refusals(world);
    note_tokens(world);
    if !setting.health() {
        forget_first(world);
    }
}

/// Of a write that the store is sure to refuse nothing matters any more: versions do not come back.
fn doom(run: &mut Run, store: &Store, honesty: Honesty) {
    let Some(sent) = &mut run.sent else { return };
    let refused = !store.would_take(&sent.write, honesty);
    if refused {
        sent.write =
            Write { expected: Expected::Absent, body: Body::Live(None, None), effect: "", breaks: None };
    }
    body(&mut sent.write.body);
    match &mut sent.step {
        Step::WriteRecord(write) => {
            if refused && let RecordSeen::Here { record, .. } = &run.seen.record {
                write.record = record.clone();
                write.expected = Expected::Absent;
            }
            record(&mut write.record);
        }
        Step::WriteSlot(write) if refused => write.expected = Expected::Absent,
        _ => {}
    }
}

fn seen(run: &mut Run, today: i64) {
    let Seen { record, live, slots, look, .. } = &mut run.seen;
    if matches!(look, Look::Due(_)) && run.sent.is_none() {
        *record = RecordSeen::Absent;
        *live = None;
        *slots = Default::default();
    }
    record_seen(record);
    // Only a word about a permit, or about the retired client, is held to what stood there first; and whoever asks for
    // a permit, to what was proven then.
    match &run.seen.wish {
        Wish::Cancel { .. } | Wish::Rollback { .. } => {
            if let Some(first) = &mut run.seen.first {
                first.proven = Default::default();
                first.permit.iter_mut().for_each(permit);
            }
        }
        Wish::Permit { .. } => {
            if let Some(first) = &mut run.seen.first {
                (first.retired, first.permit) = Default::default();
            }
        }
        _ => run.seen.first = None,
    }
    run.first_half.iter_mut().for_each(record_seen);
    run.seen.looks = run.seen.looks.min(LOOKS);
    crate::answers::forget(&mut run.seen.probes);
    forget_tokens(run, today);
    host(&mut run.seen.host);
}

fn record_seen(seen: &mut RecordSeen) {
    if let RecordSeen::Here { record: of, .. } = seen {
        record(of);
    }
}

/// A token of another day proves nothing any more, except as one of several that prove a deposit; and whoever
/// deposits has asked for the live pair once.
fn forget_tokens(run: &mut Run, today: i64) {
    let Seen { record: RecordSeen::Here { record, .. }, wish, probes, .. } = &mut run.seen else { return };
    if matches!(wish, Wish::Cancel { .. }) {
        return;
    }
    let settled = |client: Client, secret: Mac| {
        let note = &record.clients[client];
        let live = record.active.as_ref().filter(|active| active.client == client);
        let noted = [note.proven, note.retired].into_iter().flatten().map(|noted| noted.secret);
        noted.chain(live.map(|active| active.secret)).any(|known| known == secret)
    };
    let active = record.active.as_ref().filter(|_| matches!(wish, Wish::Deposit(_) | Wish::Prove { .. }));
    let asked = active.map(|active| (active.client, active.secret));
    probes.retain(|probed| {
        let token = probed.answer.kind == AnswerKind::Accepted && probed.noted;
        let name = (probed.client, probed.secret);
        !(token && day(probed.at) != today && settled(name.0, name.1) && Some(name) != asked)
    });
}

/// Where health is watched, each round asks both clients; elsewhere both have just been asked.
pub fn asked(run: &mut Run, setting: &Setting) {
    if setting.health() {
        return;
    }
    for client in Client::BOTH {
        let live = run.seen.record().and_then(|record| record.active.as_ref());
        let live = live.filter(|active| active.client == client).map(|active| active.secret);
        let own = run.seen.slots[client].as_ref().and_then(|slot| slot.secret).map(|pasted| pasted.secret);
        let secret = live.or(own);
        run.seen.host.accepted[client] = secret.map(|secret| Noted { secret, at: long_ago() });
    }
}

fn host(host: &mut Host) {
    host.accepted = Default::default();
    if let Some((lineage, _)) = &mut host.highest {
        *lineage = attempt(0);
    }
}

fn documents(documents: &mut Documents) {
    if let Some((_, of)) = &mut documents.record {
        record(of);
    }
}

fn body(body: &mut Body) {
    match body {
        Body::Record(of) => record(of),
        Body::Live(..) => {}
        Body::Slot(_, slot) => slot.version = Version::new(""),
    }
}

fn record(record: &mut Record) {
    let long_ago = long_ago();
    record.transitions.clear();
    record.audit.clear();
    record.lineage = Lineage { id: attempt(0), replaces: Vec::new() };
    if let Some(active) = &mut record.active {
        active.version = Version::new("");
        active.since = long_ago;
    }
    if let Some(intent) = &mut record.intent {
        intent.at = long_ago;
        intent.by = String::new();
    }
    if let Some(drain) = &mut record.drain {
        drain.restarts = 0;
        if let Some(ended) = &mut drain.ended {
            ended.at = long_ago;
            ended.how = DrainEnd::Watched;
        }
    }
    record.permit.iter_mut().for_each(permit);
    for client in Client::BOTH {
        note(&mut record.clients[client], long_ago);
    }
}

fn permit(permit: &mut Permit) {
    permit.opened_by = String::new();
}

fn note(note: &mut ClientNote, long_ago: Timestamp) {
    note.proven.iter_mut().for_each(|noted| noted.at = long_ago);
    note.retired.iter_mut().for_each(|noted| noted.at = long_ago);
    if let Some(replaced) = &mut note.replaced {
        replaced.at = long_ago;
        if let Death::Dead(at) = &mut replaced.seen {
            *at = long_ago;
        }
    }
    for refusals in &mut note.refusals {
        refusals.count = refusals.count.min(MANY);
    }
}

/// Every record that somebody could still act on.
pub fn records(world: &mut World) -> Vec<&mut Record> {
    let World { store, machines, .. } = world;
    let mut all = Vec::new();
    all.extend(store.before.record.as_mut().map(|(_, record)| record.as_mut()));
    all.extend(store.now.record.as_mut().map(|(_, record)| record.as_mut()));
    for late in &mut store.late {
        if let Body::Record(record) = &mut late.body {
            all.push(record);
        }
    }
    for run in machines.iter_mut().filter_map(|machine| machine.run.as_mut()) {
        for seen in std::iter::once(&mut run.seen.record).chain(run.first_half.as_mut()) {
            if let RecordSeen::Here { record, .. } = seen {
                all.push(record);
            }
        }
        if let Some(sent) = &mut run.sent {
            if let Step::WriteRecord(write) = &mut sent.step {
                all.push(&mut write.record);
            }
            if let Body::Record(record) = &mut sent.write.body {
                all.push(record);
            }
        }
    }
    all
}

fn forget_counters(world: &mut World) {
    records(world).into_iter().for_each(|record| record.counter = 0);
    for machine in &mut world.machines {
        let host = machine.run.as_mut().map_or(&mut machine.knows, |run| &mut run.seen.host);
        host.highest = None;
    }
}

/// An outage before every drain that anybody knows of says nothing; a daemon that has watched since before
/// them has watched long enough.
fn forget_outages(world: &mut World) {
    let started = |record: &mut Record| record.drain.as_ref().map(|drain| drain.started);
    let oldest = records(world).into_iter().filter_map(started).min();
    for machine in &mut world.machines {
        let host = match &mut machine.run {
            Some(run) => &mut run.seen.host,
            None => &mut machine.knows,
        };
        let before = |at: Timestamp| oldest.is_none_or(|oldest| at <= oldest);
        host.unreachable = host.unreachable.filter(|at| !before(*at));
        host.watching = host.watching.map(|at| if before(at) { long_ago() } else { at });
    }
}

/// That a version is past matters only while an intent pins it.
fn forget_past(world: &mut World) {
    let pinned: Vec<Expected> = records(world)
        .into_iter()
        .filter_map(|record| record.intent.as_ref().map(|intent| intent.from.clone()))
        .collect();
    for run in world.machines.iter_mut().filter_map(|machine| machine.run.as_mut()) {
        let mut known = Vec::new();
        for past in std::mem::take(&mut run.seen.past) {
            if pinned.contains(&past) && !known.contains(&past) {
                known.push(past);
            }
        }
        run.seen.past = known;
    }
}

/// Since when a secret was refused matters for the one that drains, under a permit, and in a rescue.
fn forget_first(world: &mut World) {
    for record in records(world) {
        let draining = record.drain.as_ref().map(|drain| drain.secret);
        for client in Client::BOTH {
            let permitted = record.has_permit_on(client);
            for refusals in &mut record.clients[client].refusals {
                if !permitted && Some(refusals.secret) != draining {
                    refusals.first = refusals.last;
                }
            }
        }
    }
}

/// A token clears refusals that came before it; where there are none, it has nothing left to say to a record.
fn note_tokens(world: &mut World) {
    let mut refused = Vec::new();
    for record in records(world) {
        for client in Client::BOTH {
            let known = record.clients[client].refusals.iter();
            refused.extend(known.map(|refusals| (client, refusals.secret)));
        }
    }
    for run in world.machines.iter_mut().filter_map(|machine| machine.run.as_mut()) {
        let own = run.seen.probes.iter().filter(|probed| probed.answer.kind != AnswerKind::Accepted);
        let own: Vec<_> = own.map(|probed| (probed.client, probed.secret)).collect();
        for probed in &mut run.seen.probes {
            let name = (probed.client, probed.secret);
            probed.noted |= !own.contains(&name) && !refused.contains(&name);
        }
    }
}

/// Refusals of a secret that stands nowhere any more are never asked about again.
fn forget_refusals(world: &mut World) {
    let known = secrets(world);
    for record in records(world) {
        for client in Client::BOTH {
            let note = &mut record.clients[client];
            note.refusals.retain(|refusals| known.contains(&refusals.secret));
            note.replaced = note.replaced.filter(|replaced| known.contains(&replaced.secret));
        }
    }
}

/// Every secret that somebody could still send.
fn secrets(world: &World) -> Vec<Mac> {
    let mut known = Vec::new();
    let slot = |known: &mut Vec<Mac>, slot: &SlotSeen| {
        let pasted = [slot.secret, slot.candidate].into_iter().flatten().map(|pasted| pasted.secret);
        known.extend(pasted.chain(slot.previous));
    };
    for of in [&world.store.now, &world.store.before] {
        known.extend(of.live_pair().map(|pair| pair.secret));
        Client::BOTH
            .iter()
            .filter_map(|client| of.slots[*client].as_ref())
            .for_each(|of| slot(&mut known, of));
    }
    for run in world.machines.iter().filter_map(|machine| machine.run.as_ref()) {
        known.extend(run.seen.live_pair().map(|pair| pair.secret));
        let slots = Client::BOTH.iter().filter_map(|client| run.seen.slots[*client].as_ref());
        slots.for_each(|of| slot(&mut known, of));
        if let Wish::Deposit(deposit) = &run.seen.wish {
            known.push(deposit.secret.secret);
        }
    }
    let sent = world.machines.iter().filter_map(|machine| machine.run.as_ref()?.sent.as_ref());
    for write in world.store.late.iter().chain(sent.map(|sent| &sent.write)) {
        match &write.body {
            Body::Slot(_, of) => slot(&mut known, of),
            Body::Live(pair, _) => known.extend(pair.as_ref().map(|pair| pair.secret)),
            Body::Record(_) => {}
        }
    }
    for client in Client::BOTH {
        let at = &world.portal.clients[client];
        known.extend(std::iter::once(at.secret).chain(at.before));
    }
    known.extend(world.people.iter().filter_map(|person| person.hand.map(|(_, secret)| secret)));
    known
}
