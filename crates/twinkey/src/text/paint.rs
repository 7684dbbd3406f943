//! Styles: few, and only where they carry meaning.

use anstyle::{AnsiColor, Style};

/// How much a phase asks for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// All is well.
    Calm,
    /// Something goes on by itself.
    Moving,
    /// A person has something to do, in office hours.
    ToDo,
    /// A person is needed.
    Trouble,
}

/// A phase's name or another word that must be seen first.
pub(super) fn urgent(urgency: Urgency, text: &str) -> String {
    let colour = match urgency {
        Urgency::Calm => AnsiColor::Green,
        Urgency::Moving => AnsiColor::Cyan,
        Urgency::ToDo => AnsiColor::Yellow,
        Urgency::Trouble => AnsiColor::Red,
    };
    styled(colour.on_default().bold(), text)
}

/// A command to type.
pub(super) fn command(text: &str) -> String {
    styled(Style::new().bold(), text)
}

/// What is there for completeness.
pub(super) fn quiet(text: &str) -> String {
    if text.is_empty() { String::new() } else { styled(Style::new().dimmed(), text) }
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Text that somebody else wrote, as one line that cannot play tricks with a terminal.
pub(super) fn visible(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().map(|c| if c.is_control() || is_trick(c) { '?' } else { c }).collect()
}

/// Marks that reorder or hide what stands around them.
fn is_trick(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Words as an argument that a shell reads back as they are.
pub(super) fn quoted(text: &str) -> String {
    let text = visible(text);
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/' | '+');
    if !text.is_empty() && text.chars().all(safe) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The widest line of running text.
const WIDTH: usize = 80;

/// Running text as indented lines, each with its line end.
pub(super) fn paragraph(indent: &str, text: &str) -> String {
    hanging(indent, indent, text)
}

/// Running text whose first line is indented differently from the others, each with its line end.
pub(super) fn hanging(first: &str, others: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut filled = width(first);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && filled + 1 + width(word) > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = others.to_owned();
            filled = width(others);
            empty = true;
        }
        if !empty {
            line.push(' ');
            filled += 1;
        }
        line.push_str(word);
        filled += width(word);
        empty = false;
    }
    if !empty {
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

/// A text that begins a screen: further lines are indented. No line end.
pub(super) fn folded(text: &str) -> String {
    hanging("", "  ", text).trim_end().to_owned()
}

/// How many columns a text takes, styles apart.
pub(super) fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_one_line_without_escapes() {
        assert_eq!(visible("two\nlines\u{1b}[2Jx"), "two lines?[2Jx");
        assert_eq!(visible("a\u{202e}b"), "a?b");
        assert_eq!(visible("M\u{fc}ller"), "M\u{fc}ller");
    }

    #[test]
    fn an_argument_survives_the_shell() {
        assert_eq!(quoted("maria.k"), "maria.k");
        assert_eq!(quoted("Maria K"), "'Maria K'");
        assert_eq!(quoted("O'Hara"), r"'O'\''Hara'");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
    }

    #[test]
    fn long_text_breaks_between_words() {
        let text = paragraph("  ", &"word ".repeat(40));
        assert!(text.lines().count() > 1);
        assert!(text.lines().all(|line| line.starts_with("  word") && line.len() <= WIDTH));
        assert_eq!(paragraph("  ", ""), "");
        let styled = format!("{} {}", urgent(Urgency::Calm, "SAFE."), "word ".repeat(30));
        assert!(folded(&styled).lines().all(|line| width(line) <= WIDTH));
    }
}
