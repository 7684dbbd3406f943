//! One case: a scenario whose command dies at one point, and what comes of it.

use std::collections::BTreeMap;
use std::fs;

use super::evidence::{self, Unfinished};
use super::scenarios::{Next, Scenario};
use super::stage::{Order, Stage};
use super::standing::{DOCUMENTS, Standing};
use crate::harness::consumer::Consumer;
use crate::harness::host::NAME;

/// How often somebody comes before the case counts as lost.
const PATIENCE: u32 = 6;

/// The end that an undisturbed run has.
pub struct Goal {
    /// In words.
    pub words: String,
    /// The points that it passed, in order.
    pub passed: Vec<String>,
}

/// What one case came to.
pub struct Lived {
    /// How many runs it took after the kill.
    pub runs: u32,
    /// New versions of the live pair.
    pub versions: u64,
    /// The write that was under way when the process died, and whether it had taken place.
    pub begun: Vec<Unfinished>,
}

/// A run that nobody disturbs, and the round after it.
pub async fn undisturbed(scenario: &Scenario, stage: &Stage) -> Result<Goal, String> {
    let before = Standing::of(stage).await;
    let log = stage.host.path("passed");
    let log = log.to_str().unwrap();
    let ended = stage.runs(&(scenario.order)(stage), &[("TWINKEY_KILL_LOG", log)]).await;
    let passed = fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect();
    fs::remove_file(log).map_err(|_| format!("no point was passed: {}{}", ended.ran.out, ended.ran.err))?;
    scenario.pause().await;
    stage.runs(&Order::rotate(), &[]).await;
    let end = Standing::of(stage).await;
    if end.works != Some(true) {
        return Err(format!("the live pair gets no token:\n{}{}", ended.ran.out, ended.ran.err));
    }
    let versions = end.written(&before, "live");
    if versions != scenario.versions {
        return Err(format!("{versions} new versions of the live pair instead of {}", scenario.versions));
    }
    Ok(Goal { words: end.words(&before), passed })
}

/// The command dies at this point; then others come until the work has come to its end.
pub async fn killed(scenario: &Scenario, stage: &Stage, at: &str, goal: &Goal) -> Result<Lived, String> {
    let before = Standing::of(stage).await;
    let lines_before = audit(stage).lines().count();
    let consumer = (!scenario.outage && before.works.is_some())
        .then(|| Consumer::start(stage.host.path("live.json"), stage.host.consumer_settings()));
    let order = (scenario.order)(stage);
    let ended = stage.runs(&order, &[("TWINKEY_KILL_AT", at)]).await;
    if ended.signal != Some(9) {
        return Err(format!("it did not die there: {}\n{}{}", ended.ran.code, ended.ran.out, ended.ran.err));
    }
    let at_death = Standing::of(stage).await;

    let runs = converge(scenario, stage, &order, &before, goal).await?;
    let end = Standing::of(stage).await;
    let told = evidence::told(&evidence::lines(&audit(stage)), lines_before, &end);
    let begun = is_complete(told, &before, &at_death, &end)?;
    verified(stage).await?;
    if let Some(consumer) = consumer {
        consumer.has_asked().await;
        let (asked, failed) = consumer.counts();
        if failed > 0 {
            return Err(format!("a consumer failed {failed} of {asked} times"));
        }
    }
    stage.host.no_secret_showed();
    Ok(Lived { runs, versions: end.written(&before, "live"), begun })
}

/// The round comes, and where that is not enough the person types the same command again.
async fn converge(
    scenario: &Scenario,
    stage: &Stage,
    order: &Order,
    before: &Standing,
    goal: &Goal,
) -> Result<u32, String> {
    let mut words = String::new();
    let mut told = String::new();
    for run in 1..=PATIENCE {
        scenario.pause().await;
        let round = (run % 2 == 1) == (scenario.next == Next::Round);
        let ended =
            if round { stage.runs(&Order::rotate(), &[]).await } else { stage.runs(order, &[]).await };
        told += &format!("{run}. exit {}: {}{}\n", ended.ran.code, ended.ran.out, ended.ran.err);
        if ![0, 4, 5, 6].contains(&ended.ran.code) {
            return Err(format!("nobody should have to read this:\n{told}"));
        }
        let standing = Standing::of(stage).await;
        if standing.works == Some(false) && !scenario.outage {
            return Err(format!("the live pair gets no token after run {run}:\n{told}"));
        }
        if standing.record.as_ref().is_some_and(|record| record.intent.is_some()) {
            return Err(format!("a publication is still under way after run {run}:\n{told}"));
        }
        words = standing.words(before);
        if words == goal.words {
            return Ok(run);
        }
    }
    Err(format!("it came to another end\n--- wanted\n{}--- came\n{words}--- told\n{told}", goal.words))
}

/// Every version of every document stands in the log, and of each effect under way it can be told whether it
/// took place: as it was at the moment of death.
fn is_complete(
    (written, begun): (BTreeMap<&'static str, u64>, Vec<Unfinished>),
    before: &Standing,
    at_death: &Standing,
    end: &Standing,
) -> Result<Vec<Unfinished>, String> {
    for document in DOCUMENTS {
        let versions = end.written(before, document);
        if versions != written[document] {
            let told = written[document];
            return Err(format!("{document} has {versions} new versions, and the log tells of {told}"));
        }
    }
    if begun.len() > 1 {
        return Err(format!("more than one effect was under way: {begun:?}"));
    }
    for effect in &begun {
        let at_death = at_death.written(before, effect.document);
        if at_death != effect.before + u64::from(effect.took_place) {
            return Err(format!(
                "the log tells {effect:?}, and {at_death} versions were written at that moment"
            ));
        }
    }
    Ok(begun)
}

/// The chain is whole, and fits the record.
async fn verified(stage: &Stage) -> Result<(), String> {
    let ended = stage.runs(&Order::new(&["history", NAME, "--verify"]), &[]).await;
    match ended.ran.code {
        0 => Ok(()),
        code => Err(format!("history --verify ends with {code}: {}", ended.ran.err)),
    }
}

fn audit(stage: &Stage) -> String {
    fs::read_to_string(stage.host.path("state/audit.jsonl")).unwrap_or_default()
}
