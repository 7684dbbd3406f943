//! What a person pastes or pipes into `deposit`.

use secrecy::ExposeSecret;
use twinkey::documents::pasted_seen;
use twinkey::secret::{mac_of, one_line, paste};
use twinkey_core::seen::{Host, Oddity, Pasted, SlotSeen};
use twinkey_core::slips::{self, Slip};
use twinkey_core::{Client, Salt, Seen, Version, Wish};

/// The longest line that is read, and the longest secret that is taken.
const LINE: usize = 8 * 1024;
const SECRET: usize = 4 * 1024;

/// The input is what comes in. One line is taken; only line ends go, and only at its end; what is not printable
/// ASCII is named by its position; what is known already is a slip. No error shows the text.
pub fn deposit(data: &[u8]) {
    let line = data.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let raw = match one_line(data) {
        Ok(raw) => raw,
        Err(error) => {
            assert!(line.len() > LINE || std::str::from_utf8(line).is_err(), "{error}");
            let told = format!("{error} {error:?}");
            let text = String::from_utf8_lossy(line);
            assert!(text.len() < 40 || !told.contains(text.trim_end()), "{told}");
            return;
        }
    };
    assert_eq!(raw.expose_secret().as_bytes(), line, "another line than the first");

    let (kept, findings) = paste(&raw);
    let kept = kept.expose_secret();
    let gone = raw.expose_secret().strip_prefix(kept).expect("nothing is changed but the end");
    assert!(gone.chars().all(|c| c == '\n' || c == '\r') && !kept.ends_with(['\n', '\r']));
    assert_eq!(findings.oddity, oddity(kept));

    let salt = Salt::from_bytes([7; 16]);
    let pasted = pasted_seen(&raw, &salt);
    assert_eq!(pasted, Pasted { secret: mac_of(&salt, &kept.into()), oddity: findings.oddity });
    let check = |seen: &Seen| slips::check(seen, Client::A, None, pasted.secret, pasted.oddity);
    let told = check(&knowing(|_| ()));
    assert_eq!(told.err(), findings.oddity.map(Slip::Odd));
    if findings.oddity.is_none() {
        let same = check(&knowing(|[a, _]| a.secret = Some(pasted)));
        let old = check(&knowing(|[a, _]| a.previous = Some(pasted.secret)));
        let others = check(&knowing(|[_, b]| b.secret = Some(pasted)));
        assert_eq!(
            [same, old, others],
            [Err(Slip::SameAgain), Err(Slip::OldAgain), Err(Slip::OtherClients(Client::B))]
        );
    }
}

/// RFC 6749 appendix A.2: printable ASCII; and no white space at the ends, which no portal shows.
fn oddity(text: &str) -> Option<Oddity> {
    let at = text.chars().position(|c| !(' '..='~').contains(&c)).map(|at| at + 1);
    match (text, at) {
        ("", _) => Some(Oddity::Empty),
        (text, _) if text.len() > SECRET => Some(Oddity::TooLong),
        (text, Some(at)) if text.chars().nth(at - 1).is_some_and(char::is_control) => {
            Some(Oddity::Control(at))
        }
        (_, Some(at)) => Some(Oddity::NonAscii(at)),
        (text, None) => (text.trim() != text).then_some(Oddity::SurroundingSpace),
    }
}

/// Two slots with ids and no secrets, and what is put there.
fn knowing(put: impl FnOnce(&mut [SlotSeen; 2])) -> Seen {
    let slot = |id: &str| SlotSeen {
        version: Version::new("1"),
        client_id: id.to_owned(),
        secret: None,
        candidate: None,
        previous: None,
    };
    let mut slots = [slot("id-a"), slot("id-b")];
    put(&mut slots);
    let mut seen = Seen::nothing(Wish::Keep, "fuzz", Host::default());
    let [a, b] = slots;
    (seen.slots.a, seen.slots.b) = (Some(a), Some(b));
    seen
}
