//! What the audit log tells of a run that died: each effect that was begun, and what became of it. Told from the
//! log and the documents alone, as somebody would who comes later.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;
use twinkey_core::Version;

use super::standing::{DOCUMENTS, Standing};

/// One effect that was begun on a document.
#[derive(Debug)]
struct Begun {
    /// Where its line before stands.
    line: usize,
    document: &'static str,
    /// The version that the write expected; `None`: that there is none.
    expected: Option<String>,
    /// When its line before was written.
    at: Timestamp,
    /// What the line after says; `None` where the process died between.
    outcome: Option<String>,
    /// The version that it made.
    version: Option<String>,
}

impl Begun {
    /// Whether both expected the same version of the same document. By its number in Vault: in a copy it has another
    /// moment.
    fn is_over_the_same_as(&self, other: &Self) -> bool {
        let number =
            |begun: &Self| begun.expected.as_ref().map(|name| name.split('@').next().map(str::to_owned));
        (self.document, number(self)) == (other.document, number(other))
    }
}

/// The lines of a log.
pub fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An effect that has no line after it.
#[derive(Debug)]
pub struct Unfinished {
    /// What it was to write.
    pub document: &'static str,
    /// How many versions of that document the lines before it account for.
    pub before: u64,
    /// Whether it took place, as the log tells.
    pub took_place: bool,
}

/// How many versions of each document these lines account for, and what they tell of effects that have no line
/// after them. Only from the line at `from` on: what died before is another story.
pub fn told(lines: &[Value], from: usize, end: &Standing) -> (BTreeMap<&'static str, u64>, Vec<Unfinished>) {
    let begun = begun(lines);
    let mut written: BTreeMap<&'static str, u64> = DOCUMENTS.into_iter().map(|name| (name, 0)).collect();
    let mut unfinished = Vec::new();
    // Vault answers the same write over the same version with the version that it made the first time.
    let mut counted = BTreeSet::new();
    for (at, effect) in begun.iter().enumerate().filter(|(_, effect)| effect.line >= from) {
        let (document, before) = (effect.document, written[effect.document]);
        let mut version = effect.version.clone();
        let took_place = effect.outcome.as_deref().map(|outcome| outcome == "written").unwrap_or_else(|| {
            let later = begun[at + 1..].iter().find(|later| later.document == document);
            let took_place = took_place(effect, &begun[..at], later, end);
            unfinished.push(Unfinished { document, before, took_place });
            version =
                later.filter(|later| later.expected == effect.expected && took_place).and_then(made_before);
            took_place
        });
        let took_place = took_place
            && !repeats(effect, begun.iter().take_while(|earlier| earlier.line < from))
            && version.is_none_or(|version| counted.insert((document, version)));
        written.insert(document, before + u64::from(took_place));
    }
    (written, unfinished)
}

/// The next write of the same document knows: it expects another version, or it expects the same one and is
/// refused. Where there is none, the document itself stands at another version. Of two that died over the same
/// version it was the first: the second one found it past.
fn took_place(effect: &Begun, earlier: &[Begun], later: Option<&Begun>, end: &Standing) -> bool {
    if earlier.iter().any(|earlier| effect.is_over_the_same_as(earlier) && earlier.outcome.is_none()) {
        return false;
    }
    match later {
        Some(next) if next.expected == effect.expected => match next.outcome.as_deref() {
            Some("written") => made_before(next).is_some(),
            Some("conflict") => true,
            outcome => panic!("{next:?} does not tell: {outcome:?}"),
        },
        Some(_) => true,
        None => end.versions.get(effect.document).map(Version::as_str) != effect.expected.as_deref(),
    }
}

/// Whether a write was answered with the version that one of those earlier ones had made.
fn repeats<'a>(effect: &Begun, mut earlier: impl Iterator<Item = &'a Begun>) -> bool {
    made_before(effect).is_some() && earlier.any(|earlier| effect.is_over_the_same_as(earlier))
}

/// The version that a write was answered with, if it stood before the write was begun. The name of Vault's versions
/// holds the moment.
fn made_before(write: &Begun) -> Option<String> {
    let (_, moment) = write.version.as_ref()?.split_once('@')?;
    let moment: Timestamp = moment.parse().unwrap();
    write.version.clone().filter(|_| moment < write.at)
}

/// The writes of documents, oldest first. A line after belongs to the line before it, or the process died.
fn begun(lines: &[Value]) -> Vec<Begun> {
    let mut begun = Vec::new();
    let mut lines = lines.iter().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let Some(document) = document(line) else { continue };
        assert_eq!(line["event"], "before", "{line}");
        let after = lines.next_if(|(_, after)| after["event"] == "after" && after["step"] == line["step"]);
        begun.push(Begun {
            line: number,
            document,
            expected: line["detail"]["expected"].as_str().map(str::to_owned),
            at: line["at"].as_str().unwrap().parse().unwrap(),
            outcome: after.map(|(_, after)| after["detail"]["outcome"].as_str().unwrap().to_owned()),
            version: after.and_then(|(_, after)| after["detail"]["version"].as_str().map(str::to_owned)),
        });
    }
    begun
}

fn document(line: &Value) -> Option<&'static str> {
    match (line["step"].as_str().unwrap(), line["detail"]["client"].as_str()) {
        ("write-record", _) => Some("record"),
        ("write-live-pair", _) => Some("live"),
        ("write-slot", Some("a")) => Some("a"),
        ("write-slot", Some("b")) => Some("b"),
        _ => None,
    }
}
