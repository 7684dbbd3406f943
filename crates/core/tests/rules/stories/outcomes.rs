//! What a run knows after a step: nothing more than what the step came to.

use twinkey_core::record::Why;
use twinkey_core::seen::{
    Done, Freshness, Host, Look, RecordSeen, SlotSeen, Trouble, TroubleClass, Which, With,
};
use twinkey_core::step::{Probe, Purpose, SlotChange, WriteRecord, WriteSlot};
use twinkey_core::wish::Deposit;
use twinkey_core::{
    Answer, AnswerKind, AttemptId, Client, DrainEnd, Expected, Looked, Outcome, PerClient, Record, Seen,
    Step, Version, What, Wish,
};

use crate::world::*;

fn nothing(wish: Wish) -> Seen {
    Seen::nothing(wish, "olga", Host::default())
}

fn after(seen: Seen, step: &Step, outcome: Outcome) -> Seen {
    seen.after(step, outcome, World::empty().now)
}

#[test]
fn only_a_token_of_a_secret_in_use_counts_as_the_clients_last_token() {
    for (which, kind, counts) in [
        (Which::Secret, AnswerKind::Accepted, true),
        (Which::Live, AnswerKind::Accepted, true),
        (Which::Previous, AnswerKind::Accepted, false),
        (Which::Secret, AnswerKind::Rejected, false),
        (Which::Secret, AnswerKind::Unavailable, false),
    ] {
        let (client, client_id, secret) = (Client::B, "id-b".to_owned(), secret(2));
        let step = Step::Probe(Probe { client, which, client_id, secret, purpose: Purpose::Health });
        let seen = after(nothing(Wish::Keep), &step, Outcome::Answered(Answer::new(kind, "")));
        let noted = seen.host.accepted.b.map(|noted| (noted.secret, noted.at));
        assert_eq!(noted, counts.then(|| (secret, World::empty().now)), "{which:?} {kind:?}");
        assert_eq!(seen.host.accepted.a, None);
    }
}

#[test]
fn what_cannot_be_read_for_whatever_reason_is_an_outage_and_a_refused_write_is_none() {
    use {TroubleClass::*, With::*};
    let all = [
        (Reading, Temporary, true),
        (Writing, Temporary, true),
        (Output, Temporary, false),
        (Reading, Permission, true),
        (Reading, Permanent, true),
        (Writing, Permission, false),
        (Writing, Permanent, false),
        (Output, Permanent, false),
    ];
    for (with, class, outage) in all {
        let trouble = Trouble { with, class, text: "away".into() };
        let step = Step::Look(Freshness::Ordinary);
        let seen = after(nothing(Wish::Keep), &step, Outcome::Failed(trouble.clone()));
        assert_eq!(seen.host.unreachable.is_some(), outage, "{with:?} {class:?}");
        assert_eq!(seen.trouble, Some(trouble));
    }
}

fn looked_at(record: &Record, known: Option<(AttemptId, u64)>) -> Option<(AttemptId, u64)> {
    let mut seen = nothing(Wish::Keep);
    seen.host.highest = known;
    let record = RecordSeen::Here { version: Version::new("r"), record: Box::new(record.clone()) };
    let looked = Looked { record, live: None, slots: PerClient::default(), output: None, behind: false };
    let seen = after(seen, &Step::Look(Freshness::Ordinary), Outcome::Looked(Box::new(looked)));
    assert_eq!((seen.look, seen.looks), (Look::Fresh, 1));
    seen.host.highest
}

#[test]
fn the_highest_counter_is_of_its_line_of_records_and_never_falls() {
    let mut record = World::switched().record();
    let (ours, theirs) = (record.lineage.id, AttemptId::derive(&[b"theirs"]));
    record.counter = 7;
    assert_eq!(looked_at(&record, None), Some((ours, 7)));
    assert_eq!(looked_at(&record, Some((ours, 6))), Some((ours, 7)));
    assert_eq!(looked_at(&record, Some((ours, 8))), Some((ours, 8)), "an older record");
    assert_eq!(looked_at(&record, Some((theirs, 6))), Some((theirs, 6)), "somebody else's, though higher");
    record.lineage.replaces = vec![theirs];
    assert_eq!(looked_at(&record, Some((theirs, 9))), Some((ours, 7)), "a person has chosen it");
}

