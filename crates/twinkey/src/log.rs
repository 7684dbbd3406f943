//! Logs for operators, on standard error. Dependencies are capped: at their lower levels some of them log
//! bodies and headers.

use std::io::IsTerminal;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging. `RUST_LOG` sets the level of Twinkey's own lines (a bare level: `error` to `trace`, the
/// default is `warn`); whatever it says, dependencies are heard at `error` only.
pub fn init() {
    let ours =
        std::env::var("RUST_LOG").ok().and_then(|level| level.parse::<Level>().ok()).unwrap_or(Level::WARN);
    let targets = Targets::new()
        .with_default(LevelFilter::ERROR)
        // They log each answer that is not 200 as an error, a lost race included; we say what it means.
        .with_targets([("rustify", LevelFilter::OFF), ("vaultrs", LevelFilter::OFF)])
        .with_target("twinkey", ours);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // Already started: a test binary did it.
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
}
