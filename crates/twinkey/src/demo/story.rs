//! How the demo is told.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use twinkey_core::decision::Wait;
use twinkey_core::{Outcome, Seen, Step, What};

use super::consumer::Tally;
use super::stage::{NAME, Stage};
use crate::clock::{Clock, SystemClock};
use crate::open::Opened;
use crate::run::{Watcher, look};
use crate::text;

/// The running story, told on standard output with the seconds since its beginning.
pub(super) struct Story {
    begun: Timestamp,
    names: Option<crate::config::Credential>,
}

/// What took place, from the record itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    switches: usize,
    regenerations: usize,
}

impl Counts {
    pub(super) fn of(seen: &Seen) -> Self {
        let transitions = seen.record().map_or(&[][..], |record| &record.transitions);
        let count =
            |is: fn(&What) -> bool| transitions.iter().filter(|transition| is(&transition.what)).count();
        Self {
            switches: count(|what| matches!(what, What::Published { .. })),
            regenerations: count(|what| matches!(what, What::Proven { .. })),
        }
    }
}

const HEADING: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();

impl Story {
    pub(super) fn begin() -> Self {
        Self { begun: SystemClock.now(), names: None }
    }

    /// From now on steps are told in this credential's names.
    pub(super) fn about(&mut self, opened: &Opened) {
        self.names = Some(opened.credential.clone());
    }

    pub(super) fn scene(&self, stage: &Stage) {
        print(&format!(
            "{HEADING}Twinkey demo{HEADING:#}  everything happens on this machine, in a temporary folder\n"
        ));
        print(&format!("  sandbox provider, no place for real secrets: {}\n", stage.portal_url()));
        print("  a consumer asks for ten tokens a second and reads its file every 2 s\n");
    }

    pub(super) fn chapter(&self, title: &str, what: &str) {
        print(&format!("\n{HEADING}{title}{HEADING:#}  {what}\n"));
    }

    pub(super) fn line(&self, text: &str) {
        let seconds = SystemClock.now().duration_since(self.begun).as_secs_f64();
        print(&format!("{QUIET}{seconds:6.1} s{QUIET:#}  {text}\n"));
    }

    /// The screen of `twinkey status`, as a person would see it now.
    pub(super) async fn status(&self, opened: &Opened) {
        let seen = look(&opened.world, opened.host()).await;
        let now = opened.world.clock.now();
        print("\n");
        for line in text::status(&opened.names(), &opened.world.policy, &seen, now).lines() {
            print(&format!("          {line}\n"));
        }
        print("\n");
    }

    pub(super) fn consumers(&self, tally: &Tally) {
        let style = if tally.failures == 0 { GOOD } else { BAD };
        self.line(&format!("{style}{} of {} requests failed{style:#}", tally.failures, tally.requests));
    }

    pub(super) fn summary(&self, script: &Tally, ordinary: &Tally, wrong: &Tally, counts: &Counts) {
        let row = |what: &str, value: String| print(&format!("  {what:<44}{value}\n"));
        self.chapter("Summary", "");
        row("switches", counts.switches.to_string());
        row("regenerations proven", counts.regenerations.to_string());
        row("consumer requests", (script.requests + ordinary.requests + wrong.requests).to_string());
        row("failures of the script, two rotations", coloured(script.failures));
        row("failures under Twinkey, two cycles", coloured(ordinary.failures));
        let outage = wrong.outage().as_secs_f64();
        row("the wrong click: rescued after", format!("{outage:.1} s ({} failures)", wrong.failures));
        let seconds = SystemClock.now().duration_since(self.begun).as_secs_f64();
        row("the whole demo", format!("{seconds:.0} s"));
    }

    pub(super) fn keep(&self, stage: &Stage) {
        let config = stage.config_file();
        let config = config.display();
        self.chapter("Yours", "the sandbox goes on until you press Ctrl-C; in another terminal:");
        for command in ["status", "rotate --now --reason practice", "regenerate", "history"] {
            let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
            print(&format!("  twinkey --config {config} {verb} {NAME} {rest}\n"));
        }
        print(&format!("  the portal: {}\n", stage.portal_url()));
        // For whoever waits for the scenes to be over.
        let _ = std::fs::write(stage.path("kept"), "");
    }
}

fn coloured(failures: u64) -> String {
    let style = if failures == 0 { GOOD } else { BAD };
    format!("{style}{failures}{style:#}")
}

fn print(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

impl Watcher for Story {
    fn after(&mut self, step: &Step, outcome: &Outcome, _: &Seen) {
        let Some(credential) = &self.names else { return };
        // The rounds look again and again; only what changes something is told.
        if step.is_write()
            && let Some(line) = text::step_line(&text::Names::of(credential), step, outcome)
        {
            self.line(&line);
        }
    }

    fn waiting(&mut self, wait: &Wait, now: Timestamp) {
        if self.names.is_some() {
            self.line(&text::waiting_line(wait, now));
        }
    }
}
