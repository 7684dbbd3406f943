//! Asking a person: visible lines, hidden secrets. Without a terminal, standard input is read line by line.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use secrecy::SecretString;
use zeroize::Zeroizing;

/// The longest line that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// Asks for one visible line; without the line end. Empty at the end of input.
///
/// # Errors
/// The terminal or standard input cannot be read.
pub fn line(prompt: &str) -> io::Result<String> {
    if io::stdin().is_terminal() {
        let mut err = io::stderr().lock();
        write!(err, "{prompt}")?;
        err.flush()?;
    }
    Ok(read_line()?.trim().to_owned())
}

/// Asks for one secret without showing it. The text is given as entered, line ends and all.
///
/// # Errors
/// The terminal or standard input cannot be read.
pub fn secret(prompt: &str) -> io::Result<SecretString> {
    if io::stdin().is_terminal() {
        let text = Zeroizing::new(rpassword::prompt_password(prompt)?);
        return Ok(SecretString::from(text.as_str()));
    }
    Ok(SecretString::from(read_line()?.as_str()))
}

/// Whether a person is likely to sit there.
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal()
}

/// Asks until the answer is yes or no; no at the end of input.
///
/// # Errors
/// As [`line()`].
pub fn yes(prompt: &str) -> io::Result<bool> {
    loop {
        match line(&format!("{prompt} [yes/no] "))?.as_str() {
            "yes" | "y" => return Ok(true),
            "no" | "n" | "" => return Ok(false),
            _ => {}
        }
    }
}

fn read_line() -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(LONGEST + 1));
    // One more than is allowed, so that an endless line ends here.
    io::stdin().lock().take(LONGEST as u64 + 1).read_line(&mut text)?;
    if text.len() > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is longer than 8 KiB"));
    }
    Ok(text)
}
