//! The configuration file.

use std::collections::BTreeSet;
use std::path::Path;

use twinkey::config::Config;

use crate::now;

/// A secret that somebody wrote into the wrong place.
const CANARY: &str = "c4n4ry-S3cret";

/// The input is the file; `{S}` stands for a secret. Every problem has a line of the file, a column, and a
/// remedy, and shows no secret; what loads has a place of its own for every document.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = text.replace("{S}", CANARY);
    match Config::parse(&text, Path::new("t.toml"), now()) {
        Ok(config) => whole(&config),
        Err(problems) => {
            for told in [problems.to_string(), format!("{problems:?}")] {
                assert!(!told.contains(CANARY), "a secret shows: {told}");
            }
            let told = problems.to_string();
            let lines: Vec<&str> = told.lines().collect();
            assert!(!problems.is_empty());
            assert_eq!(lines.len(), problems.len() + 1, "a problem is one line: {told}");
            let last = text.matches('\n').count() + 1;
            for line in &lines[..problems.len()] {
                assert!(stands_in_the_file(line, last), "{line}");
            }
        }
    }
}

/// `t.toml:LINE:COLUMN: what; remedy`
fn stands_in_the_file(problem: &str, last: usize) -> bool {
    let mut parts = problem.splitn(4, ':');
    let file = parts.next();
    let mut number = || parts.next().and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let (line, column) = (number(), number());
    let told = parts.next().unwrap_or_default();
    file == Some("t.toml") && (1..=last).contains(&line) && column >= 1 && told.contains("; ")
}

fn whole(config: &Config) {
    assert!(!config.credentials.is_empty());
    let mut taken = BTreeSet::new();
    for credential in &config.credentials {
        let state = &credential.state;
        for place in [&credential.live_pair, &state.a, &state.b, &state.record] {
            let own = taken.insert((format!("{:?}", credential.store), place.as_str().to_owned()));
            assert!(own, "two documents in one place: {place}");
        }
        assert_ne!(credential.fields.id, credential.fields.secret);
        let policy = &credential.policy;
        assert!(
            policy.settle.tokens >= 1 && !policy.margin.is_negative() && !policy.min_interval.is_negative()
        );
        if let Some(schedule) = &policy.schedule {
            assert!(schedule.next_after(now()).is_some_and(|due| due > now()));
        }
    }
}
