//! A program of the user's own.

use std::time::Duration;

use serde_json::Value;
use twinkey_notify::{Channel, Class, Delivered, Event, Exec, Fault, Notice};

use super::harness::{notice, now};

fn sh(script: &str) -> Exec {
    Exec::new(["/bin/sh", "-c", script].map(str::to_owned).to_vec(), Duration::from_secs(1))
}

async fn run(script: &str) -> Result<Delivered, twinkey_notify::Undelivered> {
    sh(script).deliver(&notice(), now()).await
}

#[tokio::test]
async fn a_program_gets_the_document_and_nothing_of_our_environment_but_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let (got, env) = (folder.path().join("got"), folder.path().join("env"));
    let script = format!("cat > {}; /usr/bin/env > {}", got.display(), env.display());
    let changed = Notice { event: Event::Change, ..notice() };
    assert_eq!(sh(&script).deliver(&changed, now()).await, Ok(Delivered::default()));
    let document: Value = serde_json::from_slice(&std::fs::read(got).unwrap()).unwrap();
    assert_eq!(document["type"], "twinkey.change");
    assert_eq!(document["data"]["command"], "twinkey regenerate go-production");
    assert_eq!(document["data"]["fingerprint"], "c0c0c0c0");
    let env = std::fs::read_to_string(env).unwrap();
    let names: Vec<&str> = env.lines().map(|line| line.split('=').next().unwrap()).collect();
    // The shell sets the others itself.
    assert!(names.iter().all(|name| ["PATH", "PWD", "OLDPWD", "SHLVL", "_"].contains(name)), "{names:?}");
    assert!(names.contains(&"PATH"));
}

#[tokio::test]
async fn a_program_that_fails_is_told_with_its_last_words() {
    let error = run("echo first >&2; echo 'no such room' >&2; exit 3").await.unwrap_err();
    assert_eq!(error.class, Class::Failed(Fault::Program));
    assert_eq!(error.to_string(), "the program failed (exit status: 3): no such room");
    let passing = run("exit 75").await.unwrap_err();
    assert_eq!(passing.class, Class::Later { after: None, unclear: false });
    let missing = Exec::new(vec!["/nowhere/at/all".to_owned()], Duration::from_secs(1));
    let error = missing.deliver(&notice(), now()).await.unwrap_err();
    assert_eq!(error.class, Class::Failed(Fault::Program), "{error}");
}

#[tokio::test]
async fn a_program_that_reads_nothing_or_says_much_is_no_trouble() {
    assert_eq!(run("exec <&-; exit 0").await, Ok(Delivered::default()));
    assert_eq!(
        run("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2").await,
        Ok(Delivered::default())
    );
    let error = run("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1").await.unwrap_err();
    assert!(error.to_string().len() < 300);
}

#[tokio::test]
async fn a_program_that_hangs_is_ended_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("sleep 61 & echo $! > {}; sleep 60", pids.display());
    let error = run(&script).await.unwrap_err();
    assert_eq!(error.class, Class::Later { after: None, unclear: true }, "{error}");
    let pid = std::fs::read_to_string(pids).unwrap();
    let stat = format!("/proc/{}/stat", pid.trim());
    let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    for _ in 0..50 {
        if is_gone() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the child of the program goes on");
}

#[tokio::test]
async fn a_child_in_the_background_does_not_hold_us() {
    // It holds standard error open, and is left alone.
    assert_eq!(run("sleep 3 & exit 0").await, Ok(Delivered::default()));
    let begun = std::time::Instant::now();
    assert!(run("sleep 3 & exit 1").await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(2));
}
