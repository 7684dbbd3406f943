//! What the audit log says of a step: names, fingerprints and outcomes.

use jiff::Timestamp;
use serde_json::{Value, json};
use twinkey_core::seen::Audit;
use twinkey_core::step::{LiveContent, SlotChange, Step};
use twinkey_core::{Expected, Outcome, What};

use crate::audit::{Entry, Event};

/// The line that must be on the disk before the step.
pub fn before(credential: &str, by: &str, step: &Step, at: Timestamp) -> Entry {
    entry(credential, by, step, at, Event::Before, detail(step))
}

/// The line that follows the step.
pub fn after(credential: &str, by: &str, step: &Step, outcome: &Outcome, at: Timestamp) -> Entry {
    entry(credential, by, step, at, Event::After, told(outcome))
}

/// The step with the head of this host's chain in its record, so that a log cut behind it is found.
pub fn with_head(mut step: Step, audit: &Audit) -> Step {
    if let (Step::WriteRecord(write), Some(head)) = (&mut step, &audit.head) {
        write.record.keep_head(&audit.chain, head.clone());
    }
    step
}

fn entry(credential: &str, by: &str, step: &Step, at: Timestamp, event: Event, detail: Value) -> Entry {
    Entry {
        at,
        by: by.to_owned(),
        credential: credential.to_owned(),
        event,
        step: name(step).to_owned(),
        detail,
    }
}

/// The step's name.
pub fn name(step: &Step) -> &'static str {
    match step {
        Step::Look(_) => "look",
        Step::Probe(_) => "probe",
        Step::WriteRecord(_) => "write-record",
        Step::WriteLive(_) => "write-live-pair",
        Step::WriteSlot(_) => "write-slot",
        Step::WriteOutput => "write-output",
    }
}

fn detail(step: &Step) -> Value {
    match step {
        Step::Look(_) | Step::WriteOutput => json!({}),
        Step::Probe(probe) => json!({
            "client": probe.client,
            "fingerprint": probe.secret.fingerprint().to_string(),
            "purpose": format!("{:?}", probe.purpose).to_lowercase(),
        }),
        Step::WriteRecord(write) => json!({
            "change": change(&write.what),
            "counter": write.record.counter,
            "expected": expected(&write.expected),
        }),
        Step::WriteLive(write) => json!({
            "attempt": write.attempt,
            "expected": expected(&write.expected),
            "content": content(&write.content),
        }),
        Step::WriteSlot(write) => json!({
            "client": write.client,
            "expected": expected(&write.expected),
            "change": slot(&write.change),
        }),
    }
}

/// What a record's write says, with the fingerprint where the record holds the whole HMAC.
fn change(what: &What) -> Value {
    let mut change = json!(what);
    if let Some(Value::String(secret)) = change.get_mut("secret") {
        secret.truncate(8);
    }
    change
}

fn expected(expected: &Expected) -> Value {
    match expected {
        Expected::Absent => Value::Null,
        Expected::Version(version) => json!(version),
    }
}

fn content(content: &LiveContent) -> Value {
    match content {
        LiveContent::Unchanged => json!("unchanged"),
        LiveContent::Publish { client, secret, why, .. } => {
            json!({ "client": client, "fingerprint": secret.fingerprint().to_string(), "why": why })
        }
    }
}

fn slot(change: &SlotChange) -> Value {
    let (what, secret) = match change {
        SlotChange::Enter { secret, .. } => ("enter", secret.secret),
        SlotChange::TakeLive { secret, .. } => ("take-live", *secret),
        SlotChange::Deposit { candidate, .. } => ("deposit", candidate.secret),
        SlotChange::Promote { candidate } => ("promote", *candidate),
    };
    json!({ "what": what, "fingerprint": secret.fingerprint().to_string() })
}

fn told(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Looked(_) => json!({ "outcome": "looked" }),
        Outcome::Answered(answer) => json!({ "outcome": answer.kind, "detail": answer.detail }),
        Outcome::Written(version) => json!({ "outcome": "written", "version": version }),
        Outcome::OutputWritten => json!({ "outcome": "written" }),
        Outcome::Conflict => json!({ "outcome": "conflict" }),
        Outcome::Unclear(why) => json!({ "outcome": "unclear", "detail": why }),
        Outcome::Failed(trouble) => json!({ "outcome": "failed", "detail": trouble.text }),
        Outcome::NotAudited => json!({ "outcome": "not audited" }),
    }
}
