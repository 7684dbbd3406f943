//! All mutants in one build: each function's body becomes a choice between itself and its mutants, and a
//! variable of the environment says which. Compiling core once for each mutant takes hours instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

use serde_json::Value;

use crate::step::Failed;

/// The variable that chooses a mutant by its number.
pub(super) const CHOICE: &str = "TWINKEY_MUTANT";

/// One change of the text of one function.
pub(super) struct Mutant {
    /// As cargo-mutants names it.
    pub(super) name: String,
    file: String,
    /// What is replaced, and by what.
    at: Range<Place>,
    by: String,
    /// The body of its function, where the mutants say where that is.
    body: Option<Range<Place>>,
}

/// Line and column, from 1.
type Place = (usize, usize);

/// Which lines of which file hold which mutant.
pub(super) type Lines = Vec<(String, Range<usize>, usize)>;

/// The mutants that cargo-mutants lists.
pub(super) fn read(json: &str) -> Result<Vec<Mutant>, Failed> {
    let listed: Vec<Value> = serde_json::from_str(json).map_err(|error| format!("the list: {error}"))?;
    let mut bodies = BTreeMap::new();
    for mutant in listed.iter().filter(|mutant| mutant["genre"] == "FnValue") {
        bodies.insert(function(mutant), range(&mutant["span"])?);
    }
    let mutants = listed.iter().map(|mutant| {
        let text = |key: &str| mutant[key].as_str().unwrap_or_default().to_owned();
        // Arms of one choice have one type: what is returned as `impl Trait` is not.
        let opaque = mutant["function"]["return_type"].as_str().unwrap_or_default().contains("impl ");
        let body = bodies.get(&function(mutant)).filter(|_| !opaque).cloned();
        Ok(Mutant {
            name: text("name"),
            file: text("file"),
            at: range(&mutant["span"])?,
            by: text("replacement"),
            body,
        })
    });
    mutants.collect()
}

fn function(mutant: &Value) -> String {
    format!("{} {}", mutant["file"], mutant["function"])
}

fn range(span: &Value) -> Result<Range<Place>, Failed> {
    let place = |end: &str| {
        let number = |key: &str| span[end][key].as_u64().and_then(|number| usize::try_from(number).ok());
        number("line").zip(number("column")).ok_or_else(|| format!("no place in {span}"))
    };
    Ok(place("start")?..place("end")?)
}

impl Mutant {
    /// Whether it can be one of several bodies of its function.
    pub(super) fn is_woven(&self) -> bool {
        self.body.is_some()
    }
}

/// Writes the tree's files with all mutants but those `left_out`, by number. Numbers begin at 1: 0 is none.
pub(super) fn weave(
    from: &Path,
    tree: &Path,
    mutants: &[Mutant],
    left_out: &BTreeSet<usize>,
) -> Result<Lines, Failed> {
    let mut files: BTreeMap<&str, BTreeMap<Place, Vec<usize>>> = BTreeMap::new();
    for (index, mutant) in mutants.iter().enumerate() {
        let Some(body) = &mutant.body else { continue };
        let bodies = files.entry(&mutant.file).or_default().entry(body.start).or_default();
        bodies.extend(Some(index + 1).filter(|number| !left_out.contains(number)));
    }
    let mut lines = Lines::new();
    for (file, bodies) in files {
        let source = fs::read_to_string(from.join(file)).map_err(|error| format!("{file}: {error}"))?;
        let mut woven = Woven { file, text: String::new(), lines: &mut lines };
        let mut done = 0;
        for numbers in bodies.values().filter(|numbers| !numbers.is_empty()) {
            let all: Vec<(usize, &Mutant)> =
                numbers.iter().map(|number| (*number, &mutants[number - 1])).collect();
            let Some(body) = all.first().and_then(|(_, mutant)| mutant.body.as_ref()) else { continue };
            let body = offset(&source, body.start)..offset(&source, body.end);
            woven.text.push_str(&source[done..body.start]);
            woven.choice(&source, &body, &all);
            done = body.end;
        }
        woven.text.push_str(&source[done..]);
        if file.ends_with("src/lib.rs") {
            return Err("a mutant in lib.rs: the choice stands there".to_owned());
        }
        fs::write(tree.join(file), woven.text).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(lines)
}

struct Woven<'a> {
    file: &'a str,
    text: String,
    lines: &'a mut Lines,
}

impl Woven<'_> {
    fn choice(&mut self, source: &str, body: &Range<usize>, all: &[(usize, &Mutant)]) {
        self.text.push_str("match crate::chosen_mutant() {\n");
        for (number, mutant) in all {
            let at = offset(source, mutant.at.start)..offset(source, mutant.at.end);
            let first = self.line();
            let (before, after) = (&source[body.start..at.start], &source[at.end..body.end]);
            self.text.push_str(&format!("{number} => {{\n{before}{} {after}\n}}\n", mutant.by));
            self.lines.push((self.file.to_owned(), first..self.line(), *number));
        }
        self.text.push_str(&format!("_ => {{\n{}\n}}\n}}", &source[body.clone()]));
    }

    fn line(&self) -> usize {
        self.text.matches('\n').count() + 1
    }
}

fn offset(source: &str, (line, column): Place) -> usize {
    let before: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let columns = source[before..].char_indices().map(|(at, _)| at);
    before + columns.take(column).last().unwrap_or_default()
}

/// What the crate's root must hold for the choice.
pub(super) fn root() -> String {
    format!(
        "\npub(crate) fn chosen_mutant() -> usize {{\n\
         static CHOSEN: std::sync::OnceLock<usize> = std::sync::OnceLock::new();\n\
         *CHOSEN.get_or_init(|| std::env::var({CHOICE:?}).ok().and_then(|text| text.parse().ok()).unwrap_or(0))\n}}\n"
    )
}
