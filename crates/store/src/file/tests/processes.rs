//! Other processes: one that holds the lock, one that is killed, two that write at once.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{Home, expected, get, pair, place, put, run, try_put, value};
use crate::file::FileStore;
use crate::file::lock::Lock;
use crate::file::paths::Paths;
use crate::{AttemptId, Class, Store as _, StoreError, Written};

/// What the other process does; it does nothing on its own.
#[test]
fn child() {
    let (Some(role), Some(folder)) =
        (std::env::var_os("TWINKEY_STORE_ROLE"), std::env::var_os("TWINKEY_STORE_FOLDER"))
    else {
        return;
    };
    let folder = PathBuf::from(folder);
    let (path, key) = (folder.join("twinkey.age"), folder.join("twinkey.key"));
    match role.to_str().unwrap() {
        "hold" => {
            let _lock = Lock::take(&Paths::of(&path, &key).unwrap()).unwrap();
            ready();
            sleep(Duration::from_secs(60));
        }
        "write" => {
            let store = FileStore::open(&path, &key).unwrap();
            ready();
            for number in value(&store).parse::<u64>().unwrap() + 1.. {
                put(&store, &number.to_string());
            }
        }
        "count" => {
            let store = FileStore::open(&path, &key).unwrap();
            ready();
            for _ in 0..COUNTS {
                count(&store);
            }
        }
        role => panic!("{role}"),
    }
}

fn ready() {
    writeln!(std::io::stderr(), "ready").unwrap();
}

/// Starts the test binary again in a role, and waits until it is at it.
fn spawn(home: &Home, role: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "file::tests::processes::child", "--nocapture"])
        .env("TWINKEY_STORE_ROLE", role)
        .env("TWINKEY_STORE_FOLDER", home.folder())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.map(Result::unwrap).any(|line| line.contains("ready")), "the child died");
    child
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn while_another_process_holds_the_lock_reads_go_on_and_writes_are_busy() {
    let home = Home::with_two_generations();
    let store = home.open().unwrap();
    let holder = spawn(&home, "hold");
    assert_eq!(value(&store), "new");
    let error = try_put(&store, "x").unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Temporary);
    assert!(error.remedy().contains("twinkey.age.lock"));
    assert_eq!(value(&store), "new");
    // The lock ends with its process; the file stays and means nothing.
    kill(holder);
    put(&store, "newer");
}

#[test]
fn a_writer_killed_at_any_moment_leaves_a_whole_generation() {
    let home = Home::created();
    put(&home.open().unwrap(), "0");
    put(&home.open().unwrap(), "1");
    let mut last = 1;
    for round in 0..30_u64 {
        let writer = spawn(&home, "write");
        // From at once to many writes later, in steps that share no factor with a write.
        sleep(Duration::from_micros(7_919 * round % 60_000));
        kill(writer);
        let store = home.open().unwrap();
        let now: u64 = value(&store).parse().unwrap();
        assert!(now >= last, "{now} after {last}: a write that was seen is gone");
        let version = get(&store).unwrap().version;
        assert_eq!(version.as_str().split_once('-').unwrap().0, (now + 1).to_string());
        let before: u64 = value(&home.open_previous().unwrap()).parse().unwrap();
        assert!(before == now || before + 1 == now, "the previous generation is {before}, the current {now}");
        last = now;
    }
    assert!(last > 1, "no writer wrote");
    put(&home.open().unwrap(), "end");
    assert_eq!(home.names(), ["twinkey.age", "twinkey.age.lock", "twinkey.age.previous", "twinkey.key"]);
}

const COUNTS: u64 = 20;

/// Adds one, as often as it takes to be the one.
fn count(store: &FileStore) {
    loop {
        let expected = expected(store);
        let next = (value(store).parse::<u64>().unwrap() + 1).to_string();
        // Read after the version, the value may be newer: then the write is refused, as it must be.
        let by = AttemptId::derive(&[&std::process::id().to_be_bytes(), next.as_bytes()]);
        match run(store.write(&place(), &expected, &pair(&next), by)).unwrap() {
            Written::Written(_) => return,
            Written::Conflict => {}
            Written::Unclear(why) => panic!("{why}"),
        }
    }
}

#[test]
fn two_processes_that_count_together_lose_no_count() {
    let home = Home::created();
    let store = home.open().unwrap();
    put(&store, "0");
    let mut others = [spawn(&home, "count"), spawn(&home, "count")];
    for _ in 0..COUNTS {
        count(&store);
    }
    for other in &mut others {
        assert!(other.wait().unwrap().success());
    }
    assert_eq!(value(&store), (3 * COUNTS).to_string());
}
