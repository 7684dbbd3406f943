//! The end of the log: its last whole line, and what a crash left behind it. Only the end is read, so that a
//! log of many years costs no more than a new one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How far back the first look goes. Most lines are shorter.
const REACH: u64 = 4 * 1024;

/// A file without a line end in this many last bytes is no audit log.
const FARTHEST: u64 = 1024 * 1024;

/// The end of a log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// The last line that has its line end, without it.
    pub(super) last: Option<Vec<u8>>,
    /// The bytes behind it: a line that a crash tore.
    pub(super) torn: Vec<u8>,
    /// The length of the file without them.
    pub(super) whole: u64,
}

/// Reads the end of a log.
pub(super) fn read(file: &File) -> io::Result<Tail> {
    let length = file.metadata()?.len();
    let mut reach = REACH;
    loop {
        let from = length.saturating_sub(reach);
        let mut end = vec![0; usize::try_from(length - from).map_err(io::Error::other)?];
        file.read_exact_at(&mut end, from)?;
        if let Some((last, torn)) = split(&end, from == 0) {
            let (last, torn) = (last.map(<[u8]>::to_vec), torn.to_vec());
            return Ok(Tail { whole: length - torn.len() as u64, last, torn });
        }
        if reach >= FARTHEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its end is no line of an audit log"));
        }
        reach *= 4;
    }
}

/// The last whole line and what follows it; `None` where the line begins before these bytes.
fn split(bytes: &[u8], is_all: bool) -> Option<(Option<&[u8]>, &[u8])> {
    let line_end = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n');
    let Some(end) = line_end(bytes) else { return is_all.then_some((None, bytes)) };
    let (lines, torn) = (&bytes[..end], &bytes[end + 1..]);
    match line_end(lines) {
        Some(before) => Some((Some(&lines[before + 1..]), torn)),
        None => is_all.then_some((Some(lines), torn)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn tail_of(content: &[u8]) -> io::Result<Tail> {
        let mut file = tempfile::tempfile()?;
        file.write_all(content)?;
        read(&file)
    }

    #[test]
    fn a_line_longer_than_the_first_look_is_found_whole() {
        let long = "x".repeat(20_000);
        let tail = tail_of(format!("first\n{long}\ntorn").as_bytes()).unwrap();
        assert_eq!(tail.last, Some(long.into_bytes()));
        assert_eq!((tail.torn.as_slice(), tail.whole), (b"torn".as_slice(), 20_007));
    }

    #[test]
    fn a_file_without_lines_is_not_read_to_its_beginning() {
        let error = tail_of(&vec![0; 3 * 1024 * 1024]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    proptest! {
        #[test]
        fn the_end_of_any_text_is_its_last_line_and_the_rest(text in "[ab\n]{0,40}", fill in 0usize..9000) {
            let text = format!("{}\n{text}", "f".repeat(fill));
            let (whole, torn) = text.rsplit_once('\n').unwrap();
            let tail = tail_of(text.as_bytes()).unwrap();
            prop_assert_eq!(tail.last.as_deref(), whole.split('\n').next_back().map(str::as_bytes));
            prop_assert_eq!(tail.torn, torn.as_bytes());
            prop_assert_eq!(tail.whole, whole.len() as u64 + 1);
        }
    }
}
