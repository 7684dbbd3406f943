//! Secrets at the edge: what a person pasted, and what is odd about it.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use secrecy::{ExposeSecret, SecretString};
use twinkey_core::seen::Oddity;
use twinkey_core::{Mac, Salt};
use zeroize::Zeroizing;

/// The longest secret that is taken, in bytes.
const LONGEST: usize = 4096;

/// The fingerprint's whole HMAC of a secret.
pub fn mac_of(salt: &Salt, secret: &SecretString) -> Mac {
    salt.mac(secret.expose_secret().as_bytes())
}

/// What was found about a pasted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Findings {
    /// What makes it no client secret.
    pub oddity: Option<Oddity>,
    /// How many line ends were taken off its end. One comes with every line of input.
    pub trimmed_line_ends: usize,
}

/// Takes trailing line ends off, and finds what is odd about the rest (RFC 6749 appendix A.2: a client secret
/// is printable ASCII). Nothing else is ever changed: a secret that was guessed at is no secret.
pub fn paste(raw: &SecretString) -> (SecretString, Findings) {
    let text = raw.expose_secret();
    let trimmed = text.trim_end_matches(['\r', '\n']);
    let ends = text[trimmed.len()..].replace("\r\n", "\n").len();
    (SecretString::from(trimmed), Findings { oddity: oddity(trimmed), trimmed_line_ends: ends })
}

fn oddity(text: &str) -> Option<Oddity> {
    if text.is_empty() {
        return Some(Oddity::Empty);
    }
    if text.len() > LONGEST {
        return Some(Oddity::TooLong);
    }
    let strange = text.chars().enumerate().find_map(|(at, c)| match c {
        c if c.is_control() => Some(Oddity::Control(at + 1)),
        c if !c.is_ascii() => Some(Oddity::NonAscii(at + 1)),
        _ => None,
    });
    let spaced = text.starts_with(' ') || text.ends_with(' ');
    strange.or(spaced.then_some(Oddity::SurroundingSpace))
}

/// What makes a text no client id, in words (RFC 6749 appendix A.1: printable ASCII).
pub fn odd_id(id: &str) -> Option<&'static str> {
    if id.is_empty() {
        Some("is empty")
    } else if id.len() > 256 {
        Some("is longer than 256 characters")
    } else if id.trim() != id {
        Some("begins or ends with white space")
    } else if id.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        None
    } else {
        Some("holds characters that no client id has")
    }
}

/// Reads one secret from a file descriptor that whoever started this process has opened: a pipe or a file, not
/// a socket.
///
/// # Errors
/// There is no such descriptor, or it cannot be read, or the line is longer than 8 KiB: the caller's fault.
pub fn from_descriptor(fd: u32) -> io::Result<SecretString> {
    let file = File::open(format!("/dev/fd/{fd}"))?;
    one_line(BufReader::new(file))
}

