//! The story: look, decide, do one step, and again, until there is nothing to do.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use twinkey_core::decision::{Because, Rest, Wait};
use twinkey_core::seen::{Freshness, Host, Look, Trouble, TroubleClass, With};
use twinkey_core::{LookEvery, Next, Outcome, PerClient, Salt, Seen, Step, Version, Wish, budget, next};

use crate::audit::Entry;
use crate::evidence;
use crate::hands::Hands;
use crate::world::World;

/// What a run is given besides the world.
pub struct Task {
    /// What it is for.
    pub wish: Wish,
    /// What this host remembers.
    pub host: Host,
    /// The secrets that a person has entered for it.
    pub pasted: PerClient<Option<SecretString>>,
    /// The salt to begin with where no record exists yet.
    pub salt: Option<Salt>,
    /// How it treats effects and pauses.
    pub mode: Mode,
}

/// How a run treats effects and pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Does what is due, and waits where a proof takes time.
    Live,
    /// Does what is due, and leaves what takes time to the next run.
    Brief,
    /// Looks and probes, at most once a client, and only tells what it would write.
    Dry,
}

/// How a run ended.
pub struct Report {
    /// All that it saw and did.
    pub seen: Seen,
    /// Why it ended, and when the next one makes sense.
    pub rest: Rest,
    /// The steps, oldest first, with what became of them.
    pub steps: Vec<(Step, Outcome)>,
}

/// Someone who wants to see a run's steps while it goes on: a terminal, the demo.
pub trait Watcher: Send {
    /// A step is about to be done, or in a dry run: would be.
    fn before(&mut self, _step: &Step, _seen: &Seen) {}
    /// A step was done.
    fn after(&mut self, _step: &Step, _outcome: &Outcome, _seen: &Seen) {}
    /// Nothing happens until then.
    fn waiting(&mut self, _wait: &Wait, _now: Timestamp) {}
    /// Whether the run is to end at the next safe point: the service stops.
    fn stops(&self) -> bool {
        false
    }
}

/// Nobody watches.
pub struct Unwatched;
impl Watcher for Unwatched {}

/// One run for one credential. It never retries: whoever wakes it owns that.
pub async fn run(world: &World, task: Task, watcher: &mut dyn Watcher) -> Report {
    let mut hands = Hands::new(world, task.salt, task.pasted);
    let mut seen = Seen::nothing(task.wish, world.who.name(), task.host);
    let mut steps = Vec::new();
    let rest = loop {
        if watcher.stops() && !is_under_way(&seen) {
            break nothing();
        }
        match next(&world.policy, &seen, world.clock.now()) {
            Next::Do(step) if task.mode == Mode::Dry && ends_dry_run(&step, &seen) => break nothing(),
            Next::Do(step) => {
                watcher.before(&step, &seen);
                let asked = world.clock.now();
                let (step, outcome) = match (step, task.mode) {
                    (step @ Step::Look(_), _) => look_as(world, &mut hands, &mut seen, step).await,
                    (step, Mode::Live | Mode::Brief) => effect(world, &mut hands, &mut seen, step).await,
                    (step, Mode::Dry) => pretend(&mut hands, &seen, step).await,
                };
                let answered = world.clock.now();
                seen = seen.after(&step, outcome.clone(), known_at(&step, asked, answered));
                slept(world, &mut seen, asked, asked, answered);
                watcher.after(&step, &outcome, &seen);
                steps.push((step, outcome));
            }
            Next::Wait(wait) if task.mode != Mode::Live => {
                break Rest { why: Because::Nothing, wake: Some(wait.until) };
            }
            Next::Wait(wait) => {
                let from = world.clock.now();
                watcher.waiting(&wait, from);
                world.clock.sleep_until(wait.until).await;
                slept(world, &mut seen, from, wait.until, world.clock.now());
            }
            Next::Rest(rest) => break rest,
        }
    };
    let rest = told_from_rivals(rest, &mut seen, &steps);
    Report { seen, rest, steps }
}

/// Whoever looks too often has met others who were faster, or a store that leaves every write unclear: that is trouble.
fn told_from_rivals(rest: Rest, seen: &mut Seen, steps: &[(Step, Outcome)]) -> Rest {
    let mut writes = steps.iter().filter(|(step, _)| step.is_write()).map(|(_, outcome)| outcome);
    let last = writes.clone().next_back();
    let (Because::OthersAtWork, Some(Outcome::Unclear(why))) = (&rest.why, last) else { return rest };
    if writes.any(|outcome| *outcome == Outcome::Conflict) {
        return rest;
    }
    let text = format!("the last write got no clear answer: {why}");
    let trouble = Trouble { with: With::Unclear, class: TroubleClass::Temporary, text };
    seen.trouble = Some(trouble.clone());
    Rest { why: Because::Trouble(trouble), ..rest }
}

