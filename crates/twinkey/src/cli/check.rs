//! `check`: is the configuration right, can the store be used, does each client get a token.

use std::io::Write;
use std::path::Path;

use twinkey_core::alerts::CLOCK_IS_OFF;
use twinkey_core::phase::{Phase, phase};
use twinkey_core::seen::{Freshness, RecordSeen, Seen, Which};
use twinkey_core::step::{Probe, Purpose, Step};
use twinkey_core::verdict::{Judged, Verdict, judge};
use twinkey_core::{Client, MAX_SKEW, PerClient, Wish, budget};
use twinkey_store::Severity;

use super::Check;
use crate::calls::skew;
use crate::exit::Exit;
use crate::hands::Hands;
use crate::open::{Opened, Stop, config, select};
use crate::shared::Shared;
use crate::text;

/// Checks everything that can be checked without writing.
pub(super) async fn check(path: &Path, args: &Check) -> Result<Exit, Stop> {
    let config = config(path)?;
    let mut out = anstream::stdout();
    let credentials = select(&config, &args.names)?;
    let _ = writeln!(out, "{}", text::config_is_fine(path, credentials.len()));
    let shared = Shared::new(&config);
    let mut exits = Vec::new();
    for credential in credentials {
        let names = text::Names::of(&credential);
        let _ = write!(
            out,
            "{}",
            text::check_schedule(
                &names,
                &credential.policy,
                crate::clock::Clock::now(&crate::clock::SystemClock)
            )
        );
        if args.config_only {
            continue;
        }
        let name = credential.name.clone();
        match Opened::open(&shared, credential) {
            Ok(opened) => exits.push(one(&opened, &mut out).await),
            Err(stop) => {
                let _ =
                    writeln!(out, "{}", text::check_line(text::Mark::Bad, &format!("{name}: {}", stop.text)));
                exits.push(stop.exit);
            }
        }
    }
    Ok(Exit::worst(exits))
}

async fn one(opened: &Opened, out: &mut impl Write) -> Exit {
    let mut exit = Exit::Fine;
    let credential = &opened.credential;
    let (live, state) = (credential.live_pair.clone(), credential.state.clone());
    match opened.world.store.check(&[live, state.a, state.b, state.record]).await {
        Ok(findings) => {
            for finding in &findings {
                let mark = match finding.severity {
                    Severity::Problem => text::Mark::Bad,
                    Severity::Warning => text::Mark::Odd,
                    Severity::Note => text::Mark::Fine,
                };
                if mark == text::Mark::Bad {
                    exit = Exit::Permission;
                }
                let line = if finding.remedy.is_empty() {
                    finding.text.clone()
                } else {
                    format!("{}; {}", finding.text, finding.remedy)
                };
                let _ = writeln!(out, "{}", text::check_line(mark, &line));
            }
        }
        Err(error) => {
            let stop = crate::open::store_stop(&error);
            let _ = writeln!(out, "{}", text::check_line(text::Mark::Bad, &stop.text));
            return stop.exit;
        }
    }
    Exit::worst([exit, output_file(opened, out), audit(opened, out), tokens(opened, out).await])
}

/// Nothing begins without its line of evidence.
fn audit(opened: &Opened, out: &mut impl Write) -> Exit {
    if !opened.host().audit.unwritable {
        return Exit::Fine;
    }
    let _ = writeln!(out, "{}", text::check_line(text::Mark::Bad, text::CHECK_AUDIT));
    Exit::Permission
}

/// The output file for consumers on this host is ours, or not there yet.
fn output_file(opened: &Opened, out: &mut impl Write) -> Exit {
    let Some(Err(error)) = opened.world.output.as_ref().map(crate::output::OutputFile::read) else {
        return Exit::Fine;
    };
    let line = format!("consumers.output: {error}; {}", error.remedy());
    let _ = writeln!(out, "{}", text::check_line(text::Mark::Bad, &line));
    Exit::Configuration
}

