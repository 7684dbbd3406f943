//! Whose turn it is: the posts by the time of their next round. A credential is at work at most once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::post::Post;
use crate::config::{Config, Credential};

/// All credentials of the configuration: those that wait, and those at work.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    waiting: BTreeMap<String, Post>,
    /// Who waits, by the time of the next round.
    queue: BTreeSet<(Timestamp, String)>,
    /// Who waits, by the time of the next switch.
    dues: BTreeSet<(Timestamp, String)>,
    at_work: BTreeMap<String, Post>,
    configured: BTreeMap<String, Arc<Credential>>,
}

impl Rounds {
    /// These credentials from now on. One that is at work goes on, and comes under the new configuration after it.
    pub(super) fn configure(&mut self, config: &Config, now: Timestamp) {
        let named = |credential: &Credential| (credential.name.clone(), Arc::new(credential.clone()));
        self.configured = config.credentials.iter().map(named).collect();
        let mut before = std::mem::take(&mut self.waiting);
        self.queue.clear();
        self.dues.clear();
        for (name, credential) in self.configured.clone() {
            if self.at_work.contains_key(&name) {
                continue;
            }
            let post = match before.remove(&name) {
                Some(post) => post.configured(credential, now),
                None => Post::new(credential, now),
            };
            self.wait(post);
        }
    }

    /// Takes out those whose time has come.
    pub(super) fn start_due(&mut self, now: Timestamp) -> Vec<Post> {
        let mut due = Vec::new();
        while let Some((at, name)) = self.queue.first().cloned()
            && at <= now
            && let Some(post) = self.take(&name)
        {
            self.at_work.insert(name, post.clone());
            due.push(post);
        }
        due
    }

    /// A round has ended.
    pub(super) fn put_back(&mut self, post: Post) {
        let name = post.credential.name.clone();
        self.at_work.remove(&name);
        let Some(credential) = self.configured.get(&name) else { return };
        let post = if Arc::ptr_eq(credential, &post.credential) {
            post
        } else {
            let wake = post.pace.wake;
            post.configured(Arc::clone(credential), wake)
        };
        self.wait(post);
    }

    /// Whoever counts as being at work and is not: their round ended without coming back.
    pub(super) fn recover(&mut self, at_work: &BTreeSet<String>, now: Timestamp) {
        let lost: Vec<String> =
            self.at_work.keys().filter(|name| !at_work.contains(*name)).cloned().collect();
        for name in lost {
            if let Some(mut post) = self.at_work.remove(&name) {
                post.end(true, None, now, 0.0);
                self.put_back(post);
            }
        }
    }

    /// When the next round begins.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// The earliest switch that is still to come due.
    pub(super) fn earliest_due(&self, now: Timestamp) -> Option<Timestamp> {
        let later = now.saturating_add(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MAX);
        self.dues.range((later, String::new())..).next().map(|(due, _)| *due)
    }

    /// Calls those whose switch is due.
    pub(super) fn wake_due(&mut self, now: Timestamp) {
        let due = self.dues.iter().take_while(|(due, _)| *due <= now);
        let names: Vec<String> = due.map(|(_, name)| name.clone()).collect();
        for name in names {
            if let Some(mut post) = self.take(&name) {
                post.pace.wake = post.pace.wake.min(now);
                self.wait(post);
            }
        }
    }

    fn wait(&mut self, post: Post) {
        let name = post.credential.name.clone();
        // One that was given up for lost may still come back.
        self.take(&name);
        self.queue.insert((post.pace.wake, name.clone()));
        self.dues.extend(post.due.map(|due| (due, name.clone())));
        self.waiting.insert(name, post);
    }

