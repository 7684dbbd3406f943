//! Where the documents of one credential are.

use twinkey_store::{Place, PlaceError};

use crate::config::State;
use crate::config::reader::{Found, Reader};

/// What consumers read.
pub(super) fn live_pair(reader: &mut Reader<'_, '_>) -> Option<Place> {
    let found = reader.needed("live-pair")?;
    place(reader, "live-pair", &found)
}

/// Slots and record: apart from anything that consumers' policies cover.
pub(super) fn state(reader: &mut Reader<'_, '_>, live: Option<&Place>) -> Option<State> {
    let Some(found) = reader.text("state-path") else {
        let base = Place::parse(&format!("twinkey/{}", live?));
        let state = base.ok().and_then(|base| below(&base));
        if state.is_none() {
            let what = "is so long that the derived state path is no path in a store";
            reader.problem(reader.at("live-pair"), "live-pair", what, "set state-path to a shorter one");
        }
        return state;
    };
    let base = place(reader, "state-path", &found)?;
    if let Some(live) = live {
        if base == *live || is_below(&base, live) {
            let what = "lies inside the live pair's path";
            reader.problem(found.span, "state-path", what, "choose one that consumers may not read");
            return None;
        }
        if is_below(live, &base) {
            let what = "has the live pair's path inside it";
            let remedy = "choose one apart from it: consumers may not read slots and record";
            reader.problem(found.span, "state-path", what, remedy);
            return None;
        }
    }
    let state = below(&base);
    if state.is_none() {
        reader.problem(found.span, "state-path", "is too long", "at most 390 bytes");
    }
    state
}

fn below(base: &Place) -> Option<State> {
    let join = |name| base.join(name).ok();
    Some(State { a: join("a")?, b: join("b")?, record: join("record")? })
}

fn is_below(path: &Place, base: &Place) -> bool {
    path.as_str().strip_prefix(base.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

/// Characters that a server's policies would read as patterns, or as the end of a text.
const PATTERNS: [char; 8] = ['*', '+', '?', '"', '$', '{', '}', '\\'];

/// What the printed policies could not name is no place on a server; and AWS gives no secret of ours a name that
/// is made from an ARN.
pub(super) fn check_on_a_server(reader: &mut Reader<'_, '_>) {
    for key in ["live-pair", "state-path"] {
        let Some(found) = reader.text(key) else { continue };
        if found.value.contains(PATTERNS) {
            let remedy = "no * + ? \" $ { } or backslash: a policy would read it as a pattern";
            reader.problem(found.span, key, "is no path on a server", remedy);
        } else if key == "live-pair" && found.value.starts_with("arn:") && !reader.has("state-path") {
            let remedy = "give state-path: slots and record cannot be named after an ARN";
            reader.problem(found.span, key, "is an ARN, and there is no state-path", remedy);
        }
    }
}

/// The store's own reason shows the path, and a path could be a secret in the wrong place.
pub(in crate::config) fn place(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    found: &Found<String>,
) -> Option<Place> {
    let remedy = match Place::parse(&found.value) {
        Ok(place) => return Some(place),
        Err(PlaceError::EmptySegment(_)) => "no slash at the ends, and only one between two names",
        Err(PlaceError::DotSegment(_)) => "write it out, without \".\" and \"..\"",
        Err(PlaceError::Character { .. }) => "only printable ASCII characters without space",
        Err(PlaceError::TooLong(_)) => "at most 400 bytes",
    };
    reader.problem(found.span.clone(), key, "is no path in a store", remedy);
    None
}
