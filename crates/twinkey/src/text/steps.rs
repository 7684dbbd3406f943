//! One line for each step of a run: done, or in a dry run to be done.

use jiff::Timestamp;
use twinkey_core::decision::{Wait, WaitFor};
use twinkey_core::record::Why;
use twinkey_core::seen::Which;
use twinkey_core::step::{LiveContent, Probe, Purpose, SlotChange, Step};
use twinkey_core::{AnswerKind, Client, DrainEnd, Outcome, What};

use super::clause::why_said;
use super::paint::{self, visible};
use super::time::{length, relative};
use super::{Names, upper};

/// A step that was done, in the past tense; nothing of an ordinary look.
pub fn step_line(names: &Names<'_>, step: &Step, outcome: &Outcome) -> Option<String> {
    let line = match (step, outcome) {
        (Step::Look(_), Outcome::Looked(_)) => return None,
        (Step::Probe(probe), Outcome::Answered(answer)) => {
            return Some(answered(probe, answer.kind, &answer.detail));
        }
        (_, Outcome::Looked(_) | Outcome::Answered(_) | Outcome::Written(_) | Outcome::OutputWritten) => {
            done(names, step)
        }
        (Step::WriteLive(_), Outcome::Conflict) => {
            "the live pair is no longer as it was; looking again before anything is written".to_owned()
        }
        (_, Outcome::Conflict) => format!("{}: somebody else was faster; looking again", object(step)),
        (_, Outcome::Unclear(why)) => format!(
            "{}: the store did not say whether it wrote ({}); looking, not writing again",
            object(step),
            visible(why)
        ),
        (_, Outcome::Failed(trouble)) => format!("{}: {}", object(step), visible(&trouble.text)),
        (_, Outcome::NotAudited) => format!("{}: not done, the audit log cannot be written", object(step)),
    };
    Some(paint::hanging("", "    ", &line).trim_end().to_owned())
}

/// What a run waits for.
pub fn waiting_line(wait: &Wait, now: Timestamp) -> String {
    let WaitFor::Proof { client, tokens, refusals } = wait.why;
    let said = match (tokens, refusals) {
        (0, 0) => "no answer yet".to_owned(),
        (0, times) => format!("refused {times} of {} times; one early refusal is no failure", 3.max(times)),
        (1, _) => "1 token so far".to_owned(),
        (tokens, _) => format!("{tokens} tokens so far"),
    };
    paint::quiet(&format!("proving {}: {said}, the next {}", upper(client), relative(wait.until, now)))
}

fn answered(probe: &Probe, kind: AnswerKind, detail: &str) -> String {
    let whose = whose(probe);
    let detail = visible(detail);
    match kind {
        AnswerKind::Accepted if probe.purpose == Purpose::Evidence => format!("{whose} still got a token"),
        AnswerKind::Accepted => format!("{whose} got a token"),
        AnswerKind::Rejected | AnswerKind::Refused if probe.purpose == Purpose::Evidence => {
            format!("{whose} is refused, as it must be")
        }
        AnswerKind::Rejected | AnswerKind::Refused => format!("{whose} was refused ({detail})"),
        AnswerKind::Forbidden => format!("{whose} got a token that the API refuses ({detail})"),
        AnswerKind::Misconfigured => format!("{whose}: the request cannot work ({detail})"),
        AnswerKind::Throttled { retry_after: Some(after) } => {
            format!("{whose}: the provider asks to wait {}", length(after))
        }
        AnswerKind::Throttled { retry_after: None } => format!("{whose}: the provider asks to wait"),
        AnswerKind::Unavailable | AnswerKind::Protocol => format!("{whose}: no usable answer ({detail})"),
    }
}

fn whose(probe: &Probe) -> String {
    let client = upper(probe.client);
    match probe.which {
        Which::Live | Which::Secret => client.to_owned(),
        Which::Candidate | Which::Pasted => format!("the new secret of {client}"),
        Which::Previous => format!("the old secret of {client}"),
    }
}

/// What a write is about, where it did not succeed.
fn object(step: &Step) -> String {
    match step {
        Step::Look(_) => "the store".to_owned(),
        Step::Probe(probe) => whose(probe),
        Step::WriteRecord(_) => "the record".to_owned(),
        Step::WriteLive(_) => "the live pair".to_owned(),
        Step::WriteSlot(write) => format!("the slot of {}", upper(write.client)),
        Step::WriteOutput => "the output file".to_owned(),
    }
}

