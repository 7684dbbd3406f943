//! The variants: who acts in each, and what may go wrong. Together they hold all that the protocol meets; no
//! single one holds everything, because its graph would never be complete.

use crate::ablation::Ablation;
use crate::setting::Errand::{
    self, Cancel, Deposit, Permit, PutOurs, Rollback, RollbackSpokeTo, SwitchNow, TakeOver, TakeTheirs,
};
use crate::setting::Kind::{Daemon, Desk, Timer};
use crate::setting::{Kind, Setting};

const CYCLE: [Errand; 2] = [Permit, Deposit];
const EVERYTHING: [Errand; 7] = [Permit, Deposit, Cancel, TakeOver, SwitchNow, Rollback, RollbackSpokeTo];

/// The variants that every run of the tests exhausts.
pub fn quick() -> Vec<Setting> {
    let once = |name, about, machines: &[Kind]| Setting {
        errands: CYCLE.to_vec(),
        at_once: true,
        ..Setting::quiet(name, about, machines)
    };
    let pair = [Timer, Desk(0)];
    vec![
        Setting {
            at_once: false,
            ..once("cycle", "a timer and a person, step by step: switch, drain, permit, press, proof", &pair)
        },
        Setting {
            crashes: true,
            lost_answers: true,
            late_writes: 1,
            ..once("store", "runs crash, writes are lost, late, or taken with the answer lost", &pair)
        },
        Setting { stale_reads: true, ..once("replica", "ordinary reads are stale", &pair) },
        Setting {
            errands: EVERYTHING.to_vec(),
            crashes: true,
            ..once("requests", "permit, deposit, cancel, rotate --now, rollback; runs crash", &pair)
        },
        once("rivals", "two timers switch at the same moment", &[Timer, Timer, Desk(0)]),
        Setting {
            errands: vec![Permit, Deposit, Cancel, TakeOver],
            ..once(
                "people",
                "two people with permits, cancels, take-overs, lost secrets",
                &[Desk(0), Desk(1)],
            )
        },
        Setting {
            errands: vec![Permit, Rollback],
            consumers: 1,
            outages: 2,
            ..once(
                "drain",
                "a daemon watches, a consumer caches, the store goes away for days",
                &[Daemon, Desk(0)],
            )
        },
        Setting {
            errands: vec![Permit, SwitchNow, Rollback],
            doubts: true,
            ..once("doubts", "secrets that work are refused by mistake, so fail-over happens", &pair)
        },
        Setting {
            errands: vec![Permit, SwitchNow, Rollback],
            locks: true,
            ..once("locks", "the provider begins to refuse a client at any moment", &pair)
        },
        Setting {
            slow_nodes: true,
            straight_deposits: true,
            locks: true,
            at_once: false,
            ..once("proof", "nodes learn late, secrets are typed straight into the slot", &[Desk(0)])
        },
        Setting { evidence: true, ..once("evidence", "rounds ask whether a replaced secret is dead", &pair) },
        Setting {
            wrong_presses: 1,
            straight_deposits: true,
            ..once(
                "wrong press",
                "somebody presses without a permit, or types into the wrong slot",
                &[Desk(0)],
            )
        },
        Setting {
            errands: vec![Permit],
            wrong_presses: 1,
            ..once(
                "wrong press meanwhile",
                "somebody presses without a permit at any moment of a switch",
                &pair,
            )
        },
        Setting {
            errands: vec![Permit, PutOurs, TakeTheirs],
            foreign_edits: 1,
            ..once("foreign edit", "somebody edits the live pair, and it is resolved", &pair)
        },
    ]
}

/// Larger ones, by command: minutes each.
pub fn larger() -> Vec<Setting> {
    let once = |name, about, machines: &[Kind]| Setting {
        errands: CYCLE.to_vec(),
        at_once: true,
        ..Setting::quiet(name, about, machines)
    };
    let pair = [Timer, Desk(0)];
    let three = [Daemon, Timer, Desk(0)];
    vec![
        Setting {
            errands: vec![Rollback],
            stale_reads: true,
            crashes: true,
            at_once: false,
            ..once("stale rollback", "rollbacks step by step, crashes, stale reads", &pair)
        },
        Setting {
            crashes: true,
            lost_answers: true,
            late_writes: 1,
            stale_reads: true,
            ..once("store and replica", "every fault of the store together", &pair)
        },
        Setting {
            crashes: true,
            lost_answers: true,
            ..once("rivals that crash", "two timers, crashes, answers lost", &[Timer, Timer, Desk(0)])
        },
        Setting { crashes: true, ..once("three", "a daemon, a timer and a person, crashes", &three) },
        Setting {
            consumers: 1,
            outages: 2,
            ..once(
                "drain and proof",
                "a daemon watches, a consumer caches, secrets are renewed",
                &[Daemon, Desk(0)],
            )
        },
        Setting {
            consumers: 1,
            outages: 1,
            crashes: true,
            ..once(
                "drain unwatched",
                "only one-shot runs look, a consumer caches, the store goes away",
                &pair,
            )
        },
        Setting {
            errands: EVERYTHING.to_vec(),
            ..once("people and requests", "two people with every request", &[Desk(0), Desk(1)])
        },
        Setting { locks: true, ..once("locks and proof", "refusals at any moment of every cycle", &pair) },
        Setting {
            wrong_presses: 2,
            straight_deposits: true,
            ..once("two wrong presses", "two presses without a permit, typed secrets", &[Desk(0)])
        },
        Setting { presses_a_day: 2, ..once("two presses", "two presses on one day", &[Desk(0), Desk(1)]) },
    ]
}

/// Each rule broken on purpose, in a variant that needs it.
pub fn ablations() -> Vec<Setting> {
    Ablation::ALL.into_iter().map(Ablation::variant).collect()
}

/// The variant of this name.
pub fn named(name: &str) -> Option<Setting> {
    quick().into_iter().chain(larger()).find(|setting| setting.name == name)
}