/// The first line of an input, line end and all, without leaving copies behind.
///
/// # Errors
/// The input cannot be read, is not UTF-8, or the line is longer than 8 KiB.
pub fn one_line(input: impl BufRead) -> io::Result<SecretString> {
    const MOST: u64 = 8 * 1024;
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MOST).unwrap_or_default() + 1));
    input.take(MOST + 1).read_line(&mut text)?;
    if text.len() as u64 > MOST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is longer than 8 KiB"));
    }
    Ok(SecretString::from(text.as_str()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;

    use proptest::prelude::*;

    use super::*;

    fn pasted(text: &str) -> (String, Findings) {
        let (secret, findings) = paste(&SecretString::from(text));
        (secret.expose_secret().to_owned(), findings)
    }

    #[test]
    fn trailing_line_ends_go_and_nothing_else() {
        let (text, findings) = pasted("s3cret\r\n\n");
        assert_eq!(text, "s3cret");
        assert_eq!(findings, Findings { oddity: None, trimmed_line_ends: 2 });
        assert_eq!(pasted("in side").1.oddity, None);
    }

    #[test]
    fn what_is_no_secret_is_named_by_position() {
        let cases = [
            ("", Oddity::Empty),
            ("\n", Oddity::Empty),
            (" x", Oddity::SurroundingSpace),
            ("x ", Oddity::SurroundingSpace),
            ("ab\tc", Oddity::Control(3)),
            ("ab\nc", Oddity::Control(3)),
            ("\u{feff}abc", Oddity::NonAscii(1)),
            ("abc\u{a0}", Oddity::NonAscii(4)),
            ("ab\u{200b}c", Oddity::NonAscii(3)),
        ];
        for (text, oddity) in cases {
            assert_eq!(pasted(text).1.oddity, Some(oddity), "{text:?}");
        }
        assert_eq!(pasted(&"x".repeat(4097)).1.oddity, Some(Oddity::TooLong));
    }

    #[test]
    fn what_is_no_client_id_is_named() {
        let (long, longest) = ("x".repeat(257), "x".repeat(256));
        for fine in ["id", "an id with spaces", longest.as_str()] {
            assert_eq!(odd_id(fine), None, "{fine}");
        }
        for odd in ["", " id", "id ", "id\n", "i\td", "\u{feff}id", long.as_str()] {
            assert!(odd_id(odd).is_some(), "{odd:?}");
        }
    }

    #[test]
    fn a_line_of_input_is_one_secret() {
        let secret = one_line(io::Cursor::new("first\nsecond\n")).unwrap();
        assert_eq!(secret.expose_secret(), "first\n");
        assert!(one_line(io::Cursor::new("x".repeat(9000))).is_err());
    }

    #[test]
    fn a_pipe_and_a_file_are_read_by_their_descriptor() {
        let (pipe, mut writer) = io::pipe().unwrap();
        writer.write_all(b"canary-1\n").unwrap();
        drop(writer);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"canary-2").unwrap();
        for (fd, expected) in [(pipe.as_raw_fd(), "canary-1\n"), (file.as_raw_fd(), "canary-2")] {
            let secret = from_descriptor(fd.try_into().unwrap()).unwrap();
            assert_eq!(secret.expose_secret(), expected);
            assert!(!format!("{secret:?}").contains("canary"));
        }
        assert_eq!(from_descriptor(9999).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn what_is_no_text_is_refused_without_showing_it() {
        let error = one_line(io::Cursor::new(b"canary-3\xff\n")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    #[test]
    fn an_endless_line_is_not_read_to_its_end() {
        let error = one_line(BufReader::new(io::repeat(b'x'))).unwrap_err();
        assert_eq!(error.to_string(), "the line is longer than 8 KiB");
    }

    #[test]
    fn one_secret_has_one_mac_whatever_line_end_came_with_it() {
        let salt = Salt::from_bytes([3; 16]);
        let mac = |text: &str| mac_of(&salt, &paste(&SecretString::from(text)).0);
        assert_eq!(mac("s3cret"), mac("s3cret\r\n"));
        assert_ne!(mac("s3cret"), mac("s3cret "));
    }

    proptest! {
        #[test]
        fn printable_text_is_taken_as_it_is(text in "[!-~]([ -~]{0,60}[!-~])?") {
            let (kept, findings) = pasted(&text);
            prop_assert_eq!(kept, text);
            prop_assert_eq!(findings.oddity, None);
        }

        #[test]
        fn only_line_ends_are_taken_off_and_only_at_the_end(text in "(?s).{0,80}", ends in "[\r\n]{0,4}") {
            let whole = format!("{text}{ends}");
            let (kept, findings) = pasted(&whole);
            let taken = whole.strip_prefix(&kept).unwrap();
            prop_assert!(taken.chars().all(|c| c == '\r' || c == '\n'));
            prop_assert!(!kept.ends_with(['\r', '\n']));
            prop_assert_eq!(findings.trimmed_line_ends == 0, taken.is_empty());
        }

        #[test]
        fn what_is_not_odd_is_printable_ascii(text in "(?s).{0,80}") {
            let (kept, findings) = pasted(&text);
            let is_fine = !kept.is_empty() && kept.trim() == kept && kept.bytes().all(|b| (0x20..0x7f).contains(&b));
            prop_assert_eq!(findings.oddity.is_none(), is_fine);
        }
    }
}
