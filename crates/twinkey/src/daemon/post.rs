//! What the daemon remembers of one credential between two rounds.

use std::sync::Arc;

use jiff::Timestamp;

use super::pace::Pace;
use crate::config::Credential;

/// One credential at its post.
#[derive(Clone, Debug)]
pub(super) struct Post {
    /// What the configuration says of it.
    pub(super) credential: Arc<Credential>,
    /// How often it is looked at.
    pub(super) pace: Pace,
    /// When the next scheduled switch is due.
    pub(super) due: Option<Timestamp>,
}

impl Post {
    /// A credential that nobody has looked at yet.
    pub(super) fn new(credential: Arc<Credential>, now: Timestamp) -> Self {
        Self { credential, pace: Pace::new(now), due: None }
    }

    /// The same post under a configuration that was read anew. Somebody who looked at another place has not watched
    /// this one.
    pub(super) fn configured(mut self, credential: Arc<Credential>, now: Timestamp) -> Self {
        if self.credential.policy.place != credential.policy.place {
            return Self::new(credential, now);
        }
        self.pace.wake = now;
        Self { credential, ..self }
    }

    /// A round begins.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.pace.begin(self.credential.policy.look_every, now);
    }

    /// A round has ended; see [`Pace::end`].
    pub(super) fn end(&mut self, failed: bool, wake: Option<Timestamp>, now: Timestamp, chance: f64) {
        self.pace.end(self.credential.policy.look_every, failed, wake, now, chance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn another_place_is_another_watch() {
        let text = include_str!("../../../../config/twinkey.example.toml");
        let config = crate::config::Config::parse(text, std::path::Path::new("example"), at(0)).unwrap();
        let mut post = Post::new(Arc::new(config.credentials[0].clone()), at(0));
        post.begin(at(0));
        let same = post.clone().configured(Arc::clone(&post.credential), at(9));
        assert_eq!((same.pace.watching, same.pace.wake), (Some(at(0)), at(9)));
        let mut moved = (*post.credential).clone();
        moved.policy.place.live_pair = "elsewhere".into();
        assert_eq!(post.configured(Arc::new(moved), at(9)).pace.watching, None);
    }
}
