//! `consumers`: how the live pair is read.

use std::path::Path;

use twinkey_core::Staleness;

use crate::config::reader::{Found, Reader};
use crate::config::{Output, keys};
use crate::output::Format;

/// Folders that are empty after each start of the host. What is missing there may come with a service.
const MADE_ANEW: [&str; 3] = ["/run", "/var/run", "/tmp"];

/// The staleness, and the output file if there is to be one.
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    is_folder: fn(&Path) -> bool,
) -> Option<(Staleness, Option<Found<Output>>)> {
    if !reader.has("consumers") {
        reader.missing_below("consumers", keys::CONSUMERS, "max-staleness");
    }
    let read = |reader: &mut Reader<'_, '_>| {
        let staleness = staleness(reader);
        let output = reader.table("output", keys::OUTPUT, |reader| output(reader, is_folder)).flatten();
        (output.is_some() || !reader.has("output")).then_some((staleness?, output))
    };
    reader.table("consumers", keys::CONSUMERS, read).flatten()
}

fn staleness(reader: &mut Reader<'_, '_>) -> Option<Staleness> {
    let found = reader.needed("max-staleness")?;
    if found.value == "restart" {
        return Some(Staleness::Restart);
    }
    reader.duration_or("max-staleness", "1s", "520w", keys::USUAL_STALENESS).map(Staleness::For)
}

fn output(reader: &mut Reader<'_, '_>, is_folder: fn(&Path) -> bool) -> Option<Found<Output>> {
    if !reader.has("path") {
        reader.missing("path");
    }
    let path = reader.absolute_path("path");
    let format = reader.word("format", &[("json", Format::Json), ("env", Format::Env)]);
    let mode = match reader.text("mode") {
        None => u32::from_str_radix(keys::MODE, 8).ok(),
        Some(found) => mode(reader, &found),
    };
    let path = path?;
    let folder = path.parent().filter(|_| path.file_name().is_some());
    let Some(folder) = folder else {
        reader.problem(reader.at("path"), "path", "names no file", "write it like /srv/app/live.json");
        return None;
    };
    if !MADE_ANEW.iter().any(|anew| folder.starts_with(anew)) && !is_folder(folder) {
        let remedy = "make the folder first, and let Twinkey's user write in it";
        reader.problem(reader.at("path"), "path", "lies in a folder that does not exist", remedy);
    }
    let value = Output { path, format: format.unwrap_or(Format::Json), mode: mode? };
    Some(Found { value, span: reader.at("path") })
}

fn mode(reader: &mut Reader<'_, '_>, found: &Found<String>) -> Option<u32> {
    let mode = u32::from_str_radix(&found.value, 8).ok();
    let Some(mode) = mode.filter(|mode| mode & !0o777 == 0 && mode & 0o600 == 0o600) else {
        let remedy = "octal, readable and writable by its owner, like \"0640\"";
        reader.problem(found.span.clone(), "mode", "is no file mode", remedy);
        return None;
    };
    if mode & 0o007 != 0 {
        let remedy = "leave others out, like \"0640\"";
        reader.problem(found.span.clone(), "mode", "lets everybody use the secret", remedy);
        return None;
    }
    Some(mode)
}
