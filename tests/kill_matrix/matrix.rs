//! All scenarios, all points.

use std::collections::BTreeSet;
use std::sync::Arc;

use strum::VariantArray as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use twinkey_kill::{Point, Side};

use super::case::{self, Goal, Lived};
use super::scenarios::{self, Scenario};
use super::stage::Stage;
use crate::harness::ground::{Ground, Kind};

/// Points that no scenario passes, and why none can.
pub const NOT_PASSED: &[(Point, &str)] = &[(
    Point::RecordDrainEndedWatched,
    "only a process that watches without a gap writes it: the service, whose stories see it written",
)];

/// The points within one kind of store.
fn is_of(point: Point) -> Option<Kind> {
    match point {
        Point::SyncStore
        | Point::LinkStorePrevious
        | Point::SyncStoreFolder
        | Point::SyncStoreKey
        | Point::SyncStoreKeyFolder => Some(Kind::File),
        Point::PutAside => Some(Kind::Aws),
        _ => None,
    }
}

/// Cases at a time: they mostly wait for files and sockets.
const AT_A_TIME: usize = 4;

/// How much of the matrix is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every point as often as it is passed in every scenario.
    Whole,
    /// Every step of every scenario; what else is written once within and once behind each class of step.
    Short,
    /// The steps of a switch, and of the fence that gives one up.
    Switch,
}

/// The scenarios of [`Extent::Switch`].
const SWITCHES: [&str; 2] = ["a scheduled switch", "abandoning by the fence"];

/// The matrix.
pub struct Matrix {
    pub kind: Kind,
    pub extent: Extent,
    /// Whether to print a line a case.
    pub print: bool,
}

/// A scenario ready to be copied, and the end that it should come to.
struct Ready {
    scenario: Scenario,
    stage: Stage,
    goal: Goal,
}

impl Matrix {
    /// Runs it; the failures, each with everything that is known of it, and how many cases there were.
    pub async fn run(&self) -> (Vec<String>, usize) {
        let ground = Ground::start(self.kind).await;
        let (ready, mut failures) = self.prepare(&ground).await;
        if self.extent != Extent::Switch {
            failures.extend(self.unpassed(&ready));
        }
        let done = live(self.cases(&ready)).await;
        if self.print {
            self.tell(&ready, &done);
        }
        let failed = done.iter().filter_map(|done| {
            let why = done.lived.as_ref().err()?;
            Some(format!("{}, killed at {}: {why}", done.scenario, done.at))
        });
        failures.extend(failed);
        (failures, done.len())
    }

    /// A line a case, and the totals.
    fn tell(&self, ready: &[Arc<Ready>], done: &[Done]) {
        println!("\n{:36} {:46} killed  runs  versions  audit", "scenario", "point");
        done.iter().for_each(|done| println!("{}", line(done)));
        for (point, why) in NOT_PASSED {
            println!("not passed: {}: {why}", <&str>::from(point));
        }
        let lived: Vec<&Lived> = done.iter().filter_map(|done| done.lived.as_ref().ok()).collect();
        println!(
            "\n{} kills in {} scenarios on the {} store, before and after {} of {} points: {} converged, after {} \
             runs in all. {} new versions of the live pair, {} writes under way whose outcome was told.",
            done.len(),
            ready.len(),
            self.kind.name(),
            self.points().count() - NOT_PASSED.len(),
            self.points().count(),
            lived.len(),
            lived.iter().map(|lived| lived.runs).sum::<u32>(),
            lived.iter().map(|lived| lived.versions).sum::<u64>(),
            lived.iter().map(|lived| lived.begun.len()).sum::<usize>(),
        );
    }

    /// Sets all scenarios up and runs each once undisturbed.
    async fn prepare(&self, ground: &Arc<Ground>) -> (Vec<Arc<Ready>>, Vec<String>) {
        let at_a_time = Arc::new(Semaphore::new(2 * AT_A_TIME));
        let mut set = JoinSet::new();
        let wanted = |scenario: &Scenario| self.extent != Extent::Switch || SWITCHES.contains(&scenario.name);
        for (number, scenario) in scenarios::all().into_iter().filter(wanted).enumerate() {
            let (at_a_time, ground) = (at_a_time.clone(), ground.clone());
            set.spawn(async move {
                let _turn = at_a_time.acquire().await.unwrap();
                let name = scenario.name;
                let stage = scenario.set_up(&ground).await;
                let goal = case::undisturbed(&scenario, &stage.copied().await).await;
                let goal = goal.map_err(|why| format!("{name}, undisturbed: {why}"))?;
                Ok((number, Arc::new(Ready { scenario, stage, goal })))
            });
        }
        let (mut ready, mut failures) = (Vec::new(), Vec::new());
        while let Some(done) = set.join_next().await {
            match done {
                Ok(Ok(one)) => ready.push(one),
                Ok(Err(why)) => failures.push(why),
                Err(panicked) => failures.push(format!("a set-up panicked: {panicked}")),
            }
        }
        ready.sort_by_key(|(number, _)| *number);
        (ready.into_iter().map(|(_, ready)| ready).collect(), failures)
    }

