//! The `twinkey` binary: hardening first, then the command line.

use std::process::ExitCode;

use clap::Parser;
use twinkey::cli::Cli;

/// Wipes every piece of memory when it is given back: HTTP, JSON and TLS libraries keep copies of what passes
/// through them, and this is the only place that reaches them all.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

pub(crate) fn main() -> ExitCode {
    twinkey::harden::process();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(asked) => return twinkey::cli::usage(&asked),
    };
    // Before the first file is opened: the number of a descriptor that nobody has passed on would be one of our own.
    if let Err(text) = cli.descriptor_is_open() {
        return twinkey::cli::misused(&text);
    }
    twinkey::log::init(cli.audience());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return twinkey::cli::unexpected(&error),
    };
    runtime.block_on(twinkey::cli::run(cli))
}
