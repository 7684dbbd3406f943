//! A planted secret shows nowhere.

use super::{Home, get, put, run};
use crate::file::format::Generation;
use crate::file::key::Key;
use crate::{AttemptId, Expected, MemoryStore, Store as _};

const CANARY: &str = "canary-5b1d9c";

#[test]
fn no_file_of_the_store_holds_a_secret_in_plain() {
    let home = Home::created();
    let store = home.open().unwrap();
    for round in 0..3 {
        put(&store, &format!("{CANARY}-{round}"));
    }
    let files = home.files();
    assert!(files.len() >= 4, "{:?}", files.keys());
    for needle in [CANARY, "client_secret", "app/gbg", "documents"] {
        for (name, bytes) in &files {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{needle} in {name:?}");
        }
    }
}

#[test]
fn debug_shows_no_secret() {
    let home = Home::created();
    let store = home.open().unwrap();
    put(&store, CANARY);
    let memory = MemoryStore::new();
    let found = get(&store).unwrap();
    run(memory.write(&super::place(), &Expected::Absent, &found.body, AttemptId::derive(&[]))).unwrap();
    let key = Key::read(&home.key()).unwrap();
    let generation = Generation::open(&std::fs::read(home.path()).unwrap(), &key).unwrap();
    let secret_key = std::fs::read_to_string(home.key()).unwrap().lines().last().unwrap().to_owned();
    let field = found.body.field("client_secret");
    let shown = format!("{store:?} {memory:?} {found:?} {key:?} {generation:?} {field:?}");
    assert!(shown.contains("client_secret"));
    assert!(!shown.contains(CANARY) && !shown.contains(&secret_key), "{shown}");
}
