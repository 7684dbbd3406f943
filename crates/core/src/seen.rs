//! What one run knows: documents as last read or written, answers to its probes, the state of its host.

use jiff::{SignedDuration, Timestamp};

use crate::record::{AuditHead, Noted, Permit};
use crate::{
    Answer, AttemptId, Client, Expected, Mac, PerClient, Policy, Record, RecordError, Version, Wish,
};

/// Everything that the rules look at, apart from the policy and the time. A value: each step's outcome makes
/// a new one ([`Seen::after`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// What this run is for.
    pub wish: Wish,
    /// Who runs: the identity under which it speaks to the store.
    pub by: String,
    /// Whether the documents below may be relied on, or must be looked at first.
    pub look: Look,
    /// How things stood when this run first looked: what a person's word is about.
    pub first: Option<First>,
    /// How often this run has looked. Losing again and again to somebody else ends the run.
    pub looks: u32,
    /// The record.
    pub record: RecordSeen,
    /// The live pair; `None` if it is not there.
    pub live: Option<LiveSeen>,
    /// The slots; `None` where one is not there.
    pub slots: PerClient<Option<SlotSeen>>,
    /// What the output file holds, where one is configured.
    pub output: Option<Pair>,
    /// Whether a replica of the live pair lags: some consumers are still given the pair from before.
    pub behind: bool,
    /// Versions of the live pair that the store itself called past, by refusing a write against them. A read
    /// never proves that: it may be stale.
    pub past: Vec<Expected>,
    /// The probes of this run, oldest first.
    pub probes: Vec<Probed>,
    /// What this host knows besides.
    pub host: Host,
    /// What stopped this run, if something did.
    pub trouble: Option<Trouble>,
    /// Whether this run has opened a permit, or made it new.
    pub opened: bool,
    /// Set once the wish is fulfilled.
    pub done: Option<Done>,
}

/// How things stood when a run first looked. A person's word is about that, and not about what somebody else has
/// made of it while the run was at work or its host asleep.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct First {
    /// The retired secrets.
    pub retired: PerClient<Option<Mac>>,
    /// The proven secrets.
    pub proven: PerClient<Option<Mac>>,
    /// The permit that was open.
    pub permit: Option<Permit>,
}

/// Whether the documents may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// They are as read or written by this run.
    Fresh,
    /// They must be looked at.
    Due(Freshness),
}

/// How fresh a look must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// As the store answers; it may be stale.
    Ordinary,
    /// The store's freshest read: after a conflict or an unclear write.
    Latest,
}

/// The record, as looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RecordSeen {
    /// Not there: the credential is not set up.
    Absent,
    /// There.
    Here {
        /// Its version in the store.
        version: Version,
        /// What it says.
        record: Box<Record>,
    },
    /// There, and not to be understood.
    Unusable(RecordError),
}

/// A client id with a secret: what consumers use together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The client id.
    pub client_id: String,
    /// The secret.
    pub secret: Mac,
}

/// The live pair, as looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LiveSeen {
    /// Its version in the store.
    pub version: Version,
    /// What it holds; `None` if a configured field is missing or is no text.
    pub pair: Option<Pair>,
}

/// A slot, as looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SlotSeen {
    /// Its version in the store.
    pub version: Version,
    /// The client id.
    pub client_id: String,
    /// The secret; proven only while the record says so.
    pub secret: Option<Pasted>,
    /// Deposited, not yet proven.
    pub candidate: Option<Pasted>,
    /// The one before, for the evidence that it is dead.
    pub previous: Option<Mac>,
}

impl SlotSeen {
    /// The field that holds this secret, if one does.
    pub fn holding(&self, secret: Mac) -> Option<Which> {
        let is = |field: &Option<Pasted>| field.as_ref().is_some_and(|pasted| pasted.secret == secret);
        if is(&self.secret) {
            Some(Which::Secret)
        } else if is(&self.candidate) {
            Some(Which::Candidate)
        } else if self.previous == Some(secret) {
            Some(Which::Previous)
        } else {
            None
        }
    }
}

/// A secret that a person pasted, with what is odd about the text. Trailing line ends are already gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pasted {
    /// The secret.
    pub secret: Mac,
    /// What makes it unusable, if anything does.
    pub oddity: Option<Oddity>,
}

/// What makes a pasted text no client secret (RFC 6749 appendix A.2: printable ASCII only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Oddity {
    /// Nothing was pasted.
    Empty,
    /// White space at the beginning or the end.
    SurroundingSpace,
    /// A control character at this position, counted from 1.
    Control(usize),
    /// A character outside ASCII at this position, counted from 1.
    NonAscii(usize),
    /// Longer than any secret: 4096 bytes.
    TooLong,
}

/// Which text a probe uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// The live pair.
    Live,
    /// The slot's secret.
    Secret,
    /// The slot's candidate.
    Candidate,
    /// The slot's previous secret.
    Previous,
    /// What the person has just pasted, not yet in the store.
    Pasted,
}

/// One probe of this run and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Probed {
    /// Whose secret.
    pub client: Client,
    /// The client id that was sent.
    pub client_id: String,
    /// Which secret.
    pub secret: Mac,
    /// When it was answered.
    pub at: Timestamp,
    /// The answer.
    pub answer: Answer,
    /// Whether the record already knows.
    pub noted: bool,
    /// Whether it came after the last look. An answer from before says nothing about what stands there now:
    /// meanwhile a permit may have been opened, used and given back.
    pub current: bool,
}