    /// Which cases are run.
    fn cases(&self, ready: &[Arc<Ready>]) -> Vec<(Arc<Ready>, String)> {
        let mut seen = BTreeSet::new();
        let mut cases = Vec::new();
        for ready in ready {
            for (context, at) in contexts(&ready.goal.passed) {
                let first = seen.insert((context, at.split('#').next().unwrap().to_owned()));
                let wanted = match self.extent {
                    Extent::Whole => true,
                    Extent::Short => first || context == Context::Step,
                    Extent::Switch => context == Context::Step || at.contains(":put:"),
                };
                if wanted {
                    cases.push((ready.clone(), at.clone()));
                }
            }
        }
        cases
    }
}

impl Matrix {
    fn points(&self) -> impl Iterator<Item = Point> {
        let own = self.kind;
        Point::VARIANTS.iter().copied().filter(move |point| is_of(*point).is_none_or(|kind| kind == own))
    }

    /// The points that no scenario passes though one should, and the other way round.
    fn unpassed(&self, ready: &[Arc<Ready>]) -> Vec<String> {
        let passed: BTreeSet<&str> = ready
            .iter()
            .flat_map(|ready| &ready.goal.passed)
            .map(|at| at.split('#').next().unwrap())
            .collect();
        let mut failures = Vec::new();
        for point in self.points() {
            for side in Side::VARIANTS {
                let name = format!("{}:{}", <&str>::from(side), <&str>::from(point));
                let excused = NOT_PASSED.iter().any(|(excused, _)| *excused == point);
                match (passed.contains(name.as_str()), excused) {
                    (false, false) => failures.push(format!("no scenario passes {name}")),
                    (true, true) => {
                        failures.push(format!("{name} is passed after all: strike it off the list"))
                    }
                    _ => {}
                }
            }
        }
        failures
    }
}

/// A case that was run.
struct Done {
    scenario: &'static str,
    at: String,
    lived: Result<Lived, String>,
}

/// Runs these cases, some at a time; in their order.
async fn live(cases: Vec<(Arc<Ready>, String)>) -> Vec<Done> {
    let at_a_time = Arc::new(Semaphore::new(AT_A_TIME));
    let run = cases.into_iter().map(|(ready, at)| {
        let at_a_time = at_a_time.clone();
        let (scenario, point) = (ready.scenario.name, at.clone());
        let case = tokio::spawn(async move {
            let _turn = at_a_time.acquire().await.unwrap();
            case::killed(&ready.scenario, &ready.stage.copied().await, &at, &ready.goal).await
        });
        (scenario, point, case)
    });
    let mut done = Vec::new();
    for (scenario, at, case) in run.collect::<Vec<_>>() {
        let lived = case.await.unwrap_or_else(|panicked| Err(format!("the case panicked: {panicked}")));
        done.push(Done { scenario, at, lived });
    }
    done
}

fn line(done: &Done) -> String {
    let Done { scenario, at, lived } = done;
    let Ok(lived) = lived else { return format!("{scenario:36} {at:46} FAILED") };
    let audit = match lived.begun.first() {
        Some(effect) if effect.took_place => format!("whole; {} was written", effect.document),
        Some(effect) => format!("whole; {} was not written", effect.document),
        None => "whole".to_owned(),
    };
    format!("{scenario:36} {at:46} yes     {:4}  {:8}  {audit}", lived.runs, lived.versions)
}

/// Where a point stands in its run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Context<'p> {
    /// It is a step itself.
    Step,
    /// Something that is written within a step of this class.
    Within(&'p str),
    /// Something that is written after a step of this class: evidence, notes.
    Behind(&'p str),
}

fn contexts(passed: &[String]) -> Vec<(Context<'_>, &String)> {
    let (mut within, mut behind) = (None, "the beginning");
    let mut contexts = Vec::new();
    for at in passed {
        let (side, point) = at.split('#').next().unwrap().split_once(':').unwrap();
        let class = point.split(':').next().unwrap();
        let is_step = !["sync", "link", "put", "write-notes"].contains(&class);
        let context =
            if is_step { Context::Step } else { within.map_or(Context::Behind(behind), Context::Within) };
        contexts.push((context, at));
        if is_step {
            within = (side == <&str>::from(Side::Before)).then_some(class);
            behind = class;
        }
    }
    contexts
}