fn done(names: &Names<'_>, step: &Step) -> String {
    match step {
        Step::Look(_) => "looked at the store".to_owned(),
        Step::Probe(probe) => format!("asked for a token: {}", whose(probe)),
        Step::WriteRecord(write) => format!("noted {}", noted(&write.what)),
        Step::WriteLive(write) => match &write.content {
            LiveContent::Publish { client, .. } => {
                format!("published {} at {}", upper(*client), place(names))
            }
            LiveContent::Unchanged => {
                "wrote the live pair unchanged, so that no late write can land".to_owned()
            }
        },
        Step::WriteSlot(write) => slot(write.client, &write.change).replacen("store", "stored", 1),
        Step::WriteOutput => "wrote the output file".to_owned(),
    }
}

/// A step that a dry run stops before, as an infinitive.
pub(super) fn would(names: &Names<'_>, step: &Step) -> String {
    match step {
        Step::Look(_) => "look again".to_owned(),
        Step::Probe(probe) => format!("ask for a token: {}", whose(probe)),
        Step::WriteRecord(write) => format!("note {}", noted(&write.what)),
        Step::WriteLive(write) => match &write.content {
            LiveContent::Publish { client, .. } => format!("publish {} at {}", upper(*client), place(names)),
            LiveContent::Unchanged => {
                "write the live pair unchanged, so that no late write can land".to_owned()
            }
        },
        Step::WriteSlot(write) => slot(write.client, &write.change),
        Step::WriteOutput => "write the output file".to_owned(),
    }
}

fn place(names: &Names<'_>) -> String {
    visible(names.live_pair)
}

fn slot(client: Client, change: &SlotChange) -> String {
    let client = upper(client);
    match change {
        SlotChange::Enter { .. } => format!("store {client} in its slot"),
        SlotChange::TakeLive { .. } => format!("store the live pair in the slot of {client}"),
        SlotChange::Deposit { .. } => format!("store the new secret of {client}, not yet proven"),
        SlotChange::Promote { .. } => format!("store the new secret of {client} as its secret"),
    }
}

/// What a write of the record says, to follow "noted" or "note".
fn noted(what: &What) -> String {
    match what {
        What::Initialised { client, .. } => format!("that {} is live", upper(*client)),
        What::Intended { to, why: Why::First | Why::Scheduled, .. } => {
            format!("the intent to publish {}", upper(*to))
        }
        What::Intended { to, why, .. } => {
            format!("the intent to publish {}, {}", upper(*to), why_said(*why))
        }
        // A client's own new secret, or its pair put back, retires nobody.
        What::Published { client, why: Why::First | Why::Mend | Why::PutOurs, .. } => {
            format!("that {} is live", upper(*client))
        }
        What::Published { client, .. } => {
            format!("that {} is live and {} drains", upper(*client), upper(client.other()))
        }
        What::Abandoned { to, .. } => format!("that {} is not published; the live pair stays", upper(*to)),
        What::DrainRestarted { client } => format!("that the drain of {} begins again", upper(*client)),
        What::DrainGrew { client } => format!("that the drain of {} grew", upper(*client)),
        What::DrainShortened { client, .. } => format!("that the drain of {} is shortened", upper(*client)),
        What::DrainEnded { client, how: DrainEnd::Dead } => {
            format!("that the drain of {} is over: its secret is dead", upper(*client))
        }
        What::DrainEnded { client, .. } => format!("that the drain of {} is over", upper(*client)),
        What::PermitOpened { client, holder } => {
            format!("the permit of {} on {}", visible(holder), upper(*client))
        }
        What::PermitClosed { client, .. } => format!("that the permit on {} is closed", upper(*client)),
        What::Proven { client, .. } => format!("that the secret of {} is proven", upper(*client)),
        What::Refused { client, .. } => format!("that {} is refused", upper(*client)),
        What::Recovered { client, .. } => format!("that {} gets tokens again", upper(*client)),
        What::OldSecretDead { client, .. } => format!("that the old secret of {} is dead", upper(*client)),
        What::OldSecretAlive { client, .. } => {
            format!("that the old secret of {} still works", upper(*client))
        }
        What::NotInUse { client } => format!("that nobody outside uses {}", upper(*client)),
        What::TookTheirs { client, .. } => format!("the foreign live pair as that of {}", upper(*client)),
        What::Restored => "the restored record as the one that counts".to_owned(),
        What::Moved => "the new place of the live pair".to_owned(),
    }
}
