//! All kill points, and which one belongs to a step.

use twinkey_core::record::Why;
use twinkey_core::seen::Freshness;
use twinkey_core::step::{LiveContent, Purpose, SlotChange};
use twinkey_core::{DrainEnd, Step, What};

/// One effect of the program: a step of a run with its kind, or a call that changes the disk.
#[expect(missing_docs, reason = "the name at each variant says it")]
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
pub enum Point {
    #[strum(serialize = "look:ordinary")]
    LookOrdinary,
    #[strum(serialize = "look:latest")]
    LookLatest,

    #[strum(serialize = "probe:publish")]
    ProbePublish,
    #[strum(serialize = "probe:control")]
    ProbeControl,
    #[strum(serialize = "probe:prove")]
    ProbeProve,
    #[strum(serialize = "probe:permit")]
    ProbePermit,
    #[strum(serialize = "probe:health")]
    ProbeHealth,
    #[strum(serialize = "probe:evidence")]
    ProbeEvidence,

    #[strum(serialize = "write-record:initialised")]
    RecordInitialised,
    #[strum(serialize = "write-record:intended:first")]
    RecordIntendedFirst,
    #[strum(serialize = "write-record:intended:scheduled")]
    RecordIntendedScheduled,
    #[strum(serialize = "write-record:intended:now")]
    RecordIntendedNow,
    #[strum(serialize = "write-record:intended:fail-over")]
    RecordIntendedFailOver,
    #[strum(serialize = "write-record:intended:mend")]
    RecordIntendedMend,
    #[strum(serialize = "write-record:intended:rollback")]
    RecordIntendedRollback,
    #[strum(serialize = "write-record:intended:put-ours")]
    RecordIntendedPutOurs,
    #[strum(serialize = "write-record:published")]
    RecordPublished,
    #[strum(serialize = "write-record:abandoned")]
    RecordAbandoned,
    #[strum(serialize = "write-record:drain-restarted")]
    RecordDrainRestarted,
    #[strum(serialize = "write-record:drain-grew")]
    RecordDrainGrew,
    #[strum(serialize = "write-record:drain-shortened")]
    RecordDrainShortened,
    #[strum(serialize = "write-record:drain-ended:watched")]
    RecordDrainEndedWatched,
    #[strum(serialize = "write-record:drain-ended:confirmed")]
    RecordDrainEndedConfirmed,
    #[strum(serialize = "write-record:drain-ended:dead")]
    RecordDrainEndedDead,
    #[strum(serialize = "write-record:permit-opened")]
    RecordPermitOpened,
    #[strum(serialize = "write-record:permit-closed")]
    RecordPermitClosed,
    #[strum(serialize = "write-record:proven")]
    RecordProven,
    #[strum(serialize = "write-record:refused")]
    RecordRefused,
    #[strum(serialize = "write-record:recovered")]
    RecordRecovered,
    #[strum(serialize = "write-record:old-secret-dead")]
    RecordOldSecretDead,
    #[strum(serialize = "write-record:old-secret-alive")]
    RecordOldSecretAlive,
    #[strum(serialize = "write-record:not-in-use")]
    RecordNotInUse,
    #[strum(serialize = "write-record:took-theirs")]
    RecordTookTheirs,
    #[strum(serialize = "write-record:restored")]
    RecordRestored,
    #[strum(serialize = "write-record:moved")]
    RecordMoved,

    #[strum(serialize = "write-live:publish:first")]
    LiveFirst,
    #[strum(serialize = "write-live:publish:scheduled")]
    LiveScheduled,
    #[strum(serialize = "write-live:publish:now")]
    LiveNow,
    #[strum(serialize = "write-live:publish:fail-over")]
    LiveFailOver,
    #[strum(serialize = "write-live:publish:mend")]
    LiveMend,
    #[strum(serialize = "write-live:publish:rollback")]
    LiveRollback,
    #[strum(serialize = "write-live:publish:put-ours")]
    LivePutOurs,
    #[strum(serialize = "write-live:unchanged")]
    LiveUnchanged,

    #[strum(serialize = "write-slot:enter")]
    SlotEnter,
    #[strum(serialize = "write-slot:take-live")]
    SlotTakeLive,
    #[strum(serialize = "write-slot:deposit")]
    SlotDeposit,
    #[strum(serialize = "write-slot:promote")]
    SlotPromote,

    #[strum(serialize = "write-output")]
    Output,

    /// A version in Secrets Manager that waits aside, before `AWSCURRENT` moves to it.
    #[strum(serialize = "put:aside")]
    PutAside,

    /// This host's notes, after a run.
    #[strum(serialize = "write-notes")]
    Notes,