/// Whether a publication has been begun and not ended. Whoever comes next could end it as well; it is better not
/// to leave it to them.
fn is_under_way(seen: &Seen) -> bool {
    seen.record().is_some_and(|record| record.intent.is_some())
}

/// From when an outcome counts. A token is as old as the question: a host may sleep while the answer waits.
fn known_at(step: &Step, asked: Timestamp, answered: Timestamp) -> Timestamp {
    if matches!(step, Step::Probe(_)) { asked } else { answered }
}

/// Longer than any request takes, unless its host slept.
const LOOK_HOLDS: SignedDuration = SignedDuration::from_mins(2);

/// From `from` to `woken` nothing was done, of which everything after `due` was not meant. A process that slept has not
/// watched: what became of the store meanwhile it did not see. Nor is what it had looked at worth a step: whoever was
/// spoken to meanwhile has let go, and the permit may be somebody else's, which a slot does not tell by its version.
fn slept(world: &World, seen: &mut Seen, from: Timestamp, due: Timestamp, woken: Timestamp) {
    if let LookEvery::Every(often) = world.policy.look_every
        && woken.duration_since(from) > often.saturating_mul(2)
    {
        seen.host.watching = seen.host.watching.map(|_| woken);
    }
    if seen.look == Look::Fresh && woken.duration_since(due) > LOOK_HOLDS {
        seen.look = Look::Due(Freshness::Latest);
    }
}

/// A look, and beside it the question who we are: one round trip for both, and before anything that has evidence.
async fn look_as(world: &World, hands: &mut Hands<'_>, seen: &mut Seen, step: Step) -> (Step, Outcome) {
    let ask = world.who.ask(world.store.who(), world.clock.now());
    let (outcome, name) = tokio::join!(hands.perform(&step), ask);
    match name {
        Ok(name) => name.clone_into(&mut seen.by),
        Err(error) => tracing::debug!(credential = world.name, %error, "the store does not say who we are"),
    }
    (step, outcome)
}

/// One effect between its two lines of evidence.
async fn effect(world: &World, hands: &mut Hands<'_>, seen: &mut Seen, step: Step) -> (Step, Outcome) {
    let by = seen.by.clone();
    let recorded = note(world, seen, evidence::before(&world.name, &by, &step, world.clock.now()));
    if !recorded && step.needs_audit() {
        return (step, Outcome::NotAudited);
    }
    let step = evidence::with_head(step, &seen.host.audit);
    let outcome = hands.perform(&step).await;
    note(world, seen, evidence::after(&world.name, &by, &step, &outcome, world.clock.now()));
    (step, outcome)
}

/// Writes one line of evidence; whether that worked is part of what the run knows.
fn note(world: &World, seen: &mut Seen, entry: Entry) -> bool {
    #[expect(
        clippy::unwrap_used,
        reason = "a poisoned lock means that a thread panicked while writing evidence"
    )]
    let written = world.audit.lock().unwrap().append(entry);
    match written {
        Ok(head) => {
            seen.host.audit.head = Some(head);
            seen.host.audit.unwritable = false;
            true
        }
        Err(error) => {
            tracing::error!(credential = world.name, %error, "the audit log cannot be written");
            seen.host.audit.unwritable = true;
            false
        }
    }
}

/// A dry run looks and asks for real, and only imagines its writes.
async fn pretend(hands: &mut Hands<'_>, seen: &Seen, step: Step) -> (Step, Outcome) {
    let outcome = match &step {
        Step::WriteOutput => Outcome::OutputWritten,
        step if step.is_write() => Outcome::Written(Version::new(format!("dry-{}", seen.probes.len()))),
        step => hands.perform(step).await,
    };
    (step, outcome)
}

/// A dry run asks each client at most once, and never with a secret that is known as refused.
fn ends_dry_run(step: &Step, seen: &Seen) -> bool {
    match step {
        Step::Probe(probe) => {
            let asked = seen.probes.iter().any(|probed| probed.client == probe.client);
            asked || budget::refusals(seen, probe.client, probe.secret).is_some()
        }
        _ => false,
    }
}

fn nothing() -> Rest {
    Rest { why: Because::Nothing, wake: None }
}

/// Looks once and decides nothing: for `status` and all that only shows.
pub async fn look(world: &World, host: Host) -> Seen {
    let mut hands = Hands::new(world, None, PerClient::default());
    let seen = Seen::nothing(Wish::Keep, world.who.name(), host);
    let Look::Due(freshness) = seen.look else { return seen };
    let step = Step::Look(freshness);
    let outcome = hands.perform(&step).await;
    seen.after(&step, outcome, world.clock.now())
}

#[cfg(test)]
mod tests;
