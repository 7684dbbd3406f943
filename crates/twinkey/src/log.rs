//! Logs for operators. Dependencies are capped: at their lower levels some of them log bodies and headers.

use std::io::IsTerminal;
use std::os::linux::fs::MetadataExt;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Who reads the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever typed a command: they read its output, and from the log what is wrong.
    Person,
    /// Whoever looks after a service: they read what it does.
    Service,
}

/// Starts logging. `RUST_LOG` sets the level of Twinkey's own lines (a bare level: `error` to `trace`; the default is
/// `warn` for a person's command and `info` for the service); whatever it says, dependencies are heard at `error`
/// only.
///
/// A person's command writes text on standard error. The service writes to the journal where systemd has connected
/// it with one, text on a terminal, and else a line of JSON for each event.
pub fn init(audience: Audience) {
    let default = match audience {
        Audience::Person => Level::WARN,
        Audience::Service => Level::INFO,
    };
    let ours =
        std::env::var("RUST_LOG").ok().and_then(|level| level.parse::<Level>().ok()).unwrap_or(default);
    let targets = Targets::new()
        .with_default(LevelFilter::ERROR)
        // They log each answer that is not 200 as an error, a lost race included; we say what it means.
        .with_targets([("rustify", LevelFilter::OFF), ("vaultrs", LevelFilter::OFF)])
        .with_target("twinkey", ours);
    // Already started: a test binary did it.
    let _ = tracing_subscriber::registry().with(lines(audience).with_filter(targets)).try_init();
}

fn lines<S>(audience: Audience) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let terminal = std::io::stderr().is_terminal();
    if audience == Audience::Service
        && is_journal()
        && let Ok(journal) = tracing_journald::layer()
    {
        return journal.with_syslog_identifier("twinkey".to_owned()).boxed();
    }
    let text = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if audience == Audience::Person || terminal {
        text.with_ansi(terminal).with_target(false).boxed()
    } else {
        text.json().flatten_event(true).with_target(false).with_span_list(false).boxed()
    }
}

/// Whether standard error is the journal's socket: systemd says which one it made (systemd.exec(5),
/// `$JOURNAL_STREAM`).
fn is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let connected = std::fs::metadata("/proc/self/fd/2");
    connected.is_ok_and(|file| stream == format!("{}:{}", file.st_dev(), file.st_ino()))
}