    fn take(&mut self, name: &str) -> Option<Post> {
        let post = self.waiting.remove(name)?;
        self.queue.remove(&(post.pace.wake, name.to_owned()));
        if let Some(due) = post.due {
            self.dues.remove(&(due, name.to_owned()));
        }
        Some(post)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn config(names: &[&str]) -> Config {
        let mut text = String::from(
            "[store.s]\nfile = \"/s.age\"\nkey = { file = \"/s.key\" }\n[provider.p]\npreset = \"gbg-go\"\n",
        );
        for name in names {
            text += &format!(
                "[credential.{name}]\nstore = \"s\"\nprovider = \"p\"\nlive-pair = \"app/{name}\"\n\
                 consumers.max-staleness = \"1h\"\n"
            );
        }
        Config::parse(&text, std::path::Path::new("test"), at(0)).unwrap()
    }

    fn names(posts: &[Post]) -> Vec<&str> {
        posts.iter().map(|post| post.credential.name.as_str()).collect()
    }

    #[test]
    fn each_comes_in_its_turn_and_never_twice_at_once() {
        let mut rounds = Rounds::default();
        rounds.configure(&config(&["one", "two"]), at(0));
        let mut started = rounds.start_due(at(0));
        assert_eq!(names(&started), ["one", "two"]);
        assert!(rounds.start_due(at(1_000)).is_empty(), "both are at work");
        let (mut two, mut one) = (started.pop().unwrap(), started.pop().unwrap());
        (one.pace.wake, two.pace.wake) = (at(20), at(10));
        rounds.put_back(one);
        rounds.put_back(two);
        assert_eq!(rounds.next(), Some(at(10)));
        assert_eq!(names(&rounds.start_due(at(10))), ["two"]);
        assert_eq!(names(&rounds.start_due(at(25))), ["one"]);
    }

    #[test]
    fn a_switch_that_comes_due_calls_its_credential_early() {
        let mut rounds = Rounds::default();
        rounds.configure(&config(&["one", "two"]), at(0));
        for mut post in rounds.start_due(at(0)) {
            post.pace.wake = at(300);
            post.due = (post.credential.name == "one").then_some(at(100));
            rounds.put_back(post);
        }
        assert_eq!(rounds.earliest_due(at(0)), Some(at(100)));
        rounds.wake_due(at(99));
        assert!(rounds.start_due(at(99)).is_empty());
        rounds.wake_due(at(100));
        assert_eq!(names(&rounds.start_due(at(100))), ["one"]);
        assert_eq!(rounds.earliest_due(at(100)), None, "it is at work");
    }

    #[test]
    fn a_new_configuration_reaches_those_at_work_after_their_round() {
        let mut rounds = Rounds::default();
        rounds.configure(&config(&["gone", "stays"]), at(0));
        let started = rounds.start_due(at(0));
        rounds.configure(&config(&["stays", "new"]), at(1));
        assert_eq!(names(&rounds.start_due(at(1))), ["new"], "one at work is not started again");
        for mut post in started {
            post.pace.wake = at(50);
            rounds.put_back(post);
        }
        let again = rounds.start_due(at(50));
        assert_eq!(names(&again), ["stays"]);
        assert!(Arc::ptr_eq(&again[0].credential, &rounds.configured["stays"]));
    }

    #[test]
    fn a_round_that_never_comes_back_is_begun_again() {
        let mut rounds = Rounds::default();
        rounds.configure(&config(&["one", "two"]), at(0));
        let mut started = rounds.start_due(at(0));
        rounds.recover(&BTreeSet::from(["two".to_owned()]), at(7));
        assert_eq!(rounds.next(), Some(at(12)));
        assert_eq!(names(&rounds.start_due(at(12))), ["one"]);
        // And where it comes back after all, it waits once.
        rounds.recover(&BTreeSet::from(["two".to_owned()]), at(20));
        let mut one = started.swap_remove(0);
        one.pace.wake = at(40);
        rounds.put_back(one);
        assert_eq!(rounds.next(), Some(at(40)));
        assert_eq!(names(&rounds.start_due(at(40))), ["one"]);
        assert_eq!(rounds.next(), None);
    }
}
