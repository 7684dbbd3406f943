//! A switch by the service: what is left of it when the program runs and its connections are open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Process;
use super::switch::Stage;
use crate::harness::daemon::Daemon;
use crate::harness::ground::Ground;
use crate::harness::traffic::{Passage, Traffic};

/// What a switch took over connections that were open.
pub struct Warm {
    /// From the first request until the answer to the write of the live pair was on its way back.
    pub seen: Duration,
    /// How long of that the servers were at work.
    pub served: Duration,
}

impl Stage {
    /// A stage whose lines take so long in each direction, where a switch will be due in some seconds.
    pub async fn soon(ground: &Arc<Ground>, traffic: Arc<Traffic>, delay: Duration) -> Self {
        let soon = "schedule = \"*/5 * * * * *\"\nmin-interval = \"4s\"";
        let stage = Self::scheduled(soon, ground, traffic, delay).await;
        stage.host.looked_after_every("1h");
        stage.host.change(
            "standby-every = \"1s\", active-every = \"1s\"",
            "standby-every = \"1h\", active-every = \"1h\"",
        );
        stage
    }

    /// A switch by the service, which has looked before and whose connections are open.
    pub async fn switch_by_service(&self) -> Warm {
        let service = Daemon::start(&self.host).await;
        Process(service.pid()).rests().await;
        let before = self.traffic.taken();
        assert!(self.published(&before).is_none(), "it was due too early: {before:#?}");
        service.says("is live and").await;
        let passages = self.traffic.taken();
        let begun = passages.iter().map(|passage| passage.begun).min().expect("it looked before");
        let published = self.published(&passages).expect("the live pair was written");
        let took = Warm { seen: published.ended - begun, served: served(&passages, published.ended) };
        service.ends(&self.host, Signal::TERM).await;
        self.is_switched().await;
        took
    }
}

/// How long servers were at work until then; what they did at the same time counts once.
fn served(passages: &[Passage], until: Instant) -> Duration {
    let mut spans: Vec<_> = passages.iter().map(|passage| (passage.asked, passage.answered)).collect();
    spans.retain(|(asked, _)| *asked < until);
    spans.sort();
    let mut served = Duration::ZERO;
    let mut counted = None;
    for (asked, answered) in spans {
        let from = counted.map_or(asked, |counted| asked.max(counted));
        served += answered.saturating_duration_since(from);
        counted = counted.max(Some(answered));
    }
    served
}
