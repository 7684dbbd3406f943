//! Any mutation of a good configuration loads, or is told with its line.

use proptest::prelude::*;

use super::*;

const EXAMPLE: &str = include_str!("../../../../../config/twinkey.example.toml");

/// What somebody's editor may do to one line.
#[derive(Clone, Debug)]
enum Slip {
    Removed,
    Doubled,
    Uncommented,
    Cut(prop::sample::Index),
    Typed(prop::sample::Index, String),
    Moved(prop::sample::Index),
}

fn slip() -> impl Strategy<Value = Slip> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        1 => Just(Slip::Removed),
        1 => Just(Slip::Doubled),
        3 => Just(Slip::Uncommented),
        1 => at().prop_map(Slip::Cut),
        2 => (at(), "[ -~\n\u{e9}]{1,3}").prop_map(|(at, text)| Slip::Typed(at, text)),
        1 => at().prop_map(Slip::Moved),
    ]
}

fn slipped(lines: &mut Vec<String>, at: prop::sample::Index, slip: &Slip) {
    if lines.is_empty() {
        return;
    }
    let number = at.index(lines.len());
    let cut = |line: &str, at: &prop::sample::Index| {
        let at = at.index(line.len() + 1);
        (0..=at).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0)
    };
    match slip {
        Slip::Removed => drop(lines.remove(number)),
        Slip::Doubled => lines.insert(number, lines[number].clone()),
        Slip::Uncommented => lines[number] = lines[number].trim_start_matches('#').to_owned(),
        Slip::Cut(at) => {
            let at = cut(&lines[number], at);
            lines[number].truncate(at);
        }
        Slip::Typed(at, text) => {
            let at = cut(&lines[number], at);
            lines[number].insert_str(at, text);
        }
        Slip::Moved(to) => {
            let line = lines.remove(number);
            lines.insert(to.index(lines.len() + 1), line);
        }
    }
}

proptest! {
    #[test]
    fn a_good_file_with_a_few_slips_loads_or_every_problem_has_its_line_and_a_remedy(
        example: bool, slips in prop::collection::vec((any::<prop::sample::Index>(), slip()), 1..5),
    ) {
        let text = if example { EXAMPLE } else { GOOD };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (at, slip) in &slips {
            slipped(&mut lines, *at, slip);
        }
        let text = lines.join("\n");
        let Err(problems) = parse(&text) else { return Ok(()) };
        let told = problems.to_string();
        let told: Vec<&str> = told.lines().collect();
        prop_assert_eq!(told.len(), problems.len() + 1, "a problem is one line: {:?}", told);
        let mut before = 0;
        for problem in &told[..problems.len()] {
            let parts: Vec<&str> = problem.splitn(4, ':').collect();
            let [file, line, column, what] = parts[..] else { panic!("{problem}") };
            let (line, column): (usize, usize) = (line.parse().unwrap(), column.parse().unwrap());
            prop_assert_eq!(file, "t.toml");
            let width = text.split('\n').nth(line - 1).map(|line| line.chars().count());
            prop_assert!(width.is_some_and(|width| column <= width + 1), "not in the file: {}", problem);
            prop_assert!(what.contains("; "), "no remedy: {}", problem);
            prop_assert!(line >= before, "not in the order of the file: {:?}", told);
            before = line;
        }
    }
}
