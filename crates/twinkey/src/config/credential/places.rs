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

/// The store's own reason shows the path, and a path could be a secret in the wrong place.
fn place(reader: &mut Reader<'_, '_>, key: &'static str, found: &Found<String>) -> Option<Place> {
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
