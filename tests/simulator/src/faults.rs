//! What goes wrong, by name, with the rows of the failure catalogue that it stands for.

use std::fmt;

/// Names each fault once: the variant, its name in figures and traces, and its rows in the catalogue.
macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $rows:literal;)*) => {
        /// One kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $variant,)*
        }

        impl Fault {
            /// Every fault, in the catalogue's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The rows of the failure catalogue that it stands for.
            pub fn rows(self) -> &'static str {
                match self { $(Self::$variant => $rows),* }
            }
        }
    };
}

faults! {
    /// A process ended before what it was about to send had left.
    KilledBefore, "killed before the effect", "P1 P2 P8";
    /// A process ended while its write was on its way; the write landed.
    KilledInFlight, "killed with a write on its way", "P3 P8";
    /// A process ended after the effect and before its second line of evidence.
    KilledAfter, "killed after the effect", "P4 P8";
    /// Two processes were at work at the same moment.
    TwoAtOnce, "two processes at once", "P5";
    /// A write landed long after its sender had given it up.
    LateWrite, "a write that landed late", "P6";
    /// The audit log could not be written.
    AuditUnwritable, "audit log unwritable", "P9";
    /// A host lost all that it remembered.
    HostBurnt, "host burnt down", "P10";
    /// A clock jumped ahead.
    ClockAhead, "clock ahead", "P11 T20";
    /// A clock jumped back.
    ClockBack, "clock behind", "P12 T20";
    /// A host slept in the middle of a run.
    Suspended, "suspended in a run", "P13";
    /// A configuration that speaks of another place.
    OtherPlace, "configuration of another place", "P16 S15";
    /// A newer program wrote the record.
    NewerRecord, "record of a newer schema", "P17";
    /// The store did not answer.
    StoreAway, "store away", "S1 S2";
    /// The store was busy or full.
    StoreBusy, "store busy", "S3";
    /// The store refused a read.
    ReadDenied, "read denied", "S4";
    /// The store refused a write.
    WriteDenied, "write denied", "S5";
    /// A compare-and-set found something else.
    Conflict, "conflict", "S6";
    /// A write was lost, and nobody could tell.
    WriteLost, "write lost", "S7";
    /// A write took effect, and its answer was lost.
    AnswerLost, "answer lost", "S7";
    /// Somebody else wrote the live pair.
    ForeignEdit, "foreign edit of the live pair", "S9 S16";
    /// Somebody took one of the two fields away.
    HalfPair, "half a live pair", "S16 D5";
    /// Somebody deleted the live pair.
    LiveDeleted, "live pair deleted", "S10";
    /// A read was answered from the past.
    StaleRead, "stale read", "S13";
    /// The store took seconds.
    SlowStore, "slow store", "S14";
    /// A backup of all documents was put back.
    Restored, "backup restored", "P10 S9";
    /// Somebody damaged the record.
    RecordDamaged, "record damaged", "P10";
    /// A secret was refused by the name `invalid_client`.
    RefusedByName, "refused by name", "T1";
    /// A secret was refused without a name.
    RefusedPlainly, "refused without a name", "T2 T3";
    /// The provider refused everybody without a name.
    RefusesAll, "everybody refused alike", "T3 T4 T15";
    /// The provider was throttling.
    Throttled, "throttled", "T5";
    /// The provider was not to be reached.
    Unavailable, "provider unavailable", "T6 T7 T8";
    /// The request could not work: TLS, redirect, proxy.
    Misconfigured, "request misconfigured", "T9 T13 T22";
    /// Pages, broken JSON, endless bodies.
    Nonsense, "protocol nonsense", "T10 T11 T12 T14";
    /// A token without `expires_in`.
    NoLifetime, "expires_in missing", "T11";
    /// A good secret was refused.
    FalseRefusal, "false refusal", "T16 T23";
    /// A client was locked out.
    Locked, "client locked", "T16";
    /// A token, and no role.
    RoleMissing, "role missing", "T18";
    /// A node did not know a new secret yet.
    LateNode, "late node", "T23";
    /// An old secret was still accepted after the click.
    OldAccepted, "old secret still accepted", "H1 T23";
    /// The active client was regenerated.
    WrongClick, "wrong client regenerated", "H1";
    /// The button was pressed twice.
    PressedTwice, "pressed twice", "H1 H6";
    /// A wrong secret was deposited.
    WrongSecret, "wrong secret deposited", "H2";
    /// The other client's secret was deposited.
    OthersSecret, "other client's secret deposited", "H2";
    /// The same secret again.
    SameAgain, "same secret again", "H3";
    /// A secret with a space at its end.
    OddText, "odd text pasted", "H4";
    /// A secret was lost between portal and prompt.
    SecretLost, "secret lost", "H6";
    /// A permit was given back unused.
    GivenBack, "permit given back", "H7";
    /// A second person was kept out of a permit.
    KeptOut, "second person kept out", "H8";
    /// A permit was taken over on a person's word.
    TakenOver, "permit taken over", "H8";
    /// SAFE was asked for too early.
    AskedEarly, "asked before it was safe", "H9";
    /// Nobody did anything for days.
    NobodyReacts, "nobody reacted for days", "H10";
    /// The standby's client was deleted in the portal and made anew.
    ClientReplaced, "client replaced in the portal", "H11";
    /// A switch with a drain against the rules.
    DrainShortened, "drain shortened", "H14";
    /// A consumer could not refresh, and kept what it had.
    ServedStale, "consumer served stale", "D1 D3";
    /// The store was away during a drain, and the drain began anew.
    DrainRestarted, "drain restarted", "D3";
    /// A person confirmed a drain that has no end of its own.
    ConfirmedDrain, "drain confirmed by a person", "D2";
    /// A rollback took place.
    RolledBack, "rollback", "D6";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
