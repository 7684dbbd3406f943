//! Many writers: at most one wins each version, and all see who.

use tokio::task::JoinSet;
use twinkey_core::Expected;

use super::{attempt, current, pair, place, read, value_of, write, written};
use crate::{Store, Written};

const WRITERS: usize = 8;

pub(super) async fn of_many_writers_one_wins_each_version<S: Store + 'static>(fresh: &impl AsyncFn() -> S) {
    let place = place("race");
    for round in 0..4 {
        let expected = current(&fresh().await, &place).await;
        let mut race = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, place, expected) = (fresh().await, place.clone(), expected.clone());
            race.spawn(async move {
                let name = format!("{round}-{writer}");
                let by = attempt("race", round * WRITERS + writer);
                let answer = write(&store, &place, &expected, &pair(&name), by).await;
                // Loser or winner: the freshest read shows what won.
                let seen = read(&store, &place).await.expect("somebody has written");
                (name, answer, seen)
            });
        }
        let results = race.join_all().await;
        let mut winners = results.iter().filter_map(|(name, answer, _)| match answer {
            Written::Written(version) => Some((name.clone(), version.clone())),
            Written::Conflict => None,
            Written::Unclear(why) => panic!("a race ended in doubt: {why}"),
        });
        let winner = winners.next().expect("one writer wins");
        assert_eq!(winners.next(), None, "two writers won the same version");
        for (_, _, seen) in &results {
            assert_eq!(
                (value_of(&seen.body), seen.version.clone()),
                winner,
                "a loser does not see the winner"
            );
        }
    }
}

pub(super) async fn the_same_attempt_from_many_is_one_write<S: Store + 'static>(fresh: &impl AsyncFn() -> S) {
    let place = place("same-race");
    let start = written(&fresh().await, &place, &Expected::Absent, &pair("0"), attempt("same-race", 0)).await;
    let mut race = JoinSet::new();
    for _ in 0..WRITERS {
        let (store, place, expected) = (fresh().await, place.clone(), Expected::Version(start.clone()));
        race.spawn(
            async move { written(&store, &place, &expected, &pair("1"), attempt("same-race", 1)).await },
        );
    }
    let mut versions = race.join_all().await;
    versions.dedup();
    assert_eq!(versions.len(), 1, "one attempt made several versions: {versions:?}");
}