/// What a run for this wish takes for fulfilled once this was written.
fn done_by(wish: &Wish, what: &What) -> Option<Done> {
    let record = Box::new(World::switched().record());
    let expected = Expected::Version(Version::new("r"));
    let step = Step::WriteRecord(WriteRecord { expected, record, what: what.clone(), unbarred: false });
    after(nothing(wish.clone()), &step, Outcome::Written(Version::new("r2"))).done
}

#[test]
fn a_wish_is_fulfilled_by_what_it_asked_for() {
    let (client, ours, other) = (Client::A, secret(5), secret(6));
    let published = |why| What::Published { client, secret: ours, why };
    let proven = |client, secret| What::Proven { client, secret };
    let now = |drain| Wish::SwitchNow { drain, reason: "leaver".into() };
    let deposit = Wish::Deposit(Deposit { client, client_id: None, spoke_to: None, secret: pasted(ours) });
    let rollback = Wish::Rollback { reason: "broken".into(), spoke_to: None };
    let permit = Wish::Permit { client: None, holder: "olga".into() };
    let opened = What::PermitOpened { client, holder: "olga".into() };
    let closed = What::PermitClosed { client, holder: "olga".into(), spoke_to: false };
    let confirmed = What::DrainEnded { client, how: DrainEnd::Confirmed };
    let shortened = What::DrainShortened { client, reason: "leaver".into() };
    let confirm = Wish::ConfirmDrained { switch: AttemptId::derive(&[b"switch"]) };
    let theirs = What::TookTheirs { client, secret: ours };
    for (wish, what, done) in [
        (Wish::Keep, published(Why::Scheduled), Some(Done::Switched)),
        (Wish::Keep, published(Why::Mend), Some(Done::Proven)),
        (Wish::Keep, published(Why::PutOurs), Some(Done::Resolved)),
        (Wish::Keep, What::DrainEnded { client, how: DrainEnd::Watched }, None),
        (now(None), published(Why::Now), Some(Done::Switched)),
        (now(None), published(Why::Scheduled), Some(Done::Switched)),
        (now(None), published(Why::FailOver), Some(Done::Switched)),
        (now(None), published(Why::Rollback), None),
        (now(Some(HOUR)), published(Why::Now), Some(Done::Switched)),
        (now(Some(HOUR)), published(Why::Scheduled), None),
        (now(Some(HOUR)), shortened.clone(), Some(Done::Shortened)),
        (now(None), opened.clone(), None),
        (rollback.clone(), published(Why::Rollback), Some(Done::Switched)),
        (rollback.clone(), published(Why::Scheduled), None),
        (rollback, closed.clone(), None),
        // SAFE is said after one more look.
        (permit.clone(), opened.clone(), None),
        (permit, closed.clone(), None),
        (Wish::Cancel { spoke_to: None }, closed, Some(Done::PermitClosed)),
        (Wish::Cancel { spoke_to: None }, opened.clone(), None),
        (deposit.clone(), proven(client, ours), Some(Done::Proven)),
        (deposit.clone(), proven(client, other), None),
        (deposit.clone(), proven(Client::B, ours), None),
        (deposit.clone(), published(Why::Mend), Some(Done::Proven)),
        (deposit.clone(), What::Published { client, secret: other, why: Why::Mend }, None),
        (deposit, published(Why::FailOver), None),
        (Wish::Prove { client }, proven(client, other), Some(Done::Proven)),
        (Wish::Prove { client }, proven(Client::B, ours), None),
        (Wish::Prove { client }, published(Why::Mend), Some(Done::Proven)),
        (Wish::Prove { client: Client::B }, published(Why::Mend), None),
        (Wish::Prove { client }, published(Why::Scheduled), None),
        (confirm.clone(), confirmed.clone(), Some(Done::Confirmed)),
        (confirm, shortened, None),
        (Wish::ConfirmNotInUse, What::NotInUse { client }, Some(Done::Confirmed)),
        (Wish::ConfirmNotInUse, published(Why::Scheduled), None),
        (Wish::PutOurs, published(Why::PutOurs), Some(Done::Resolved)),
        (Wish::PutOurs, published(Why::Scheduled), None),
        (Wish::TakeTheirs { client: None }, theirs, Some(Done::Resolved)),
        (Wish::TakeTheirs { client: None }, What::Restored, Some(Done::Resolved)),
        (Wish::TakeTheirs { client: None }, opened, None),
        (World::empty().init_both(), What::Initialised { client, secret: ours }, Some(Done::Initialised)),
        (World::empty().init_both(), proven(client, ours), Some(Done::Proven)),
        (World::empty().init_both(), What::Moved, Some(Done::Resolved)),
        (World::empty().init_both(), confirmed, None),
    ] {
        assert_eq!(done_by(&wish, &what), done, "{wish:?} by {what:?}");
    }
}

