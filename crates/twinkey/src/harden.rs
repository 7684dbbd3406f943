//! What a process that holds secrets does before anything else.

use rustix::process::{DumpableBehavior, Resource, Rlimit};

/// Keeps secrets out of core dumps and debuggers, and out of the text of a panic; picks the TLS library.
/// Best effort: a kernel that refuses is no reason not to rotate.
pub fn process() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let limited = rustix::process::setrlimit(Resource::Core, none);
    let hidden = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if limited.is_err() || hidden.is_err() {
        tracing::warn!("core dumps could not be switched off");
    }
    // The message of a panic may hold what it was about.
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        tracing::error!("unexpected failure{place}");
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!(
                "twinkey: unexpected failure{place}; nothing more was written. Run the command again\n"
            ),
        );
    }));
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