/// One token for each client that has a secret, unless it is known as refused.
async fn tokens(opened: &Opened, out: &mut impl Write) -> Exit {
    let world = &opened.world;
    let mut hands = Hands::new(world, None, PerClient::default());
    let mut seen = Seen::nothing(Wish::Keep, world.who.name(), opened.host());
    let look = Step::Look(Freshness::Ordinary);
    let outcome = hands.perform(&look).await;
    seen = seen.after(&look, outcome, world.clock.now());
    let names = opened.names();
    if let Err(stop) = opened.record_of(&seen) {
        let is_new = seen.trouble.is_none() && seen.record == RecordSeen::Absent;
        let (mark, exit) =
            if is_new { (text::Mark::Odd, Exit::PersonNeeded) } else { (text::Mark::Bad, stop.exit) };
        let _ = writeln!(out, "{}", text::check_line(mark, &stop.text));
        return exit;
    }
    let (mut asked, mut barred) = (Vec::new(), Vec::new());
    for client in Client::BOTH {
        let Some(probe) = question(&seen, client) else { continue };
        if budget::may_ask(&seen, client, probe.secret, world.clock.now()).is_err() {
            barred.push(client);
            continue;
        }
        asked.push(probe.clone());
        let step = Step::Probe(probe);
        let outcome = hands.perform(&step).await;
        seen = seen.after(&step, outcome, world.clock.now());
    }
    let mut exit = Exit::Fine;
    // Both refused alike: then it is the request, also where only one of them was asked just now.
    let is_request = phase(&world.policy, &seen, world.clock.now()) == Phase::Misconfigured;
    for client in barred {
        let code = if is_request {
            let _ =
                writeln!(out, "{}", text::check_line(text::Mark::Bad, &text::check_known_request(client)));
            Exit::Configuration
        } else {
            refused(&seen, client, text::check_known_refused(client), opened, out)
        };
        exit = Exit::worst([exit, code]);
    }
    for probe in asked {
        let Some(probed) = seen.answers(probe.client, probe.secret).next_back() else { continue };
        let verdict = match judge(&seen, probed, true) {
            Judged::Verdict(verdict) => verdict,
            Judged::NeedsControl if is_request => Verdict::Misconfigured,
            Judged::NeedsControl => Verdict::Rejected,
        };
        let told = text::check_token(&names, probe.client, verdict, &probed.answer);
        let mut said = |mark, code| {
            let _ = writeln!(out, "{}", text::check_line(mark, &told));
            code
        };
        let code = match verdict {
            Verdict::Accepted => said(text::Mark::Fine, Exit::Fine),
            Verdict::Passing => said(text::Mark::Odd, Exit::Temporary),
            Verdict::Misconfigured => said(text::Mark::Bad, Exit::Configuration),
            Verdict::Rejected | Verdict::Forbidden => refused(&seen, probe.client, told, opened, out),
        };
        for warning in &probed.answer.warnings {
            let _ = writeln!(out, "{}", text::check_line(text::Mark::Odd, warning));
        }
        exit = Exit::worst([exit, code]);
    }
    Exit::worst([exit, clock(&seen, out)])
}

/// The clock, by the provider's answers.
fn clock(seen: &Seen, out: &mut impl Write) -> Exit {
    let Some(off) = skew(seen).filter(|off| off.abs() > CLOCK_IS_OFF) else { return Exit::Fine };
    let bars = off.abs() > MAX_SKEW;
    let mark = if bars { text::Mark::Bad } else { text::Mark::Odd };
    let _ = writeln!(out, "{}", text::check_line(mark, &text::check_clock(off, bars)));
    if bars { Exit::PersonNeeded } else { Exit::Fine }
}

/// Says that a client is refused; of the live one also what that means, for consumers hold it.
fn refused(seen: &Seen, client: Client, mut told: String, opened: &Opened, out: &mut impl Write) -> Exit {
    let is_active = seen.record().is_some_and(|record| record.is_active(client));
    if is_active {
        told += &text::check_live_refused(&opened.names(), opened.world.policy.failover);
    }
    let _ = writeln!(out, "{}", text::check_line(text::Mark::Bad, &told));
    if is_active { Exit::PersonNeeded } else { Exit::StandbyRefused }
}

fn question(seen: &Seen, client: Client) -> Option<Probe> {
    let active = seen.record()?.active.as_ref().filter(|active| active.client == client);
    let purpose = Purpose::Health;
    if let Some(active) = active {
        let (client_id, secret) = (active.client_id.clone(), active.secret);
        return Some(Probe { client, which: Which::Live, client_id, secret, purpose });
    }
    let slot = seen.slots[client].as_ref()?;
    let secret = slot.secret?.secret;
    Some(Probe { client, which: Which::Secret, client_id: slot.client_id.clone(), secret, purpose })
}
