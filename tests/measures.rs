//! Measurements of the release binary on real servers: printed, never asserted. `cargo xtask bench NAME` runs them.

mod daemon;
pub mod switch;
mod warm;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A number that a flag of `cargo xtask bench` may change.
fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[expect(clippy::disallowed_methods, reason = "measures")]
fn now() -> Instant {
    Instant::now()
}

pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One line of a table: what, how much, and what was hoped for.
fn line(what: &str, figure: f64, unit: &str, goal: &str) {
    println!("{what:<58} {figure:>9.3} {unit:<4} {goal}");
}

/// A process as the kernel accounts for it.
#[derive(Clone, Copy)]
struct Process(u32);

impl Process {
    /// The time that all its threads have spent on a core.
    fn cpu(self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0)).expect("the process runs");
        let spent = |thread: PathBuf| {
            let text = fs::read_to_string(thread.join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        };
        Duration::from_nanos(threads.flatten().filter_map(|thread| spent(thread.path())).sum())
    }

    /// Its memory that lies in RAM now, and the most that ever did, in MB.
    fn memory(self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).expect("the process runs");
        let kilobytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        };
        let megabytes = |name| kilobytes(name).unwrap_or(f64::NAN) / 1e3;
        (megabytes("VmRSS:"), megabytes("VmHWM:"))
    }

    /// Waits until it has been at rest for a while; since when it was. What it does without using a core, waiting for
    /// a server, is taken to be shorter than that.
    async fn rests(self) -> Instant {
        const REST: Duration = Duration::from_millis(400);
        let (mut last, mut since) = (self.cpu(), now());
        while since.elapsed() < REST {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let spent = self.cpu();
            // A tick of a timer is no work.
            if spent - last > Duration::from_micros(300) {
                since = now();
            }
            last = spent;
        }
        since
    }
}