#[test]
fn what_was_fulfilled_stays_so() {
    let cancel = Wish::Cancel { spoke_to: None };
    let write = |what| {
        let (record, expected) = (Box::new(World::switched().record()), Expected::Version(Version::new("r")));
        Step::WriteRecord(WriteRecord { expected, record, what, unbarred: false })
    };
    let closed = write(What::PermitClosed { client: Client::A, holder: "olga".into(), spoke_to: false });
    let seen = after(nothing(cancel), &closed, Outcome::Written(Version::new("r2")));
    let refused = write(What::Refused { client: Client::A, secret: secret(1) });
    assert_eq!(after(seen, &refused, Outcome::Written(Version::new("r3"))).done, Some(Done::PermitClosed));
}

#[test]
fn a_written_slot_has_its_new_version_whatever_was_changed() {
    let (old, fresh) = (pasted(secret(1)), pasted(secret(2)));
    let slot = SlotSeen {
        version: Version::new("1"),
        client_id: "id-a".into(),
        secret: Some(old),
        candidate: Some(fresh),
        previous: Some(secret(3)),
    };
    let deposit = |client_id: Option<&str>| SlotChange::Deposit {
        client_id: client_id.map(Into::into),
        candidate: pasted(secret(4)),
    };
    let take = SlotChange::TakeLive { client_id: "id-x".into(), secret: secret(4) };
    let changes = [
        (SlotChange::Enter { client_id: "id-x".into(), secret: fresh }, ("id-x", Some(2), None, None)),
        (take, ("id-x", Some(4), None, Some(1))),
        (deposit(None), ("id-a", Some(1), Some(4), Some(3))),
        (deposit(Some("id-x")), ("id-x", Some(1), Some(4), Some(3))),
        (SlotChange::Promote { candidate: secret(2) }, ("id-a", Some(2), None, Some(1))),
    ];
    for (change, (client_id, of_secret, candidate, previous)) in changes {
        let mut seen = nothing(Wish::Keep);
        seen.slots.a = Some(slot.clone());
        let expected = Expected::Version(Version::new("1"));
        let step = Step::WriteSlot(WriteSlot { client: Client::A, expected, change });
        let seen = after(seen, &step, Outcome::Written(Version::new("2")));
        let expected = SlotSeen {
            version: Version::new("2"),
            client_id: client_id.into(),
            secret: of_secret.map(secret).map(pasted),
            candidate: candidate.map(secret).map(pasted),
            previous: previous.map(secret),
        };
        assert_eq!(seen.slots.a, Some(expected), "{step:?}");
        assert_eq!(seen.slots.b, None);
    }
}