/// What the host knows besides the store. Evidence and courtesy, never needed to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Host {
    /// The highest counter of a record that this host saw, and in which lineage.
    pub highest: Option<(AttemptId, u64)>,
    /// When this host last failed to read the store, or to reach it for a write.
    pub unreachable: Option<Timestamp>,
    /// Since when this process has watched the store without a gap; `None` for a one-shot run.
    pub watching: Option<Timestamp>,
    /// When each client's current secret last got a token, as far as this host knows.
    pub accepted: PerClient<Option<Noted>>,
    /// Refusals that dry runs met: they count against the budget, and never stand in the record.
    pub refused: PerClient<Option<Noted>>,
    /// The name of this host's audit chain and its head.
    pub audit: Audit,
}

/// The state of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Audit {
    /// The name of the chain.
    pub chain: String,
    /// The last line, once there is one.
    pub head: Option<AuditHead>,
    /// Set when a line could not be written: it bars what is no rescue.
    pub unwritable: bool,
}

/// What stopped a run from reading or writing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trouble {
    /// What it was about.
    pub with: With,
    /// Whether it is likely to pass.
    pub class: TroubleClass,
    /// One sentence for people, with its remedy.
    pub text: String,
}

/// What a trouble is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum With {
    /// Reading the store.
    Reading,
    /// Writing the store, which does not say whether it was done.
    Unclear,
    /// Writing the store.
    Writing,
    /// Writing the output file.
    Output,
}

/// Whether a trouble is likely to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TroubleClass {
    /// It may pass: try later.
    Temporary,
    /// Somebody must grant a permission.
    Permission,
    /// Somebody must mend something.
    Permanent,
}

/// What a fulfilled wish has brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Done {
    /// The holder may regenerate now.
    Safe,
    /// A switch took place.
    Switched,
    /// A drain was shortened.
    Shortened,
    /// A permit was closed.
    PermitClosed,
    /// A secret was proven (and published, if its client is the active one).
    Proven,
    /// A drain was confirmed, or a client as not in use.
    Confirmed,
    /// A foreign edit was resolved.
    Resolved,
    /// The credential is set up.
    Initialised,
}

/// How old a token may be when a secret is published on its strength.
pub const PROBE_HOLDS: SignedDuration = SignedDuration::from_secs(60);

impl Seen {
    /// What a run knows before its first look.
    pub fn nothing(wish: Wish, by: impl Into<String>, host: Host) -> Self {
        Self {
            wish,
            by: by.into(),
            look: Look::Due(Freshness::Ordinary),
            first: None,
            looks: 0,
            record: RecordSeen::Absent,
            live: None,
            slots: PerClient::default(),
            output: None,
            behind: false,
            past: Vec::new(),
            probes: Vec::new(),
            host,
            trouble: None,
            opened: false,
            done: None,
        }
    }

    /// The record, if it is there and understood.
    pub fn record(&self) -> Option<&Record> {
        match &self.record {
            RecordSeen::Here { record, .. } => Some(record),
            RecordSeen::Absent | RecordSeen::Unusable(_) => None,
        }
    }

    /// The pair that consumers read, if both fields are there.
    pub fn live_pair(&self) -> Option<&Pair> {
        self.live.as_ref().and_then(|live| live.pair.as_ref())
    }

    /// Whether the live pair is this one. Compared by content, not by version.
    pub fn live_is(&self, client_id: &str, secret: Mac) -> bool {
        self.live_pair().is_some_and(|pair| pair.client_id == client_id && pair.secret == secret)
    }

    /// What a compare-and-set of the live pair must expect.
    pub fn live_expected(&self) -> Expected {
        self.live.as_ref().map_or(Expected::Absent, |live| Expected::Version(live.version.clone()))
    }

    /// Whether the live pair is the one that the record calls active.
    pub fn live_is_active(&self, record: &Record) -> bool {
        record.active.as_ref().is_some_and(|active| self.live_is(&active.client_id, active.secret))
    }

    /// Whether this permit is the one that was open when this run first looked.
    pub fn is_first_permit(&self, permit: &Permit) -> bool {
        self.first.as_ref().is_none_or(|first| first.permit.as_ref() == Some(permit))
    }

    /// Whether this client's proven secret was not proven yet when this run first looked.
    pub(crate) fn is_new(&self, client: Client, proven: Mac) -> bool {
        self.first.as_ref().is_some_and(|first| first.proven[client] != Some(proven))
    }

    /// Whether this client's secret was the retired one when this run first looked.
    pub fn was_retired(&self, client: Client, secret: Mac) -> bool {
        self.first.as_ref().is_none_or(|first| first.retired[client] == Some(secret))
    }

    /// Whether the output file, where one is configured, lags behind the live pair.
    pub fn output_lags(&self, policy: &Policy) -> bool {
        policy.output && self.live_pair().is_some() && self.output.as_ref() != self.live_pair()
    }

    /// The answers of this run for one secret, oldest first.
    pub fn answers(&self, client: Client, secret: Mac) -> impl DoubleEndedIterator<Item = &Probed> {
        self.probes.iter().filter(move |probed| probed.client == client && probed.secret == secret)
    }
}
