//! Who acts, as far as the host can tell: a claim, not a proof. The embedded store attests nothing; what a server
//! attests counts instead.

use std::fs;

/// The person behind this process: who called sudo, or else the user it runs as.
pub fn person() -> String {
    std::env::var("SUDO_USER").ok().filter(|name| is_name(name)).unwrap_or_else(user)
}

/// Whether a person sits at a terminal, and not cron or the service manager: then they log in as themselves.
pub fn at_a_terminal() -> bool {
    fs::File::open("/dev/tty").is_ok()
}

/// The name of this host; also of its audit chain.
pub fn host() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// The user this process runs as, by name where `/etc/passwd` knows it.
fn user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}

/// What may stand in messages and in the record: no control characters, no white space, not too long.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_visible() {
        assert!(is_name("maria.k"));
        for bad in ["", "two words", "line\nend", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn there_is_always_somebody_and_somewhere() {
        assert!(!person().is_empty());
        assert!(!host().is_empty());
    }
}