    /// A draft of the output file or of the notes, before it takes the old file's place.
    #[strum(serialize = "sync:draft")]
    SyncDraft,
    /// The folder, once it has.
    #[strum(serialize = "sync:draft-folder")]
    SyncDraftFolder,
    /// A line of the audit log.
    #[strum(serialize = "sync:audit")]
    SyncAudit,
    /// The folder of a new audit log.
    #[strum(serialize = "sync:audit-folder")]
    SyncAuditFolder,
    /// What is kept of a torn last line.
    #[strum(serialize = "sync:audit-torn")]
    SyncAuditTorn,
    /// The audit log without it.
    #[strum(serialize = "sync:audit-cut")]
    SyncAuditCut,
    /// A new generation of the embedded store, before it takes the current one's place.
    #[strum(serialize = "sync:store")]
    SyncStore,
    /// The second name of the current generation.
    #[strum(serialize = "link:store-previous")]
    LinkStorePrevious,
    /// The store's folder, once the new generation stands.
    #[strum(serialize = "sync:store-folder")]
    SyncStoreFolder,
    /// The store's new key.
    #[strum(serialize = "sync:store-key")]
    SyncStoreKey,
    /// The key's folder.
    #[strum(serialize = "sync:store-key-folder")]
    SyncStoreKeyFolder,
}

impl From<&Step> for Point {
    fn from(step: &Step) -> Self {
        match step {
            Step::Look(Freshness::Ordinary) => Self::LookOrdinary,
            Step::Look(Freshness::Latest) => Self::LookLatest,
            Step::Probe(probe) => of_probe(probe.purpose),
            Step::WriteRecord(write) => of_record(&write.what),
            Step::WriteLive(write) => of_live(&write.content),
            Step::WriteSlot(write) => of_slot(&write.change),
            Step::WriteOutput => Self::Output,
        }
    }
}

fn of_probe(purpose: Purpose) -> Point {
    match purpose {
        Purpose::Publish => Point::ProbePublish,
        Purpose::Control => Point::ProbeControl,
        Purpose::Prove => Point::ProbeProve,
        Purpose::Permit => Point::ProbePermit,
        Purpose::Health => Point::ProbeHealth,
        Purpose::Evidence => Point::ProbeEvidence,
    }
}

fn of_record(what: &What) -> Point {
    match what {
        What::Initialised { .. } => Point::RecordInitialised,
        What::Intended { why, .. } => of_intent(*why),
        What::Published { .. } => Point::RecordPublished,
        What::Abandoned { .. } => Point::RecordAbandoned,
        What::DrainRestarted { .. } => Point::RecordDrainRestarted,
        What::DrainGrew { .. } => Point::RecordDrainGrew,
        What::DrainShortened { .. } => Point::RecordDrainShortened,
        What::DrainEnded { how: DrainEnd::Watched, .. } => Point::RecordDrainEndedWatched,
        What::DrainEnded { how: DrainEnd::Confirmed, .. } => Point::RecordDrainEndedConfirmed,
        What::DrainEnded { how: DrainEnd::Dead, .. } => Point::RecordDrainEndedDead,
        What::PermitOpened { .. } => Point::RecordPermitOpened,
        What::PermitClosed { .. } => Point::RecordPermitClosed,
        What::Proven { .. } => Point::RecordProven,
        What::Refused { .. } => Point::RecordRefused,
        What::Recovered { .. } => Point::RecordRecovered,
        What::OldSecretDead { .. } => Point::RecordOldSecretDead,
        What::OldSecretAlive { .. } => Point::RecordOldSecretAlive,
        What::NotInUse { .. } => Point::RecordNotInUse,
        What::TookTheirs { .. } => Point::RecordTookTheirs,
        What::Restored => Point::RecordRestored,
        What::Moved => Point::RecordMoved,
    }
}

fn of_intent(why: Why) -> Point {
    match why {
        Why::First => Point::RecordIntendedFirst,
        Why::Scheduled => Point::RecordIntendedScheduled,
        Why::Now => Point::RecordIntendedNow,
        Why::FailOver => Point::RecordIntendedFailOver,
        Why::Mend => Point::RecordIntendedMend,
        Why::Rollback => Point::RecordIntendedRollback,
        Why::PutOurs => Point::RecordIntendedPutOurs,
    }
}

fn of_live(content: &LiveContent) -> Point {
    match content {
        LiveContent::Unchanged => Point::LiveUnchanged,
        LiveContent::Publish { why, .. } => match why {
            Why::First => Point::LiveFirst,
            Why::Scheduled => Point::LiveScheduled,
            Why::Now => Point::LiveNow,
            Why::FailOver => Point::LiveFailOver,
            Why::Mend => Point::LiveMend,
            Why::Rollback => Point::LiveRollback,
            Why::PutOurs => Point::LivePutOurs,
        },
    }
}

fn of_slot(change: &SlotChange) -> Point {
    match change {
        SlotChange::Enter { .. } => Point::SlotEnter,
        SlotChange::TakeLive { .. } => Point::SlotTakeLive,
        SlotChange::Deposit { .. } => Point::SlotDeposit,
        SlotChange::Promote { .. } => Point::SlotPromote,
    }
}
