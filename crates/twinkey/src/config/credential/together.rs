//! What no two credentials may share: following one's record would publish into the other's documents.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use twinkey_store::Place;

use super::Read;
use crate::config::problem::Collector;
use crate::config::reader::Named;
use crate::config::{Credential, StoreSettings};

/// One document or file. A store is known by its file: two tables may name the same one.
type Thing = (PathBuf, String);

/// What a credential does with a thing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    LivePair,
    State,
    Output,
}

impl Use {
    fn key(self) -> &'static str {
        match self {
            Self::LivePair => "live-pair",
            Self::State => "state-path",
            Self::Output => "consumers.output.path",
        }
    }

    fn by(self, name: &str) -> String {
        match self {
            Self::LivePair => format!("is the live pair of {name:?} already"),
            Self::State => format!("is where {name:?} keeps slots and record already"),
            Self::Output => format!("is the output file of {name:?} already"),
        }
    }
}

/// The things that one key of a credential claims, and where it stands.
struct Claim {
    things: Vec<Thing>,
    to: Use,
    span: Range<usize>,
}

/// Notes what is claimed twice.
pub(in crate::config) fn check(credentials: &[Named<Read>], problems: &mut Collector) {
    let mut taken: BTreeMap<Thing, (&str, Use)> = BTreeMap::new();
    for named in credentials {
        let Some(read) = &named.value else { continue };
        let mut told = false;
        for claim in claims(read) {
            // A derived state path collides where the live pair does: that is told already.
            let derived = claim.to == Use::State && read.state_path.is_none();
            let other = claim.things.iter().find_map(|thing| taken.get(thing));
            if let Some((name, to)) = other
                && !(derived && told)
            {
                told = true;
                let key = format!("credential.{}.{}", named.name, claim.to.key());
                problems.add(claim.span.clone(), &key, &to.by(name), "each credential needs its own");
            }
            for thing in claim.things {
                taken.entry(thing).or_insert((named.name.as_str(), claim.to));
            }
        }
        check_output(&named.name, read, problems);
    }
}

fn claims(read: &Read) -> Vec<Claim> {
    let Credential { store, live_pair, state, output, .. } = &read.credential;
    let identity = store.identity();
    let document = |place: &Place| (identity.clone(), place.to_string());
    let live = Claim { things: vec![document(live_pair)], to: Use::LivePair, span: read.live_pair.clone() };
    let state = Claim {
        things: vec![document(&state.a), document(&state.b), document(&state.record)],
        to: Use::State,
        span: read.state_path.clone().unwrap_or_else(|| read.live_pair.clone()),
    };
    let output = output.as_ref().zip(read.output.clone()).map(|(output, span)| Claim {
        things: vec![(output.path.clone(), String::new())],
        to: Use::Output,
        span,
    });
    [live, state].into_iter().chain(output).collect()
}

/// The output file is replaced as a whole, so it must be no other file of ours.
fn check_output(name: &str, read: &Read, problems: &mut Collector) {
    let StoreSettings::File { path, key } = &read.credential.store else { return };
    let Some((output, span)) = read.credential.output.as_ref().zip(read.output.clone()) else { return };
    if output.path == *path || output.path == *key {
        let key = format!("credential.{name}.{}", Use::Output.key());
        problems.add(span, &key, "is the store's own file or key", "choose a file of its own");
    }
}
