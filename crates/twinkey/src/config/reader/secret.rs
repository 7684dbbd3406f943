//! Secrets by reference.

use super::{Found, Reader};
use crate::config::keys::{self, Kind};
use crate::config::secret_ref::SecretRef;

impl Reader<'_, '_> {
    /// A secret by reference. A text is refused without being shown: it is probably the secret.
    pub(in crate::config) fn secret(&mut self, key: &'static str) -> Option<SecretRef> {
        let value = self.value(key)?;
        if value.get_ref().as_table().is_none() {
            let remedy = match self.kind(key) {
                Some(Kind::Secret(places)) if places.iter().any(|place| place.name == "command") => {
                    "write { file = \"/PATH\" }, { credential = \"NAME\" } or { command = [\"PROGRAM\", \"ARG\"] }"
                }
                _ => "write { file = \"/PATH\" } or { credential = \"NAME\" }",
            };
            let what = "is no reference: secrets come by reference, never as text";
            self.problem(value.span(), key, what, remedy);
            return None;
        }
        let span = value.span();
        let places = self.table(key, keys::SECRET, |reader| {
            let file = reader.absolute_path("file").map(SecretRef::File);
            let credential = reader.text("credential").and_then(|found| credential(reader, found));
            [file, credential, command(reader)].into_iter().flatten().collect::<Vec<_>>()
        })?;
        match <[SecretRef; 1]>::try_from(places) {
            Ok([one]) => Some(one),
            Err(_) => {
                let remedy = "give exactly one of file, credential, command";
                self.problem(span, key, "names no place, or more than one", remedy);
                None
            }
        }
    }
}

/// The name becomes a file's name in the folder that systemd makes.
fn credential(reader: &mut Reader<'_, '_>, found: Found<String>) -> Option<SecretRef> {
    let name = found.value;
    let fits = !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != "..";
    if !fits {
        reader.problem(
            found.span,
            "credential",
            "is no name of a systemd credential",
            "a name without slashes",
        );
        return None;
    }
    Some(SecretRef::Credential(name))
}

fn command(reader: &mut Reader<'_, '_>) -> Option<SecretRef> {
    let found = reader.texts("command")?;
    let argv: Vec<String> = found.value.into_iter().map(|item| item.value).collect();
    let program = argv.first().map_or("", String::as_str);
    if program.is_empty() {
        reader.problem(found.span, "command", "names no program", "write it like [\"PROGRAM\", \"ARG\"]");
        return None;
    }
    if program.contains('/') && !program.starts_with('/') {
        let remedy = "write it from / on: cron and systemd run elsewhere";
        reader.problem(found.span, "command", "names its program by a relative path", remedy);
        return None;
    }
    Some(SecretRef::Command(argv))
}
