//! How consumers and the portal call things.

use twinkey_core::PerClient;

use crate::config::reader::Reader;
use crate::config::{Fields, Output, keys};
use crate::output::Format;

pub(super) fn default_fields() -> Fields {
    Fields { id: keys::ID_FIELD.to_owned(), secret: keys::SECRET_FIELD.to_owned() }
}

/// How consumers name the two fields.
pub(super) fn fields(reader: &mut Reader<'_, '_>) -> Fields {
    let default = default_fields();
    let id = reader.text("id").map_or(default.id, |found| found.value);
    let secret = reader.text("secret").map_or(default.secret, |found| found.value);
    if id == secret {
        reader.problem(reader.span(), "", "gives id and secret the same name", "two fields need two names");
    }
    if id.is_empty() || secret.is_empty() {
        reader.problem(reader.span(), "", "holds an empty name", "name both fields");
    }
    Fields { id, secret }
}

/// In the env format a field's name is a variable's name.
pub(super) fn check_variables(reader: &mut Reader<'_, '_>, fields: &Fields, output: &Output) {
    let is_variable = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if output.format == Format::Env && !(is_variable(&fields.id) && is_variable(&fields.secret)) {
        let what = "names a field that cannot be a variable, and the output is env";
        let remedy = "use letters, digits and underscores, or format = \"json\"";
        reader.problem(reader.at("fields"), "fields", what, remedy);
    }
}

/// The clients as the portal shows them.
pub(super) fn labels(reader: &mut Reader<'_, '_>) -> Option<PerClient<String>> {
    let (a, b) = (reader.needed("a"), reader.needed("b"));
    let (a, b) = (a?, b?);
    for (key, found) in [("a", &a), ("b", &b)] {
        let text = &found.value;
        if text.trim().is_empty() || text.chars().count() > 80 || text.chars().any(char::is_control) {
            let remedy = "1 to 80 characters, as the portal shows it";
            reader.problem(found.span.clone(), key, "is no label", remedy);
        }
    }
    if a.value == b.value {
        let remedy = "a person must be able to tell the two apart";
        reader.problem(b.span, "b", "is the same as a", remedy);
    }
    Some(PerClient { a: a.value, b: b.value })
}
