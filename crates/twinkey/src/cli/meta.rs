//! `schema`, `completions`, `man`: what Twinkey says about itself.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;

use super::Cli;
use crate::exit::Exit;
use crate::open::Stop;

/// Prints the JSON Schema of the configuration.
pub(super) fn schema() -> Result<Exit, Stop> {
    let text = crate::config::schema_text();
    write_out(text.as_bytes())
}

/// Prints the completions of a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Stop> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "twinkey", &mut text);
    write_out(&text)
}

/// Prints the manual page, or writes one for each command.
pub(super) fn man(dir: Option<&Path>) -> Result<Exit, Stop> {
    if let Some(dir) = dir {
        clap_mangen::generate_to(Cli::command(), dir).map_err(|error| failed(&error))?;
        return Ok(Exit::Fine);
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text).map_err(|error| failed(&error))?;
    write_out(&text)
}

fn write_out(text: &[u8]) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        // Whoever reads has seen enough: `twinkey man | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Fine),
        Err(error) => Err(failed(&error)),
        Ok(()) => Ok(Exit::Fine),
    }
}

fn failed(error: &io::Error) -> Stop {
    Stop::new(Exit::Unexpected, format!("cannot write: {error}"))
}
